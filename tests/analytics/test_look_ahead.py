"""The engine pays no position before it could be known."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import performance
from analytics.backtest import Backtest, run_backtest
from analytics.market import Market, build_market
from tests.analytics.look_ahead import (
    WINDOW,
    honest_run,
    peeking_returns,
    positions,
    simulated_closes,
)
from tests.analytics.test_backtest_properties import COLUMNS, Case, random_case

CLOSES = simulated_closes()


def test_engine_earns_what_the_position_of_the_session_before_earns():
    lagged = positions(CLOSES).shift(1) * pd.Series(CLOSES).pct_change()
    found = honest_run(CLOSES).net_return[:, 0]
    np.testing.assert_allclose(found, lagged.to_numpy()[WINDOW:], rtol=0.0, atol=1e-12)


@pytest.mark.parametrize("fill", ["next_open", "next_close"])
@pytest.mark.parametrize("seed", range(5))
def test_engine_does_not_earn_what_the_peek_earns(seed, fill):
    # the peek is paid the very move that changes its position
    closes = simulated_closes(seed)
    peek = peeking_returns(closes)[:, None]
    honest = honest_run(closes, fill).net_return
    assert honest.shape == peek.shape
    assert performance.cagr(peek)[0] > performance.cagr(honest)[0] + 0.05
    assert performance.sharpe(peek)[0] > performance.sharpe(honest)[0] + 0.3


def test_close_of_a_session_decides_the_peeking_position_in_it_and_not_the_engines():
    # 50 % up in the last session puts the close above the mean, which it was below before
    falling = np.linspace(200.0, 100.0, 300)
    jump = np.concatenate([falling, [falling[-1] * 1.5]])
    assert positions(jump).tolist()[-2:] == [0.0, 1.0]
    assert peeking_returns(jump)[-1] == pytest.approx(0.5)
    assert honest_run(jump).net_return[-1, 0] == 0.0


@settings(max_examples=10, deadline=None)
@given(cut=st.integers(WINDOW + 1, 599), seed=st.integers(2, 1_000))
def test_scrambled_future_moves_no_past_row_of_the_rule(cut, seed):
    closes = simulated_closes(1, 600)
    scrambled = np.where(np.arange(600) < cut, closes, simulated_closes(seed, 600))
    run, other = honest_run(closes), honest_run(scrambled)
    is_past = run.sessions < cut
    for column in COLUMNS:
        ours, theirs = getattr(run, column), getattr(other, column)
        np.testing.assert_array_equal(ours[is_past], theirs[is_past])


def repriced(case: Case, first: int, symbol: int, factor: float) -> Market:
    """Multiply the prices of one symbol from a session on."""
    market, scale = case.market, np.ones(case.market.close_usd.shape)
    scale[first:, symbol] = factor
    return build_market(
        sessions=market.sessions,
        symbols=market.symbols,
        open_usd=market.open_usd * scale,
        close_usd=market.close_usd * scale,
        leverage=market.leverage,
        bill_pct=case.bill_pct,
    )


def shares_filled(run: Backtest, last: int) -> list[np.ndarray]:
    """What every fill up to a session left."""
    fills = run.fills
    is_past = fills.session <= last
    columns = (fills.session, fills.symbol, fills.account, fills.shares_after)
    return [column[is_past] for column in columns]


FUTURES = given(
    seed=st.integers(0, 1_000),
    first=st.integers(5, 59),
    symbol=st.integers(0, 3),
    factor=st.floats(0.5, 2.0),
    fill=st.sampled_from(["next_open", "next_close"]),
)


@settings(max_examples=50, deadline=None)
@FUTURES
def test_price_moves_no_row_before_its_session(seed, first, symbol, factor, fill):
    case = random_case(seed)
    run = run_backtest(case.market, case.targets, fill=fill)
    other = run_backtest(repriced(case, first, symbol, factor), case.targets, fill=fill)
    is_past = run.sessions < first
    for column in COLUMNS:
        ours, theirs = getattr(run, column), getattr(other, column)
        np.testing.assert_array_equal(ours[is_past], theirs[is_past])


@settings(max_examples=50, deadline=None)
@FUTURES
def test_price_changes_no_share_filled_up_to_its_own_session(seed, first, symbol, factor, fill):
    # the session's own orders were sized at the close before
    case = random_case(seed)
    run = run_backtest(case.market, case.targets, fill=fill)
    other = run_backtest(repriced(case, first, symbol, factor), case.targets, fill=fill)
    for ours, theirs in zip(shares_filled(run, first), shares_filled(other, first), strict=True):
        np.testing.assert_array_equal(ours, theirs)
