"""A backup back into a home: checked first, laid ready beside it, then exchanged part by part.

What stood there is moved to `replaced/<moment>/`, never deleted. The ledger comes last, and by one
rename: a kill leaves the old or the new one, and the same command begins again.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from warehouse.backup.manifest import Backup, damage_of
from warehouse.backup.places import (
    CACHE,
    CONFIGURATION,
    LEDGER,
    LOGS,
    NIGHTS,
    PUBLISHED,
    REPORTS,
    RESPONSES,
    SEAL,
    unit_of,
)
from warehouse.backup.shelf import name_for
from warehouse.disk import refuse_without_room
from warehouse.errors import CorruptFileError, StorageError
from warehouse.files import flush_to_disk, writing_failures
from warehouse.home import Home

READY = ".restore.partial"
REPLACED = "replaced"
STANDING = (RESPONSES, CACHE, NIGHTS, *REPORTS)
"""What is moved aside also where the backup has nothing in its place."""

DATABASES = (f"{LEDGER}.wal", f"{PUBLISHED}.wal", SEAL, PUBLISHED, LEDGER)
"""In the order in which they are exchanged. A log of writes belongs to the file it lies beside."""

SPARE_BYTES = 32 * 1024**2


@dataclass(frozen=True)
class Restored:
    """What was put in place; `aside` holds what stood there, None if nothing did."""

    parts: tuple[str, ...]
    aside: Path | None


def lay_ready(backup: Backup, home: Home, say: Callable[[str], None]) -> Path:
    """Copy a backup's files beside the home's own, and compare the copies with their hashes.

    Nothing of the home is touched. The configuration and logs stay out where the home has some.

    Raises
    ------
    StorageError
        A part of the home is a link or lies on another disk, or there is not enough room.
    CorruptFileError
        A file was damaged while it was copied.
    """
    files = {
        name: saved
        for name, saved in backup.manifest.files.items()
        if not name.startswith(f"{CONFIGURATION}/") and not _stays(home, name)
    }
    ready = home.root / READY
    shutil.rmtree(ready, ignore_errors=True)
    with writing_failures(home.root):
        home.root.mkdir(parents=True, exist_ok=True)
    _refuse_unfit(home, sum(saved.bytes for saved in files.values()))
    say(f"Copying {len(files):,} files of backup {backup.name}.")
    for name, saved in files.items():
        target = ready / name
        with writing_failures(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(backup.folder / name, target, follow_symlinks=False)
        if problem := damage_of(ready, name, saved):
            shutil.rmtree(ready, ignore_errors=True)
            raise CorruptFileError(f"{name} {problem} once copied: nothing was touched.")
        flush_to_disk(target)
    return ready


def exchange(home: Home, ready: Path, now: datetime) -> Restored:
    """Put what was laid ready in place of the home's own; the caller holds the writer lock.

    Raises
    ------
    StorageError
        The disk refuses a rename: what is moved aside is whole, and the command may run again.
    """
    aside = home.root / REPLACED / name_for(home.root / REPLACED, now)
    parts = sorted({unit for path in _files(ready) if (unit := unit_of(path))} - set(DATABASES))
    done = []
    with writing_failures(home.root):
        for unit in (*sorted({*parts, *STANDING}), *DATABASES):
            _exchange_one(home.root / unit, ready / unit, aside / unit)
            if (home.root / unit).exists():
                done.append(unit)
        for folder in (home.warehouse, home.data, home.root):
            if folder.is_dir():
                flush_to_disk(folder)
    shutil.rmtree(ready, ignore_errors=True)
    return Restored(tuple(done), aside if aside.exists() else None)


def _exchange_one(place: Path, ready: Path, aside: Path) -> None:
    """Move what stands at a place aside, and what is ready there; a file is never missing."""
    if place.exists():
        aside.parent.mkdir(parents=True, exist_ok=True)
        if place.is_file() and ready.is_file():
            try:
                aside.hardlink_to(place)
            except OSError:  # a file system without second names
                place.rename(aside)
        else:
            place.rename(aside)
    if ready.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        ready.replace(place)


def _stays(home: Home, name: str) -> bool:
    """Logs that are there tell of what has happened since: they are not replaced by older ones."""
    return unit_of(name) == LOGS and any(home.logs.glob("*"))


def _refuse_unfit(home: Home, needed: int) -> None:
    """Refuse a home whose parts lie elsewhere, or that has no room."""
    for unit in (*STANDING, *DATABASES, LOGS):
        for place in _chain(home.root, unit):
            if place.is_symlink():
                raise StorageError(
                    f"{place} is a link, and a restore does not leave the home: put a folder in "
                    "its place, or restore into another MQP_HOME."
                )
            if place.exists() and place.stat().st_dev != home.root.stat().st_dev:
                raise StorageError(
                    f"{place} lies on another disk than {home.root}, so that it cannot be "
                    "exchanged at once: restore into another MQP_HOME and copy it over."
                )
    refuse_without_room(home.root, needed, "the backup", spare=SPARE_BYTES)


def _chain(root: Path, unit: str) -> Sequence[Path]:
    """The folders on the way from a home to one of its parts, the part included."""
    parts = Path(unit).parts
    return [root.joinpath(*parts[:length]) for length in range(1, len(parts) + 1)]


def _files(ready: Path) -> list[str]:
    return [path.relative_to(ready).as_posix() for path in ready.rglob("*") if path.is_file()]
