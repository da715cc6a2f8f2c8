"""The canaries' quiet quarter, continued: fills, choices, limits, holdings and the record of it."""

from itertools import pairwise

import numpy as np
import pandas as pd

from analytics.limit_usage import BOUNDS
from orchestration.expectations.canaries.built_night import (
    NEXT,
    TARGETS,
    TONIGHT,
    at_new_york,
    first_tables,
    per_session,
    signals,
)
from orchestration.expectations.canaries.landed_night import DAYS

RUNS = tuple(sorted({(strategy, variant) for strategy, variant, _ in TARGETS}))
METRICS = {
    "sharpe": 1.0, "hit_rate": 0.5, "max_drawdown": -0.1, "volatility_annual": 0.1,
    "var_95": 0.01, "es_95": 0.015, "probabilistic_sharpe": 0.9,
}  # fmt: skip


def intraday_signals() -> pd.DataFrame:
    """One bar a day, in which nobody wants anything."""
    ended = [at_new_york(day, "11:00") for day in DAYS]
    return per_session(
        variant="rare_5m", symbol="SPY", bar_end_at=ended, rsi_14=50.0, stochastic_k=0.0,
        stochastic_d=100.0, signal=0, event=None, target_weight=0.0, reason="flat: rsi14 50.0",
        inputs_available_at=ended, decided_at=ended, effective_at=ended,
    ).assign(available_at=ended)  # fmt: skip


def instruments() -> pd.DataFrame:
    """Three names with bars from the first to the last session."""
    return pd.DataFrame(
        {
            "symbol": ["AAA", "BBB", "CCC"],
            "name": ["A", "B", "C"],
            "asset_class": "stock",
            "sector": None,
            "first_session_date": DAYS[0],
            "last_session_date": TONIGHT,
        }
    )


def variants() -> pd.DataFrame:
    """A default and another one of each strategy."""
    rows = [
        (strategy, name, name == default, "{}")
        for strategy, default in RUNS
        for name in (default, "other")
    ]
    return pd.DataFrame(rows, columns=["strategy", "variant", "is_default", "parameters"])


def positions() -> pd.DataFrame:
    """Every target filled in the session after its decision, at 100 USD."""
    frame = signals().rename(columns={"session_date": "sized"})
    return frame[["strategy", "variant", "symbol", "effective_session", "decided_at"]].assign(
        target_weight=frame["target_weight"],
        shares=frame["target_weight"] * 1e4,
        fill_price_usd=100.0,
        available_at=[at_new_york(day, "16:30") for day in frame["sized"].map(NEXT)],
    )[frame["sized"] < TONIGHT]


