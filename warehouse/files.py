"""Writing files that are whole or not there, and log lines that never mix."""

import os
import shutil
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from warehouse.disk import refusal

SCRATCH = ".partial"
"""Folder below a root of many files where each is written before it is renamed into place."""

HALF_WRITTEN = ".*.new"
"""Names of files before they are renamed into place."""

_being_written: set[Path] = set()


def write_bytes(
    path: Path, content: bytes, *, scratch: Path | None = None, durable: bool = True
) -> None:
    """Write a file so that a reader or a killed process leaves all of it or none of it.

    Parameters
    ----------
    scratch : the folder to write in before the rename, on the same disk; beside the file if None.
    durable : wait until the disk has it, so that a power cut loses nothing either.

    Raises
    ------
    StorageError
        If the disk is full or refuses; nothing is left behind.
    """
    with writing_failures(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = scratch or path.parent
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f".{os.getpid()}.{threading.get_ident()}.{path.name}.new"
        _being_written.add(fresh)
        try:
            with fresh.open("wb") as stream:
                stream.write(content)
                stream.flush()
                if durable:
                    os.fsync(stream.fileno())
            fresh.replace(path)
            if durable:
                flush_to_disk(path.parent)
        finally:
            fresh.unlink(missing_ok=True)
            _being_written.discard(fresh)


def write_text(path: Path, content: str) -> None:
    """Write UTF-8 text atomically."""
    write_bytes(path, content.encode("utf-8"))


def file_bytes(path: Path) -> int | None:
    """How large a file is; None where there is none."""
    return path.stat().st_size if path.exists() else None


def flush_to_disk(path: Path) -> None:
    """Make a file's or folder's latest state survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sweep_scratch(root: Path) -> int:
    """Remove what killed processes left half written below a root; returns how many files."""
    return sweep_unfinished((root / SCRATCH).glob(HALF_WRITTEN))


def sweep_unfinished(paths: Iterable[Path]) -> int:
    """Remove those of some half-written files that nobody writes any more; returns how many."""
    left = [path for path in paths if not _is_being_written(path)]
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)


def log_of_writes(database: Path) -> Path:
    """Where DuckDB keeps what has not reached a database's file yet.

    It is there while somebody writes, and after a writer was killed: whoever opens the file for
    writing next puts its content there.
    """
    return database.with_name(database.name + ".wal")


def copy_database(source: Path, target: Path) -> None:
    """Copy a database that nobody writes now, with what a killed writer left in its log."""
    for path, copy in ((source, target), (log_of_writes(source), log_of_writes(target))):
        copy.unlink(missing_ok=True)
        if path.exists():
            shutil.copy2(path, copy)


def sweep_spill(database: Path) -> None:
    """Remove what a killed process has spilt to the disk beside a database that nobody has open."""
    shutil.rmtree(database.with_name(database.name + ".tmp"), ignore_errors=True)


def _is_being_written(path: Path) -> bool:
    """Whether the process that a half-written file is named for still writes it."""
    owner = path.name.split(".")[1]
    if owner == str(os.getpid()):  # the number may have had an earlier life
        return path in _being_written
    try:
        os.kill(int(owner), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def writing_failures(path: Path) -> Iterator[None]:
    """Turn an operating system's refusal to write into one sentence.

    Raises
    ------
    StorageError
        Naming the file, the reason and what to do.
    """
    try:
        yield
    except OSError as err:
        # not chained: the person reads the innermost error, and this one says more
        raise refusal(path, err.strerror or str(err)) from None


class LineLog:
    """A text file that several threads and processes extend by whole lines.

    Every line is one write to a file opened for appending, so that lines of different writers
    never mix. A line that a crash cut off is ended before the next one begins.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()
        with writing_failures(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        self._is_cut_off = _is_cut_off(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._file)

    def append(self, line: str, *, durable: bool = False) -> None:
        """Add one line; `durable` waits until the disk has it.

        Raises
        ------
        StorageError
            If not all of the line could be written.
        """
        with self._lock, writing_failures(self._path):
            content = ("\n" if self._is_cut_off else "") + line + "\n"
            left = content.encode("utf-8")
            self._is_cut_off = True
            while left:  # a second write is needed on a full disk only, and then fails
                left = left[os.write(self._file, left) :]
            self._is_cut_off = False
            if durable:
                os.fsync(self._file)


def _is_cut_off(file: int) -> bool:
    with suppress(OSError):
        size = os.fstat(file).st_size
        return size > 0 and os.pread(file, 1, size - 1) != b"\n"
    return False
