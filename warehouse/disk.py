"""Whether the disk lets a night be written, and how its refusals are told."""

import os
import shutil
from pathlib import Path

from warehouse.errors import StorageError
from warehouse.home import Home

FULL_BYTES = 1024**2
LEAST_FREE_BYTES = 64 * 1024**2
"""A first night of three symbols writes about 40 MB in all."""

REFUSALS = (
    *("no space left", "disk is full", "disk quota exceeded", "file too large"),
    *("read-only file system", "permission denied", "readonly database"),
    *("could not write", "could not truncate"),
)
"""How the system, DuckDB and SQLite say that the disk is the matter; in lower case."""


def is_refusal(said: str) -> bool:
    """Whether an error's words mean the disk and not the program."""
    return _refusing_words(said) is not None


def refusal(path: Path | str, reason: str) -> StorageError:
    """What a person is told of a disk that is full or refuses."""
    return StorageError(
        f"{path} cannot be written ({reason}): free disk space or correct the "
        "rights, then run again; what was stored before is kept."
    )


def refusal_behind(path: Path, said: str) -> StorageError | None:
    """The disk's refusal that another program's error came from; None where it did not.

    The program may have had no room to say so: below a path without a free megabyte the disk is
    full, whatever the words are.
    """
    words = _refusing_words(said)
    if words is None and path.exists() and shutil.disk_usage(path).free < FULL_BYTES:
        words = "no space left"
    return refusal(path, words) if words else None


def refuse_full_disk(path: Path, said: str) -> None:
    """Say plainly what another program has said about the disk in its own words.

    Raises
    ------
    StorageError
        The words, or the disk below a path, say that it is full or refuses.
    """
    if (told := refusal_behind(path, said)) is not None:
        raise told


def bytes_of_a_night(home: Home) -> int:
    """How much room a night takes: its build is about as large as the published file."""
    published = home.published.stat().st_size if home.published.exists() else 0
    return max(LEAST_FREE_BYTES, published)


def refuse_without_room(place: Path, needed: int, what: str, *, spare: int = 0) -> None:
    """Begin nothing that the disk has no room for.

    Parameters
    ----------
    needed : bytes that it takes, and `spare` that stay free beside it.
    what : as the subject of a sentence.

    Raises
    ------
    StorageError
        Less is free; the sentence names both sizes.
    """
    free = shutil.disk_usage(place).free
    if free < needed + spare:
        told = f"{free / 1e6:,.0f} MB are free and {what} takes {needed / 1e6:,.0f}"
        raise refusal(place, told)


def prepare_home(home: Home) -> None:
    """Create the folders of a home, and begin no night that could not be written.

    Raises
    ------
    StorageError
        A folder is read-only, or there is less room than a night takes.
    """
    try:
        home.make_folders()
    except OSError as err:
        raise refusal(home.root, err.strerror or str(err)) from None
    for folder in home.folders:
        if not os.access(folder, os.W_OK):
            raise refusal(folder, "it is read-only")
    refuse_without_room(home.warehouse, bytes_of_a_night(home), "a night")


def _refusing_words(said: str) -> str | None:
    lower = said.lower()
    return next((words for words in REFUSALS if words in lower), None)
