"""Where the risk sits: long, short and net by strategy, sector and symbol, and what each brings."""

import math
from collections.abc import Sequence
from typing import Any

from reports import wording
from reports.bars import Axis, Piece, Tick, axis_of, bar, signed_bar
from reports.night import Night
from reports.queries import Row

MEASURES = (
    "long_weight", "short_weight", "gross_exposure", "net_exposure", "beta_spy",
    "volatility_contribution_annual", "es_95_contribution", "stale_exposure",
)  # fmt: skip
DIMENSIONS = (("strategy", "By strategy"), ("sector", "By sector"), ("symbol", "By symbol"))
SYMBOLS_SHOWN = 12
SAME = 1e-9  # fractions of equity: what rounding may leave between a sum and its total


def exposures_section(night: Night) -> dict[str, Any]:
    """The night's book split three ways, the parts of each adding up to the total."""
    rows = night.published.rows(
        "analytics.risk_exposures", ("dimension", "name", *MEASURES), order_by="name"
    )
    total = next((row for row in rows if row["dimension"] == "total"), None)
    weights = axis_of(row[name] for row in rows for name in MEASURES[:2])
    parts = [row for row in rows if row["dimension"] != "total"]
    shares = axis_of(row["volatility_contribution_annual"] for row in parts)
    groups = [
        _group(label, [row for row in rows if row["dimension"] == dimension], weights, shares)
        for dimension, label in DIMENSIONS
    ]
    return {
        "groups": [group for group in groups if group["rows"]],
        "total": total,
        "adds_up": total is not None and all(_is_same(group["sums"], total) for group in groups),
        "has_stale": any(row["stale_exposure"] for row in rows),
    }


def _group(label: str, rows: Sequence[Row], weights: Axis, shares: Axis) -> dict[str, Any]:
    """Largest contributions first; what is not shown is one row, so that the rows still add up."""
    ordered = sorted(rows, key=_largest_first)
    shown, rest = ordered[:SYMBOLS_SHOWN], ordered[SYMBOLS_SHOWN:]
    if rest:
        shown.append({"name": wording.count(len(rest), "other"), **_sums(rest)})
    return {
        "label": label,
        "rows": [
            {
                **row,
                "bar": _long_and_short(row, weights),
                "share_bar": signed_bar(shares, row["volatility_contribution_annual"]),
            }
            for row in shown
        ],
        "sums": _sums(rows),
    }


def _largest_first(row: Row) -> tuple[float, float, str]:
    return (
        -abs(row["volatility_contribution_annual"] or 0.0),
        -abs(row["gross_exposure"] or 0.0),
        row["name"],
    )


def _sums(rows: Sequence[Row]) -> dict[str, float | None]:
    """Sum every measure; None where a part is not known."""
    sums: dict[str, float | None] = {}
    for name in MEASURES:
        values = [row[name] for row in rows]
        sums[name] = None if None in values else math.fsum(values)
    return sums


def _is_same(sums: dict[str, float | None], total: Row) -> bool:
    pairs = [(sums[name], total[name]) for name in MEASURES]
    return all(left is None or right is None or abs(left - right) <= SAME for left, right in pairs)


def _long_and_short(row: Row, axis: Axis) -> Any:
    long, short, net = (row[name] for name in ("long_weight", "short_weight", "net_exposure"))
    pieces = []
    if long is not None:
        pieces.append(Piece(0.0, long))
    if short is not None:
        pieces.append(Piece(0.0, short, "less"))
    return bar(axis, pieces, [] if net is None else [Tick(net, "goal")])
