"""Orders in shares as traded, and what they start from."""

import numpy as np
import pytest

from analytics.account import Account, size_account
from analytics.costs import TradingCosts
from analytics.orders import list_holdings, list_orders
from analytics.settings import OrderSettings, PortfolioConfig

FREE = TradingCosts(commission_bps=0.0, half_spread_bps=0.0, slippage_bps=0.0)


def account(final, held, prices, is_sent=(True, True), equity=1_000_000.0, cash=None):
    """B and A; the simulated book unless cash is given."""
    shares, price = np.array(held, dtype=float), np.array(prices, dtype=float)
    notes = np.full(len(held), None, dtype=object)
    return Account(
        symbols=("B", "A"),
        shares=shares,
        price_usd=price,
        final_weight=np.array(final, dtype=float),
        allowed_weight=np.nan_to_num(np.array(final, dtype=float)),
        is_sent=np.array(is_sent),
        notes=notes,
        cash_usd=equity - float(np.nansum(shares * price)) if cash is None else cash,
        equity_usd=equity,
        is_simulated=cash is None,
    )


def orders(*arguments, costs=TradingCosts(), settings=OrderSettings(), **options):  # noqa: B008 (frozen)
    given = account(*arguments, **options)
    config = PortfolioConfig(costs=costs, orders=settings)
    return list_orders(given, size_account(given, config), costs=costs)


def test_orders_bring_the_holdings_to_the_final_weights():
    # B: 10 % of a million at 50 = 2,000 shares, 500 held; A: 0 wanted, 300 held
    found = orders([0.1, 0.0], [500, 300], [50, 20])
    assert found["symbol"].tolist() == ["A", "B"]
    assert found["side"].tolist() == ["sell", "buy"]
    assert found["quantity_shares"].tolist() == [300.0, 1_500.0]
    assert found["notional_usd"].tolist() == [6_000.0, 75_000.0]
    assert found["expected_cost_usd"].tolist() == pytest.approx([3.0, 37.5])
    assert found["current_weight"].tolist() == pytest.approx([0.006, 0.025])
    assert found["planned_weight"].tolist() == pytest.approx([0.0, 0.1])
    assert found["price_usd"].tolist() == [20.0, 50.0]
    assert found["reason"].isna().all()


def test_selling_short_and_covering_are_sides_of_the_same_kind():
    found = orders([-0.1, 0.1], [0, -1_000], [50, 20])
    assert found["side"].tolist() == ["buy", "sell"]
    assert found["quantity_shares"].tolist() == [6_000.0, 2_000.0]


def test_symbol_that_is_not_sent_gets_no_order():
    assert orders([0.1, 0.1], [0, 0], [50, 20], is_sent=[False, True])["symbol"].tolist() == ["A"]


def test_symbol_without_a_close_gets_no_order():
    found = orders([0.1, 0.1], [0, 0], [np.nan, 20], is_sent=[False, True])
    assert found["symbol"].tolist() == ["A"]


def test_nothing_to_do_gives_no_orders():
    found = orders([0.1, 0.0], [2_000, 0], [50, 20])
    assert found.empty
    assert "expected_cost_usd" in found.columns


def test_buffer_stays_in_cash_and_the_order_says_why():
    # 10,000 in cash, 10 % of it kept: 9,000 buy 90 shares at 100 of the 100 wanted
    found = orders(
        *([1.0, 0.0], [0, 0], [100, 20]),
        equity=10_000.0,
        cash=10_000.0,
        costs=FREE,
        settings=OrderSettings(cash_buffer=0.1),
    )
    (row,) = found.to_dict("records")
    assert (row["quantity_shares"], row["reason"]) == (90.0, "cash")
    assert (row["final_weight"], row["planned_weight"]) == (1.0, 0.9)


def test_margin_pays_for_what_cash_does_not():
    found = orders(
        *([1.5, 0.0], [0, 0], [100, 20]),
        equity=10_000.0,
        cash=10_000.0,
        settings=OrderSettings(margin=True),
    )
    assert found["quantity_shares"].tolist() == [150.0]


def test_holdings_and_cash_add_up_before_and_after_the_orders():
    # costs are 5 bps of 75,000 + 6,000 traded
    given = account([0.1, 0.0], [500, 300], [50, 20])
    sized = size_account(given, PortfolioConfig())
    held = list_holdings(given, sized, costs=TradingCosts())
    assert held["symbol"].tolist() == ["B", "A", "CASH"]
    assert held["value_usd"].tolist() == [25_000.0, 6_000.0, 969_000.0]
    assert held["current_weight"].sum() == pytest.approx(1.0)
    assert held["planned_weight"].tolist() == pytest.approx([0.1, 0.0, 0.9 - 81_000 * 5e-4 / 1e6])


def test_holding_that_is_not_priced_leaves_every_weight_unknown():
    given = account([0.1, np.nan], [0, 10], [50, np.nan], [False, False], np.nan, cash=1_000.0)
    held = list_holdings(given, size_account(given, PortfolioConfig()), costs=TradingCosts())
    assert held["current_weight"].isna().all()
    assert held["symbol"].tolist() == ["B", "A", "CASH"]
