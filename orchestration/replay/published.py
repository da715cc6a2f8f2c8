"""The published file: whether it can be trusted, and how the ledger gives it back."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.errors import NightError
from orchestration.rebuild import rebuilding
from orchestration.replay.comparison import named
from orchestration.replay.nights import PublishedNight, latest_published_night
from orchestration.replay.verdict import Outcome, Verdict
from orchestration.replay.verify import replay_night
from orchestration.resources import Settings
from warehouse.connection import Connection, connect
from warehouse.errors import CorruptFileError
from warehouse.home import Home
from warehouse.kept_manifest import read_kept_manifest
from warehouse.lock import writer_lock
from warehouse.publish import HASHED_SCHEMAS, Manifest, digest_tables, swap
from warehouse.sessions import new_york_sessions

DAMAGED = ".damaged"
"""Suffix under which a damaged published file is set aside; an earlier one is replaced."""


KINDS = {
    Outcome.IDENTICAL: "with the content that was published",
    Outcome.OTHER_CODE: "from the same rows, by newer code than the one that published it",
    Outcome.OTHER_MACHINE: "equal within 1e-9 on another machine or with other packages",
    Outcome.ROWS_REMOVED: "without the rows that were removed since",
}
"""What may be put in place, and what is said of it."""


@dataclass(frozen=True)
class RestoredNight:
    """The published file as it was put back.

    `verdict`: how it compares with what was published. `set_aside`: where the damaged file is now,
    None if there was none.
    """

    night: PublishedNight
    verdict: Verdict
    set_aside: Path | None

    @property
    def sentence(self) -> str:
        """What was done, for people."""
        aside = f"; the damaged file is {self.set_aside.name} now" if self.set_aside else ""
        return (
            f"quant.duckdb was built again from the ledger: night {self.night.name}, "
            f"{KINDS[self.verdict.outcome]}{aside}."
        )


def published_damage(home: Home) -> str | None:
    """Read the whole published file; returns what is wrong with it, None if nothing is.

    A file made by the recorded attempt is compared with the night's manifest as well.
    """
    if not home.published.exists():
        return f"There is no {home.published.name}."
    try:
        with connect(home.published, read_only=True) as published:
            _read_unhashed(published)
            return _difference_from_manifest(home, published)
    except CorruptFileError as err:
        return str(err)
    except duckdb.Error as err:
        return f"{home.published.name} cannot be read: {str(err).splitlines()[0]}"


def restore_published(
    settings: Settings, say: Callable[[str], None], *, holds_lock: bool = False
) -> RestoredNight:
    """Build the latest published night again from the ledger and put it in its place.

    Whatever stands there is set aside as `quant.duckdb.damaged`. A kill at any moment leaves the
    file as it was, none, or the new one.

    Parameters
    ----------
    settings : of this process.
    say : told in sentences what is being done.
    holds_lock : whether the caller has the home's writer lock already.

    Raises
    ------
    NightError
        No night was published, the models cannot be built, or the same code makes something else
        out of the same rows; nothing was put in place.
    """
    home = settings.home
    with nullcontext() if holds_lock else writer_lock(home.writer_lock, announce=say):
        with rebuilding(
            home, settings.world, new_york_sessions(), announce=say, holds_lock=True
        ) as rebuilder:
            with connect(rebuilder.ledger, read_only=True) as ledger:
                night = latest_published_night(ledger)
            home.make_folders()
            _remove(home.build)
            replay = replay_night(rebuilder, night, home, home.build, say=say)
        if replay.verdict.outcome not in KINDS:
            raise NightError(f"Nothing was put in place. {replay.verdict.sentence}")
        set_aside = _set_aside(home)
        swap(home, replay.compared.rebuilt, keep_results=False)
    return RestoredNight(night, replay.verdict, set_aside)


def _difference_from_manifest(home: Home, published: Connection) -> str | None:
    """Which table is not what the manifest of the same making says."""
    context = published.execute(
        "select night, ledger_version, code_hash, config_hash from ops.build_context"
    ).fetchone()
    if context is None:
        return f"{home.published.name} does not say which night it is."
    found = digest_tables(published)
    try:
        kept = read_kept_manifest(home, context[0])
    except CorruptFileError:
        return None  # all of it can be read, and nothing is left to compare it with
    if kept is None or _making(kept.manifest) != context[1:]:
        return None
    differing = sorted(
        name for name, digest in kept.manifest.tables.items() if found.get(name) != digest
    )
    if not differing:
        return None
    return f"{home.published.name} is not what its manifest says: {named(differing)} differ."


def _making(manifest: Manifest) -> tuple[int, str, str]:
    return manifest.ledger_version, manifest.code_hash, manifest.config_hash


def _read_unhashed(published: Connection) -> None:
    """Read every row of what no manifest covers: DuckDB compares each block with its checksum."""
    names = published.execute(
        "select schema_name || '.' || table_name from duckdb_tables() "
        "where schema_name not in (select unnest(?)) and database_name = current_database()",
        [list(HASHED_SCHEMAS)],
    ).fetchall()
    for (name,) in names:
        published.execute(f"select sum(hash(t)::hugeint) from {name} as t").fetchone()


def _set_aside(home: Home) -> Path | None:
    if not home.published.exists():
        return None
    target = home.published.with_name(home.published.name + DAMAGED)
    home.published.replace(target)
    return target


def _remove(database: Path) -> None:
    """Delete what a killed run left: a build is never continued."""
    for path in (database, database.with_name(database.name + ".wal")):
        path.unlink(missing_ok=True)
