"""The checksum of the published file, beside it: tells in no time that not a byte has changed.

`warehouse/quant.sha256` is what `sha256sum --check` reads. A file that it does not fit is not
therefore damaged (a kill may have come between the file and its seal): then its content is read.
"""

import hashlib
from contextlib import suppress
from pathlib import Path

from warehouse.files import write_text


def seal(database: Path) -> None:
    """Write down the checksum of a file that will not change any more."""
    write_text(_seal_of(database), _line(database))


def is_sealed(database: Path) -> bool:
    """Whether a file is, byte by byte, the one that was sealed."""
    with suppress(OSError):
        return _seal_of(database).read_text() == _line(database)
    return False


def _seal_of(database: Path) -> Path:
    return database.with_suffix(".sha256")


def _line(database: Path) -> str:
    with database.open("rb") as content:
        return f"{hashlib.file_digest(content, 'sha256').hexdigest()}  {database.name}\n"
