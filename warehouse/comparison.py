"""Row by row: whether one database file says of the past what another one says.

Two builds of the same warehouse are compared table by table, without knowing what a table means: a
row counts from the moment that its own columns name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from warehouse.connection import Connection

RELATIVE_TOLERANCE = 1e-9
MOMENT_COLUMNS = ("decided_at", "available_at")
DATE_COLUMNS = ("session_date", "observed_date", "effective_session")
FLOATS = ("DOUBLE", "FLOAT")
EXAMPLES_SHOWN = 3


@dataclass(frozen=True)
class Layout:
    """How a table's rows are dated and told apart.

    `moment`: SQL of the moment from which a row counts, None for a table without dates. `key`:
    columns that name a row; every column that is no float where nothing better is known.
    `columns`: name to DuckDB type, without what is ignored.
    """

    relation: str
    columns: Mapping[str, str]
    moment: str | None
    key: tuple[str, ...]


@dataclass(frozen=True)
class Example:
    """One row that moved: its key, and of each column that differs both values."""

    kind: str
    key: Mapping[str, Any]
    differing: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True)
class Movement:
    """Where two builds disagree about one table's past.

    `missing`: rows of the later build that the earlier one lacks. `extra`: rows of the earlier one
    that the later one lacks. `changed`: rows of equal key whose values differ, by column in
    `columns`. `examples`: the first few in order of time.
    """

    relation: str
    missing: int
    extra: int
    changed: int
    columns: Mapping[str, int]
    examples: tuple[Example, ...]

    @property
    def sentence(self) -> str:
        """Table, columns and rows in one sentence."""
        counts = {
            "changed": self.changed,
            "missing at the earlier moment": self.missing,
            "gone by the later moment": self.extra,
        }
        told = ", ".join(f"{count:,} rows {what}" for what, count in counts.items() if count)
        named = ", ".join(f"{name} ({count:,})" for name, count in self.columns.items())
        return f"{self.relation}: {told}" + (f"; columns: {named}" if named else "")


def layout_of(
    connection: Connection,
    relation: str,
    *,
    key: Sequence[str] = (),
    ignored: Sequence[str] = (),
    moment: str | None = None,
) -> Layout:
    """Read a table's columns and find out how its rows are dated.

    Parameters
    ----------
    connection : holds the table.
    relation : schema and name.
    key : columns that name a row, where they are known.
    ignored : columns that are left out of every comparison.
    moment : column that says from when a row counts, where it is none of the usual ones.

    Notes
    -----
    A row counts from its `decided_at`, else from its `available_at`, and then from its session's
    decision at the earliest (a story of 16:20 belongs to the next session). Without either, from
    the decision of the first date column, in the order session_date, observed_date,
    effective_session, any other.
    """
    rows = connection.execute(f"describe {relation}").fetchall()
    columns = {name: kind for name, kind, *_ in rows if name not in ignored}
    known = [name for name in key if name in columns]
    if not known:
        known = [name for name, kind in columns.items() if kind not in FLOATS]
    return Layout(relation, columns, moment_of(columns, moment), tuple(known))


def moment_of(columns: Mapping[str, str], moment: str | None = None) -> str | None:
    """SQL of the moment from which a row counts."""
    stamps = [name for name, kind in columns.items() if kind.startswith("TIMESTAMP WITH")]
    days = [name for name in DATE_COLUMNS if columns.get(name) == "DATE"]
    days += [name for name, kind in columns.items() if kind == "DATE" and name not in days]
    decisions = [
        f"({quoted(day)}::timestamp + interval '16 hours 30 minutes') "
        "at time zone 'America/New_York'"
        for day in days[:1]
    ]
    named = [name for name in (moment, *MOMENT_COLUMNS) if name in stamps]
    parts = [quoted(name) for name in named[:1]]
    if named[:1] == ["available_at"] and moment is None and days[:1] == ["session_date"]:
        parts = [f"greatest({parts[0]}, {decisions[0]})"]
    parts += decisions or [quoted(name) for name in stamps[:1]]
    return f"coalesce({', '.join(parts)})" if parts else None


def quoted(name: str) -> str:
    """A column's name as it may stand in SQL whatever it is."""
    return '"' + name.replace('"', '""') + '"'


def count_known(connection: Connection, layout: Layout, known_by: datetime) -> int:
    """How many rows of a dated table count at a moment."""
    row = connection.execute(
        f"select count(*) from {layout.relation} where {layout.moment} <= ?", [known_by]
    ).fetchone()
    return int(row[0]) if row else 0


