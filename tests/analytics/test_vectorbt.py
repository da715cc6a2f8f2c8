"""The engine against vectorbt 1.2, on random markets of 50 symbols and 500 sessions.

`vectorbt_account` says what vectorbt is told. Three things are left out of the comparison because
vectorbt does not know them: interest, borrow fees, and the close of a symbol that stops trading.
Negative cash is left out because vectorbt cuts such an order short. All else is equal.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest

from analytics.arrays import Floats
from analytics.backtest import Backtest, run_backtest
from analytics.book import INITIAL_EQUITY_USD
from analytics.market import build_market
from tests.analytics.toy import weekdays
from tests.analytics.vectorbt_account import COSTS, simulate, vectorbt_arguments

N_SESSIONS, N_SYMBOLS, N_ACCOUNTS = 500, 50, 2
WEIGHTS = {
    "long": [0.0, 0.005, 0.01, 0.015],  # 0.75 of equity at most, so cash stays positive
    "long_short": [-0.015, -0.005, 0.0, 0.005, 0.015],
}
CASES = [
    (seed, side, fill)
    for seed in (1, 2, 3)
    for side in WEIGHTS
    for fill in ("next_open", "next_close")
]


@dataclass(frozen=True, eq=False)
class Both:
    """The same accounts twice: the engine's run, and what vectorbt found.

    `equity_usd`, `cash_usd`, `fees_usd` (T, V), `shares` (T, S, V), of vectorbt.
    """

    ours: Backtest
    equity_usd: Floats
    cash_usd: Floats
    fees_usd: Floats
    shares: Floats
    n_orders: int


@cache
def both(seed: int, side: str, fill: str) -> Both:
    """Simulate one case twice: one bar in fifty is missing, a target holds for 20 sessions."""
    rng = np.random.default_rng(seed)
    shape = (N_SESSIONS, N_SYMBOLS)
    closes = 100 * np.exp(np.cumsum(rng.normal(0.0003, 0.02, shape), axis=0))
    opens = closes * np.exp(rng.normal(0, 0.01, shape))
    has_bar = rng.random(shape) > 0.02
    has_bar[0] = True
    market = build_market(
        sessions=weekdays(N_SESSIONS),
        symbols=tuple(f"S{number:02d}" for number in range(N_SYMBOLS)),
        open_usd=np.where(has_bar, opens, np.nan),
        close_usd=np.where(has_bar, closes, np.nan),
    )
    is_new = rng.random((*shape, N_ACCOUNTS)) < 0.05
    is_new[0] = True
    latest = np.maximum.accumulate(np.where(is_new, np.arange(N_SESSIONS)[:, None, None], 0))
    drawn = rng.choice(WEIGHTS[side], size=is_new.shape)
    targets = np.take_along_axis(drawn, latest, axis=0)
    accounts = simulate(vectorbt_arguments(market, targets, fill))
    orders = accounts.orders.values
    fees = np.zeros((N_SESSIONS, N_ACCOUNTS))
    np.add.at(fees, (orders["idx"], orders["col"] // N_SYMBOLS), orders["fees"])
    return Both(
        ours=run_backtest(market, targets, costs=COSTS, fill=fill),
        equity_usd=accounts.value().to_numpy(),
        cash_usd=accounts.cash().to_numpy(),
        fees_usd=fees,
        shares=accounts.assets()
        .to_numpy()
        .reshape(N_SESSIONS, N_ACCOUNTS, N_SYMBOLS)
        .transpose(0, 2, 1),
        n_orders=len(orders),
    )


def equal(ours: Floats, theirs: Floats) -> None:
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=0.0)


@pytest.mark.parametrize(("seed", "side", "fill"), CASES)
def test_equity_path_is_that_of_vectorbt(seed, side, fill):
    case = both(seed, side, fill)
    path = INITIAL_EQUITY_USD * np.cumprod(1.0 + case.ours.net_return, axis=0)
    equal(path, case.equity_usd[1:])


@pytest.mark.parametrize(("seed", "side", "fill"), CASES)
def test_every_fill_leaves_the_shares_of_vectorbt(seed, side, fill):
    case = both(seed, side, fill)
    fills = case.ours.fills
    assert len(fills.session) == case.n_orders
    equal(fills.shares_after, case.shares[fills.session, fills.symbol, fills.account])
    equal(case.ours.final_shares, case.shares[-1])


@pytest.mark.parametrize(("seed", "side", "fill"), CASES)
def test_costs_are_the_fees_of_vectorbt(seed, side, fill):
    case = both(seed, side, fill)
    equal(case.ours.cost_return * case.equity_usd[:-1], case.fees_usd[1:])


@pytest.mark.parametrize(("seed", "side", "fill"), CASES)
def test_comparison_is_one_of_accounts_that_never_run_out_of_cash(seed, side, fill):
    # else vectorbt would have cut orders short, and their order within a session would count
    assert both(seed, side, fill).cash_usd.min() > 0.0


def test_long_and_short_accounts_hold_shorts():
    shares = both(1, "long_short", "next_open").shares
    assert (shares < 0.0).sum() > 0.3 * shares.size


def test_gaps_make_orders_wait():
    # filled in a session after one without a bar: decided before the gap, or sized in it
    ours = both(1, "long", "next_open").ours
    follows_bar = ours.market.has_bar[ours.fills.session - 1, ours.fills.symbol]
    assert (~follows_bar).sum() > 50
