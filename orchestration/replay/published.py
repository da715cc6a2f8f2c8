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
from warehouse.connection import Connection, connect, read_all
from warehouse.errors import CorruptFileError
from warehouse.home import Home
from warehouse.kept_manifest import read_kept_manifest
from warehouse.lock import writer_lock
from warehouse.publish import HASHED_SCHEMAS, Manifest, digest_tables, swap
from warehouse.seal import is_sealed
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

    While its seal fits no byte has changed. Else all rows are read and, in a file made by the
    recorded attempt, compared with the night's manifest.
    """
    if not home.published.exists():
        return f"There is no {home.published.name}."
    if is_sealed(home.published):
        return None
    try:
        with connect(home.published, read_only=True) as published:
            read_all(published, besides=HASHED_SCHEMAS)
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


def manifest_of(home: Home, published: Connection) -> tuple[Manifest, bool | None]:
    """What a published file holds now, and whether that is what its record says.

    The answer is None where the record does not know of a file that was made of this (a past night
    that was built with `--as-of`).
    """
    made = published.execute(
        "select night, world, ledger_version, code_hash, config_hash from ops.build_context"
    ).fetchone()
    if made is None:
        raise CorruptFileError(f"{home.published.name} does not say which night it is.")
    night, world, ledger_version, code_hash, config_hash = made
    tables = digest_tables(published)
    manifest = Manifest(night, world, ledger_version, code_hash, config_hash, tables)
    recorded = published.execute(
        "select manifest_hash from ops.nights where manifest_hash is not null and night = ? "
        "and world = ? and ledger_version = ? and code_hash = ? and config_hash = ?",
        made,
    ).fetchall()
    return manifest, (manifest.digest,) in recorded if recorded else None


def _difference_from_manifest(home: Home, published: Connection) -> str | None:
    """Which table is not what was published; a damaged manifest does not damage the file."""
    file = home.published.name
    found, is_recorded = manifest_of(home, published)
    if is_recorded:
        return None
    try:
        kept = read_kept_manifest(home, found.night)
    except CorruptFileError:
        kept = None
    if kept is not None and _making(kept.manifest) == _making(found):
        tables = kept.manifest.tables
        differing = sorted(name for name in tables if found.tables.get(name) != tables[name])
        if differing:
            return f"{file} is not what its manifest says: {named(differing)} differ."
    return None if is_recorded is None else f"{file} is not what its record says."


def _making(manifest: Manifest) -> tuple[int, str, str]:
    return manifest.ledger_version, manifest.code_hash, manifest.config_hash


def move_aside(home: Home) -> Path | None:
    """Rename a damaged published file; returns its new place, None if there was no file."""
    if not home.published.exists():
        return None
    return home.published.replace(_aside(home))


def _set_aside(home: Home) -> Path | None:
    """Give the damaged file a second name; the swap then takes the first one from it.

    So a kill in between leaves readers no worse than before.
    """
    if not home.published.exists():
        return None
    try:
        _aside(home).unlink(missing_ok=True)
        _aside(home).hardlink_to(home.published)
    except OSError:  # a file system without second names
        return move_aside(home)
    return _aside(home)


def _aside(home: Home) -> Path:
    return home.published.with_name(home.published.name + DAMAGED)


def _remove(database: Path) -> None:
    """Delete what a killed run left: a build is never continued."""
    for path in (database, database.with_name(database.name + ".wal")):
        path.unlink(missing_ok=True)
