"""What recorded decisions earned, worked by hand."""

import numpy as np
import pytest

from analytics.costs import TradingCosts
from analytics.record import decided_from_frame, run_record
from analytics.settings import PortfolioConfig
from tests.analytics.past import calendar_of, decision_rows
from tests.analytics.toy import NAN, toy_market

FREE = TradingCosts(0.0, 0.0, 0.0, 0.0)
CONFIG = PortfolioConfig(costs=FREE, minimum_order_weight=0.0)


def earned(market, rows, config=CONFIG):
    decided = decided_from_frame(
        decision_rows(market, rows), market=market, calendar=calendar_of(market)
    )
    return run_record(decided, config)


def test_one_night_is_filled_at_the_next_open_and_pays_its_costs():
    # 50 % at a close of 100 is 5,000 shares; at the open of 102 they cost 510,000 and 5 bp of it,
    # 255; at the close of 104 they are worth 520,000, so equity is 1,009,745
    market = toy_market({"A": [100.0, 104.0]}, opens={"A": [100.0, 102.0]})
    record = earned(market, [(0, "A", 0.5)], PortfolioConfig())
    np.testing.assert_allclose(record.net_return, [0.009745], rtol=1e-12)
    np.testing.assert_allclose(record.cost_return, [0.000255], rtol=1e-12)
    np.testing.assert_allclose(record.gross_return, [0.01], rtol=1e-12)
    np.testing.assert_allclose(record.turnover, [0.51], rtol=1e-12)
    np.testing.assert_allclose(record.gross_exposure, [520_000 / 1_009_745], rtol=1e-12)
    np.testing.assert_allclose(record.equity_usd, [1_000_000, 1_009_745], rtol=1e-12)


def test_record_begins_at_the_first_recorded_night_with_the_configured_capital():
    market = toy_market({"A": [90.0, 95.0, 100.0, 110.0]}, opens={"A": [90.0, 95.0, 100.0, 100.0]})
    config = PortfolioConfig(costs=FREE, capital_usd=500.0)
    record = earned(market, [(2, "A", 1.0)], config)
    assert record.sessions.tolist() == [3]
    np.testing.assert_allclose(record.equity_usd, [500.0, 550.0], rtol=1e-12)


def test_weights_of_sleeves_add_up():
    market = toy_market({"A": [100.0, 110.0]}, opens={"A": [100.0, 100.0]})
    record = earned(market, [(0, "A", 0.5), (0, "A", -0.2)])
    np.testing.assert_allclose(record.net_return, [0.03], rtol=1e-12)


def test_missed_night_lets_holdings_drift():
    # half in A: after +10 % it is 55/105 of equity and stays so without a decision
    closes = [100.0, 110.0, 110.0, 110.0]
    market = toy_market({"A": closes}, opens={"A": [100.0, 100.0, 110.0, 110.0]})
    record = earned(market, [(0, "A", 0.5), (2, "A", 0.5)])
    assert record.decided.is_recorded.tolist() == [True, False, True, False]
    assert record.turnover[1] == 0.0
    np.testing.assert_allclose(record.holding[2, 0], 55 / 105, rtol=1e-12)
    # the third night sells back to one half, 2.5 of 105
    np.testing.assert_allclose(record.turnover[2], 2.5 / 105, rtol=1e-12)


def test_symbol_that_a_night_does_not_name_is_not_sold():
    market = toy_market({"A": [100.0, 100.0, 110.0], "B": [50.0, 50.0, 50.0]})
    record = earned(market, [(0, "A", 0.5), (0, "B", 0.5), (1, "B", 0.5)])
    assert record.turnover[1] == 0.0
    np.testing.assert_allclose(record.net_return, [0.0, 0.05], rtol=1e-12)
    assert record.decided.is_named[:, 0].tolist() == [True, False, False]


@pytest.mark.parametrize("reason", ["hold; no_bar", "hold; quarantined"])
def test_symbol_without_a_new_decision_gets_no_order(reason):
    # the weight beside such a reason is what the backtest holds, here 30 %
    market = toy_market({"A": [100.0, 100.0, 100.0]})
    record = earned(market, [(0, "A", 0.5), (1, "A", 0.3, reason)])
    np.testing.assert_allclose(record.turnover, [0.5, 0.0], rtol=1e-12)


def test_signal_that_was_last_frozen_decides_again_without_an_override():
    market = toy_market({"A": [100.0, 100.0, 100.0]})
    record = earned(market, [(0, "A", 0.5), (1, "A", 0.3, "quarantined")])
    np.testing.assert_allclose(record.turnover, [0.5, 0.2], rtol=1e-12)


