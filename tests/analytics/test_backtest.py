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


def test_next_close_is_filled_at_the_close():
    # 5,000 shares at 110 = 550,000, cost 275
    market = toy_market({"A": [100, 110]}, opens={"A": [100, 120]})
    run = run_backtest(market, one_variant({"A": [0.5, 0.5]}, market), fill="next_close")
    assert run.net_return[0, 0] == near(-275 / 1_000_000)
    assert run.turnover[0, 0] == near(0.55)


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


def test_only_the_symbol_whose_target_changed_trades():
    market = toy_market({"A": [100, 100, 200, 200], "B": [50.0] * 4})
    targets = one_variant({"A": [0.5] * 4, "B": [0.0, 0.0, 0.1, 0.1]}, market)
    run = run_backtest(market, targets, costs=FREE)
    # B: 0.1 x 1,500,000 / 50 = 3,000 shares; A keeps its 5,000
    assert [market.symbols[s] for s in run.fills.symbol] == ["A", "B"]
    assert run.final_shares[:, 0].tolist() == near([5_000, 3_000])


def test_dividend_earns_nothing_on_the_day_the_price_falls_by_it():
    # raw 100 → 98 with a dividend of 2: adjusted stays 100
    market = toy_market({"A": [100.0] * 3}, raw_closes={"A": [100, 100, 98]})
    run = run_backtest(market, one_variant({"A": [1.0] * 3}, market), costs=FREE)
    assert run.net_return[:, 0].tolist() == [0.0, 0.0]


def test_short_position_pays_borrow_and_earns_the_bill_on_its_proceeds():
    # Thursday: decide -0.5; Friday: 5,000 short at 100, cash 1,500,000 - cost 250 = 1,499,750
    # Monday, 3 calendar days: interest 1,499,750 x 3.65 % x 3/365 = 449.925
    #   borrow 500,000 x 0.5 % x 3/360 = 20.833333; close 90: -450,000
    market = toy_market({"A": [100, 100, 90]}, bill_pct=[3.65] * 3, first="2024-03-07")
    run = run_backtest(market, one_variant({"A": [-0.5] * 3}, market))
    friday = 1_000_000 * (1 + 0.0365 / 365) - 250  # one day's interest on the idle million
    interest = (friday + 500_000) * 0.0365 * 3 / 365
    borrow = 500_000 * 0.005 * 3 / 360
    monday = friday + 500_000 + interest - borrow - 450_000
    assert run.net_return[:, 0].tolist() == near([friday / 1_000_000 - 1, monday / friday - 1])
    assert run.cost_return[1, 0] == near(borrow / friday)
    assert run.net_exposure[1, 0] == near(-450_000 / monday)


def test_negative_cash_pays_the_bill():
    # 2 x levered: cash -1,000,000 after Tuesday's close pays 3.65 % / 365 on Wednesday
    market = toy_market({"A": [100.0] * 3}, bill_pct=[0.0, 3.65, 3.65])
    run = run_backtest(market, one_variant({"A": [2.0] * 3}, market), costs=FREE)
    assert run.net_return[1, 0] == near(-0.0001)


def test_interest_uses_the_bill_known_at_the_previous_decision():
    market = toy_market({"A": [100.0] * 3}, bill_pct=[3.65, 99.0, 99.0])
    run = run_backtest(market, one_variant({"A": [0.0] * 3}, market), costs=FREE)
    assert run.net_return[0, 0] == near(0.0001)


def test_cash_earns_nothing_before_the_first_known_bill():
    market = toy_market({"A": [100.0] * 3}, bill_pct=[NAN, 3.65, NAN])
    run = run_backtest(market, one_variant({"A": [0.0] * 3}, market))
    assert run.net_return[:, 0].tolist() == near([0.0, 0.0001])


