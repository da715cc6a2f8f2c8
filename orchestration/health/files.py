"""What lies beside the databases: cache, stored responses, backups."""

import hashlib
import sqlite3
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from orchestration.health.finding import Finding, named
from orchestration.health.reading import opened_sqlite
from orchestration.resources import Settings
from warehouse.backup.manifest import read_backup
from warehouse.backup.shelf import folders_in
from warehouse.errors import CorruptFileError
from warehouse.home import Home
from warehouse.landing_log import NAME as LANDING_LOG
from warehouse.landing_log import LandingEntry, read_log
from warehouse.lock import lock_holder

MOST_BYTES_HASHED = 256 * 1024**2  # of the cache: half a second
BACKUP_LASTS = timedelta(days=7)


def cache_finding(settings: Settings) -> Finding:
    """Whether the cache can be read, is of this world, and its files are what was written."""
    state, detail = _cache(settings)
    return Finding("cache", state, detail, "cache")


def _cache(settings: Settings) -> tuple[str, str]:
    root = settings.cache_root
    database = root / "cache.db"
    if not database.exists():
        return "ok", "empty: the next night asks for whole histories"
    try:
        with opened_sqlite(database) as cache:
            verdict = cache.execute("pragma quick_check(1)").fetchone()[0]
            if verdict != "ok":
                raise sqlite3.DatabaseError(verdict)
            world = cache.execute("select world from world").fetchone()
            entries = cache.execute(
                "select path, content_hash from entries order by updated_at desc, path"
            ).fetchall()
    except sqlite3.OperationalError as err:  # held by a run, or in a folder that refuses
        return "warn", f"{database} cannot be read now ({err}): look again when no run is writing"
    except sqlite3.DatabaseError as err:
        return "warn", (
            f"{database} is damaged ({err}): nothing to do, the next night keeps it as "
            "cache.db.damaged and asks for whole histories"
        )
    if world and world[0] != settings.world:
        other = f"{root} belongs to world '{world[0]}', this environment is '{settings.world}'"
        return "fail", f"{other}: use another MQP_HOME or CACHE_ROOT"
    damaged, size = _damaged_files(root, entries)
    told = f"{len(entries)} tables, {size / 1024**2:.1f} MiB"
    if damaged:
        return "warn", (
            f"{told}; {len(damaged)} damaged or gone ({named(damaged)}): nothing to do, they are "
            "asked for again"
        )
    return "ok", told


def _damaged_files(root: Path, entries: Iterable[tuple[str, str]]) -> tuple[list[str], int]:
    """Cached files that are not what their hash says, and the bytes of those that are there.

    Beyond `MOST_BYTES_HASHED` only their presence is looked at: the oldest come last.
    """
    damaged, size = [], 0
    for name, expected in entries:
        path = root / name
        if not path.is_file():
            damaged.append(name)
            continue
        size += path.stat().st_size
        if size <= MOST_BYTES_HASHED:
            with path.open("rb") as content:
                if hashlib.file_digest(content, "sha256").hexdigest() != expected:
                    damaged.append(name)
    return damaged, size


def response_finding(home: Home) -> Finding:
    """Whether the responses of the newest landing are there: what a lost ledger is rebuilt from."""
    state, detail = _responses(home)
    return Finding("responses", state, detail, "responses")


def _responses(home: Home) -> tuple[str, str]:
    root = home.raw_responses
    log = read_log(root)
    if log.unreadable:
        return "warn", (
            f"{log.unreadable} lines of {root / LANDING_LOG} are damaged: nothing to do while the "
            "ledger is whole, the next night writes the log again"
        )
    if not log.landings:
        if home.ledger.exists() and lock_holder(home.writer_lock) is None:
            lost = f"there is no {root / LANDING_LOG}: the next night writes it from the ledger"
            return "warn", lost
        return "ok", "none yet"
    newest = log.landings[-1]
    wanted = _hashes(newest)
    missing = wanted - _stored(root, newest)
    if missing:  # the same answer may have come on an earlier day
        missing -= {path.name.partition("-")[0] for path in root.glob("*/*/*.gz")}
    if missing:
        return "warn", (
            f"{len(missing)} of {len(wanted)} behind version {newest.ledger_version} are gone "
            f"({named(each[:12] for each in sorted(missing))}): take them from a backup, or a lost "
            "ledger comes back without their rows"
        )
    return "ok", f"all {len(wanted)} behind version {newest.ledger_version} are there"


def _hashes(entry: LandingEntry) -> set[str]:
    origins = (origin for part in entry.tables.values() for origin in part.origins)
    return {origin.response_hash for origin in origins if origin.response_hash}


def _stored(root: Path, entry: LandingEntry) -> set[str]:
    """Hashes of what is stored of the days on which a landing was fetched."""
    days = {
        origin.fetched_at.date().isoformat()
        for part in entry.tables.values()
        for origin in part.origins
    }
    return {
        path.name.partition("-")[0] for day in sorted(days) for path in root.glob(f"*/{day}/*.gz")
    }


def backup_finding(settings: Settings, now: datetime) -> Finding:
    """How old the newest backup of this world is."""
    state, detail = _backup(settings, now)
    return Finding("backups", state, detail, "age")


def _backup(settings: Settings, now: datetime) -> tuple[str, str]:
    found, unreadable = [], 0
    for folder in folders_in(settings.backups):
        try:
            found.append(read_backup(folder))
        except CorruptFileError:
            unreadable += 1
    made = [each for each in found if each.manifest.state.world == settings.world]
    damage = f"; {unreadable} with a damaged manifest" if unreadable else ""
    if not made:
        return "warn", f"there is none{damage}: run `mqp backup`"
    newest = max(made, key=lambda each: each.manifest.made_at)
    age = now - newest.manifest.made_at
    told = f"the newest is {newest.name}, {max(0, age.days)} days old{damage}"
    if age > BACKUP_LASTS:
        return "warn", f"{told}: run `mqp backup`"
    return ("warn", f"{told}: remove or mend those") if unreadable else ("ok", told)
