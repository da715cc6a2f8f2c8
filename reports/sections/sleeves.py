"""The sleeves: what the method gives each, what is in force and why, beside 1/N."""

from typing import Any

from reports import wording
from reports.bars import Axis, Piece, Tick, axis_of, bar
from reports.night import Night
from reports.queries import Row

COLUMNS = (
    "strategy", "session_date", "method", "weight", "equal_weight", "applied_weight",
    "volatility_annual", "variance_share", "reason", "effective_session",
)  # fmt: skip


def sleeves_section(night: Night) -> dict[str, Any]:
    """Sleeve weights as last estimated; no rows before there are any."""
    rows = night.published.latest(
        "analytics.sleeve_weights", COLUMNS, night.session, order_by="strategy"
    )
    weights = axis_of(row[name] for row in rows for name in COLUMNS[3:6])
    shares = axis_of([1.0, *(row["variance_share"] for row in rows)])
    return {
        "rows": [_row(row, weights, shares) for row in rows],
        "method": (rows[0]["method"] or "").replace("_", " ") if rows else "",
        "since": rows[0]["session_date"] if rows else None,
        "effective": rows[0]["effective_session"] if rows else None,
        "reasons": _reasons(rows),
        "has_shares": any(row["variance_share"] is not None for row in rows),
    }


def _reasons(rows: list[Row]) -> list[dict[str, Any]]:
    """Why weights are not the method's or not in force, each reason once with its sleeves."""
    told: dict[str, list[str]] = {}
    for row in rows:
        if row["reason"]:
            told.setdefault(row["reason"], []).append(wording.strategy(row["strategy"]))
    return [{"reason": reason, "sleeves": names} for reason, names in told.items()]


def _row(row: Row, weights: Axis, shares: Axis) -> dict[str, Any]:
    applied = row["weight"] if row["applied_weight"] is None else row["applied_weight"]
    share = row["variance_share"]
    return {
        **row,
        "strategy": wording.strategy(row["strategy"]),
        "applied": applied,
        "bar": bar(
            weights,
            [] if applied is None else [Piece(0.0, applied)],
            [] if row["equal_weight"] is None else [Tick(row["equal_weight"], "goal")],
        ),
        "share_bar": bar(shares, [] if share is None else [Piece(0.0, share, "other")]),
    }