def test_flip_trades_through_zero_in_one_fill():
    # +5,000 → equity stays 1,000,000 (free) → -5,000 at 100: 1,000,000 traded
    market = toy_market({"A": [100.0] * 3})
    run = run_backtest(market, one_variant({"A": [0.5, -0.5, -0.5]}, market), costs=FREE)
    assert run.turnover[:, 0].tolist() == near([0.5, 1.0])
    assert run.fills.shares_after.tolist() == near([5_000, -5_000])


def test_day_without_a_price_keeps_the_last_close():
    market = toy_market({"A": [100, 100, NAN, 120]})
    run = run_backtest(market, one_variant({"A": [0.5] * 4}, market), costs=FREE)
    assert run.net_return[:, 0].tolist() == near([0.0, 0.0, 0.1])


def test_waiting_order_is_sized_again_at_the_latest_close():
    # B doubles the equity of the part held while A has no bar: 1,000,000 → 1,500,000
    # A waits through session 1, is sized at session 1: 0.3 x 1,000,000 / 100 (its last close),
    # waits through session 2, sized at 2: 0.3 x 1,500,000 / 100 = 4,500, filled at 3
    market = toy_market({"A": [100, NAN, NAN, 80], "B": [10, 10, 20, 20]})
    targets = one_variant({"A": [0.3] * 4, "B": [0.5] * 4}, market)
    run = run_backtest(market, targets, costs=FREE)
    assert run.final_shares[:, 0].tolist() == near([4_500, 50_000])
    assert run.fills.session.tolist() == [1, 3]


def test_symbol_without_any_close_yet_waits_for_its_first():
    # the first bar is that of session 2: sized at its close, filled in session 3
    market = toy_market({"A": [NAN, NAN, 50, 60], "B": [10.0] * 4})
    targets = one_variant({"A": [0.3] * 4, "B": [0.0] * 4}, market)
    run = run_backtest(market, targets, costs=FREE)
    assert run.fills.session.tolist() == [3]
    assert run.final_shares[0, 0] == near(0.3 * 1_000_000 / 50)


def test_held_symbol_that_stops_trading_is_closed_at_its_last_close_on_the_fifth_session():
    # bought 5,000 at 100, last close 110 in session 2, none from 3 on: closed in session 7
    market = toy_market({"A": [100, 100, 110] + [NAN] * 7, "B": [1.0] * 10})
    targets = one_variant({"A": [0.5] * 10, "B": [0.0] * 10}, market)
    run = run_backtest(market, targets)
    assert run.fills.session.tolist() == [1, 7]
    assert run.fills.is_forced.tolist() == [False, True]
    assert run.fills.price_usd[1] == 110.0
    row = run.sessions.tolist().index(7)
    equity = 1_000_000 - 250 + 50_000
    assert run.cost_return[row, 0] == near(550_000 * 0.0005 / equity)
    assert run.gross_exposure[row:, 0].tolist() == [0.0, 0.0, 0.0]


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


def test_net_exposure_counts_leverage():
    market = toy_market({"A": [100.0] * 3}, leverage={"A": [-1.0, -1.0, -0.5]})
    run = run_backtest(market, one_variant({"A": [0.5] * 3}, market), costs=FREE)
    assert run.net_exposure[:, 0].tolist() == near([-0.5, -0.25])
    assert run.gross_exposure[:, 0].tolist() == near([0.5, 0.5])


def test_account_that_has_lost_everything_stays_empty():
    # short 1,000,000 at 100; at 250 it owes 500,000 more than it has
    market = toy_market({"A": [100, 100, 250, 100, 100]}, bill_pct=[0.0] * 5)
    run = run_backtest(market, one_variant({"A": [-1.0, -1.0, -1.0, 0.5, 0.5]}, market), costs=FREE)
    assert run.net_return[:, 0].tolist() == near([0.0, -1.5, 0.0, 0.0])
    assert run.gross_exposure[2:, 0].tolist() == [0.0, 0.0]
    assert run.fills.shares_after.tolist() == near([-10_000, 0.0])


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
