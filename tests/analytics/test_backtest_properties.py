"""The engine on random markets: against the slow one, and what must hold on all of them."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.arrays import Floats, forward_filled
from analytics.backtest import Backtest, run_backtest
from analytics.market import Market, build_market
from tests.analytics.slow_engine import Bar, slow_backtest
from tests.analytics.toy import weekdays

COLUMNS = (
    "net_return",
    "cost_return",
    "gross_return",
    "turnover",
    "gross_exposure",
    "net_exposure",
)


@dataclass(frozen=True)
class Case:
    """A gappy market, and targets with long and short decisions."""

    market: Market
    bill_pct: Floats
    targets: Floats


def random_case(
    seed: int, *, n_sessions: int = 60, n_symbols: int = 4, n_variants: int = 3
) -> Case:
    rng = np.random.default_rng(seed)
    shape = (n_sessions, n_symbols)
    closes = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, shape), axis=0))
    opens = closes * np.exp(rng.normal(0, 0.01, shape))
    has_bar = rng.random(shape) > 0.05
    has_bar[rng.integers(20, 40) :, 0] = False  # delisted
    has_bar[: rng.integers(3, 10), 1] = False  # listed later
    gap = rng.integers(10, 45)
    has_bar[gap : gap + rng.integers(3, 9), 2] = False
    leverage = np.ones(shape)
    leverage[:, 3] = np.where(np.arange(n_sessions) < 30, -1.0, -0.5)
    bill = np.where(np.arange(n_sessions) < 4, np.nan, rng.uniform(0, 5, n_sessions))
    market = build_market(
        sessions=weekdays(n_sessions),
        symbols=tuple("ABCD"[:n_symbols]),
        open_usd=np.where(has_bar, opens, np.nan),
        close_usd=np.where(has_bar, closes, np.nan),
        leverage=leverage,
        bill_pct=bill,
    )
    return Case(market, bill, _random_targets(rng, (*shape, n_variants)))


def _random_targets(rng: np.random.Generator, shape: tuple[int, int, int]) -> Floats:
    targets = np.full(shape, np.nan)
    current = np.full(shape[1:], np.nan)
    for t in range(2, shape[0]):
        is_new = rng.random(shape[1:]) < 0.2
        current = np.where(is_new, rng.choice([0.0, 0.1, 0.25, -0.2, 0.4], size=shape[1:]), current)
        targets[t] = current
    return targets


def slow_rows(case: Case, v: int, fill: str, start: int) -> dict[str, list[float]]:
    market = case.market
    names = market.symbols
    bars = [
        {
            name: Bar(float(market.open_usd[t, s]), float(market.close_usd[t, s]))
            for s, name in enumerate(names)
            if np.isfinite(market.close_usd[t, s])
        }
        for t in range(len(market.sessions))
    ]
    targets = [
        {name: float(w) for name, w in zip(names, row, strict=True) if np.isfinite(w)}
        for row in case.targets[:, :, v]
    ]
    rows = slow_backtest(
        [date.fromisoformat(str(day)) for day in market.sessions],
        bars,
        targets,
        bill_pct=_carried(case.bill_pct),
        leverage=[dict(zip(names, map(float, row), strict=True)) for row in market.leverage],
        fill=fill,
        start=start,
    )
    return {column: [row[column] for row in rows] for column in COLUMNS}


def _carried(bill_pct: Floats) -> list[float]:
    carried, latest = [], float("nan")
    for value in bill_pct.tolist():
        latest = latest if np.isnan(value) else value
        carried.append(latest)
    return carried


@pytest.mark.parametrize("fill", ["next_open", "next_close"])
@pytest.mark.parametrize("seed", range(12))
def test_engine_agrees_with_the_slow_one(seed, fill):
    case = random_case(seed)
    run = run_backtest(case.market, case.targets, fill=fill)
    for v in range(case.targets.shape[2]):
        slow = slow_rows(case, v, fill, run.first_decision)
        for column in COLUMNS:
            np.testing.assert_allclose(
                getattr(run, column)[:, v], slow[column], rtol=1e-9, atol=1e-12, err_msg=column
            )


def shuffled_future(case: Case, cut: int, seed: int) -> Case:
    """Keep sessions up to and including `cut`, make up the rest."""
    other = random_case(seed, n_sessions=case.market.sessions.shape[0])
    keep = np.arange(case.market.sessions.shape[0]) <= cut

    def spliced(ours: Floats, theirs: Floats) -> Floats:
        return np.where(keep.reshape((-1,) + (1,) * (ours.ndim - 1)), ours, theirs)

    bill = spliced(case.bill_pct, other.bill_pct)
    market = build_market(
        sessions=case.market.sessions,
        symbols=case.market.symbols,
        open_usd=spliced(case.market.open_usd, other.market.open_usd),
        close_usd=spliced(case.market.close_usd, other.market.close_usd),
        leverage=spliced(case.market.leverage, other.market.leverage),
        bill_pct=bill,
    )
    return Case(market, bill, forward_filled(spliced(case.targets, other.targets)))


@pytest.mark.parametrize("cut", [10, 25, 40, 58])
def test_scrambled_future_moves_no_past_row(cut):
    case = random_case(3)
    run = run_backtest(case.market, case.targets)
    other = run_backtest(**_arguments(shuffled_future(case, cut, seed=99)))
    known = run.sessions <= cut
    for column in COLUMNS:
        np.testing.assert_array_equal(getattr(run, column)[known], getattr(other, column)[known])


def _arguments(case: Case) -> dict[str, object]:
    return {"market": case.market, "targets": case.targets}


def test_prices_of_the_deciding_session_change_nothing_before_it():
    # the target of session t must not be filled at t itself
    case = random_case(4)
    shifted = np.array(case.targets)
    shifted[30:] = 0.0
    run = run_backtest(case.market, case.targets)
    other = run_backtest(case.market, shifted)
    known = run.sessions <= 30
    np.testing.assert_array_equal(run.turnover[known], other.turnover[known])


def _run_without_interest(seed: int, factor: float) -> Backtest:
    case = random_case(seed)
    market = build_market(
        sessions=case.market.sessions,
        symbols=case.market.symbols,
        open_usd=case.market.open_usd * factor,
        close_usd=case.market.close_usd * factor,
    )
    return run_backtest(market, case.targets)


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000), factor=st.floats(0.01, 1_000))
def test_returns_do_not_depend_on_the_unit_of_prices(seed, factor):
    np.testing.assert_allclose(
        _run_without_interest(seed, 1.0).net_return,
        _run_without_interest(seed, factor).net_return,
        rtol=1e-9,
        atol=1e-12,
    )


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000), capital=st.floats(1e3, 1e9))
def test_returns_do_not_depend_on_the_capital(seed, capital):
    case = random_case(seed)
    small = run_backtest(case.market, case.targets, capital_usd=capital)
    large = run_backtest(case.market, case.targets)
    np.testing.assert_allclose(small.net_return, large.net_return, rtol=1e-9, atol=1e-12)


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_gross_is_net_plus_cost_and_costs_are_never_negative(seed):
    case = random_case(seed)
    run = run_backtest(case.market, case.targets)
    np.testing.assert_array_equal(run.gross_return, run.net_return + run.cost_return)
    assert (run.cost_return >= 0.0).all()


def test_symbol_order_does_not_matter():
    case = random_case(8)
    turned = case.market.select(tuple(reversed(case.market.symbols)))
    run = run_backtest(case.market, case.targets)
    other = run_backtest(turned, np.ascontiguousarray(case.targets[:, ::-1]))
    np.testing.assert_allclose(run.net_return, other.net_return, rtol=1e-9, atol=1e-13)
