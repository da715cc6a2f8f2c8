"""Vendors' split-adjusted numbers taken back to what was traded, and the seam to older rows.

A split-adjusted price of a day was divided by every split after it, and its volume multiplied. Both
are undone with the splits known at the fetch, which is what the vendor applied. The rows that land
are as traded, so no later split changes them; but they are only as good as that list of splits.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from math import prod
from statistics import median
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.errors import BadPayloadError
from ingestion.tables import SPLITS_UNDONE

SAME_SPLIT_DAYS = 10
"""No company splits twice in so few days; vendors were seen to move a split by up to a week."""

Splits = Mapping[date, float]
"""Effective day to new shares per old one: the day trades at the new count already."""

SPLIT_ADJUSTED = "splits"
"""The mode of vendor's bars before they are taken back; no such row ever lands."""

SPLIT_BASIS = "splits"
"""Where a cache entry remembers the splits that its rows were taken back with."""

PRICES, VOLUMES = ("open", "high", "low", "close"), ("volume",)
PRICE_DECIMALS, VOLUME_DECIMALS = 6, 3  # a vendor's four decimals times a ratio, not its noise
ROUNDING_FRACTION = 1e-4
"""Adjusted prices come with four decimals: what is left of 10 USD after 40-for-1 is that exact."""

SAME_BASIS_FRACTION = 0.02
"""Corrections move single bars; a split (the smallest in use is 6-for-5) moves the median."""


def splits_of(table: pa.Table, after: str, before: str) -> dict[date, float]:
    """The splits of one symbol from a raw table: shares after over shares before.

    A vendor that corrects a split's day leaves the old row with us. The same ratio again within
    days is the same split: the row told last counts, of one answer the later day.
    """
    splits: dict[date, tuple[datetime, float]] = {}
    for row in table.sort_by("execution_date").to_pylist():
        day, told_at, ratio = row["execution_date"], row["fetched_at"], row[after] / row[before]
        twin = next(
            (other for other in splits if _is_same(splits[other][1], ratio, other, day)), None
        )
        if twin and splits[twin][0] > told_at:
            continue
        if twin:
            del splits[twin]
        splits[day] = told_at, ratio
    return {day: ratio for day, (_, ratio) in splits.items()}


def _is_same(ratio: float, other: float, day: date, later: date) -> bool:
    is_near = later - day <= timedelta(days=SAME_SPLIT_DAYS)
    return is_near and abs(ratio - other) <= SAME_BASIS_FRACTION * ratio


def undo_splits(
    table: pa.Table,
    splits: Splits,
    *,
    dated_by: str = "session_date",
    prices: Collection[str] = PRICES,
    volumes: Collection[str] = VOLUMES,
) -> pa.Table:
    """Rows of one symbol as traded, from a vendor's split-adjusted ones.

    Parameters
    ----------
    splits : every split that the vendor has applied, also those after the last row.
    dated_by : the column of the day; a split of the same day is in the row already.
    prices, volumes : columns in USD per share, and in shares. Nulls stay null.
    """
    days = table[dated_by].to_pylist()
    factors = pa.array([_factor(day, splits) for day in days], pa.float64())
    for name in prices:
        values = pc.round(pc.multiply(table[name], factors), PRICE_DECIMALS)
        table = _replaced(table, name, values)
    for name in volumes:
        table = _replaced(table, name, pc.round(pc.divide(table[name], factors), VOLUME_DECIMALS))
    if "adjustment_mode" in table.column_names:
        table = _replaced(table, "adjustment_mode", pa.repeat(SPLITS_UNDONE, table.num_rows))
    return table


def basis_of(splits: Splits) -> str:
    """The splits as one text, equal for equal splits."""
    return ", ".join(f"{day} {splits[day]:.6g}" for day in sorted(splits))


def splits_in(basis: str) -> dict[date, float]:
    """The splits of `basis_of`."""
    parts = [part.split() for part in basis.split(", ") if part]
    return {date.fromisoformat(day): float(ratio) for day, ratio in parts}


def stands_on_other_splits(held: Mapping[str, str], gained: Mapping[str, str]) -> bool:
    """Whether an answer's rows were taken back with other splits than the held rows.

    Only feeds that a vendor adjusts for splits note which splits these were. Bars that come as
    traded do not change with a split, so nothing is asked again for one.
    """
    return held.get(SPLIT_BASIS, "") != gained.get(SPLIT_BASIS, "")


def joined_to(held: pa.Table, gained: pa.Table, *, late: Collection[date] = ()) -> pa.Table:
    """Gained bars as they may stand beside the held ones of the same symbol.

    A bar that differs from the held one by rounding only is the held one: each later split costs
    the vendor's adjusted price a digit, and that is no correction.

    Parameters
    ----------
    late : days of splits that became known only after the held bars beside them were taken back;
        they explain why the bars before them stand elsewhere now.

    Raises
    ------
    BadPayloadError
        If the gained bars stand on another split basis than the held ones: the vendor adjusts by a
        split that it does not list, or lists one that it has not applied yet. Rows of two bases are
        never joined.
    """
    before = {row["session_date"]: row for row in held.to_pylist()}
    rows = gained.to_pylist()
    ratios = [
        row["close"] / before[row["session_date"]]["close"]
        for row in rows
        if row["close"] and before.get(row["session_date"], {}).get("close")
    ]
    moved = median(ratios) if ratios else 1.0
    if abs(moved - 1.0) > SAME_BASIS_FRACTION and not late:
        raise BadPayloadError(
            f"the bars stand at {moved:.4g} times the ones held of the same sessions: a split is "
            "listed and not applied, or applied and not listed"
        )
    kept = [_unless_rounding(row, before.get(row["session_date"])) for row in rows]
    return pa.Table.from_pylist(kept, schema=gained.schema)


def _factor(day: date, splits: Splits) -> float:
    return prod((ratio for effective, ratio in splits.items() if effective > day), start=1.0)


def _replaced(table: pa.Table, name: str, values: Any) -> pa.Table:
    return table.set_column(table.column_names.index(name), table.schema.field(name), values)


def _unless_rounding(row: dict[str, Any], held: dict[str, Any] | None) -> dict[str, Any]:
    if held is None:
        return row
    pairs = [(row[name], held[name]) for name in (*PRICES, *VOLUMES)]
    is_same = all(
        a == b or (a is not None and b is not None and abs(a - b) <= ROUNDING_FRACTION * abs(b))
        for a, b in pairs
    )
    return held if is_same else row
