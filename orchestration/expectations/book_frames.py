"""Prepare sleeves, limits, tracking, holdings and the record for judging."""

import numpy as np
import pandas as pd

from orchestration.expectations.built_frames import days_after, seconds_late, sessions_between
from orchestration.expectations.outcome import GateContext
from orchestration.expectations.thresholds import PLANNED_TOLERANCE

RETURNS = ["net_return", "gross_return", "cost_return", "equity_usd"]


def sleeve_weights(frame: pd.DataFrame, context: GateContext) -> pd.DataFrame:
    """Adds `sum_error` (of the session's three sums from 1), `lowest_weight` and its moments."""
    weights = frame[["weight", "equal_weight", "applied_weight"]].astype(float)
    day = frame["session_date"]
    # one that is missing leaves its sum short
    short = (weights.fillna(0.0).groupby(day).transform("sum") - 1.0).abs()
    is_whole = weights.notna().groupby(day).transform("all").all(axis=1)
    return frame.assign(
        sum_error=short.max(axis=1).where(is_whole, np.inf),
        lowest_weight=weights.min(axis=1),
        sessions_to_effective=sessions_between(frame, context),
        seconds_late=seconds_late(frame["decided_at"], context),
    )


def limit_usage(frame: pd.DataFrame, context: GateContext) -> pd.DataFrame:
    """Adds `lowest_usage` (of wanted and used, where measured) and its moments."""
    return frame.assign(
        lowest_usage=frame[["wanted", "used"]].astype(float).min(axis=1),
        days_after_night=days_after(frame["session_date"], context),
        seconds_late=seconds_late(frame["decided_at"], context),
    )


def tracking(frame: pd.DataFrame, context: GateContext) -> pd.DataFrame:
    """Adds `night` and the value under what it is: `share`, or `deviation` (none of a score)."""
    value, metric = frame["value"].astype(float), frame["metric"].astype(str)
    is_share, is_score = metric.str.contains("_share"), metric.str.startswith("qlike_")
    return frame.assign(
        night=pd.Timestamp(context.night),
        share=value.where(is_share),
        deviation=value.where(~is_share & ~is_score),
    )


def holdings(frame: pd.DataFrame, context: GateContext) -> pd.DataFrame:
    """Adds `night, value_error` (relative), `days_ahead_of_night, is_unexplained` and its moments.

    `days_ahead_of_night`: of the price; not known of the cash and where there is none.
    `is_unexplained`: another weight planned than the target without a reason; what has no target
    is not judged.
    """
    names = ["quantity_shares", "price_usd", "value_usd", "final_weight", "planned_weight"]
    shares, price, value, final, planned = (frame[name].astype(float) for name in names)
    apart = (planned - final).abs() > PLANNED_TOLERANCE
    tonight = frame.assign(session_date=pd.Timestamp(context.night))
    return frame.assign(
        night=tonight["session_date"],
        value_error=(shares * price / value - 1.0).abs(),
        days_ahead_of_night=days_after(frame["price_date"], context),
        is_unexplained=apart & frame["reason"].isna(),
        sessions_to_effective=sessions_between(tonight, context),
        seconds_late=seconds_late(frame["decided_at"], context),
    )


def record(frame: pd.DataFrame, context: GateContext) -> pd.DataFrame:
    """Adds the distance of each identity of the record and its moments.

    `missing_figures, identity_error` (gross, net and cost), `equity_error` (its growth against the
    net return; not known on the first row), `difference_error, days_after_decision,
    days_after_night, seconds_late`.
    """
    frame = frame.sort_values("session_date", kind="stable").reset_index(drop=True)
    figures = frame[RETURNS].astype(float)
    net, equity = figures["net_return"], figures["equity_usd"]
    apart = net - frame["backtest_net_return"].astype(float)
    return frame.assign(
        missing_figures=(~np.isfinite(figures)).sum(axis=1),
        identity_error=(figures["gross_return"] - net - figures["cost_return"]).abs(),
        equity_error=(equity / equity.shift(1) - 1.0 - net).abs(),
        difference_error=(frame["difference_return"].astype(float) - apart).abs(),
        days_after_decision=(
            frame["session_date"] - pd.to_datetime(frame["decision_night"]).astype("datetime64[us]")
        ).dt.days,
        days_after_night=days_after(frame["session_date"], context),
        seconds_late=seconds_late(frame["available_at"], context),
    )


def record_metrics(frame: pd.DataFrame, context: GateContext) -> pd.DataFrame:
    """Adds `night` and the value under what it is: `growth`, or `count` (none of a difference)."""
    value, metric = frame["value"].astype(float), frame["metric"].astype(str)
    is_growth = metric.str.endswith("cumulative_return")
    return frame.assign(
        night=pd.Timestamp(context.night),
        growth=value.where(is_growth),
        count=value.where(~is_growth & (metric != "mean_difference_return")),
    )
