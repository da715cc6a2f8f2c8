"""The only place of the project that opens a DuckDB file."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from warehouse.errors import CorruptFileError, NotPublishedError, WarehouseBusyError

Connection = duckdb.DuckDBPyConnection


@contextmanager
def connect(
    path: Path | str, *, read_only: bool = False, threads: int | None = None
) -> Iterator[Connection]:
    """Open a DuckDB file with UTC as its time zone, and close it on the way out.

    Parameters
    ----------
    path : the file, or ``:memory:``.
    read_only : refuse every write; the file must exist.
    threads : how many DuckDB uses; all cores when left out.

    Raises
    ------
    NotPublishedError
        The file does not exist and was to be read.
    WarehouseBusyError
        Another process is writing to the file.
    CorruptFileError
        The file is not a readable DuckDB database.
    """
    if read_only and not Path(path).exists():
        raise NotPublishedError(f"There is no {Path(path).name} here yet: run `mqp nightly` first.")
    try:
        connection = duckdb.connect(str(path), read_only=read_only)
    except duckdb.IOException as err:
        if "lock" in str(err).lower():
            raise WarehouseBusyError(
                f"{Path(path).name} is being written by another process: wait for it to finish."
            ) from err
        raise CorruptFileError(f"{Path(path).name} cannot be opened: {_first_line(err)}") from err
    except duckdb.Error as err:
        raise CorruptFileError(f"{Path(path).name} cannot be read: {_first_line(err)}") from err
    try:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set enable_progress_bar = false")
        if threads is not None:
            connection.execute("set threads = ?", [threads])
        yield connection
    except duckdb.IOException as err:
        if "corrupt" not in str(err).lower():
            raise
        # a block's checksum is looked at when the block is read
        raise CorruptFileError(f"{Path(path).name} cannot be read: {_first_line(err)}") from err
    finally:
        connection.close()


@contextmanager
def transaction(connection: Connection) -> Iterator[None]:
    """Do all of a block or, when it fails, nothing of it."""
    connection.execute("begin")
    try:
        yield
        connection.execute("commit")
    except BaseException:
        with suppress(duckdb.TransactionException):  # a full disk has ended it already
            connection.execute("rollback")
        raise


def count_rows(connection: Connection, name: str) -> int:
    """How many rows a table has."""
    row = connection.execute(f"select count(*) from {name}").fetchone()
    return int(row[0]) if row else 0


def quoted_path(path: Path) -> str:
    """A path as it may stand between single quotes in SQL."""
    return str(path).replace("'", "''")


def _first_line(err: Exception) -> str:
    return str(err).splitlines()[0]
