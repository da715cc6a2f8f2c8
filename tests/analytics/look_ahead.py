"""The classic look-ahead: a 200-session mean rule paid before its position could be known.

Long while the close is above the mean of the last 200 closes, flat below, free of costs: once
honestly, through the engine, and once with the peek, outside of it.
"""

import numpy as np
import pandas as pd

from analytics.arrays import Floats
from analytics.backtest import Backtest, run_backtest
from analytics.costs import TradingCosts
from analytics.fills import Fill
from analytics.market import Market, build_market
from tests.analytics.toy import weekdays

WINDOW = 200
FREE = TradingCosts(0.0, 0.0, 0.0, 0.0)


def simulated_closes(seed: int = 1, n_sessions: int = 2_520) -> Floats:
    """Simulate ten years of one stock, 7 % a year and a volatility of 20 %."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(0.07 / 252, 0.20 / np.sqrt(252), n_sessions)
    closes: Floats = 100.0 * np.exp(np.cumsum(steps))
    return closes


def market_of(closes: Floats) -> Market:
    """Each session opens where the one before closed: a decision loses nothing to the night."""
    opens = np.concatenate([closes[:1], closes[:-1]])
    return build_market(
        sessions=weekdays(len(closes), "2014-01-06"),
        symbols=("A",),
        open_usd=opens[:, None],
        close_usd=closes[:, None],
    )


def positions(closes: Floats) -> pd.Series:
    """1 above the mean, 0 below, missing until the mean is full; as of each close."""
    prices = pd.Series(closes)
    mean = prices.rolling(WINDOW).mean()
    return (prices > mean).astype(float).where(mean.notna())


def honest_run(closes: Floats, fill: Fill = "next_open") -> Backtest:
    """Decide at a close, fill in the next session: the position of t earns the return of t + 1."""
    targets = positions(closes).to_numpy()[:, None, None]
    return run_backtest(market_of(closes), targets, costs=FREE, fill=fill)


def peeking_returns(closes: Floats) -> Floats:
    """Let the position of t, which needs the close of t, earn the return up to that close.

    Rows are those of `honest_run`.
    """
    earned = positions(closes) * pd.Series(closes).pct_change()
    return earned.to_numpy()[WINDOW:]
