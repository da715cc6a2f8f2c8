"""The engine on markets small enough to follow with a pencil."""

import numpy as np
import pytest

from analytics.backtest import run_backtest
from analytics.costs import TradingCosts
from analytics.errors import ParameterError
from tests.analytics.toy import NAN, one_variant, toy_market

FREE = TradingCosts(0.0, 0.0, 0.0, 0.0)


def near(value):
    return pytest.approx(value, rel=1e-12, abs=1e-15)


def test_gap_through_is_filled_at_the_open_with_shares_sized_at_the_deciding_close():
    # decided at 100: 0.5 x 1,000,000 / 100 = 5,000 shares; filled at 120: 600,000, cost 5 bps 300
    # cash 1,000,000 - 600,000 - 300 = 399,700; close 110: 550,000; equity 949,700
    market = toy_market({"A": [100, 110]}, opens={"A": [100, 120]})
    run = run_backtest(market, one_variant({"A": [0.5, 0.5]}, market))
    assert run.net_return[0, 0] == near(949_700 / 1_000_000 - 1)
    assert run.cost_return[0, 0] == near(300 / 1_000_000)
    assert run.gross_return[0, 0] == near(-0.05)
    assert run.turnover[0, 0] == near(0.6)
    assert run.gross_exposure[0, 0] == near(550_000 / 949_700)


def test_rows_begin_with_the_session_after_the_first_decision():
    market = toy_market({"A": [100.0] * 5})
    run = run_backtest(market, one_variant({"A": [NAN, NAN, 0.0, 0.5, 0.5]}, market))
    assert run.first_decision == 2
    assert run.sessions.tolist() == [3, 4]


def test_nothing_decided_gives_no_rows():
    market = toy_market({"A": [100.0] * 3})
    run = run_backtest(market, one_variant({"A": [NAN] * 3}, market))
    assert run.net_return.shape == (0, 1)
    assert run.fills.session.shape == (0,)


def test_weights_drift_between_changes():
    # bought 5,000 at 100; at 200 the weight is 1,000,000 / 1,500,000 and nothing is sold
    market = toy_market({"A": [100, 100, 200, 200]})
    run = run_backtest(market, one_variant({"A": [0.5] * 4}, market), costs=FREE)
    assert run.gross_exposure[:, 0].tolist() == near([0.5, 2 / 3, 2 / 3])
    assert run.fills.session.tolist() == [1]


def test_interest_uses_the_bill_known_at_the_previous_decision():
    market = toy_market({"A": [100.0] * 3}, bill_pct=[3.65, 99.0, 99.0])
    run = run_backtest(market, one_variant({"A": [0.0] * 3}, market), costs=FREE)
    assert run.net_return[0, 0] == near(0.0001)


def test_cash_earns_nothing_before_the_first_known_bill():
    market = toy_market({"A": [100.0] * 3}, bill_pct=[NAN, 3.65, NAN])
    run = run_backtest(market, one_variant({"A": [0.0] * 3}, market))
    assert run.net_return[:, 0].tolist() == near([0.0, 0.0001])


def test_day_without_a_price_keeps_the_last_close():
    market = toy_market({"A": [100, 100, NAN, 120]})
    run = run_backtest(market, one_variant({"A": [0.5] * 4}, market), costs=FREE)
    assert run.net_return[:, 0].tolist() == near([0.0, 0.0, 0.1])


def test_symbol_without_any_close_yet_waits_for_its_first():
    # the first bar is that of session 2: sized at its close, filled in session 3
    market = toy_market({"A": [NAN, NAN, 50, 60], "B": [10.0] * 4})
    targets = one_variant({"A": [0.3] * 4, "B": [0.0] * 4}, market)
    run = run_backtest(market, targets, costs=FREE)
    assert run.fills.session.tolist() == [3]
    assert run.final_shares[0, 0] == near(0.3 * 1_000_000 / 50)


def test_closed_symbol_is_bought_back_only_when_its_target_changes():
    gap = [NAN] * 5
    market = toy_market({"A": [100, 100, *gap, 100, 100, 100], "B": [1.0] * 10})
    held = one_variant({"A": [0.5] * 10, "B": [0.0] * 10}, market)
    changed = one_variant({"A": [0.5] * 8 + [0.4] * 2, "B": [0.0] * 10}, market)
    assert run_backtest(market, held).fills.session.tolist() == [1, 6]
    assert run_backtest(market, changed).fills.session.tolist() == [1, 6, 9]


def test_gap_of_four_sessions_closes_nothing():
    market = toy_market({"A": [100, 100, NAN, NAN, NAN, NAN, 100], "B": [1.0] * 7})
    run = run_backtest(market, one_variant({"A": [0.5] * 7, "B": [0.0] * 7}, market))
    assert run.fills.session.tolist() == [1]


def test_renewed_decision_rebalances_although_the_target_is_the_same():
    # 0.5 of 1,000,000 at 100; doubled: 1,000,000 of 1,500,000; renewed: back to 750,000
    market = toy_market({"A": [100, 100, 200, 200]})
    renewed = np.array([[True], [False], [True], [False]])
    run = run_backtest(
        market, one_variant({"A": [0.5] * 4}, market), costs=FREE, is_renewed=renewed
    )
    assert run.gross_exposure[2, 0] == near(0.5)
    assert run.turnover[2, 0] == near(250_000 / 1_500_000)


