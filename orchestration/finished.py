"""A finished build that waits for its publication: made at 17:20, swapped in at 17:35.

The private build is complete by then, its record included, and `finished.json` beside it says what
it is. A build is never continued: whoever begins another night discards it.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from orchestration.errors import NightError
from orchestration.provenance import code_hash
from orchestration.record import published_night
from reports.status import RunStatus
from warehouse.files import write_text
from warehouse.home import Home
from warehouse.publish import Manifest

if TYPE_CHECKING:
    from orchestration.night import NightRun


class NothingToPublishError(NightError):
    """No finished build waits: nothing has failed, and the attempt does not count as one."""


@dataclass(frozen=True)
class FinishedBuild:
    """What the build holds, and what is to be said of the night that made it."""

    manifest: Manifest
    status: RunStatus

    def keep(self, home: Home) -> None:
        """Say beside the build that it may be published."""
        content = {"manifest": self.manifest.to_json(), "status": self.status.to_json()}
        write_text(_file(home), json.dumps(content))

    @classmethod
    def of(cls, home: Home) -> Self | None:
        """The build that waits in a home; None where none does."""
        try:
            told = json.loads(_file(home).read_text(encoding="utf-8"))
            manifest = Manifest.from_json(told["manifest"])
            status = RunStatus.from_json(told["status"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return cls(manifest, status) if home.build.exists() else None

    def refuse_unfit(self, run: "NightRun") -> None:
        """Raise NightError where publishing the build now would say something untrue."""
        manifest = self.manifest
        if manifest.code_hash != code_hash():
            why = "the code has changed since"
        elif manifest.world != run.settings.world:
            why = f"it belongs to the world '{manifest.world}'"
        elif not run.is_before_open_after(manifest.night):
            why = "the session that it decides has opened since"
        else:
            return
        raise NightError(
            f"The finished build of night {manifest.night} is not published: {why}. "
            "`mqp nightly` makes a new one."
        )


def discard_finished(home: Home) -> None:
    """Forget a build that waits: another one takes its place, or it is published."""
    _file(home).unlink(missing_ok=True)


def waiting_build(home: Home) -> FinishedBuild:
    """The build that waits in a home.

    Raises
    ------
    NothingToPublishError
        None does: one sentence says what to do.
    """
    waiting = FinishedBuild.of(home)
    if waiting is None:
        latest = published_night(home)
        shown = f"night {latest} is published" if latest else "no night is published yet"
        raise NothingToPublishError(
            f"No finished build waits for publication ({shown}): `mqp nightly` makes and "
            "publishes one, `mqp report` writes the files of the published one again."
        )
    return waiting


def _file(home: Home) -> Path:
    return home.build.with_name("finished.json")
