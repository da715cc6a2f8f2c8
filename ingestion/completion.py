"""What a row takes from other responses than its own: splits, held bars, acceptance times.

A night joins these while it collects. Reading a stored response again brings the rows as the
provider sent them, so the same arithmetic is done again with what the ledger held at that landing.
"""

from collections.abc import Callable, Mapping
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.adjustment import SPLIT_ADJUSTED, joined_to, splits_of, undo_splits
from ingestion.providers import finnhub_prices, fmp, fmp_statements
from ingestion.tables import SPLITS_UNDONE, merged

Known = Callable[[str], pa.Table]
"""Raw table to the newest stored version of each of its rows, before the present landing."""

SPLIT_COLUMNS: dict[str, tuple[str, str, str]] = {
    finnhub_prices.CANDLES: (finnhub_prices.SPLITS, "to_factor", "from_factor"),
    fmp.PRICES: (fmp.SPLITS, "numerator", "denominator"),
}
"""Bars that come split-adjusted to the splits that take them back: table, shares after, before."""

INCOME = "income"


def complete(landing: Mapping[str, pa.Table], known: Known) -> dict[str, pa.Table]:
    """The rows of one landing as they landed, from the rows as the providers sent them."""
    rows = dict(landing)
    for name in rows:
        if "adjustment_mode" in rows[name].column_names:
            rows[name] = _as_traded(name, rows[name], landing, known)
    if fmp_statements.FUNDAMENTALS in rows:
        rows[fmp_statements.FUNDAMENTALS] = _accepted(rows[fmp_statements.FUNDAMENTALS], known)
    return rows


def _as_traded(
    name: str, bars: pa.Table, landing: Mapping[str, pa.Table], known: Known
) -> pa.Table:
    """Bars with the vendor's splits taken back, and held ones where only rounding differs."""
    modes = bars["adjustment_mode"]
    done = [bars.filter(pc.invert(pc.is_in(modes, pa.array([SPLIT_ADJUSTED, SPLITS_UNDONE]))))]
    adjusted = bars.filter(pc.is_in(modes, pa.array([SPLIT_ADJUSTED, SPLITS_UNDONE])))
    if not adjusted.num_rows:
        return bars
    held = known(name)
    for symbol in pc.unique(adjusted["symbol"]).to_pylist():
        mine = _of(adjusted, symbol)
        raw = mine.filter(pc.equal(mine["adjustment_mode"], SPLIT_ADJUSTED))
        if raw.num_rows:
            table, after, before = SPLIT_COLUMNS[name]
            told = [known(table), landing[table]] if table in landing else [known(table)]
            mine = undo_splits(mine, splits_of(_of(merged(table, told), symbol), after, before))
        # the basis was judged when the bars came; here it is only joined as it was then
        done.append(joined_to(_of(held, symbol), mine, late=[date.min]))
    return pa.concat_tables(done)


def _accepted(figures: pa.Table, known: Known) -> pa.Table:
    name = fmp_statements.FUNDAMENTALS
    stored = known(name)
    is_income = pc.equal(figures["statement"], INCOME)
    income = merged(
        name, [stored.filter(pc.equal(stored["statement"], INCOME)), figures.filter(is_income)]
    )
    others = fmp_statements.with_acceptance(figures.filter(pc.invert(is_income)), income)
    return pa.concat_tables([figures.filter(is_income), others])


def _of(table: pa.Table, symbol: str) -> pa.Table:
    return table.filter(pc.equal(table["symbol"], symbol))