def test_account_that_has_lost_everything_stays_empty():
    # short 1,000,000 at 100; at 250 it owes 500,000 more than it has
    market = toy_market({"A": [100, 100, 250, 100, 100]}, bill_pct=[0.0] * 5)
    run = run_backtest(market, one_variant({"A": [-1.0, -1.0, -1.0, 0.5, 0.5]}, market), costs=FREE)
    assert run.net_return[:, 0].tolist() == near([0.0, -1.5, 0.0, 0.0])
    assert run.gross_exposure[2:, 0].tolist() == [0.0, 0.0]
    assert run.fills.shares_after.tolist() == near([-10_000, 0.0])


def test_account_that_has_lost_everything_does_not_touch_another():
    market = toy_market({"A": [100, 100, 250, 100, 100]})
    targets = np.array([[-1.0, 0.5]] * 3 + [[0.5, 0.2]] * 2)[:, None, :]
    together = run_backtest(market, targets)
    alone = run_backtest(market, np.ascontiguousarray(targets[:, :, [1]]))
    assert together.net_return[:, 1].tolist() == alone.net_return[:, 0].tolist()
    assert together.net_return[2:, 0].tolist() == [0.0, 0.0]
    assert together.fills.is_forced.tolist() == [False, False, True, False]


def test_order_that_changes_nothing_is_no_fill():
    # renewed at the same price and equity: 5,000 shares are wanted and held
    market = toy_market({"A": [100.0] * 4})
    renewed = np.array([[True], [False], [True], [False]])
    run = run_backtest(
        market, one_variant({"A": [0.5] * 4}, market), costs=FREE, is_renewed=renewed
    )
    assert run.fills.session.tolist() == [1]


def test_rows_are_the_same_without_a_fill_log():
    market = toy_market({"A": [100, 110, NAN, 120, 90], "B": [50, 40, 45, 60, 55]})
    targets = one_variant({"A": [0.5, 0.2, 0.2, 0.6, 0.6], "B": [0.1, -0.3, 0.2, 0.2, 0.0]}, market)
    run, other = run_backtest(market, targets), run_backtest(market, targets, has_fill_log=False)
    np.testing.assert_array_equal(run.net_return, other.net_return)
    assert other.fills.session.shape == (0,)


def test_accounts_do_not_touch_each_other():
    rng = np.random.default_rng(5)
    market = toy_market({"A": 100 * np.exp(np.cumsum(rng.normal(0, 0.02, 40)))})
    targets = rng.choice([0.0, 0.25, 0.5, -0.5], size=(40, 1, 4))
    together = run_backtest(market, targets)
    for v in range(4):
        alone = run_backtest(market, np.ascontiguousarray(targets[:, :, [v]]))
        np.testing.assert_allclose(together.net_return[:, v], alone.net_return[:, 0], atol=1e-14)


def test_inputs_are_not_changed():
    market = toy_market({"A": [100, NAN, 120]})
    targets = one_variant({"A": [NAN, 0.5, 0.5]}, market)
    before = targets.copy()
    run_backtest(market, targets)
    np.testing.assert_array_equal(targets, before)


def test_targets_of_another_shape_are_refused():
    market = toy_market({"A": [100.0] * 3})
    with pytest.raises(ParameterError, match="targets must be"):
        run_backtest(market, np.zeros((2, 1, 1)))


@pytest.mark.parametrize("other", [[NAN] * 4, [0.0] * 4])
def test_target_that_goes_missing_is_refused_and_sells_nothing(other):
    market = toy_market({"A": [100.0] * 4, "B": [100.0] * 4})
    targets = one_variant({"A": [0.5, 0.5, NAN, NAN], "B": other}, market)
    with pytest.raises(ParameterError, match="decision for A of variant 0 on 2024-03-06"):
        run_backtest(market, targets)


def test_unknown_fill_is_refused():
    market = toy_market({"A": [100.0] * 3})
    with pytest.raises(ParameterError, match="next_open or next_close"):
        run_backtest(market, np.zeros((3, 1, 1)), fill="vwap")  # type: ignore[arg-type]


@pytest.mark.parametrize("n_variants", [1, 3])
def test_quarantined_symbol_is_held_at_its_last_close_however_long(n_variants):
    # 5,000 shares bought at 100, kept out for 8 sessions, back at 120: 600,000 + 500,000 of cash
    closes = {"A": [100.0, 100.0, *[NAN] * 8, 120.0]}
    kept_out = {"A": [False, False, *[True] * 8, False]}
    market = toy_market(closes, quarantined=kept_out)
    targets = np.repeat(one_variant({"A": [0.5] * 11}, market), n_variants, axis=2)
    run = run_backtest(market, targets, costs=FREE)
    assert set(run.fills.session.tolist()) == {1}
    assert run.net_return[1:9].tolist() == [[0.0] * n_variants] * 8
    assert run.net_return[9].tolist() == near([0.1] * n_variants)


def test_symbol_that_stops_trading_after_a_quarantine_is_closed_in_its_fifth_session():
    # 3 sessions without a bar, 2 quarantined, then the 4th and the 5th without
    closes = {"A": [100.0, 100.0, *[NAN] * 8]}
    kept_out = {"A": [False] * 5 + [True] * 2 + [False] * 3}
    market = toy_market(closes, quarantined=kept_out)
    run = run_backtest(market, one_variant({"A": [0.5] * 10}, market), costs=FREE)
    assert run.fills.session.tolist() == [1, 8]
    assert run.fills.is_forced.tolist() == [False, True]
