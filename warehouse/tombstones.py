"""Taking rows out of the append-only ledger where a provider's terms demand that they go.

The rows disappear from the disk; a tombstone stays for each table, so that everybody can see what
is missing, since when and why. A night that read the rows can no longer be replayed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from warehouse.availability import RAW_TABLES, RawTable
from warehouse.connection import Connection, connect, count_rows, quoted_path, transaction
from warehouse.errors import CorruptFileError
from warehouse.files import flush_to_disk
from warehouse.ledger import opened_ledger

SUBJECTS = ("symbol", "series_id", "index_name")
SCORED_TEXTS = ("headline", "concat_ws(chr(31), headline, nullif(trim(summary), ''))")
"""What a score was made of, by earlier releases and by this one."""

SHARED_TABLES = {
    "fred": ("raw.fred__observations", "source_endpoint = 'api'"),
    "fred_graph": ("raw.fred__observations", "source_endpoint = 'graph'"),
}
"""Providers whose rows share a table with another's, and how they are told apart."""


@dataclass(frozen=True)
class Tombstone:
    """What was removed from one table; `symbol` is None for everything of the provider."""

    table: str
    symbol: str | None
    rows: int
    first_version: int
    last_version: int


@dataclass(frozen=True)
class Burial:
    """What one removal did. `lost_nights`: published attempts that read the rows."""

    tombstones: tuple[Tombstone, ...]
    scores: int
    lost_nights: tuple[tuple[date, int], ...]


def bury(
    ledger: Path, world: str, provider: str, *, symbol: str | None, why: str, now: datetime
) -> Burial:
    """Remove a provider's rows from the ledger and write the tombstones, then shrink the file.

    The caller holds the writer lock. A kill before the end leaves the old file or the new one; the
    next call finishes what is left.

    Raises
    ------
    CorruptFileError
        If the copy without the rows is not complete; the old file stays.
    """
    with opened_ledger(ledger, world, now=now) as connection, transaction(connection):
        known = _headline_hashes(connection)
        stones = [
            stone
            for table, condition in _tables_of(provider)
            if (stone := _empty(connection, table, condition, symbol))
        ]
        for stone in stones:
            connection.execute(
                "insert into ops.tombstones values (?, ?, ?, ?, ?, ?, ?, ?)",
                [now, provider, *vars(stone).values(), why],
            )
        scores = _forget_scores(connection, known - _headline_hashes(connection))
        lost = _nights_since(connection, stones)
    _rewrite(ledger)
    return Burial(tuple(stones), scores, lost)


def _tables_of(provider: str) -> list[tuple[RawTable, str]]:
    """The provider's raw tables, each with the condition that makes its rows the provider's."""
    if provider in SHARED_TABLES:
        name, condition = SHARED_TABLES[provider]
        return [(table, condition) for table in RAW_TABLES if table.name == name]
    prefix = f"raw.{provider}__"
    return [(table, "true") for table in RAW_TABLES if table.name.startswith(prefix)]


def _empty(
    connection: Connection, table: RawTable, condition: str, symbol: str | None
) -> Tombstone | None:
    """Delete the rows of one table; None if there are none."""
    subject = next((column for column in table.key if column in SUBJECTS), None)
    if symbol is not None and subject is None:
        return None
    where, values = condition, []
    if symbol is not None:
        where, values = f"{condition} and {subject} = ?", [symbol]
    found = connection.execute(
        f"select count(*), min(ledger_version), max(ledger_version) from {table.name} "
        f"where {where}",
        values,
    ).fetchone()
    if found is None or not found[0]:
        return None
    connection.execute(f"delete from {table.name} where {where}", values)
    # the gate compares a history with what it saw: what was taken on purpose has not shrunk
    connection.execute(
        "delete from quality.history_extents where dataset = ? and (? is null or symbol = ?)",
        [table.name, symbol, symbol],
    )
    return Tombstone(table.name, symbol, *found)


def _headline_hashes(connection: Connection) -> set[str]:
    """The hashes under which stored stories have their scores."""
    tables = connection.execute(
        "select schema_name || '.' || table_name from duckdb_columns() "
        "where column_name = 'headline' and schema_name = 'raw' "
        "and database_name = current_database() order by 1"
    ).fetchall()
    union = " union ".join(
        f"select md5({text}) from {name}" for (name,) in tables for text in SCORED_TEXTS
    )
    return {row[0] for row in connection.execute(union).fetchall()}


def _forget_scores(connection: Connection, gone: set[str]) -> int:
    """Remove our scores of headlines that are stored no more; returns how many went."""
    before = count_rows(connection, "raw.mqp__headline_scores")
    connection.execute(
        "delete from raw.mqp__headline_scores where headline_hash in (select unnest(?))",
        [sorted(gone)],
    )
    return before - count_rows(connection, "raw.mqp__headline_scores")


def _nights_since(
    connection: Connection, stones: Sequence[Tombstone]
) -> tuple[tuple[date, int], ...]:
    """Published nights at versions that held the rows: night and ledger version, in order."""
    if not stones:
        return ()
    rows = connection.execute(
        "select distinct night, ledger_version from ops.nights "
        "where status in ('CLEAN', 'DEGRADED') and ledger_version >= ? order by all",
        [min(stone.first_version for stone in stones)],
    ).fetchall()
    return tuple((row[0], row[1]) for row in rows)


def _rewrite(path: Path) -> None:
    """Copy a database without its deleted rows and put the copy in its place.

    DuckDB keeps deleted rows in the file until their blocks are used again; a copy has none.
    """
    fresh = path.with_name(path.name + ".fresh")
    for leftover in (fresh, fresh.with_name(fresh.name + ".wal")):
        leftover.unlink(missing_ok=True)
    with connect(":memory:") as connection:
        connection.execute(f"attach '{quoted_path(path)}' as worn (read_only)")
        connection.execute(f"attach '{quoted_path(fresh)}' as fresh")
        connection.execute("copy from database worn to fresh")
        counts = {
            name: (count_rows(connection, f"worn.{name}"), count_rows(connection, f"fresh.{name}"))
            for (name,) in connection.execute(
                "select schema_name || '.' || table_name from duckdb_tables() "
                "where database_name = 'worn'"
            ).fetchall()
        }
        connection.execute("detach worn")
        connection.execute("detach fresh")
    short = [name for name, (worn, copied) in counts.items() if worn != copied]
    if short:
        fresh.unlink()
        raise CorruptFileError(f"{path.name} could not be copied whole: {short[0]} differs.")
    flush_to_disk(fresh)
    fresh.replace(path)
    flush_to_disk(path.parent)
