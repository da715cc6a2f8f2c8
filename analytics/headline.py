"""The few figures that stand for a whole path, as they stood at any of its sessions."""

from datetime import date

import numpy as np
import pandas as pd

from analytics.arrays import Days
from analytics.daily import published_rows
from analytics.frames import bill_returns_on, require_columns, to_days
from analytics.performance import backtest_metrics

HEADLINE_METRICS = ("sharpe", "cagr", "volatility_annual", "max_drawdown")


def headline_metrics(
    daily: pd.DataFrame, macro: pd.DataFrame, *, sessions: Days, until: date
) -> dict[tuple[str, str], float]:
    """Compute the headline metrics of published paths, as of one session.

    Parameters
    ----------
    daily : rows of `analytics.backtest_daily` with one variant per strategy.
    macro : `session_date, bill_3m_pct`, known at each session's decision.
    sessions : (T,), every session of the exchange from before the first row to `until`, ascending.
    until : rows after it are left out.

    Returns
    -------
    (strategy, metric) → value, NaN where the figure does not exist: the numbers that
    `analytics.backtest_metrics` held at that session.
    """
    require_columns(
        daily, "daily", "strategy", "variant", "session_date", "net_return", "gross_return",
        "turnover", "gross_exposure",
    )  # fmt: skip
    bill = bill_returns_on(macro, sessions)
    found: dict[tuple[str, str], float] = {}
    for strategy, rows in daily.groupby("strategy", sort=True):
        known = rows[to_days(rows["session_date"]) <= np.datetime64(until, "D")]
        known = known.sort_values("session_date")
        at = np.searchsorted(sessions, to_days(known["session_date"]))
        values = backtest_metrics(published_rows(known, bill[at]))
        found |= {(str(strategy), name): float(values[name][0]) for name in HEADLINE_METRICS}
    return found
