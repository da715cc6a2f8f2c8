"""What of a home a backup holds, and where a restore may write.

Outputs only: where the home is the repository, code lies beside them. `.env` is none of them.
Left out is what can be made again: builds, dbt's artefacts, Dagster's own storage.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from warehouse.files import HALF_WRITTEN, SCRATCH
from warehouse.home import Home

LEDGER = "warehouse/ledger.duckdb"
PUBLISHED = "warehouse/quant.duckdb"
SEAL = "warehouse/quant.sha256"
NIGHTS = "warehouse/nights"
RESPONSES = "data/raw"
CACHE = "data/cache"
CACHE_DATABASE = "data/cache/cache.db"
LOGS = "logs"
CONFIGURATION = "config"

REPORTS = (
    *("reports/latest.html", "reports/report.json", "reports/run_status.json"),
    *("reports/orders.csv", "reports/oos_registry.csv"),
    *("reports/backtests", "reports/metrics", "reports/data_docs", "reports/docs"),
)
EVENTS = ("data/*.jsonl", "data/*.json")
"""What people and commands did between nights: trials, releases, and the like."""

NEVER = (".env*", HALF_WRITTEN, SCRATCH, "*.lock", ".*.lock", "*.db-wal", "*.db-shm")
"""Names that no backup holds: keys, half-written files, locks, and logs of an open SQLite file."""


@dataclass(frozen=True)
class Found:
    """A file to be saved: its place in the home, and where it lies now."""

    name: str
    path: Path


def responses_of(home: Home) -> Iterator[Found]:
    """The stored responses: written once, never changed."""
    return (file for file in _below(RESPONSES, home.raw_responses) if file.path.suffix == ".gz")


def rest_of(home: Home, cache_root: Path) -> Iterator[Found]:
    """Everything else but the databases and the configuration; consistent under the writer lock."""
    logs_of_responses = _below(RESPONSES, home.raw_responses)
    yield from (file for file in logs_of_responses if file.path.suffix != ".gz")
    yield from (
        file for file in _below(CACHE, cache_root) if not file.path.name.startswith("cache.db")
    )
    yield from _below(NIGHTS, home.nights)
    for pattern in EVENTS:
        for path in sorted(home.root.glob(pattern)):
            if _is_saved(path):
                yield Found(path.relative_to(home.root).as_posix(), path)
    for name in (*REPORTS, LOGS):
        yield from _below(name, home.root / name)


def unit_of(name: str) -> str | None:
    """The part of a home, replaced as a whole, that a saved file belongs to; None for no output.

    The configuration is no output: it is saved, and never written over.
    """
    parts = PurePosixPath(name)
    for unit in (NIGHTS, RESPONSES, CACHE, LOGS, *REPORTS, SEAL, PUBLISHED, LEDGER):
        if name == unit or parts.is_relative_to(unit):
            return unit
    if len(parts.parts) == 2 and any(fnmatchcase(name, pattern) for pattern in EVENTS):
        return name
    return None


def links_below(home: Home, cache_root: Path) -> list[str]:
    """Symbolic links among what would be saved: what they point to is not."""
    folders = {name: home.root / name for name in (RESPONSES, NIGHTS, LOGS, *REPORTS)} | {
        CACHE: cache_root
    }
    found = []
    for name, folder in folders.items():
        for base, directories, files in os.walk(folder):
            for each in (*directories, *files):
                path = Path(base) / each
                if path.is_symlink():
                    found.append(f"{name}/{path.relative_to(folder).as_posix()}")
    return sorted(found)


def _below(name: str, place: Path) -> Iterator[Found]:
    """The regular files of a folder, or the file itself, by name."""
    if place.is_file():
        if _is_saved(place):
            yield Found(name, place)
        return
    for base, directories, files in os.walk(place):
        directories[:] = sorted(each for each in directories if not _is_never(each))
        for each in sorted(files):
            path = Path(base) / each
            if _is_saved(path):
                yield Found(f"{name}/{path.relative_to(place).as_posix()}", path)


def _is_saved(path: Path) -> bool:
    return path.is_file() and not path.is_symlink() and not _is_never(path.name)


def _is_never(name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in NEVER)
