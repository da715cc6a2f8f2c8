"""What an account worked by hand looks like, and how it is compared with the engine's.

Sizes are target x equity / close, both of the session before; a trade costs 5 bps of its value; a
bill of 3.65 % pays 0.0001 a day.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from analytics.backtest import Backtest
from analytics.trades import list_trades

CAPITAL = 1_000_000.0
WORDS = ("trend_down", "stop")
TREND_DOWN, STOP = 0, 1


def near(value):
    return pytest.approx(value, rel=1e-12, abs=1e-14)


@dataclass(frozen=True)
class Day:
    """One session of an account, dollars; `shares` of each symbol and `cash` as of its close.

    `traded`: value bought and sold; `cost`: of trading, and borrow fees.
    """

    shares: Sequence[float]
    traded: float
    cost: float
    cash: float
    equity: float


def assert_account(run: Backtest, days: Sequence[Day]) -> None:
    """Compare each session of a run with what was worked by hand."""
    opening = np.array([CAPITAL, *(day.equity for day in days[:-1])])
    equity = np.array([day.equity for day in days])
    held = shares_at_closes(run)
    assert run.net_return[:, 0].tolist() == near((equity / opening - 1.0).tolist())
    assert (run.cost_return[:, 0] * opening).tolist() == near([day.cost for day in days])
    assert (run.turnover[:, 0] * opening).tolist() == near([day.traded for day in days])
    for found, day in zip(held, days, strict=True):
        assert found.tolist() == near(list(day.shares))
    value = (held * run.market.mark_usd[run.sessions]).sum(axis=1)
    cash = CAPITAL * np.cumprod(1.0 + run.net_return[:, 0]) - value
    assert cash.tolist() == pytest.approx([day.cash for day in days], rel=1e-12, abs=1e-6)


def shares_at_closes(run: Backtest) -> np.ndarray:
    """Carry the fills of one variant forward, (R, S)."""
    held = np.zeros((len(run.sessions), len(run.market.symbols)))
    fills = run.fills
    for session, symbol, shares in zip(
        fills.session, fills.symbol, fills.shares_after, strict=True
    ):
        held[session - run.sessions[0] :, symbol] = shares
    return held


def trades_of(run: Backtest, reason: int = TREND_DOWN) -> pd.DataFrame:
    shape = (*run.market.has_bar.shape, 1)
    return list_trades(run, reasons=np.full(shape, reason), reason_names=WORDS)
