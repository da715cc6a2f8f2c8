"""What a person holds, brought to the night's targets on one small build."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from analytics.holdings import CASH, Holdings
from analytics.night import run_analytics
from analytics.settings import OrderSettings
from tests.analytics.night_inputs import CONFIG, SYMBOLS, night_inputs


def night(inputs, holdings, settings=OrderSettings()):  # noqa: B008 (frozen)
    config = dataclasses.replace(CONFIG, orders=settings)
    return run_analytics(dataclasses.replace(inputs, portfolio_config=config, holdings=holdings))


def closes(inputs):
    """Latest raw close of each symbol."""
    known = inputs.prices.sort_values("session_date")
    return known.groupby("symbol")["close_usd"].last()


def reasons(results):
    told = results.holdings.set_index("symbol")["reason"]
    return {symbol: reason for symbol, reason in told.items() if isinstance(reason, str)}


@pytest.fixture(scope="module")
def mine(inputs):
    """Cash of 100,000 and two holdings: one that the portfolio trades, one that it does not."""
    return night(inputs, Holdings(100_000.0, {"AAPL": 400.0, "SPY": 50.0}))


def test_equity_is_cash_and_holdings_at_the_raw_closes(inputs, mine):
    close = closes(inputs)
    equity = 100_000.0 + 400 * close["AAPL"] + 50 * close["SPY"]
    held = mine.holdings.set_index("symbol")
    assert held.loc["AAPL", "current_weight"] == pytest.approx(400 * close["AAPL"] / equity)
    assert held.loc[CASH, "current_weight"] == pytest.approx(100_000.0 / equity)
    assert not held["is_simulated"].any()


def test_orders_go_from_the_holdings_to_the_target_of_the_simulated_book(inputs, results, mine):
    target = results.target_weights
    tonight = target[target["session_date"] == target["session_date"].max()]
    wanted = tonight.groupby("symbol")["final_weight"].sum()
    orders = mine.orders.set_index("symbol")
    np.testing.assert_allclose(orders["final_weight"], wanted[orders.index], atol=1e-12)
    is_whole = orders["reason"].isna()
    np.testing.assert_allclose(
        orders.loc[is_whole, "planned_weight"], orders.loc[is_whole, "final_weight"], atol=1e-12
    )
    assert "AAPL" in orders.index
    np.testing.assert_allclose(orders["price_usd"], closes(inputs)[orders.index])


def test_symbol_that_no_strategy_has_a_target_for_is_kept_and_named(mine):
    assert "SPY" not in set(mine.orders["symbol"])
    assert reasons(mine)["SPY"] == "unmanaged"


def test_everything_but_the_orders_is_as_without_holdings(results, mine):
    for name, frame in vars(results).items():
        if name not in ("orders", "holdings"):
            pd.testing.assert_frame_equal(frame, getattr(mine, name), check_exact=True)


def test_holdings_of_the_simulated_book_give_its_own_orders(inputs, results):
    held = results.holdings.set_index("symbol")["quantity_shares"]
    shares = {symbol: count for symbol, count in held.items() if symbol != CASH and count != 0.0}
    again = night(inputs, Holdings(float(held[CASH]), shares), OrderSettings(margin=True))
    columns = ["symbol", "side", "quantity_shares", "planned_weight"]
    pd.testing.assert_frame_equal(again.orders[columns], results.orders[columns], rtol=1e-9)


def test_symbol_that_stopped_trading_counts_and_is_not_sold(inputs):
    # XOM's last bar is a hundred sessions old: nobody can sell it tonight
    found = night(inputs, Holdings(10_000.0, {"XOM": 10.0}))
    assert "XOM" not in set(found.orders["symbol"])
    assert reasons(found)["XOM"] == "no_bar"
    assert found.holdings.set_index("symbol").loc["XOM", "value_usd"] == pytest.approx(
        10 * closes(inputs)["XOM"]
    )


def test_price_is_told_with_its_day_also_of_what_is_unmanaged(inputs):
    # SPY's bars of the last three sessions are missing, XOM's since session 600
    days = sorted(inputs.prices["session_date"].unique())
    is_late = inputs.prices["session_date"] >= days[-3]
    gappy = inputs.prices[~(is_late & (inputs.prices["symbol"] == "SPY"))]
    holdings = Holdings(10_000.0, {"SPY": 10.0, "XOM": 10.0, "AAPL": 1.0, "ZZZ": 1.0})
    found = night(dataclasses.replace(inputs, prices=gappy), holdings)
    told = found.holdings.set_index("symbol")["price_date"]
    assert told["SPY"] == days[-4]
    known = inputs.prices[inputs.prices["symbol"] == "XOM"]
    assert told["XOM"] == known["session_date"].max() < days[-4]
    assert told["AAPL"] == pd.Timestamp(inputs.night)
    assert told[["ZZZ", CASH]].isna().all()
    assert reasons(found)["SPY"] == "unmanaged"


def test_simulated_book_tells_the_day_of_its_prices_too(inputs, results):
    held = results.holdings[results.holdings["symbol"] != CASH]
    last = inputs.prices.groupby("symbol")["session_date"].max()
    assert held["price_date"].tolist() == last[held["symbol"]].tolist()


def test_holding_without_any_price_leaves_no_orders(inputs):
    found = night(inputs, Holdings(10_000.0, {"ZZZ": 10.0, "AAPL": 5.0}))
    assert found.orders.empty
    assert reasons(found)["ZZZ"] == "no_price"
    assert found.holdings["current_weight"].isna().all()


@pytest.mark.parametrize("cash", [-1e6, -1e5])
def test_account_that_owes_more_than_it_holds_has_no_orders(inputs, cash):
    found = night(inputs, Holdings(cash, {"AAPL": 1.0}))
    assert found.orders.empty
    assert found.holdings["current_weight"].isna().all()


def test_nothing_is_sold_while_the_portfolio_warms_up():
    found = night(night_inputs(50), Holdings(10_000.0, {"AAPL": 5.0, "HYG": 3.0}))
    assert (found.portfolio_daily["scale"] == 0.0).all()
    assert found.orders.empty
    assert reasons(found) == {"AAPL": "short_history", "HYG": "short_history"}


def test_whole_shares_and_the_cash_hold_for_a_small_account(inputs):
    found = night(inputs, Holdings(5_000.0, {}), OrderSettings(shares="whole", cash_buffer=0.1))
    orders = found.orders
    assert (orders["quantity_shares"] == np.trunc(orders["quantity_shares"])).all()
    is_buy = orders["side"] == "buy"
    spent = orders.loc[is_buy, "notional_usd"].sum() + orders["expected_cost_usd"].sum()
    assert is_buy.any()
    assert spent <= 4_500.0
    assert set(found.holdings["symbol"]) <= {*SYMBOLS, CASH}
