"""A backup of a home: consistent while a night runs, whole or not there.

Stored responses are copied first, while anybody may write: they only ever become more. The rest is
copied under the writer lock, which takes as long as a copy of the databases does; so every backup
shows the home between two runs.
"""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from warehouse.backup.copying import HOLDS_A_KEY, Copier
from warehouse.backup.manifest import (
    Backup,
    BackupManifest,
    State,
    read_backup,
    refuse_damaged,
    write_manifest,
)
from warehouse.backup.places import (
    CACHE_DATABASE,
    CONFIGURATION,
    LEDGER,
    PUBLISHED,
    SEAL,
    Found,
    links_below,
    responses_of,
    rest_of,
)
from warehouse.backup.shelf import LOCK, UNFINISHED, backups_in, forget_old, name_for, sweep
from warehouse.connection import connect
from warehouse.disk import refuse_without_room
from warehouse.errors import CorruptFileError, NotPublishedError
from warehouse.files import copy_database, flush_to_disk, log_of_writes, writing_failures
from warehouse.home import Home
from warehouse.lock import writer_lock

SPARE_BYTES = 32 * 1024**2
"""What a backup leaves free on its disk, for the night that goes on."""


@dataclass(frozen=True)
class BackupOrder:
    """What to save, and where.

    `root`: the folder that gets the backup's own. `cache_root`: where the cache is.
    `configuration`: place below `config/` to the file in use. `keep`: how many backups stay.
    `describe`: reads the copied databases through, says what they hold, and which file is too
    damaged to be saved, and why. `holds_key`: whether some bytes contain a configured key.
    """

    home: Home
    root: Path
    cache_root: Path
    configuration: Mapping[str, Path]
    now: datetime
    code_hash: str
    keep: int
    describe: Callable[[Home], tuple[State, Mapping[str, str]]]
    holds_key: Callable[[bytes], bool]


@dataclass(frozen=True)
class Made:
    """A new backup, and the names of those that went for it."""

    backup: Backup
    forgotten: tuple[str, ...] = ()


def write_backup(order: BackupOrder, say: Callable[[str], None]) -> Made:
    """Save a home, then delete the backups beyond the ones to keep.

    Raises
    ------
    NotPublishedError
        There is no ledger yet.
    StorageError
        There is less room than the backup takes (told before anything is written), or the disk
        refuses; nothing is left behind.
    CorruptFileError
        The ledger is damaged, or holds a key: no backup of it is worth having.
    """
    if not order.home.ledger.exists():
        raise NotPublishedError("There is no ledger to save yet: run `mqp nightly` first.")
    with writing_failures(order.root):
        order.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    with writer_lock(order.root / LOCK, announce=lambda _: say(_OTHER_BACKUP)):
        sweep(order.root)
        _refuse_full_disk(order)
        name = name_for(order.root, order.now)
        scratch = order.root / f".{name}{UNFINISHED}"
        try:
            backup = _written(order, scratch, say)
            with writing_failures(order.root):
                scratch.rename(order.root / name)
                flush_to_disk(order.root)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        made = replace(backup, folder=order.root / name)
        return Made(made, tuple(forget_old(order.root, made, keep=order.keep)))


_OTHER_BACKUP = "Another backup is being made here: waiting for it to finish."


def _written(order: BackupOrder, scratch: Path, say: Callable[[str], None]) -> Backup:
    """Fill the folder, read everything in it again, and seal it."""
    with writing_failures(scratch):
        scratch.mkdir(mode=0o700)
    copier = Copier(scratch, order.holds_key, next(iter(backups_in(order.root)), None))
    say("Copying the stored responses.")
    for file in responses_of(order.home):
        copier.save_response(file)
    with writer_lock(order.home.writer_lock, announce=say):
        say("Copying the databases, reports and logs.")
        for database in (order.home.ledger, order.home.published):
            target = scratch / "warehouse" / database.name
            with writing_failures(target):
                target.parent.mkdir(exist_ok=True)
                copy_database(database, target)
        copier.save(Found(SEAL, order.home.published.with_suffix(".sha256")))
        for file in responses_of(order.home):  # those that came meanwhile
            copier.save_response(file)
        for file in rest_of(order.home, order.cache_root):
            copier.save(file)
        if (cache := order.cache_root / "cache.db").is_file():
            copier.save_sqlite(Found(CACHE_DATABASE, cache))
    for name, path in order.configuration.items():
        copier.save(Found(f"{CONFIGURATION}/{name}", path))
    for name in links_below(order.home, order.cache_root):
        copier.left_out[name] = "is a link"
    say("Reading the copies through.")
    _fold_log_of_writes(scratch)
    state, damaged = order.describe(Home(scratch))
    _account_databases(copier)
    for name, reason in damaged.items():
        copier.leave_out(name, reason)
    manifest = BackupManifest(
        order.now, order.code_hash, state, copier.saved, dict(sorted(copier.left_out.items()))
    )
    write_manifest(scratch, manifest)
    for name in copier.copied:
        flush_to_disk(scratch / name)
    backup = read_backup(scratch)
    refuse_damaged(backup)
    return backup


def _fold_log_of_writes(scratch: Path) -> None:
    """Put what a killed writer had left beside the ledger into the copy's own file."""
    ledger = Home(scratch).ledger
    if log_of_writes(ledger).exists():
        with connect(ledger) as connection:
            connection.execute("checkpoint")
    log_of_writes(Home(scratch).published).unlink(missing_ok=True)  # nobody of ours writes there


def _account_databases(copier: Copier) -> None:
    copier.account(LEDGER)
    if LEDGER in copier.left_out:
        raise CorruptFileError(f"{LEDGER} {HOLDS_A_KEY}: no backup was made; report this.")
    if (copier.folder / PUBLISHED).exists():
        copier.account(PUBLISHED)


def _refuse_full_disk(order: BackupOrder) -> None:
    """Begin nothing that the disk has no room for."""
    home, earlier = order.home, next(iter(backups_in(order.root)), None)
    known = earlier.manifest.files if earlier else {}
    files = [
        *(file.path for file in responses_of(home) if file.name not in known),
        *(file.path for file in rest_of(home, order.cache_root)),
        *order.configuration.values(),
        *(path for path in (home.ledger, home.published) if path.exists()),
    ]
    needed = sum(path.stat().st_size for path in files if path.exists()) + SPARE_BYTES
    refuse_without_room(order.root, needed, "this backup")
