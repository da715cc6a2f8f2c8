"""The only place of the project that opens a DuckDB file."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from warehouse.disk import is_refusal, refusal
from warehouse.errors import (
    CorruptFileError,
    NotPublishedError,
    WarehouseBusyError,
    WarehouseError,
)

Connection = duckdb.DuckDBPyConnection

DAMAGE = ("corrupt database file", "not a valid duckdb database", "could not read enough bytes")
"""How DuckDB says that a file's content is the matter, not a statement."""


@contextmanager
def connect(
    path: Path | str,
    *,
    read_only: bool = False,
    threads: int | None = None,
    storage_version: str | None = None,
) -> Iterator[Connection]:
    """Open a DuckDB file with UTC as its time zone, and close it on the way out.

    Parameters
    ----------
    path : the file, or ``:memory:``.
    read_only : refuse every write; the file must exist.
    threads : how many DuckDB uses; all cores when left out.
    storage_version : the oldest DuckDB that can read the file, if it is created here; without one
        it is 1.0.

    Raises
    ------
    NotPublishedError
        The file does not exist and was to be read.
    WarehouseBusyError
        Another process is writing to the file.
    CorruptFileError
        The file is not a readable DuckDB database, or a part of it that was read is damaged.
    StorageError
        The disk is full, or does not let the file be written; an open transaction did not happen.
    """
    if read_only and not Path(path).exists():
        raise NotPublishedError(
            f"There is no {Path(path).name} here: run `mqp nightly` first, or `mqp replay` if it "
            "was lost."
        )
    try:
        connection = duckdb.connect(
            str(path),
            read_only=read_only,
            config={"storage_compatibility_version": storage_version} if storage_version else {},
        )
    except duckdb.Error as err:
        # not chained: the person reads the innermost error, and this one says more
        raise _told(path, err) or CorruptFileError(
            f"{Path(path).name} cannot be opened: {_first_line(err)}"
        ) from None
    try:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set enable_progress_bar = false")
        if threads is not None:
            connection.execute("set threads = ?", [threads])
        yield connection
    except duckdb.Error as err:
        if (told := _told(path, err)) is not None:
            raise told from None
        raise
    finally:
        connection.close()


def _told(path: Path | str, err: duckdb.Error) -> WarehouseError | None:
    """What a person can do about an error of the file itself; None for one of a statement."""
    said = str(err).lower()
    name = Path(path).name
    if "could not set lock" in said:
        return WarehouseBusyError(
            f"{name} is being written by another process: wait for it to finish."
        )
    if any(word in said for word in DAMAGE):
        return CorruptFileError(
            f"{name} is damaged ({_first_line(err)}): see 'Corrupt file' in docs/RUNBOOK.md."
        )
    return refusal(path, _first_line(err)) if is_refusal(said) else None


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


def read_all(connection: Connection, *, besides: Collection[str] = ()) -> None:
    """Read every row of every table: DuckDB compares each block with its checksum.

    `besides`: schemas that are left out. No parameter goes to DuckDB, which would import pandas.
    """
    names = connection.execute(
        "select schema_name, table_name from duckdb_tables() "
        "where database_name = current_database() order by all"
    ).fetchall()
    for schema, table in names:
        if schema not in besides:
            connection.execute(
                f"select sum(hash(t)::hugeint) from {schema}.{table} as t"
            ).fetchone()


def quoted_path(path: Path) -> str:
    """A path as it may stand between single quotes in SQL."""
    return str(path).replace("'", "''")


def _first_line(err: Exception) -> str:
    return str(err).splitlines()[0]
