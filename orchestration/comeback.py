"""A home restored from a backup: checked first, nothing lost, and compared with what was saved."""

import logging
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.backups import RECORD, configuration_files, describe
from orchestration.errors import UsageError
from orchestration.record import published_night
from orchestration.resources import Settings, utc_now
from orchestration.trials import LOG as TRIALS
from orchestration.trials import restore_trials
from warehouse.backup.manifest import Backup, BackupManifest, State, damage_of, refuse_damaged
from warehouse.backup.places import CONFIGURATION, PUBLISHED
from warehouse.backup.restore import Restored, exchange, lay_ready
from warehouse.connection import Connection, connect, count_rows
from warehouse.errors import CorruptFileError, WarehouseError, WorldMismatchError
from warehouse.files import LineLog
from warehouse.home import Home
from warehouse.landing_log import read_log
from warehouse.ledger import opened_ledger
from warehouse.lock import writer_lock

log = logging.getLogger("mqp.backup")


@dataclass(frozen=True)
class Comeback:
    """A restored home. `notes`: what else a person should know, in sentences."""

    restored: Restored
    notes: tuple[str, ...]


def restore_home(settings: Settings, backup: Backup, *, is_forced: bool) -> Comeback:
    """Check a backup to its last byte, then put it in place of what the home holds.

    Raises
    ------
    CorruptFileError
        A file is not what the manifest says; nothing was touched.
    WorldMismatchError
        Backup and run are of different worlds.
    UsageError
        The home holds what the backup does not, and that was not to be moved aside.
    """
    _refuse_other_world(settings, backup)
    log.info("Reading %d files of backup %s.", len(backup.manifest.files), backup.name)
    refuse_damaged(backup)
    home = settings.home
    _refuse_newer(home, backup, is_forced=is_forced)
    ready = lay_ready(backup, home, log.info)
    with writer_lock(home.writer_lock, announce=log.info):
        _refuse_newer(home, backup, is_forced=is_forced)  # a night may have run meanwhile
        restored = exchange(home, ready, utc_now(settings))
        notes = _trials_again(settings, restored)
    return Comeback(restored, (*notes, *_configuration_notes(settings, backup)))


def check_restored(home: Home, manifest: BackupManifest) -> None:
    """Open a restored warehouse and compare it with what its backup recorded.

    Raises
    ------
    CorruptFileError
        Bytes or content hashes of the published file, versions, or the record are others.
    """
    state, saved = manifest.state, manifest.files.get(PUBLISHED)
    if saved and (problem := damage_of(home.root, PUBLISHED, saved)):
        raise CorruptFileError(f"The restored {PUBLISHED} {problem}.")
    found, damaged = describe(home)
    if damaged:
        raise CorruptFileError(f"The restored {PUBLISHED} {damaged[PUBLISHED]}.")
    if found != state:
        raise CorruptFileError(
            f"The restored home holds night {found.night} ({found.manifest_hash}) at ledger "
            f"version {found.ledger_version}, its backup recorded night {state.night} "
            f"({state.manifest_hash}) at {state.ledger_version}."
        )


def later_than(home: Home, state: State) -> list[str]:
    """What a home holds that a backup does not, in phrases; empty if nothing."""
    with suppress(WarehouseError), connect(home.ledger, read_only=True) as ledger:
        return _later_ledger(ledger, state)
    later = []  # the ledger is lost or damaged
    landed = [entry.ledger_version for entry in read_log(home.raw_responses).landings]
    if landed and landed[-1] > state.ledger_version:
        later.append(
            f"stored responses up to ledger version {landed[-1]} "
            "(`mqp restore --from-responses` makes a ledger of them)"
        )
    if (night := published_night(home)) and (state.night is None or night > state.night):
        later.append(f"the published night {night}")
    return later


def _later_ledger(ledger: Connection, state: State) -> list[str]:
    world = ledger.execute("select world, created_at from ops.world").fetchone()
    if world != (state.world, state.ledger_begun_at):
        return [f"another ledger, begun at {world[1] if world else 'an unknown time'}"]
    counts = {}
    for name in RECORD:
        with suppress(duckdb.CatalogException):  # a ledger of an earlier release
            counts[name] = count_rows(ledger, name)
    return [
        f"{counts[name] - state.record.get(name, 0):,} later {what}"
        for name, what in RECORD.items()
        if counts.get(name, 0) > state.record.get(name, 0)
    ]


def _refuse_newer(home: Home, backup: Backup, *, is_forced: bool) -> None:
    if not is_forced and (later := later_than(home, backup.manifest.state)):
        raise UsageError(
            f"The home holds what backup {backup.name} does not: {', '.join(later)}. Nothing was "
            "touched; with --force all of it is moved to a folder of its own first."
        )


def _refuse_other_world(settings: Settings, backup: Backup) -> None:
    if (world := backup.manifest.state.world) != settings.world:
        raise WorldMismatchError(
            f"The backup belongs to the world '{world}' and this run to '{settings.world}': no "
            "backup holds keys, so write your .env first, or run with the settings of the first."
        )


def _trials_again(settings: Settings, restored: Restored) -> list[str]:
    """Add the trials that the backup did not know: none is ever taken out of the registry."""
    home = settings.home
    notes: list[str] = []
    if restored.aside is None or not (earlier := restored.aside / "data" / TRIALS).exists():
        return notes
    path = home.data / TRIALS
    known = set(path.read_text(encoding="utf-8").splitlines()) if path.exists() else set()
    missing = [
        line
        for line in earlier.read_text(encoding="utf-8", errors="replace").splitlines()
        if line and line not in known
    ]
    if missing:
        with LineLog(path) as lines:
            for line in missing:
                lines.append(line, durable=line is missing[-1])
        with opened_ledger(home.ledger, settings.world, now=utc_now(settings)) as ledger:
            restore_trials(ledger, home, notes.append)
        notes.append(f"{len(missing)} trials evaluated since the backup stay in the registry")
    return notes


def _in_use(settings: Settings, name: str, now: Path | None) -> str:
    """The end of a sentence: what is in use in a saved file's stead, and how that one would be."""
    if now is not None:
        return f"the one in use ({now}): copy it there if you want it back"
    if name == "holdings.csv":
        where = settings.home.root / "config" / name
        return f"in use: copy it to {where} if you want it back"
    return f"in use ({settings.universe} is): name it in MQP_UNIVERSE if you want it back"


def _configuration_notes(settings: Settings, backup: Backup) -> list[str]:
    """Configuration is never written over: which saved files are not those in use."""
    notes = []
    in_use = configuration_files(settings)
    for name in backup.manifest.files:
        if not name.startswith(f"{CONFIGURATION}/"):
            continue
        saved = backup.folder / name
        now = in_use.get(name.removeprefix(f"{CONFIGURATION}/"))
        try:
            is_same = now is not None and now.read_bytes() == saved.read_bytes()
        except OSError:
            is_same = False
        if not is_same:
            notes.append(f"{saved} is not {_in_use(settings, saved.name, now)}")
    return notes
