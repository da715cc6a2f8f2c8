"""Files of other programs, opened so that nothing is changed, created or waited for."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

PATIENCE_SECONDS = 0.5


@contextmanager
def opened_sqlite(path: Path) -> Iterator[sqlite3.Connection]:
    """Open an SQLite file for reading.

    While nobody has it open it is read as it lies there: even a reader would leave a `-wal` and a
    `-shm` file beside it.

    Raises
    ------
    sqlite3.Error
        It is no database, a damaged one, or held by another process for too long.
    """
    is_in_use = path.with_name(path.name + "-wal").exists()
    how = "mode=ro" if is_in_use else "immutable=1"
    address = f"file:{quote(str(path))}?{how}"
    with closing(sqlite3.connect(address, uri=True, timeout=PATIENCE_SECONDS)) as connection:
        yield connection
