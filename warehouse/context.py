"""The first tables of a private build: what the SQL may know about its own moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa

from warehouse.availability import BY_SERIES, RAW_TABLES, SERIES_RULES
from warehouse.connection import Connection, connect
from warehouse.files import log_of_writes, sweep_spill
from warehouse.sessions import BAR_READY, FIRST_DAY, NEWS_CUTOFF, Sessions

STAMP = pa.timestamp("us", tz="UTC")
# texts, half of what a build writes, take half the time and less room in this format
STORAGE_VERSION = "v1.4.0"


@dataclass(frozen=True)
class Member:
    """A symbol of the universe and the dates (inclusive) inside which it counts."""

    symbol: str
    from_date: date | None = None
    to_date: date | None = None


@dataclass(frozen=True)
class BuildContext:
    """Everything a build depends on besides the ledger's rows.

    `as_of_at` is the UTC moment of the night's decision; rows known later are not read.
    `ledger_version` bounds the versions read. `recorded_at`: up to when the record of gate 1 is
    read, `as_of_at` itself unless a build looks back with what was found since.
    """

    night: date
    as_of_at: datetime
    ledger_version: int
    world: str
    code_hash: str
    config_hash: str
    universe_name: str
    benchmark: str
    members: Sequence[Member]
    recorded_at: datetime | None = None


def begin_build(path: Path, context: BuildContext, sessions: Sessions) -> None:
    """Start a fresh build file that holds only its context, universe and calendar.

    An older build at the same path is removed first: a build is never continued.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for leftover in (path, log_of_writes(path)):
        leftover.unlink(missing_ok=True)
    sweep_spill(path)
    with connect(path, storage_version=STORAGE_VERSION) as connection:
        connection.execute("create schema ops")
        _write_context(connection, context)
        _write_calendar(connection, context.night, sessions)
        _write_rules(connection)


def _write_context(connection: Connection, context: BuildContext) -> None:
    connection.execute(
        "create table ops.build_context (night date, as_of_at timestamptz, "
        "recorded_at timestamptz, ledger_version integer, world varchar, code_hash varchar, "
        "config_hash varchar)"
    )
    connection.execute(
        "insert into ops.build_context values (?, ?, ?, ?, ?, ?, ?)",
        [
            context.night,
            context.as_of_at,
            context.recorded_at or context.as_of_at,
            context.ledger_version,
            context.world,
            context.code_hash,
            context.config_hash,
        ],
    )
    connection.execute(
        "create table ops.universe (name varchar, benchmark varchar, has_dates boolean)"
    )
    has_dates = any(member.from_date or member.to_date for member in context.members)
    connection.execute(
        "insert into ops.universe values (?, ?, ?)",
        [context.universe_name, context.benchmark, has_dates],
    )
    connection.execute(
        "create table ops.universe_members (symbol varchar, from_date date, to_date date)"
    )
    connection.executemany(
        "insert into ops.universe_members values (?, ?, ?)",
        [[member.symbol, member.from_date, member.to_date] for member in context.members],
    )


def _write_calendar(connection: Connection, night: date, sessions: Sessions) -> None:
    """Sessions up to the one after the night: a calendar is known ahead, a price is not."""
    days = sessions.between(FIRST_DAY, sessions.next_session(night))
    calendar = pa.table(
        {
            "session_date": pa.array(days, pa.date32()),
            "session_number": pa.array(range(len(days)), pa.int32()),
            "previous_session_date": pa.array([None, *days[:-1]], pa.date32()),
            "next_session_date": pa.array(
                [*days[1:], sessions.next_session(days[-1])], pa.date32()
            ),
            "open_at": pa.array(sessions.opens[: len(days)], STAMP),
            "close_at": pa.array(sessions.closes[: len(days)], STAMP),
            "news_cutoff_at": pa.array([sessions.at(day, NEWS_CUTOFF) for day in days], STAMP),
            "bar_available_at": pa.array([sessions.at(day, BAR_READY) for day in days], STAMP),
            "decided_at": pa.array([sessions.decided_at(day) for day in days], STAMP),
        }
    )
    connection.register("calendar", calendar)
    connection.execute("create table ops.exchange_sessions as select * from calendar")
    connection.unregister("calendar")


def _write_rules(connection: Connection) -> None:
    """The one table of availability rules, for whoever reads the warehouse."""
    connection.execute(
        "create table ops.availability_rules "
        "(table_name varchar, subject varchar, policy varchar, known_from varchar)"
    )
    rows = [
        [table.name, None, table.policy, table.rule]
        for table in RAW_TABLES
        if table.rule != BY_SERIES
    ]
    rows += [
        [table.name, series, table.policy, rule]
        for table in RAW_TABLES
        if table.rule == BY_SERIES
        for series, rule in SERIES_RULES.items()
    ]
    connection.executemany("insert into ops.availability_rules values (?, ?, ?, ?)", rows)
