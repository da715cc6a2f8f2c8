"""Made-up 5-minute bars, with a split or a halt where a test wants one."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

from tests.dbt.synthetic import Market
from warehouse.sessions import Sessions

BAR = timedelta(minutes=5)
PRICES = ["open", "high", "low", "close"]


def session_bars(
    symbol: str, sessions: Sessions, days: Sequence[date], *, seed: int
) -> pd.DataFrame:
    """Every bar of the sessions in whole cents; returns that persist, so that RSI goes to extremes.

    `symbol, session_date, bar_end_at, open, high, low, close`, in order of time.
    """
    rng = np.random.default_rng(seed)
    ends = [
        (day, opens + number * BAR)
        for day in days
        for opens, closes in [sessions.hours(day)]
        for number in range(1, (closes - opens) // BAR + 1)
    ]
    steps, step = np.empty(len(ends)), 0.0
    for at, shock in enumerate(rng.normal(0, 4e-4, len(ends))):
        step = 0.8 * step + shock
        steps[at] = step
    close = (100 * np.exp(np.cumsum(steps - steps.mean()))).round(2)
    opened = np.append(100.0, close[:-1] + rng.integers(-1, 2, len(ends) - 1) / 100).round(2)
    wicks = rng.integers(0, 8, (2, len(ends))) / 100
    return pd.DataFrame(
        {
            "symbol": symbol,
            "session_date": [day for day, _ in ends],
            "bar_end_at": [end for _, end in ends],
            "open": opened,
            "high": (np.maximum(opened, close) + wicks[0]).round(2),
            "low": (np.minimum(opened, close) - wicks[1]).round(2),
            "close": close,
        }
    )


def halved_from(bars: pd.DataFrame, day: date) -> pd.DataFrame:
    """The same bars as traded after a 2:1 split."""
    is_after = bars["session_date"] >= day
    return bars.assign(**{name: bars[name].where(~is_after, bars[name] / 2) for name in PRICES})


def halted(bars: pd.DataFrame, first: int, last: int) -> pd.DataFrame:
    """The same bars with one price for some of them, by their place."""
    stopped = bars.copy()
    stopped.iloc[first:last, [stopped.columns.get_loc(name) for name in PRICES]] = bars["close"][
        first
    ]
    return stopped


def add_bars(market: Market, bars: pd.DataFrame, *, provider: str = "polygon") -> None:
    """Have a provider tell the bars."""
    extra = {"vwap": None, "transactions": 10} if provider == "polygon" else {}
    for row in bars.drop(columns="session_date").to_dict("records"):
        row["bar_end_at"] = row["bar_end_at"].to_pydatetime()
        market.add(
            f"{provider}__intraday_bars",
            **row,
            **extra,
            bar_interval="5m",
            volume=1_000.0,
            adjustment_mode="none",
        )
