"""The one writer lock: DuckDB admits a single writing process, so writers queue here first."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from warehouse.files import writing_failures


@contextmanager
def writer_lock(path: Path, *, announce: Callable[[str], None] = print) -> Iterator[None]:
    """Hold the operating system's lock on a file; wait for it, after saying so once.

    The lock dies with its process, so a killed night never leaves the warehouse locked. The file
    holds the process id of the latest holder, for people.

    Parameters
    ----------
    path : the lock file; created when missing, never deleted.
    announce : called with one sentence when another process holds the lock.

    Raises
    ------
    StorageError
        The lock file cannot be written.
    """
    with writing_failures(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            announce(
                f"Another run is writing (process {_holder(descriptor)}): waiting for it to finish."
            )
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)  # closing releases the lock


def lock_holder(path: Path) -> str | None:
    """The process id, as text, of whoever holds the writer lock now; None while nobody does.

    Nothing is waited for. For an instant this takes a reader's lock: a writer that begins just then
    says that it waits, and goes on.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _holder(descriptor)
    finally:
        os.close(descriptor)
    return None


def _holder(descriptor: int) -> str:
    return os.pread(descriptor, 20, 0).decode(errors="replace").strip() or "unknown"