def trades() -> pd.DataFrame:
    """Held for a day by every target in turn; the last one is open."""
    rows = [
        {
            "strategy": strategy, "variant": variant, "symbol": symbol, "entered_date": entered,
            "exited_date": pd.NaT if exited == TONIGHT else exited,
            "entry_price_usd": 100.0, "net_return": 0.01,
            "exit_price_usd": np.nan if exited == TONIGHT else 101.0,
            "exit_reason": None if exited == TONIGHT else "stop",
            "available_at": at_new_york(exited, "16:30"),
        }
        for strategy, variant, symbol in TARGETS
        for entered, exited in pairwise(DAYS)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def metrics() -> pd.DataFrame:
    """The same figures of every default variant; an interval of the Sharpe ratio alone."""
    rows = [
        (strategy, variant, "full", metric, value)
        for strategy, variant in RUNS
        for metric, value in METRICS.items()
    ]
    frame = pd.DataFrame(rows, columns=["strategy", "variant", "sample", "metric", "value"])
    is_sharpe = frame["metric"] == "sharpe"
    return frame.assign(
        lower=np.where(is_sharpe, 0.5, np.nan), upper=np.where(is_sharpe, 1.5, np.nan)
    )


def windows() -> pd.DataFrame:
    """Six choices of each strategy, none better than the default."""
    rows = [
        {
            "strategy": strategy, "window": f"w{number}", "session_date": day, "variant": variant,
            "is_default": True, "selection_reason": "tie", "train_sharpe": 1.0,
            "default_train_sharpe": 1.0, "train_sessions": 504,
            "decided_at": at_new_york(day, "16:30"), "effective_session": NEXT[day],
        }
        for strategy, variant in RUNS
        for number, day in enumerate(DAYS[5:30:5])
    ]  # fmt: skip
    return pd.DataFrame(rows)


def sleeve_weights() -> pd.DataFrame:
    """A third to each sleeve, month after month."""
    third = dict.fromkeys(("weight", "equal_weight", "applied_weight"), 1.0 / 3.0)
    rows = [
        {
            "strategy": strategy, "session_date": day, **third, "reason": None,
            "decided_at": at_new_york(day, "16:30"), "effective_session": NEXT[day],
        }
        for day in DAYS[5:35:5]
        for strategy, _ in RUNS
    ]  # fmt: skip
    return pd.DataFrame(rows)


def limit_usage() -> pd.DataFrame:
    """A tenth wanted and used of what may be three tenths, by every limit."""
    day = per_session(
        subject=None, wanted=0.1, used=0.1, bound=0.3, is_binding=False, note=None,
        decided_at=[at_new_york(day, "16:30") for day in DAYS],
    ).drop(columns="available_at")  # fmt: skip
    return pd.concat([day.assign(limit_name=name) for name in BOUNDS], ignore_index=True)


def tracking() -> pd.DataFrame:
    """The whole path and its year."""
    values = {"sessions": 60.0, "unbound_share": 0.9, "realised_volatility": 0.1,
              "qlike_forecast": -9.0}  # fmt: skip
    rows = [(period, *named) for period in ("2018", "full") for named in values.items()]
    return pd.DataFrame(rows, columns=["period", "metric", "value"])


def holdings() -> pd.DataFrame:
    """Ten shares at 100 USD of each, as planned; one waits for a larger order, and the cash."""
    symbols = ["AAA", "BBB", "CCC", "DDD", "EEE", "CASH"]
    is_cash = np.array([symbol == "CASH" for symbol in symbols])
    return pd.DataFrame(
        {
            "symbol": symbols,
            "is_simulated": True,
            "quantity_shares": np.where(is_cash, 5000.0, 10.0),
            "price_usd": np.where(is_cash, 1.0, 100.0),
            "value_usd": np.where(is_cash, 5000.0, 1000.0),
            "current_weight": np.where(is_cash, 0.5, 0.1),
            "final_weight": [0.1, 0.1, 0.1, 0.1, 0.101, np.nan],
            "planned_weight": np.where(is_cash, 0.5, 0.1),
            "reason": [*[None] * 4, "minimum_order", None],
            "price_date": [*[TONIGHT] * 5, pd.NaT],
            "decided_at": at_new_york(TONIGHT, "16:30"),
            "effective_session": NEXT[TONIGHT],
        }
    )


def record() -> pd.DataFrame:
    """A thousandth a day, as the backtest has it, decided the session before."""
    days = per_session(
        net_return=0.001, cost_return=0.0001, gross_return=0.001 + 0.0001,
        equity_usd=1e6 * 1.001 ** np.arange(len(DAYS)), backtest_net_return=0.001,
        difference_return=0.0, decision_night=[pd.NaT, *DAYS[:-1]],
    )  # fmt: skip
    return days.iloc[1:].reset_index(drop=True)


def record_metrics() -> pd.DataFrame:
    """What the record sums up to."""
    values = {"sessions": 60.0, "nights_recorded": 60.0, "cumulative_return": 0.06,
                              "mean_difference_return": -0.001}  # fmt: skip
    return pd.DataFrame({"metric": list(values), "value": list(values.values())})


def built_tables() -> dict[str, pd.DataFrame]:
    """Every table that gate 2 reads."""
    return {
        **first_tables(),
        "marts.fct_intraday_signals": intraday_signals(),
        "marts.dim_instruments": instruments(),
        "marts.dim_variants": variants(),
        "analytics.backtest_positions": positions(),
        "analytics.backtest_trades": trades(),
        "analytics.backtest_metrics": metrics(),
        "analytics.walk_forward_windows": windows(),
        "analytics.sleeve_weights": sleeve_weights(),
        "analytics.limit_usage": limit_usage(),
        "analytics.portfolio_tracking": tracking(),
        "analytics.holdings": holdings(),
        "analytics.record_daily": record(),
        "analytics.record_metrics": record_metrics(),
    }
