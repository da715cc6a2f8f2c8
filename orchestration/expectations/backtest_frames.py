"""Prepare fills, trades, metrics and walk-forward choices for judging."""

import numpy as np
import pandas as pd

from orchestration.expectations.built_frames import days_after, seconds_late, sessions_between
from orchestration.expectations.outcome import GateContext

NEW_YORK = "America/New_York"
RUN = ["strategy", "variant", "sample"]
SHARES = ("hit_rate", "probabilistic_sharpe", "deflated_sharpe", "overfitting_probability")
DEVIATIONS = (
    *("volatility_annual", "sharpe_se", "sharpe_se_lo", "turnover_annual", "mean_gross_exposure"),
    "minimum_track_record",
)


def positions(frame: pd.DataFrame, context: GateContext) -> pd.DataFrame:
    """Adds `missing_figures, is_on_side` (shares and target), `sessions_to_effective` and more.

    `sessions_to_effective`: from the session in which the order was sized. `seconds_late`: of the
    session of the fill.
    """
    figures = frame[["target_weight", "shares", "fill_price_usd"]].astype(float)
    decided = pd.to_datetime(frame["decided_at"], utc=True).dt.tz_convert(NEW_YORK)
    sized = frame.assign(session_date=decided.dt.tz_localize(None).dt.normalize())
    return frame.assign(
        missing_figures=(~np.isfinite(figures)).sum(axis=1),
        is_on_side=np.sign(figures["shares"]) == np.sign(figures["target_weight"]),
        sessions_to_effective=sessions_between(sized, context),
        seconds_late=seconds_late(frame["available_at"], context),
    )


def trades(frame: pd.DataFrame, context: GateContext) -> pd.DataFrame:
    """Adds `missing_figures, lowest_price_usd, days_held, is_exit_told` and more.

    `is_exit_told`: price and reason where there is an exit, neither where there is none.
    `days_after_night`: of the exit, of the entry while the trade is open.
    """
    prices = frame[["entry_price_usd", "exit_price_usd"]].astype(float)
    figures = frame[["entry_price_usd", "net_return"]].astype(float)
    exits = frame[["exited_date", "exit_price_usd", "exit_reason"]].notna()
    last = frame["exited_date"].fillna(frame["entered_date"])
    return frame.assign(
        missing_figures=(~np.isfinite(figures)).sum(axis=1),
        lowest_price_usd=prices.min(axis=1),
        days_held=(frame["exited_date"] - frame["entered_date"]).dt.days,
        is_exit_told=exits.all(axis=1) | ~exits.any(axis=1),
        days_after_night=days_after(last, context),
        seconds_late=seconds_late(frame["available_at"], context),
    )


def metrics(frame: pd.DataFrame, context: GateContext) -> pd.DataFrame:
    """Adds `night, is_endless, interval_width` and the value under what it is.

    `share`, `drawdown`, `deviation`: the value of the metrics that are one, else missing.
    `beyond_var`: an expected shortfall less the value at risk of the same level and run.
    """
    figures = frame[["value", "lower", "upper"]].astype(float)
    value, metric = figures["value"], frame["metric"].astype(str)
    by_run = value.groupby([*(frame[name] for name in RUN), metric]).first()
    is_shortfall = metric.str.startswith("es_")
    losses = pd.MultiIndex.from_frame(
        frame[RUN].assign(metric=metric.str.replace("es_", "var_").where(is_shortfall))
    )
    return frame.assign(
        night=pd.Timestamp(context.night),
        is_endless=np.isinf(figures.to_numpy()).any(axis=1),
        interval_width=figures["upper"] - figures["lower"],
        share=value.where(metric.isin(SHARES)),
        drawdown=value.where(metric == "max_drawdown"),
        deviation=value.where(metric.isin(DEVIATIONS)),
        beyond_var=value - by_run.reindex(losses).to_numpy(),
    )


def windows(frame: pd.DataFrame, context: GateContext) -> pd.DataFrame:
    """Adds `train_advantage` (over the default, where both are known) and its moments."""
    advantage = frame["train_sharpe"].astype(float) - frame["default_train_sharpe"].astype(float)
    return frame.assign(
        train_advantage=advantage,
        sessions_to_effective=sessions_between(frame, context),
        seconds_late=seconds_late(frame["decided_at"], context),
    )
