"""Orders in shares as traded."""

import numpy as np
import pytest

from analytics.costs import TradingCosts
from analytics.orders import list_orders


def orders(final, held, prices, is_sent=(True, True), equity=1_000_000.0):
    return list_orders(
        ("B", "A"),
        np.array(final, dtype=float),
        held_shares=np.array(held, dtype=float),
        price_usd=np.array(prices, dtype=float),
        equity_usd=equity,
        is_sent=np.array(is_sent),
        costs=TradingCosts(),
    )


def test_orders_bring_the_holdings_to_the_final_weights():
    # B: 10 % of a million at 50 = 2,000 shares, 500 held; A: 0 wanted, 300 held
    found = orders([0.1, 0.0], [500, 300], [50, 20])
    assert found["symbol"].tolist() == ["A", "B"]
    assert found["side"].tolist() == ["sell", "buy"]
    assert found["quantity_shares"].tolist() == [300.0, 1_500.0]
    assert found["notional_usd"].tolist() == [6_000.0, 75_000.0]
    assert found["expected_cost_usd"].tolist() == pytest.approx([3.0, 37.5])
    assert found["current_weight"].tolist() == pytest.approx([0.006, 0.025])


def test_selling_short_and_covering_are_sides_of_the_same_kind():
    found = orders([-0.1, 0.1], [0, -1_000], [50, 20])
    assert found["side"].tolist() == ["buy", "sell"]
    assert found["quantity_shares"].tolist() == [6_000.0, 2_000.0]


def test_symbol_that_is_not_sent_gets_no_order():
    assert orders([0.1, 0.1], [0, 0], [50, 20], is_sent=[False, True])["symbol"].tolist() == ["A"]


def test_symbol_without_a_close_gets_no_order():
    assert orders([0.1, 0.1], [0, 0], [np.nan, 20])["symbol"].tolist() == ["A"]


def test_nothing_to_do_gives_no_orders():
    found = orders([0.1, 0.0], [2_000, 0], [50, 20])
    assert found.empty
    assert "expected_cost_usd" in found.columns
