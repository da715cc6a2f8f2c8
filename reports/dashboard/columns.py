"""What the columns of the dashboard's tables are called, and how their cells are written."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from reports import wording

LARGE, MIDDLING = 10_000, 3

LABELS: Mapping[str, str] = {
    "attempt": "Attempt",
    "backtest_net_return": "Backtest, net",
    "beta_spy": "Beta to SPY",
    "bias_baseline": "Bias, baseline",
    "bias_forecast": "Bias, forecast",
    "bound": "Bound",
    "choice_rule": "Which counts",
    "chosen_provider": "Chosen",
    "chosen_value": "Its value",
    "cut_forecast": "Cut for the forecast",
    "cut_realised": "Cut for the realised",
    "decision_night": "Decided",
    "difference_fraction": "Difference",
    "difference_return": "Difference",
    "duration_seconds": "Seconds",
    "es_95_contribution": "Part of ES 95",
    "expected_cost_usd": "Expected cost, USD",
    "final_weight": "Target",
    "historical_usd": "Historical, USD",
    "is_beyond_tolerance": "Too far",
    "is_recorded_night": "Recorded",
    "limit_name": "Limit",
    "limited to": "Limited to",
    "n": "Sessions",
    "net_return": "Net return",
    "notional_usd": "Value, USD",
    "other_provider": "Other",
    "other_value": "Other value",
    "parametric_usd": "Parametric, USD",
    "planned_weight": "After the orders",
    "price_usd": "Price, USD",
    "profit": "Profit",
    "profit_usd": "Profit, USD",
    "qlike_baseline": "QLIKE, baseline",
    "qlike_forecast": "QLIKE, forecast",
    "quantity_shares": "Shares",
    "session_date": "Session",
    "table_name": "Table",
    "unexpected_count": "Unexpected rows",
    "used_of_bound": "Used of the bound",
    "value_usd": "Value, USD",
    "variance_share": "Share of variance",
    "volatility_contribution_annual": "Part of volatility a year",
}
"""Where the name of a column with blanks for underscores would not do."""


def label(name: str) -> str:
    """A column's head in words."""
    return LABELS.get(name) or (name[:1].upper() + name[1:]).replace("_", " ")


def cell(value: Any, *, is_percent: bool = False, is_signed: bool = False, digits: int = 2) -> str:
    """A value as it is read: a fraction as a percentage, a moment in UTC, the unknown as a dash.

    `digits`: behind the point of a plain number, from `digits_of`.
    """
    if is_empty(value):
        return wording.DASH
    if isinstance(value, bool):
        return "yes" if value else "no"
    if is_percent:
        return wording.percent(value, signed=is_signed)
    if isinstance(value, int | float):
        return wording.number(value, digits, signed=is_signed)
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if isinstance(value, date):
        return wording.day(value)
    return str(value)


def is_empty(value: Any) -> bool:
    """Whether a cell has nothing to say."""
    return wording.is_missing(value) or value == ""


def digits_of(values: Sequence[Any]) -> int:
    """Digits behind the point that suit a whole column: none for counts and for large amounts.

    Four for what is about 1, such as a ratio or a beta; cents for the rest.
    """
    known = [abs(value) for value in values if isinstance(value, int | float) and
             not wording.is_missing(value)]  # fmt: skip
    if all(float(value).is_integer() for value in known) or max(known) >= LARGE:
        return 0
    return 2 if max(known) >= MIDDLING else 4
