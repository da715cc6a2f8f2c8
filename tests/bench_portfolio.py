"""What the portfolio costs: five hundred names by every method, and the nightly step."""

import subprocess
import sys
import time

import numpy as np

from analytics.allocation import ESTIMATED_METHODS
from analytics.backtest import run_backtest
from analytics.covariance import unit_returns
from analytics.frames import Calendar
from analytics.market import Market
from analytics.portfolio import Portfolio
from analytics.portfolio_results import Stage, portfolio_tables, simulate_sleeves
from analytics.risk.forecasts import simulated_returns
from analytics.settings import PortfolioConfig, Shock
from analytics.sleeves import Sleeve
from tests.analytics.toy_portfolio import calendar_of
from tests.bench_engine import random_market, random_targets
from tests.bench_timing import line, seconds

MOST_ALLOCATION_SECONDS, MOST_STEP_SECONDS = 8.0, 5.0
N_STOCKS, N_FUNDS = 20, 4
ALLOCATION = f"""
import numpy as np
from analytics.allocation import METHODS, estimate_weights, sleeve_weights
rng = np.random.default_rng(0)
returns = 0.01 * (rng.standard_normal((252, 500)) + rng.standard_normal((252, 1)))
for method in {ESTIMATED_METHODS}:
    assert abs(estimate_weights(method, returns).weights.sum() - 1.0) < 1e-9
names = [str(n) for n in range(500)]
for method in ("equal", "fixed"):
    sleeve_weights(method, returns, returns != 0.0, sleeves=names,
                   fixed_weights=dict.fromkeys(names, 1 / 500))
"""


def bench_portfolio() -> None:
    """Time both against what they may take, and the historical simulation against a loop."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", ALLOCATION], check=True)
    _within(
        "allocation: 500 names, six methods, process and imports", start, MOST_ALLOCATION_SECONDS
    )
    stage, sleeves = _night()
    start = time.perf_counter()
    portfolio = simulate_sleeves(sleeves, stage)
    assert portfolio is not None
    portfolio_tables(portfolio, stage, holdings=None)
    sessions = portfolio.scale.shape[0]
    _within(f"portfolio: {N_STOCKS} stocks, {sessions:,} sessions, all tables", start,
            MOST_STEP_SECONDS)  # fmt: skip
    _bench_simulation(portfolio, stage.market)


def _bench_simulation(portfolio: Portfolio, market: Market) -> None:
    """Past returns of every decided book: one book after the other, and all at once."""
    returns = unit_returns(market)
    exposures = portfolio.final * market.fill_leverage
    first = portfolio.plan.first_decision

    def one_by_one() -> None:
        for d in range(exposures.shape[0]):
            window = returns[max(d + first - 499, 1) : d + first + 1]
            np.add.reduce(window * exposures[d], axis=1)

    slow = seconds(one_by_one, repeats=1)
    fast = seconds(lambda: simulated_returns(exposures, returns, first=first))
    line("risk: past returns of each book, one by one / at once", slow, fast,
         f"{exposures.shape[0]:,} books x 500 sessions")  # fmt: skip


def _night() -> tuple[Stage, list[Sleeve]]:
    """Three sleeves on ten years of random walks."""
    market = random_market(N_STOCKS + N_FUNDS)
    names = market.symbols
    parts = {
        "equities": names[:N_STOCKS],
        "credit": names[N_STOCKS : N_STOCKS + 2],
        "volatility": names[-2:],
    }
    calendar: Calendar = calendar_of(market)
    config = PortfolioConfig(
        funds=frozenset(names[N_STOCKS:]),
        shocks={"february_2018": Shock(-0.066, dict.fromkeys(names, -0.05))},
    )
    sleeves = [_sleeve(name, market.select(symbols)) for name, symbols in parts.items()]
    return Stage(market, calendar, config), sleeves


def _sleeve(name: str, market: Market) -> Sleeve:
    targets = random_targets(len(market.symbols), 1)
    none = np.zeros(targets.shape[:2], dtype=np.bool_)
    return Sleeve(
        name=name,
        symbols=market.symbols,
        targets=targets[:, :, 0],
        is_frozen=none,
        is_quarantined=none,
        backtest=run_backtest(market, targets),
        reasons=np.zeros(targets.shape[:2], dtype=np.int64),
        reason_names=("enter",),
    )


def _within(what: str, start: float, most: float) -> None:
    took = time.perf_counter() - start
    verdict = "" if took < most else "  MORE THAN ALLOWED"
    print(f"{what:<58} {took:>22.2f} s  at most {most:.0f} s{verdict}")
