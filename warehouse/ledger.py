"""Append-only landing: a row becomes a new version only when it says something new."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from warehouse.availability import (
    BY_SERIES,
    RAW_TABLES,
    RULES,
    SERIES_RULES,
    STAMP_RULES,
    RawTable,
)
from warehouse.connection import Connection, connect, count_rows, transaction
from warehouse.errors import (
    CorruptFileError,
    WarehouseBusyError,
    WorldMismatchError,
)
from warehouse.landed_rows import count_earlier_landings, count_landed
from warehouse.sessions import CalendarError, Sessions

DDL = Path(__file__).with_name("ledger.sql")
META_COLUMNS = ("available_at", "fetched_at", "ledger_version", "response_hash", "row_hash")
PROVENANCE_COLUMNS = (
    "source_endpoint",
    "adjustment_mode",
)  # how a value came is not part of what it says
LONGEST_WAIT_SECONDS = 60.0  # for a reader of the ledger to finish
STAMP = pa.timestamp("us", tz="UTC")
LATEST_RULE = "18:00 New York of the next session"


@dataclass(frozen=True)
class Landing:
    """What one landing did.

    `ledger_version` is the newest version of the ledger afterwards; unchanged when nothing was new.
    `new_rows` and `dropped_rows` count per raw table; dropped rows could not have been known when
    they were fetched (today's half-made bar, an action announced for a later day).
    """

    ledger_version: int
    new_rows: Mapping[str, int]
    dropped_rows: Mapping[str, int]


def open_ledger(connection: Connection, world: str, *, now: datetime) -> None:
    """Create the ledger's tables when missing and make sure that it belongs to `world`.

    Raises
    ------
    WorldMismatchError
        The ledger was begun in another world.
    """
    add_missing_tables(connection)
    if connection.execute("select 1 from ops.world").fetchone() is None:
        connection.execute("insert into ops.world values (?, ?)", [world, now])
    _compare_world(connection, "ops.world", world)


def add_missing_tables(connection: Connection) -> None:
    """Give a ledger what this release keeps and the one that began it did not."""
    connection.execute(DDL.read_text())
    count_earlier_landings(connection)


def _compare_world(connection: Connection, table: str, world: str) -> None:
    row = connection.execute(f"select world from {table}").fetchone()
    if row is not None and row[0] != world:
        raise WorldMismatchError(
            f"This home belongs to the world '{row[0]}' and this run to '{world}': "
            "set MQP_HOME to another folder, or run with the settings of the first."
        )


def refuse_other_world(ledger: Path, published: Path, world: str) -> None:
    """Raise WorldMismatchError when a home's files were made in another world; change nothing.

    The published file counts too: a new ledger beside it would take over its record.
    """
    for path, table in ((ledger, "ops.world"), (published, "ops.build_context")):
        if path.exists():
            with suppress(CorruptFileError), connect(path, read_only=True) as connection:
                if _has_table(connection, table):
                    _compare_world(connection, table, world)


def _has_table(connection: Connection, name: str) -> bool:
    found = connection.execute(
        "select 1 from duckdb_tables() where schema_name || '.' || table_name = ?", [name]
    ).fetchone()
    return found is not None


@contextmanager
def opened_ledger(path: Path, world: str, *, now: datetime) -> Iterator[Connection]:
    """Open a home's ledger for writing, after making sure that it belongs to `world`.

    Opened late and closed early: while it is open no other process can read it. A short reader, or
    a child that outlived a killed night, is waited for.

    Raises
    ------
    StorageError
        The disk is full; the transaction that it refused has not happened.
    """
    retrying = Retrying(
        stop=stop_after_delay(LONGEST_WAIT_SECONDS),
        wait=wait_fixed(0.5),
        retry=retry_if_exception_type(WarehouseBusyError),
        reraise=True,
    )
    with ExitStack() as stack:
        connection = retrying(lambda: stack.enter_context(connect(path)))
        open_ledger(connection, world, now=now)
        yield connection


def newest_version(connection: Connection) -> int:
    """Return the ledger version of the latest landed batch, 0 for an empty ledger."""
    row = connection.execute("select coalesce(max(ledger_version), 0) from ops.landings").fetchone()
    return int(row[0]) if row else 0


def land(
    connection: Connection,
    tables: Mapping[str, pa.Table],
    *,
    sessions: Sessions,
    run_id: str,
    now: datetime,
) -> Landing:
    """Append the rows that differ from the newest stored version of their key, as one batch.

    Parameters
    ----------
    connection : an open, writable ledger.
    tables : raw table name to rows: its payload columns, `fetched_at` and `response_hash`.
    sessions : the exchange calendar that dates availability.
    run_id : the run that landed the batch.
    now : UTC moment of the landing.

    Notes
    -----
    A value that changes and changes back is three versions. Under `vintage` a later version of a
    key is known from its own fetch; under `restate` it keeps the observation's moment. An absent
    row never deletes a stored one, and a row fetched before the stored version (an old cache
    beside a newer ledger) is no news.
    """
    version = newest_version(connection) + 1
    new_rows: dict[str, int] = {}
    dropped: dict[str, int] = {}
    with transaction(connection):
        for table in RAW_TABLES:
            rows = tables.get(table.name)
            if rows is not None and rows.num_rows:
                new_rows[table.name], dropped[table.name] = _land_table(
                    connection, table, rows, sessions, version
                )
        total = sum(new_rows.values())
        if total:
            connection.execute(
                "insert into ops.landings values (?, ?, ?, ?)", [version, now, run_id, total]
            )
            count_landed(connection, version, new_rows)
    return Landing(version if total else version - 1, new_rows, dropped)


def _land_table(
    connection: Connection, table: RawTable, rows: pa.Table, sessions: Sessions, version: int
) -> tuple[int, int]:
    """Land one table inside the caller's transaction; returns (new, dropped)."""
    payload = [name for name in _columns(connection, table.name) if name not in META_COLUMNS]
    connection.register("incoming_rows", rows.select([*payload, "fetched_at", "response_hash"]))
    keys = ", ".join(table.key)
    said = [name for name in payload if name not in (*table.key, *PROVENANCE_COLUMNS)]
    values = ", ".join(f"coalesce({name}::varchar, '~')" for name in said)
    later = (
        "greatest(i.available_at, i.fetched_at)" if table.policy == "vintage" else "i.available_at"
    )
    # the last row of a key counts when a response repeats it; row order is the provider's own
    connection.execute(f"""
        create or replace temp table landing as
        with dated as ({_dated_rows(connection, table, sessions)})
        select *, md5(concat_ws(chr(31), {values})) as row_hash
        from dated
        qualify row_number() over (partition by {keys} order by fetched_at desc, arrival desc) = 1
    """)
    dropped = connection.execute(
        "select count(*) from landing where available_at > fetched_at"
    ).fetchone()
    before = count_rows(connection, table.name)
    connection.execute(f"""
        insert into {table.name} ({", ".join([*payload, *META_COLUMNS])})
        select {", ".join(f"i.{name}" for name in payload)},
            case when stored.row_hash is null then i.available_at else {later} end,
            i.fetched_at, {version}, i.response_hash, i.row_hash
        from landing as i
        left join (
            select {keys}, row_hash, fetched_at as stored_at from {table.name}
            qualify row_number() over (partition by {keys} order by ledger_version desc) = 1
        ) as stored using ({keys})
        where i.available_at <= i.fetched_at
            and (
                stored.row_hash is null
                or (stored.row_hash <> i.row_hash and i.fetched_at >= stored.stored_at)
            )
        order by {", ".join(f"i.{name}" for name in table.key)}
    """)
    connection.unregister("incoming_rows")
    return count_rows(connection, table.name) - before, int(dropped[0]) if dropped else 0


def _dated_rows(connection: Connection, table: RawTable, sessions: Sessions) -> str:
    """SQL of the incoming rows with `available_at`; rows off the calendar's range fall away."""
    rows = "select *, row_number() over () as arrival from incoming_rows"
    if table.rule in STAMP_RULES:
        known_at = STAMP_RULES[table.rule].format(date_column=table.date_column)
        return f"select *, {known_at} as available_at from ({rows})"
    columns = [table.date_column] + (["series_id"] if table.rule == BY_SERIES else [])
    found = connection.execute(
        f"select distinct {', '.join(columns)} from incoming_rows"
    ).fetchall()
    dated = [(*row, moment) for row in found if (moment := _moment(table, sessions, row))]
    names = [*columns, "available_at"]
    schema = pa.schema(
        [
            ("available_at", STAMP)
            if name == "available_at"
            else ("series_id", pa.string())
            if name == "series_id"
            else (name, pa.date32())
            for name in names
        ]
    )
    moments = pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in dated], schema)
    connection.register("moments", moments)
    return f"select * from ({rows}) inner join moments using ({', '.join(columns)})"


def _moment(table: RawTable, sessions: Sessions, row: Sequence[Any]) -> datetime | None:
    """When the row's subject could be known; None outside the exchange calendar's range."""
    rule = SERIES_RULES.get(row[1], LATEST_RULE) if table.rule == BY_SERIES else table.rule
    try:
        return RULES[rule](sessions, row[0])
    except CalendarError:
        return None


def _columns(connection: Connection, name: str) -> list[str]:
    schema, table = name.split(".")
    found = connection.execute(
        "select column_name from duckdb_columns() where schema_name = ? and table_name = ? "
        "and database_name = current_database() order by column_index",
        [schema, table],
    ).fetchall()
    return [row[0] for row in found]
