"""What providers said differently, or late, between two versions of the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from warehouse.availability import RAW_TABLES, RawTable
from warehouse.connection import Connection
from warehouse.ledger import META_COLUMNS, PROVENANCE_COLUMNS

SCORES = "raw.mqp__headline_scores"
SUBJECTS = ("symbol", "series_id", "index_name", "maturity")
NEW_YORK_DATE = "({column} at time zone 'America/New_York')::date"
LONGEST_TEXT = 80  # of a value that is shown

Kind = Literal["restated", "late"]


@dataclass(frozen=True)
class Restatement:
    """One value that a provider changed: the largest change of its group."""

    day: date | None
    column: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class RevisedRows:
    """Rows of one subject in one raw table that changed, or came, after a decision.

    `kind`: `restated` where the key had an earlier version, `late` where a new key was available at
    the decision but had not been fetched. `known_rows`: of the restated rows those whose earlier
    version was available at the decision. `counts_from_fetch`: the table keeps vintages, so that a
    decision before the new version's fetch goes on with the earlier one. `columns`: those that
    changed. `largest`: the largest relative change of a number, else the latest change of a text.
    """

    kind: Kind
    table: str
    subject: str
    rows: int
    known_rows: int
    first_day: date | None
    last_day: date | None
    columns: tuple[str, ...] = ()
    largest: Restatement | None = None
    counts_from_fetch: bool = False


@dataclass(frozen=True)
class Revisions:
    """Everything between two versions that is about the time before a decision.

    `groups`: the largest first. `new_rows`: rows that no decision could have known then.
    """

    groups: tuple[RevisedRows, ...]
    new_rows: int


def revisions_between(
    ledger: Connection, earlier: int, later: int, *, decided_at: datetime
) -> Revisions:
    """Compare what the ledger said at two versions.

    Parameters
    ----------
    ledger : an open ledger, or a copy of one.
    earlier, later : versions; rows landed after the first, up to the second, are looked at.
    decided_at : the decision that was taken at the earlier version.

    Notes
    -----
    A value that changes and changes back in between is no restatement.
    """
    groups: list[RevisedRows] = []
    new_rows = 0
    for table in RAW_TABLES:
        if not _has_rows(ledger, table.name, earlier, later):
            continue
        groups += _groups(ledger, table, [earlier, later, decided_at])
        new_rows += _new_rows(ledger, table, [earlier, later, decided_at])
    groups.sort(key=lambda group: (-group.rows, group.table, group.subject))
    return Revisions(tuple(groups), new_rows)


def is_unrevised(
    ledger: Connection,
    earlier: int,
    later: int,
    *,
    decided_at: datetime,
    recorded: tuple[datetime, datetime],
) -> bool:
    """Whether a night rebuilt at the later version must come out as it was, row by row.

    Parameters
    ----------
    ledger, earlier, later, decided_at : as in `revisions_between`.
    recorded : the moments up to which the record of gate 1 was read then and is read now.

    Returns
    -------
    True where no row that was available by the decision has landed since, no story was scored
    anew, nothing was quarantined, released or removed. False says that something may differ.
    """
    unlike = [
        f"select 1 from {table.name} where ledger_version > $earlier "
        "and ledger_version <= $later and available_at <= $decided_at"
        for table in RAW_TABLES
    ]
    unlike += [
        f"select 1 from {SCORES} as fresh where ledger_version > $earlier and ledger_version <= "
        f"$later and exists (select 1 from {SCORES} as stored where stored.headline_hash = "
        "fresh.headline_hash and stored.ledger_version <= $earlier)",
        "select 1 from quality.quarantine where (ledger_version > $earlier and ledger_version <= "
        "$later) or (coalesce(released_at, decided_at) > $recorded_then "
        "and coalesce(released_at, decided_at) <= $recorded_now)",
        "select 1 from ops.tombstones where first_version <= $earlier "
        "and buried_at > $recorded_then",
    ]
    values = {
        "earlier": earlier,
        "later": later,
        "decided_at": decided_at,
        "recorded_then": recorded[0],
        "recorded_now": recorded[1],
    }
    return not any(_answers(ledger, query, values) for query in unlike)


def has_lost_rows(ledger: Connection, version: int) -> bool:
    """Whether rows that a night at this version read have been purged from the ledger."""
    query = "select 1 from ops.tombstones where first_version <= $version"
    return _answers(ledger, query, {"version": version})


@dataclass(frozen=True)
class WithheldChange:
    """A range of rows that gate 1 began to withhold, or let go: `quarantined` or `released`."""

    kind: Literal["quarantined", "released"]
    dataset: str
    symbol: str
    first_day: date
    last_day: date
    reason: str


def withheld_between(
    ledger: Connection, since: datetime, until: datetime
) -> tuple[WithheldChange, ...]:
    """List what the record of gate 1 gained after one moment, up to another."""
    rows = ledger.execute(
        """
        select if(released_at is null, 'quarantined', 'released') as kind, dataset, symbol,
            first_date, last_date, max(coalesce(release_reason, reason))
        from quality.quarantine
        where coalesce(released_at, decided_at) > $1 and coalesce(released_at, decided_at) <= $2
        group by all order by all
        """,
        [since, until],
    ).fetchall()
    return tuple(WithheldChange(*row) for row in rows)


def _answers(ledger: Connection, query: str, values: dict[str, object]) -> bool:
    named = {name: value for name, value in values.items() if f"${name}" in query}
    return ledger.execute(f"{query} limit 1", named).fetchone() is not None


def _has_rows(ledger: Connection, name: str, earlier: int, later: int) -> bool:
    query = f"select 1 from {name} where ledger_version > ? and ledger_version <= ? limit 1"
    return ledger.execute(query, [earlier, later]).fetchone() is not None


def _new_rows(ledger: Connection, table: RawTable, moments: Sequence[object]) -> int:
    row = ledger.execute(
        f"{_compared(ledger, table)} select count(*) from compared where not had and not is_known",
        list(moments),
    ).fetchone()
    return int(row[0]) if row else 0


def _groups(ledger: Connection, table: RawTable, moments: Sequence[object]) -> list[RevisedRows]:
    rows = ledger.execute(
        f"""
        {_compared(ledger, table)},
        told as (
            select *, if(had, 'restated', 'late') as kind from compared
            where if(had, len(changes) > 0, is_known)
        ),
        changed as (select kind, subject, day, unnest(changes) as change from told),
        largest as (
            select kind, subject, {{'day': day, 'change': change}} as example from changed
            qualify row_number() over (
                partition by kind, subject
                order by change.size desc nulls last, day desc, change.name
            ) = 1
        ),
        named as (
            select kind, subject, list(distinct change.name order by change.name) as columns
            from changed group by kind, subject
        ),
        grouped as (
            select kind, subject, count(*) as n, count(*) filter (was_known) as known_rows,
                min(day) as first_day, max(day) as last_day
            from told group by kind, subject
        )
        select grouped.*, named.columns, largest.example
        from grouped left join named using (kind, subject) left join largest using (kind, subject)
        order by kind, subject
        """,
        list(moments),
    ).fetchall()
    return [
        RevisedRows(
            kind=kind,
            table=table.name,
            subject=subject,
            rows=count,
            known_rows=known_rows if kind == "restated" else 0,
            first_day=first_day,
            last_day=last_day,
            columns=tuple(columns or ()) if kind == "restated" else (),
            largest=_restatement(example) if kind == "restated" else None,
            counts_from_fetch=table.policy == "vintage",
        )
        for kind, subject, count, known_rows, first_day, last_day, columns, example in rows
    ]


def _restatement(example: dict[str, object] | None) -> Restatement | None:
    if example is None:
        return None
    change: dict[str, str] = example["change"]  # type: ignore[assignment]
    day: date | None = example["day"]  # type: ignore[assignment]
    return Restatement(day, change["name"], change["before"], change["after"])


def _compared(ledger: Connection, table: RawTable) -> str:
    """SQL of the newest row of every key that has landed in between, beside the one before.

    Parameters of the statement: the earlier version, the later one, the decision's moment.
    """
    kinds = {row[0]: row[1] for row in ledger.execute(f"describe {table.name}").fetchall()}
    keys = ", ".join(table.key)
    newest = f"row_number() over (partition by {keys} order by ledger_version desc) = 1"
    subject = next(name for name in SUBJECTS if name in table.key)
    changes = ", ".join(
        _change(name, kind)
        for name, kind in kinds.items()
        if name not in (*table.key, *META_COLUMNS, *PROVENANCE_COLUMNS)
    )
    return f"""
        with fresh as (
            select * from {table.name} where ledger_version > $1 and ledger_version <= $2
            qualify {newest}
        ),
        stored as (
            select stored.* from {table.name} as stored semi join fresh using ({keys})
            where ledger_version <= $1
            qualify {newest}
        ),
        compared as (
            select fresh.{subject} as subject, {_day(table, kinds)} as day,
                stored.row_hash is not null as had,
                coalesce(stored.available_at <= $3, false) as was_known,
                fresh.available_at <= $3 as is_known,
                list_filter([{changes}], lambda change: change.is_changed) as changes
            from fresh left join stored using ({keys})
        )"""


def _change(name: str, kind: str) -> str:
    """SQL of what became of one column: both values as text, and how far a number moved."""
    size = "null::double"
    if kind in ("DOUBLE", "BIGINT", "INTEGER"):
        size = (
            f"abs(fresh.{name} - stored.{name}) / greatest(abs(fresh.{name}), abs(stored.{name}))"
        )
    return (
        f"{{'name': '{name}', 'is_changed': fresh.{name} is distinct from stored.{name}, "
        f"'before': left(stored.{name}::varchar, {LONGEST_TEXT}), "
        f"'after': left(fresh.{name}::varchar, {LONGEST_TEXT}), 'size': {size}}}"
    )


def _day(table: RawTable, kinds: dict[str, str]) -> str:
    """SQL of the New York date that a row is about; null where it is about none."""
    kind = kinds[table.date_column]
    if kind == "DATE":
        return f"fresh.{table.date_column}"
    if kind.startswith("TIMESTAMP"):
        return f"(fresh.{table.date_column} at time zone 'America/New_York')::date"
    return "null::date"