def test_missing_weight_is_no_sell_order():
    market = toy_market({"A": [100.0, 100.0, 100.0]})
    record = earned(market, [(0, "A", 0.5), (1, "A", NAN)])
    np.testing.assert_allclose(record.turnover, [0.5, 0.0], rtol=1e-12)


def test_change_below_the_smallest_order_is_not_sent_unless_it_is_an_exit():
    market = toy_market({"A": [100.0] * 4, "B": [100.0] * 4})
    config = PortfolioConfig(costs=FREE, minimum_order_weight=0.0025)
    record = earned(
        market,
        [(0, "A", 0.5), (0, "B", 0.0024), (1, "A", 0.502), (1, "B", 0.003), (2, "B", 0.0)],
        config,
    )
    # 50 % of A; then B alone, which is only now large enough; then B goes, small as it is
    np.testing.assert_allclose(record.turnover, [0.5, 0.003, 0.003], rtol=1e-12)


def test_split_and_dividend_change_nothing_but_the_dividend_is_earned():
    # as traded 100, then 2:1 at 51, then 50 with 2 paid: adjusted 100, 102, 104
    market = toy_market(
        {"A": [100.0, 102.0, 104.0]},
        raw_closes={"A": [100.0, 51.0, 50.0]},
        raw_opens={"A": [100.0, 51.0, 50.0]},
    )
    record = earned(market, [(0, "A", 1.0)])
    # bought at the open of 102: 10,000 shares at 102 on 1,000,000, so 20,000 borrowed; then +2 each
    np.testing.assert_allclose(record.net_return, [0.0, 0.02], atol=1e-15)


def test_order_that_finds_no_bar_lapses_with_its_session():
    market = toy_market({"A": [100.0, NAN, 100.0, 110.0]})
    record = earned(market, [(0, "A", 0.5)])
    assert record.turnover.tolist() == [0.0, 0.0, 0.0]


def test_symbol_that_stops_trading_is_closed_at_its_last_close():
    market = toy_market({"A": [100.0, 100.0, *[NAN] * 6], "B": [10.0] * 8})
    record = earned(market, [(0, "A", 0.5), (1, "B", 0.0)], PortfolioConfig())
    # five sessions without a bar: sold in session 6, with costs
    assert np.flatnonzero(record.turnover).tolist() == [0, 5]
    np.testing.assert_allclose(record.cost_return[5], 0.5 * 0.0005, rtol=1e-3)
    assert record.gross_exposure[5:].tolist() == [0.0, 0.0]


def test_symbol_without_any_price_is_never_bought():
    market = toy_market({"A": [100.0, 110.0]}, opens={"A": [100.0, 100.0]})
    record = earned(market, [(0, "A", 0.5), (0, "GONE", 0.5)])
    assert record.decided.unpriced == ("GONE",)
    np.testing.assert_allclose(record.net_return, [0.05], rtol=1e-12)


def test_interest_is_paid_on_cash():
    # 3.65 % a year is one basis point a day
    market = toy_market({"A": [100.0, 100.0]}, bill_pct=[3.65, 3.65])
    np.testing.assert_allclose(earned(market, [(0, "A", 0.0)]).net_return, [1e-4], rtol=1e-12)


def test_tonights_decision_has_earned_nothing_yet():
    market = toy_market({"A": [100.0, 100.0, 200.0]})
    with_tonight = earned(market, [(0, "A", 0.5), (2, "A", 2.0)])
    assert with_tonight.net_return.tolist() == earned(market, [(0, "A", 0.5)]).net_return.tolist()


def test_order_of_rows_does_not_matter():
    rng = np.random.default_rng(5)
    closes = {s: (50 * np.exp(np.cumsum(rng.normal(0, 0.02, 9)))).tolist() for s in "ABC"}
    market = toy_market(closes)
    rows = [(t, s, float(w)) for t in (0, 2, 5) for s in "AABC" for w in rng.random(1)]
    shuffled = [rows[at] for at in rng.permutation(len(rows))]
    assert earned(market, rows).net_return.tolist() == earned(market, shuffled).net_return.tolist()


def test_no_decision_on_the_calendar_is_no_record():
    market = toy_market({"A": [100.0, 110.0]})
    rows = decision_rows(market, [(0, "A", 0.5)])
    rows["night"] += np.timedelta64(5, "D")  # a Saturday
    assert decided_from_frame(rows, market=market, calendar=calendar_of(market)) is None
