"""Target volatility: how well it was met year by year, and how good the forecasts behind it are."""

from collections.abc import Mapping
from typing import Any

from reports import wording
from reports.bars import Axis, Piece, Tick, axis_of, bar
from reports.night import Night

FULL = "full"
BOUND, CUT = "bound_share_", "cut_share_"
LIMITS_NAMED = 3
SHARES = Axis(0.0, 1.0)
OVER = 1.1  # realised over target: from a tenth too much on it is worth a colour
NORMAL_95 = 2.0  # deviations, about: 95 % of estimates lie within

Measures = Mapping[str, float | None]


def tracking_section(night: Night) -> dict[str, Any]:
    """The whole history, then its years, the latest first; no rows where nothing was measured."""
    periods: dict[str, dict[str, float | None]] = {}
    for row in night.published.rows(
        "analytics.portfolio_tracking", ("period", "metric", "value"), order_by="period, metric"
    ):
        periods.setdefault(row["period"], {})[row["metric"]] = row["value"]
    years = sorted(periods.keys() - {FULL}, reverse=True)
    ordered = [*([FULL] if FULL in periods else []), *years]
    axis = axis_of([1.5, *(found.get("realised_over_target") for found in periods.values())])
    return {
        "rows": [_row(period, periods[period], axis) for period in ordered],
        "sentence": score_sentence(periods[FULL]) if FULL in periods else "",
    }


def _row(period: str, found: Measures, axis: Axis) -> dict[str, Any]:
    ratio, unbound = found.get("realised_over_target"), found.get("unbound_share")
    scores = ("qlike_forecast", "qlike_baseline", "bias_forecast", "bias_baseline")
    return {
        "period": "All" if period == FULL else period,
        "is_whole": period == FULL,
        "sessions": found.get("sessions"),
        "target": found.get("target_volatility"),
        "realised": found.get("realised_volatility"),
        "ratio": ratio,
        "ratio_bar": bar(
            axis,
            [] if ratio is None else [Piece(0.0, ratio, "over" if ratio > OVER else "main")],
            [Tick(1.0, "bound")],
        ),
        "unbound": unbound,
        "untouched": found.get("untouched_share"),
        "unbound_bar": bar(SHARES, [] if unbound is None else [Piece(0.0, unbound)]),
        "bound": bound_words(found),
        "cut_forecast": found.get(f"{CUT}forecast_volatility"),
        "cut_realised": found.get(f"{CUT}realised_volatility"),
        "is_better": _is_less(found.get("qlike_forecast"), found.get("qlike_baseline")),
        **{name: found.get(name) for name in scores},
    }


def bound_words(found: Measures) -> str:
    """Which limits acted in which share of the decisions, the most frequent first."""
    shares = [
        (value, name.removeprefix(BOUND))
        for name, value in found.items()
        if name.startswith(BOUND) and value
    ]
    shares.sort(key=lambda share: (-share[0], share[1]))
    words = [
        f"{wording.bound(name).lower()} {_rough(value)}" for value, name in shares[:LIMITS_NAMED]
    ]
    if len(shares) > LIMITS_NAMED:
        words.append(f"{len(shares) - LIMITS_NAMED} more")
    return ", ".join(words)


def _rough(share: float) -> str:
    return wording.percent(share, 0) if share >= 0.005 else f"< 1{wording.NARROW}%"


def score_sentence(found: Measures) -> str:
    """What the scores of the whole history mean; empty where there are none."""
    ours, theirs = found.get("qlike_forecast"), found.get("qlike_baseline")
    bias, n = found.get("bias_forecast"), found.get("sessions")
    if ours is None or theirs is None or bias is None or not n:
        return ""
    verdict = (
        "the forecast in use did better"
        if ours < theirs
        else "the baseline did better"
        if theirs < ours
        else "they are the same"
    )
    within = NORMAL_95 / (2.0 * n) ** 0.5
    risk = (
        "more than chance allows: risk was understated"
        if bias > 1.0 + within
        else "less than chance allows: risk was overstated"
        if bias < 1.0 - within
        else "no further from it than chance allows"
    )
    return (
        f"QLIKE of the forecast in use is {wording.number(ours)}, of the EWMA baseline "
        f"{wording.number(theirs)}; the smaller is the better, so {verdict}. Returns varied "
        f"{wording.number(bias)} times as much as the forecast in use said, {risk}."
    )


def _is_less(left: float | None, right: float | None) -> bool:
    return left is not None and right is not None and left < right
