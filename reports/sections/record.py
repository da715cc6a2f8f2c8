"""The record: what the published decisions really earned, beside the backtest."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from reports import wording
from reports.charts import Chart, Line, draw
from reports.night import Night
from reports.queries import Array, Row
from reports.scales import Days

FEWEST_NIGHTS = 20
"""With fewer recorded nights the difference from the backtest says nothing."""

LAST_SESSIONS = 10
BASIS_POINTS = 10_000.0
COLUMNS = ("session_date", "net_return", "backtest_net_return", "difference_return", "equity_usd",
           "decision_night")  # fmt: skip
SESSION_COLUMNS = (
    "session_date", "decision_night", "is_recorded_night", "net_return", "backtest_net_return",
    "difference_return", "turnover", "gross_exposure", "note",
)  # fmt: skip


def record_section(night: Night) -> dict[str, Any]:
    """Everything the page shows about the record; one without a session says what comes first."""
    found = record_history(night)
    return {
        "summary": record_summary(night),
        "tonight": _tonight(night),
        "charts": [draw(chart) for chart in record_charts(night, found)],
        "last": last_sessions(night),
        "deciders": _deciders(night),
        "fewest": FEWEST_NIGHTS,
    }


def record_history(night: Night) -> dict[str, Array]:
    """Columns of `record_daily` up to the night, by session."""
    return night.published.arrays(
        "analytics.record_daily",
        COLUMNS,
        where="session_date <= ?",
        order_by="session_date",
        parameters=[night.session],
    )


def record_summary(night: Night) -> dict[str, Any] | None:
    """The record in figures, and in a sentence for the top of the page; None without a session."""
    rows = night.published.rows("analytics.record_metrics", ("metric", "value"))
    found = record_history(night)
    if not rows or not len(found["session_date"]):
        return None
    figures: Mapping[str, Any] = {row["metric"]: row["value"] for row in rows}
    since, recorded = wording.day(found["decision_night"][0]), int(figures["nights_recorded"])
    own = wording.percent(figures["cumulative_return"], signed=True)
    other = wording.percent(figures["backtest_cumulative_return"], signed=True)
    mean, error = figures["mean_difference_return"], figures["mean_difference_return_se"]
    return {
        **figures,
        "since": since,
        "sentence": (
            f"The record: what {wording.count(recorded, 'night')} decided since {since} "
            f"{'has' if recorded == 1 else 'have'} earned {own} net, the backtest of the same "
            f"sessions {other}."
        ),
        "mean": wording.basis_points(mean),
        "error": wording.basis_points(error, signed=False),
        "is_telling": recorded >= FEWEST_NIGHTS,
        "first": _first_session(found),
        "caution": _caution(recorded, mean, error),
    }


def _first_session(found: Mapping[str, Array]) -> str:
    """What of the difference comes from beginning with cash, in a sentence."""
    apart = found["difference_return"]
    return (
        f"Of the difference of {wording.basis_points(np.sum(apart))} in all, "
        f"{wording.basis_points(apart[0])} is of the first session, in which the record buys its "
        "whole book from cash; the mean leaves it out."
    )


def _caution(recorded: int, mean: float | None, error: float | None) -> str:
    """What may be concluded from the difference, in a sentence."""
    if recorded < FEWEST_NIGHTS or mean is None or error is None:
        return (
            f"With {wording.count(recorded, 'night')} nothing can be concluded: it takes at least "
            f"{FEWEST_NIGHTS}."
        )
    if abs(mean) <= 2.0 * error:
        return "The mean difference is within two standard errors of zero: none is shown."
    side = "less" if mean < 0.0 else "more"
    return (
        f"The record earns {side} than the backtest by more than two standard errors: find out "
        "why before believing the backtest."
    )


def record_charts(night: Night, found: Mapping[str, Array]) -> list[Chart]:
    """Both equities from the first recorded night on, and their difference; none without it."""
    if not len(found["session_date"]):
        return []
    start = found["equity_usd"][0] / (1.0 + found["net_return"][0])
    dates = np.concatenate([found["decision_night"][:1], found["session_date"]]).astype(
        "datetime64[D]"
    )
    backtest = start * np.cumprod(1.0 + found["backtest_net_return"])
    return [
        _equity_chart(night, dates, np.r_[start, found["equity_usd"]], np.r_[start, backtest]),
        Chart(
            title="Record less backtest",
            unit="basis points, added up",
            form="number",
            dates=dates,
            lines=(
                Line(
                    "Difference", BASIS_POINTS * np.r_[0.0, np.cumsum(found["difference_return"])]
                ),
            ),
            rules=(0.0,),
            note=night.mark,
            group="record",
        ),
    ]


def _equity_chart(night: Night, dates: Days, record: Array, backtest: Array) -> Chart:
    return Chart(
        title="Growth since the first recorded night",
        unit="USD, net",
        form="usd",
        dates=dates,
        lines=(
            Line("Record", record),
            Line("Backtest, same sessions", backtest, "other"),
        ),
        rules=(float(record[0]),),
        note=night.mark,
        group="record",
    )


def last_sessions(night: Night) -> list[Row]:
    """The latest sessions of the record, the newest first."""
    return night.published.rows(
        "analytics.record_daily",
        SESSION_COLUMNS,
        where="session_date <= ?",
        order_by=f"session_date desc limit {LAST_SESSIONS}",
        parameters=[night.session],
    )


def _deciders(night: Night) -> list[Row]:
    """How many recorded nights each code and configuration decided, tonight's own marked."""
    rows = night.published.rows(
        "analytics.record_daily",
        ("decision_night", "code_hash", "config_hash", "restated_rows",
         "decision_difference_weight"),
        where="is_recorded_night and session_date <= ?",
        order_by="session_date",
        parameters=[night.session],
    )  # fmt: skip
    groups: dict[tuple[Any, Any], Row] = {}
    for row in rows:
        key = row["code_hash"], row["config_hash"]
        group = groups.setdefault(
            key,
            {
                "code": key[0] or wording.DASH,
                "configuration": key[1] or wording.DASH,
                "is_tonights": key == (night.status.code_hash, night.status.config_hash),
                "first": row["decision_night"],
                "nights": 0,
                "otherwise": 0,
                "restated": 0,
            },
        )
        group["last"] = row["decision_night"]
        group["nights"] += 1
        group["otherwise"] += (row["decision_difference_weight"] or 0.0) > 0.0
        group["restated"] += row["restated_rows"] > 0
    return list(groups.values())


def _tonight(night: Night) -> str:
    """Whether tonight's decisions are in the record, in a sentence."""
    if night.book.decided is None:
        return "Tonight decided nothing, so there is nothing to record."
    decided = night.published.rows(
        "analytics.decisions", ("night",), where="night = ? limit 1", parameters=[night.session]
    )
    if decided:
        return (
            "Tonight's decisions are in the record; what they earn stands here from the session "
            f"of {wording.day(night.book.effective)} on."
        )
    return (
        "Tonight's decisions are not in the record: they were computed after the open they are "
        "for, or for a night of the past."
    )