def movement(
    connection: Connection, layout: Layout, earlier: str, known_by: datetime
) -> Movement | None:
    """Compare one dated table of the connected (later) file with an attached (earlier) one.

    Parameters
    ----------
    connection : the later build.
    layout : of a table that has a moment.
    earlier : name under which the earlier build is attached.
    known_by : the earlier build's moment.

    Returns
    -------
    None where every row that counts by then stands in both and is equal: keys, dates, text and
    whole numbers exactly, floats within 1e-9 relative.

    Notes
    -----
    Rows of the earlier build that the later one lacks count when they are older than the moment:
    what stands exactly at it may be a snapshot of its own night (tonight's orders, a trade still
    open) which is rewritten every night without saying anything about the past.
    """
    columns = ", ".join(map(quoted, layout.columns))
    later_rows = f"select {columns} from {layout.relation} where {layout.moment} <= $1"
    earlier_table = f"{earlier}.{layout.relation}"
    if not _exists(connection, earlier, layout.relation):
        count = count_known(connection, layout, known_by)
        return Movement(layout.relation, count, 0, 0, {}, ()) if count else None
    earlier_rows = f"select {columns} from {earlier_table} where {layout.moment} <= $1"
    if _content(connection, later_rows, known_by) == _content(connection, earlier_rows, known_by):
        return None
    connection.execute(
        f"create or replace temp table pairs as {paired_rows(layout, later_rows, earlier_rows)}",
        [known_by],
    )
    return _summed_up(connection, layout, known_by)


def _content(connection: Connection, rows: str, known_by: datetime) -> tuple[Any, ...] | None:
    """Number and sum of hashes of some rows, whatever their order."""
    return connection.execute(
        f"select count(*), sum(hash(t)::hugeint) from ({rows}) as t", [known_by]
    ).fetchone()


def _exists(connection: Connection, catalogue: str, relation: str) -> bool:
    found = connection.execute(
        "select 1 from duckdb_tables() where database_name = ? "
        "and schema_name || '.' || table_name = ?",
        [catalogue, relation],
    ).fetchone()
    return found is not None


def paired_rows(layout: Layout, later: str, earlier: str) -> str:
    """SQL of both sides' rows side by side, matched by key and by order within a key."""
    values = [quoted(name) for name in layout.columns if name not in layout.key]
    order = ", ".join(values) or "1"
    key = ", ".join(f"coalesce({quoted(name)}::varchar, chr(0))" for name in layout.key) or "''"

    def numbered(rows: str) -> str:
        # equal keys in either file are matched in the order of their values
        return (
            f"select *, concat_ws(chr(31), {key}) as row_key, row_number() over "
            f"(partition by concat_ws(chr(31), {key}) order by {order}) as row_rank, "
            f"{layout.moment} as row_moment from ({rows})"
        )

    return (
        "select l as later_row, e as earlier_row, l.row_rank is not null as in_later, "
        "e.row_rank is not null as in_earlier, "
        "coalesce(l.row_moment, e.row_moment) as row_moment "
        f"from ({numbered(later)}) as l full join ({numbered(earlier)}) as e "
        "on l.row_key = e.row_key and l.row_rank = e.row_rank"
    )


def differs(kind: str, one: str, other: str) -> str:
    """SQL that tells whether two values differ: floats beyond 1e-9 relative, the rest at all."""
    exactly = f"{one} is distinct from {other}"
    if kind not in FLOATS:
        return exactly
    close = f"abs({one} - {other}) <= {RELATIVE_TOLERANCE} * greatest(abs({one}), abs({other}))"
    return f"({exactly} and not coalesce({close}, false))"


def _summed_up(connection: Connection, layout: Layout, known_by: datetime) -> Movement | None:
    tests = {
        name: differs(kind, f"later_row.{quoted(name)}", f"earlier_row.{quoted(name)}")
        for name, kind in layout.columns.items()
        if name not in layout.key
    }
    moved = " or ".join(tests.values()) or "false"
    kinds = (
        "case when not in_earlier then 'missing' "
        "when not in_later and row_moment < $1 then 'extra' "
        f"when in_later and ({moved}) then 'changed' end"
    )
    sums = "".join(
        f", count(*) filter (in_later and in_earlier and {test})" for test in tests.values()
    )
    row = connection.execute(
        f"with kinds as (select *, {kinds} as kind from pairs) select "
        "count(*) filter (kind = 'missing'), count(*) filter (kind = 'extra'), "
        f"count(*) filter (kind = 'changed'){sums} from kinds",
        [known_by],
    ).fetchone()
    if row is None or not any(row[:3]):
        return None  # floats in their last digits only
    columns = {name: count for name, count in zip(tests, row[3:], strict=True) if count}
    found = connection.execute(
        f"with kinds as (select *, {kinds} as kind from pairs) "
        "select kind, if(in_later, later_row, null), if(in_earlier, earlier_row, null) "
        "from kinds where kind is not null "
        f"order by row_moment, kind limit {EXAMPLES_SHOWN}",
        [known_by],
    ).fetchall()
    examples = tuple(example_of(layout, columns, *each) for each in found)
    return Movement(layout.relation, row[0], row[1], row[2], columns, examples)


def example_of(
    layout: Layout,
    columns: Mapping[str, int],
    kind: str,
    later: Mapping[str, Any] | None,
    earlier: Mapping[str, Any] | None,
) -> Example:
    """One pair of rows for people: its key, and the values that differ among some columns."""
    row = later or earlier or {}
    differing = {}
    if later is not None and earlier is not None:
        differing = {
            name: (earlier[name], later[name]) for name in columns if earlier[name] != later[name]
        }
    return Example(kind, {name: row[name] for name in layout.key}, differing)
