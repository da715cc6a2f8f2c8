"""Row by row: the results that a published night kept beside those of the night built again."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warehouse.comparison import (
    EXAMPLES_SHOWN,
    Example,
    Layout,
    differs,
    example_of,
    layout_of,
    moment_of,
    paired_rows,
    quoted,
)
from warehouse.connection import Connection, quoted_path

RESULT_KEYS: Mapping[str, tuple[str, ...]] = {
    "marts.fct_signals": ("strategy", "variant", "symbol", "session_date"),
    "analytics.target_weights": ("session_date", "strategy", "symbol"),
    "analytics.orders": ("symbol",),
    "analytics.holdings": ("symbol",),
    "analytics.backtest_metrics": ("strategy", "variant", "sample", "metric"),
    "analytics.backtest_daily": ("strategy", "variant", "session_date"),
    "analytics.portfolio_daily": ("session_date",),
    "analytics.sleeve_weights": ("session_date", "strategy"),
    "analytics.walk_forward_windows": ("strategy", "window"),
    "intermediate.int_macro_as_of": ("session_date",),
}
"""Columns that name a row; of another table every column that is no float does."""

MEASURED = ("DOUBLE", "FLOAT", "DECIMAL", "HUGEINT", "BIGINT", "INTEGER")
UNDATED = "null::timestamptz"


@dataclass(frozen=True)
class ColumnDifference:
    """How many rows differ in one column, and by how much at most; None for what is no number."""

    rows: int
    largest: float | None


@dataclass(frozen=True)
class ResultDifference:
    """Where a table built again is not the one that was kept.

    `gone`: kept rows without a match. `added`: rows that were not there. `changed`: rows of equal
    key that differ at all, `changed_notably` of them by more than 1e-9 relative. `columns`: those
    that differ. `new_columns` and `lost_columns`: those of one side only, which are not compared.
    """

    relation: str
    gone: int
    added: int
    changed: int
    changed_notably: int
    columns: Mapping[str, ColumnDifference]
    new_columns: tuple[str, ...]
    lost_columns: tuple[str, ...]
    examples: tuple[Example, ...]

    @property
    def is_notable(self) -> bool:
        """Whether it is more than the last digits of floats."""
        return bool(
            self.gone or self.added or self.changed_notably or self.new_columns or self.lost_columns
        )

    @property
    def sentence(self) -> str:
        """Table, rows and columns in one sentence."""
        counts = {"changed": self.changed, "gone": self.gone, "added": self.added}
        told = [f"{count:,} rows {what}" for what, count in counts.items() if count]
        if self.changed and not self.changed_notably:
            told[0] += " within 1e-9"
        for what, names in (("new", self.new_columns), ("lost", self.lost_columns)):
            if names:
                told.append(f"{what} columns {', '.join(names)}")
        columns = "; ".join(_column_text(name, each) for name, each in self.columns.items())
        return f"{self.relation}: {', '.join(told)}" + (f"; {columns}" if columns else "")


def _column_text(name: str, difference: ColumnDifference) -> str:
    most = "" if difference.largest is None else f", at most {difference.largest:.3g}"
    return f"{name} in {difference.rows:,}{most}"


def difference_from_kept(
    connection: Connection, relation: str, kept: Path, *, where: str = "true"
) -> ResultDifference | None:
    """Compare a table of the connected file with the rows that a night kept of it.

    Parameters
    ----------
    connection : the night built again.
    relation : schema and name of a table there.
    kept : the parquet file with the rows as they were published.
    where : SQL of the rows that are kept.

    Returns
    -------
    None where both hold the same rows.
    """
    then_rows = f"select * from read_parquet('{quoted_path(kept)}')"
    now = layout_of(connection, relation, key=RESULT_KEYS.get(relation, ()))
    then = {name: kind for name, kind, *_ in connection.execute(f"describe {then_rows}").fetchall()}
    shared = {name: kind for name, kind in now.columns.items() if then.get(name) == kind}
    key = tuple(name for name in now.key if name in shared)
    layout = Layout(relation, shared, moment_of(shared) or UNDATED, key)
    columns = ", ".join(map(quoted, shared))
    connection.execute(
        "create or replace temp table pairs as "
        + paired_rows(
            layout,
            f"select {columns} from {relation} where {where}",
            f"select {columns} from ({then_rows})",
        )
    )
    found = _summed_up(
        connection,
        layout,
        new_columns=tuple(name for name in now.columns if name not in shared),
        lost_columns=tuple(name for name in then if name not in shared),
    )
    return found if found.changed or found.is_notable else None


def _summed_up(
    connection: Connection,
    layout: Layout,
    *,
    new_columns: tuple[str, ...],
    lost_columns: tuple[str, ...],
) -> ResultDifference:
    compared = [name for name in layout.columns if name not in layout.key]
    exact, notable = {}, {}
    for name in compared:
        sides = f"later_row.{quoted(name)}", f"earlier_row.{quoted(name)}"
        exact[name] = f"{sides[0]} is distinct from {sides[1]}"
        notable[name] = differs(layout.columns[name], *sides)
    is_changed, is_notable = (" or ".join(tests.values()) or "false" for tests in (exact, notable))
    per_column = "".join(
        f", count(*) filter (in_both and {exact[name]}), {_largest(layout, name)}"
        for name in compared
    )
    row = connection.execute(
        "with matched as (select *, in_later and in_earlier as in_both from pairs) select "
        "count(*) filter (not in_later), count(*) filter (not in_earlier), "
        f"count(*) filter (in_both and ({is_changed})), "
        f"count(*) filter (in_both and ({is_notable})){per_column} from matched"
    ).fetchone() or (0,) * (4 + 2 * len(compared))
    per_name = zip(compared, row[4::2], row[5::2], strict=True)
    columns = {name: ColumnDifference(rows, most) for name, rows, most in per_name if rows}
    return ResultDifference(
        relation=layout.relation,
        gone=row[0],
        added=row[1],
        changed=row[2],
        changed_notably=row[3],
        columns=columns,
        new_columns=new_columns,
        lost_columns=lost_columns,
        examples=_examples(connection, layout, columns, is_changed),
    )


def _largest(layout: Layout, name: str) -> str:
    """SQL of a number's largest absolute difference."""
    if layout.columns[name].partition("(")[0] not in MEASURED:
        return "null"
    later, earlier = (f"{side}_row.{quoted(name)}::double" for side in ("later", "earlier"))
    return f"max(abs({later} - {earlier})) filter (in_both)"


def _examples(
    connection: Connection, layout: Layout, columns: Mapping[str, Any], is_changed: str
) -> tuple[Example, ...]:
    rows = connection.execute(
        "select case when not in_later then 'gone' when not in_earlier then 'added' "
        "else 'changed' end as kind, if(in_later, later_row, null), "
        "if(in_earlier, earlier_row, null) from pairs "
        f"where not in_later or not in_earlier or {is_changed} "
        "order by row_moment, kind, coalesce(later_row, earlier_row).row_key "
        f"limit {EXAMPLES_SHOWN}"
    ).fetchall()
    counts = {name: each.rows for name, each in columns.items()}
    return tuple(example_of(layout, counts, *row) for row in rows)
