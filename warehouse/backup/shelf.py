"""Where backups stand: which there are, which go, and what a killed run has left."""

import re
import shutil
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from warehouse.backup.manifest import Backup, read_backup
from warehouse.errors import CorruptFileError

UNFINISHED = ".partial"
LOCK = ".lock"
NAME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}Z(-\d+)?")


def folders_in(root: Path) -> list[Path]:
    """The folders that are named as backups are, the newest first."""
    found = [
        path
        for path in (root.glob("*") if root.is_dir() else ())
        if NAME.fullmatch(path.name) and path.is_dir() and not path.is_symlink()
    ]
    return sorted(found, key=lambda path: (path.name[:20], _number(path)), reverse=True)


def backups_in(root: Path) -> list[Backup]:
    """The whole backups of a folder, the newest first; what is none is passed over.

    Whole means that the manifest is sealed and every file has its size; `damaged_files` reads them.
    """
    found = []
    for folder in folders_in(root):
        with suppress(CorruptFileError, OSError):
            backup = read_backup(folder)
            if _has_all_files(backup):
                found.append(backup)
    return found


def newest_backup(root: Path, world: str) -> Backup | None:
    """The newest backup of a world, whole or not: what cannot be restored must not be overlooked.

    Raises
    ------
    CorruptFileError
        The manifest of a newer one cannot be trusted.
    """
    backups = map(read_backup, folders_in(root))
    return next((each for each in backups if each.manifest.state.world == world), None)


def name_for(root: Path, now: datetime) -> str:
    """A name of the moment that nothing in the folder has yet."""
    stamp = f"{now.astimezone(UTC):%Y-%m-%dT%H-%M-%SZ}"
    name, number = stamp, 1
    while (root / name).exists():
        number += 1
        name = f"{stamp}-{number}"
    return name


def sweep(root: Path) -> None:
    """Remove what killed runs have left half written or half deleted; the caller holds the lock."""
    for folder in root.glob(f".*{UNFINISHED}"):
        shutil.rmtree(folder, ignore_errors=True)


def forget_old(root: Path, newest: Backup, *, keep: int) -> list[str]:
    """Delete the backups of the same ledger beyond the newest ones; returns their names.

    Parameters
    ----------
    newest : the backup that was just made; it always stays.
    keep : how many stay with it, itself included, at least 1.

    Notes
    -----
    What is not whole is neither counted nor deleted, and other homes' backups are left alone: a
    damaged backup never takes the place of a good one. A folder is renamed before it is emptied, so
    that a kill leaves no half of it that looks whole.
    """
    same = [each for each in backups_in(root) if _is_of_same_ledger(each, newest)]
    others = [each for each in same if each.name != newest.name]
    forgotten = others[max(keep - 1, 0) :]
    for backup in forgotten:
        doomed = root / f".{backup.name}{UNFINISHED}"
        backup.folder.rename(doomed)
        shutil.rmtree(doomed, ignore_errors=True)
    return [backup.name for backup in forgotten]


def _is_of_same_ledger(one: Backup, other: Backup) -> bool:
    mine, theirs = one.manifest.state, other.manifest.state
    return (mine.world, mine.ledger_begun_at) == (theirs.world, theirs.ledger_begun_at)


def _has_all_files(backup: Backup) -> bool:
    return all(
        (path := backup.folder / name).is_file() and path.stat().st_size == saved.bytes
        for name, saved in backup.manifest.files.items()
    )


def _number(folder: Path) -> int:
    _, _, number = folder.name.partition("Z-")
    return int(number or 1)
