"""Copies of a ledger that hold less: what was known at a moment, or what came after one.

Proofs and replays build on copies. What a copy does not hold cannot be peeked at, whatever the SQL
on top of it does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from warehouse.connection import Connection, connect, quoted_path

COPIED_RECORDS = (
    "quality.quarantine",
    "analytics.decisions",
    "analytics.trials",
    "ops.nights",
)
"""What a build reads besides the raw tables."""

SOURCE = "whole"


@dataclass(frozen=True)
class LedgerCut:
    """Which rows a copy keeps.

    `ledger_version`: versions up to it. `known_by`: rows available by then, None for all.
    `known_since`: rows available from then on, None for all; the opposite of a proof's cut, for
    asking what depends on where history starts. `judged_by`: night and attempt up to whose gate the
    quarantines are kept, None for all; a later attempt of the same evening has the same moment.
    """

    ledger_version: int
    known_by: datetime | None = None
    known_since: datetime | None = None
    judged_by: tuple[date, int] | None = None


def copy_ledger(source: Path, target: Path, cut: LedgerCut) -> None:
    """Write a new ledger file with the rows that a cut keeps; the source is only read.

    Parameters
    ----------
    source : a ledger that nobody writes meanwhile (hold the writer lock, or use a copy).
    target : replaced when it exists.

    Notes
    -----
    Raw rows are kept by `available_at` and `ledger_version`, scores of headlines by version (a
    score is arithmetic on words that the copy may lack), quarantines whose rows begin by then,
    releases and decisions that had been made by then.
    """
    for leftover in (target, target.with_name(target.name + ".wal")):
        leftover.unlink(missing_ok=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    with connect(target) as connection:
        connection.execute(f"attach '{quoted_path(source)}' as {SOURCE} (read_only)")
        for schema, table, columns in _tables(connection):
            connection.execute(f"create schema if not exists {schema}")
            conditions, values = _conditions(columns, cut)
            where = f"where {' and '.join(conditions)}" if conditions else ""
            connection.execute(
                f"create table {schema}.{table} as select * from {SOURCE}.{schema}.{table} {where}",
                values,
            )
        connection.execute(f"detach {SOURCE}")


def _tables(connection: Connection) -> list[tuple[str, str, Sequence[str]]]:
    """(schema, table, its columns) of what a build may read."""
    return connection.execute(
        "select schema_name, table_name, list(column_name) from duckdb_columns() "
        "where database_name = ? and (schema_name = 'raw' "
        "or schema_name || '.' || table_name in (select unnest(?))) group by all order by all",
        [SOURCE, list(COPIED_RECORDS)],
    ).fetchall()


def _conditions(columns: Sequence[str], cut: LedgerCut) -> tuple[list[str], list[Any]]:
    conditions: list[str] = []
    values: list[Any] = []

    def keep(condition: str, value: Any) -> None:
        conditions.append(condition)
        values.append(value)

    if "ledger_version" in columns:
        keep("coalesce(ledger_version, 0) <= ?", cut.ledger_version)  # a missed night has none
    moment = next((name for name in ("available_at", "released_at") if name in columns), None)
    moment = moment or ("decided_at" if "decided_at" in columns else None)
    if cut.known_by is not None and moment is not None:
        keep(f"({moment} is null or {moment} <= ?)", cut.known_by)
        if "first_date" in columns:
            keep("first_date::timestamp at time zone 'America/New_York' <= ?", cut.known_by)
    if cut.judged_by is not None and {"first_date", "attempt"} <= set(columns):
        conditions.append("(attempt is null or night < ? or (night = ? and attempt <= ?))")
        values += [cut.judged_by[0], *cut.judged_by]
    if cut.known_since is not None and "available_at" in columns:
        keep("available_at >= ?", cut.known_since)
    return conditions, values
