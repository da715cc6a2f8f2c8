"""Comparing two nights of a home: on a copy of its ledger, or at the end of a night on itself."""

import logging
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from orchestration.difference.chain import Build, Tools
from orchestration.difference.compare import compare_nights
from orchestration.difference.nights import ComparedNight, chosen_nights
from orchestration.errors import UsageError
from orchestration.provenance import code_hash
from orchestration.rebuild import Moment, rebuilding
from reports.difference import FILE_NAME, Difference
from reports.queries import open_published
from warehouse.connection import Connection, connect
from warehouse.errors import CorruptFileError
from warehouse.files import write_text
from warehouse.home import Home
from warehouse.sessions import Sessions

log = logging.getLogger("mqp.difference")


@dataclass(frozen=True)
class Comparer:
    """Compares nights of one home. `say`: told what takes long, sentence by sentence."""

    home: Home
    world: str
    sessions: Sessions
    say: Callable[[str], None] = log.info

    def on_copy(self, asked: tuple[date, ...]) -> Difference:
        """Compare two published nights, on a copy of the ledger.

        Parameters
        ----------
        asked : as in `chosen_nights`.

        Raises
        ------
        UsageError
            Nights that cannot be compared.
        NightError
            There is no ledger yet, or a build fails.
        """
        with (
            rebuilding(self.home, self.world, self.sessions, announce=self.say) as rebuilder,
            connect(rebuilder.ledger, read_only=True) as ledger,
        ):
            earlier, later = chosen_nights(ledger, self.home, asked)
            return self._compare(earlier, later, ledger, rebuilder.build)

    def keep(self, night: date) -> None:
        """Compare the night just published with the one before, and store it in its folder.

        The caller holds the writer lock. Nothing that goes wrong here fails the night: the report
        then says that the comparison is missing.
        """
        try:
            self._keep(night)
        except Exception as err:  # whatever it is, the night is published and stands
            log.warning(
                "Night %s could not be compared with the one before (%s); `mqp diff` says more.",
                night,
                err,
                exc_info=True,
            )

    def _keep(self, night: date) -> None:
        with connect(self.home.ledger, read_only=True) as ledger, self._lazily() as build:
            try:
                earlier, later = chosen_nights(ledger, self.home, (night,))
            except UsageError:
                self.say("There is no earlier night to compare with.")
                return
            if earlier.folder is None or later.folder is None:
                self.say(f"Night {earlier.night} is not kept any more: nothing to compare with.")
                return
            self.say(f"Comparing with night {earlier.night}.")
            found = self._compare(earlier, later, ledger, build)
        write_text(later.folder / FILE_NAME, found.to_json())

    def _compare(
        self, earlier: ComparedNight, later: ComparedNight, ledger: Connection, build: Build
    ) -> Difference:
        with tempfile.TemporaryDirectory(prefix="mqp-diff-") as scratch:
            tools = Tools(
                ledger=ledger,
                sessions=self.sessions,
                present_code=code_hash(),
                published=self.home.published if _is_published(self.home, later) else None,
                build=build,
                scratch=Path(scratch),
                say=self.say,
            )
            return compare_nights(earlier, later, tools, world=self.world)

    @contextmanager
    def _lazily(self) -> Iterator[Build]:
        """Build nights in a scratch home that is prepared only when something is to be built."""
        with ExitStack() as stack:
            prepared = None

            def build(moment: Moment, target: Path) -> Path:
                nonlocal prepared
                if prepared is None:
                    scratch = rebuilding(
                        self.home, self.world, self.sessions, announce=self.say, holds_lock=True
                    )
                    prepared = stack.enter_context(scratch)
                return prepared.build(moment, target)

            yield build


def _is_published(home: Home, night: ComparedNight) -> bool:
    """Whether the published file is that night, as it was recorded."""
    try:
        with open_published(home.published) as published:
            found = published.one(
                "ops.build_context", ["night", "ledger_version", "code_hash", "config_hash"]
            )
    except CorruptFileError:
        return False
    recorded = night.recorded
    return tuple(found.values()) == (
        recorded.night,
        recorded.ledger_version,
        recorded.code_hash,
        recorded.config_hash,
    )
