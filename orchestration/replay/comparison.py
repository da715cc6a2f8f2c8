"""Whether a night that was built again is the one that was published."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from orchestration.environment import environment_changes, present_environment
from orchestration.replay.nights import PublishedNight
from warehouse.errors import CorruptFileError
from warehouse.home import Home
from warehouse.kept_manifest import KeptManifest, read_kept_manifest
from warehouse.publish import NIGHTS_KEPT, Manifest

STAGING = "staging."


@dataclass(frozen=True)
class Comparison:
    """The manifest of a rebuilt night beside what is known of the published one.

    `kept`: the night's folder, None where it does not hold this attempt; `why_not_kept` says why,
    in words that follow "because". `environment_changes`: what has changed of machine and packages;
    None where that was not recorded.
    """

    night: PublishedNight
    rebuilt: Manifest
    kept: KeptManifest | None
    why_not_kept: str
    environment_changes: tuple[str, ...] | None

    @property
    def is_identical(self) -> bool:
        """Whether every table holds exactly what was published."""
        as_published = replace(self.rebuilt, code_hash=self.night.code_hash)
        return as_published.digest == self.night.manifest_hash

    @property
    def is_same_code(self) -> bool:
        """Whether the published night was made by this very code."""
        return self.rebuilt.code_hash == self.night.code_hash

    @property
    def differing(self) -> tuple[str, ...]:
        """Tables of both whose content is another one; empty without the kept manifest."""
        if self.kept is None:
            return ()
        then, now = self.kept.manifest.tables, self.rebuilt.tables
        return tuple(sorted(name for name in then.keys() & now.keys() if then[name] != now[name]))

    @property
    def added(self) -> tuple[str, ...]:
        """Tables that today's code makes and the published night did not have."""
        then = self.kept.manifest.tables if self.kept else self.rebuilt.tables
        return tuple(sorted(self.rebuilt.tables.keys() - then.keys()))

    @property
    def dropped(self) -> tuple[str, ...]:
        """Tables of the published night that today's code does not make."""
        then = self.kept.manifest.tables if self.kept else self.rebuilt.tables
        return tuple(sorted(then.keys() - self.rebuilt.tables.keys()))

    @property
    def is_staging_equal(self) -> bool:
        """Whether the rows that everything starts from are the same, as far as both have them."""
        return self.kept is not None and not any(
            name.startswith(STAGING) for name in self.differing
        )


def compare_with_published(home: Home, night: PublishedNight, rebuilt: Manifest) -> Comparison:
    """Put a rebuilt night's manifest beside what is left of the published one."""
    kept, why_not = kept_attempt(home, night)
    changes = None
    if kept is not None and kept.environment:
        changes = tuple(environment_changes(kept.environment, present_environment()))
    return Comparison(night, rebuilt, kept, why_not, changes)


def named(tables: Sequence[str], *, most: int = 4) -> str:
    """Table names in a sentence, the first few of many."""
    shown = ", ".join(tables[:most])
    return shown if len(tables) <= most else f"{shown} and {len(tables) - most} more"


def kept_attempt(home: Home, night: PublishedNight) -> tuple[KeptManifest | None, str]:
    """The night's folder if it is this attempt's, else why it is not, in words after "because"."""
    try:
        kept = read_kept_manifest(home, night.night)
    except CorruptFileError:
        return None, "its manifest is damaged"
    if kept is None:
        return None, f"only the last {NIGHTS_KEPT} nights keep their manifest and results"
    if kept.manifest.digest != night.manifest_hash:
        return None, "the night's folder holds another attempt"
    return kept, ""
