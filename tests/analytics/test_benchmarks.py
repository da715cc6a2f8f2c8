"""Benchmarks: decided at month's ends, rebalanced each time."""

import numpy as np
import pytest

from analytics.backtest import run_backtest
from analytics.benchmarks import benchmark_names, benchmark_targets
from analytics.costs import TradingCosts
from analytics.errors import ParameterError
from tests.analytics.toy import NAN, toy_market

FREE = TradingCosts(0.0, 0.0, 0.0, 0.0)
VARIANTS = benchmark_names()
EQUAL, MIX, SPY = (VARIANTS.index(name) for name in ("equal_weight", "sixty_forty", "spy"))


def market_of(spy, agg, stock):
    return toy_market({"AGG": agg, "SPY": spy, "X": stock})


def decide(market, month_ends, members=(False, False, True)):
    n_sessions = len(market.sessions)
    is_last = np.isin(np.arange(n_sessions), month_ends)
    return benchmark_targets(
        market, is_month_last=is_last, is_member=np.tile(members, (n_sessions, 1))
    )


def test_nothing_is_decided_before_a_months_end():
    flat = [100.0] * 6
    targets, is_decided = decide(market_of(flat, flat, flat), [2, 4])
    assert np.isnan(targets[:2]).all()
    assert targets[2, :, SPY].tolist() == [0.0, 1.0, 0.0]
    assert targets[3, :, MIX].tolist() == [0.4, 0.6, 0.0]
    assert np.flatnonzero(is_decided[:, MIX]).tolist() == [2, 4]


def test_mix_waits_until_all_its_symbols_trade():
    flat = [100.0] * 6
    targets, is_decided = decide(market_of(flat, [NAN, NAN, NAN, *flat[:3]], flat), [2, 4])
    assert np.isnan(targets[3, :, MIX]).all()
    assert targets[4, :, MIX].tolist() == [0.4, 0.6, 0.0]
    assert is_decided[:, SPY].sum() == 2


def test_equal_weight_is_spread_over_members_that_trade():
    flat = [100.0] * 4
    market = market_of(flat, [NAN] * 4, flat)
    targets, _ = decide(market, [1], members=(True, True, True))
    assert targets[1, :, EQUAL].tolist() == [0.0, 0.5, 0.5]


def test_member_missing_on_one_day_keeps_its_weight():
    flat = [100.0] * 4
    targets, _ = decide(
        market_of(flat, flat, [100, 100, NAN, 100]), [1, 2], members=(True, True, True)
    )
    assert targets[2, :, EQUAL].tolist() == [1 / 3] * 3


def test_mix_is_rebalanced_at_every_months_end():
    # 60/40 at 100; SPY doubles in session 3: 1.2 of 1.6 million; decided at 4, filled at 5
    flat = [100.0] * 7
    market = market_of([100, 100, 100, 200, 200, 200, 200], flat, flat)
    targets, is_decided = decide(market, [1, 4])
    run = run_backtest(market, targets, costs=FREE, is_renewed=is_decided)
    before_and_after = run.net_exposure[:, MIX]
    assert before_and_after.tolist() == pytest.approx([1.0] * 5)
    own = run.fills.account == MIX
    assert run.fills.session[own].tolist() == [2, 2, 5, 5]
    spy = own & (run.fills.symbol == 1)
    assert run.fills.shares_after[spy].tolist() == pytest.approx([6_000, 0.6 * 1_600_000 / 200])


def test_membership_of_another_shape_is_refused():
    market = market_of([1.0] * 3, [1.0] * 3, [1.0] * 3)
    with pytest.raises(ParameterError, match="is_member"):
        benchmark_targets(market, is_month_last=np.ones(3, bool), is_member=np.ones((2, 3), bool))
