"""A person's account is held to the limits of the portfolio file, whatever cash and shares do."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.account import Account, AccountLimits, size_account
from analytics.holdings import CASH, Holdings
from analytics.limits import apply_limits, orders_sent
from analytics.night import run_analytics
from analytics.settings import OrderSettings, PortfolioConfig
from tests.analytics.night_inputs import CONFIG, night_inputs
from tests.analytics.test_limits import DEFAULTS, WEIGHTS, book_measures, kept_of

SYMBOLS = ("A", "B", "C", "F")
LIQUID = np.full(4, np.inf)


def account(wanted, held_weight, *, price, equity=100_000.0, frozen=None, rules=DEFAULTS):
    """Four symbols of a person who wants the weights that the limits leave of some."""
    price, holding = np.asarray(price, float), np.asarray(held_weight, float)
    is_frozen = np.zeros(4, bool) if frozen is None else np.asarray(frozen, bool)
    final = np.where(is_frozen, holding, np.asarray(wanted, float))
    allowed = apply_limits(
        final,
        holding=holding,
        leverage=np.ones(4),
        liquidity_cap=LIQUID,
        is_frozen=is_frozen,
        rules=rules,
    ).final
    return Account(
        symbols=SYMBOLS,
        shares=holding * equity / price,
        price_usd=price,
        final_weight=final,
        allowed_weight=allowed,
        is_sent=orders_sent(
            allowed, holding=holding, is_frozen=is_frozen, minimum_order=rules.minimum_order
        ),
        notes=np.full(4, None, dtype=object),
        cash_usd=equity * (1.0 - holding.sum()),
        equity_usd=equity,
        is_simulated=False,
        limits=AccountLimits(rules, np.ones(4), is_frozen),
    )


def planned(given, sized):
    return (given.shares + sized.change) * given.price_usd / given.equity_usd


def test_hedge_that_cash_holds_back_shrinks_what_it_hedged():
    # the long 1.0 is held, of the new short of 0.5 the costs cannot be paid: net stays within 0.8
    rules = dataclasses.replace(DEFAULTS, symbol_cap=np.full(4, 9.0), sector_cap=9.0, net=0.8)
    given = account([1.0, -0.5, 0, 0], [1.0, 0, 0, 0], price=[10, 10, 10, 10], rules=rules)
    sized = size_account(given, PortfolioConfig())
    weights = planned(given, sized)
    assert weights.sum() <= 0.8 + 1e-9
    assert weights[0] < 1.0
    assert sized.reasons[0] == "limit"


@settings(max_examples=300)
@given(
    wanted=WEIGHTS,
    held=WEIGHTS,
    frozen=st.lists(st.booleans(), min_size=4, max_size=4),
    price=st.lists(st.floats(1.0, 3_000.0), min_size=4, max_size=4),
    orders=st.builds(
        OrderSettings,
        shares=st.sampled_from(["whole", "fractional"]),
        cash_buffer=st.sampled_from([0.0, 0.1]),
        minimum_trade_usd=st.sampled_from([0.0, 500.0]),
        margin=st.booleans(),
    ),
)
def test_no_order_brings_the_account_further_beyond_a_limit(wanted, held, frozen, price, orders):
    given = account(wanted, held, price=price, frozen=frozen)
    weights = planned(given, size_account(given, PortfolioConfig(orders=orders)))
    kept = kept_of(weights, held)
    left = book_measures(np.where(frozen, weights, kept), np.ones(4), DEFAULTS)
    # a sale rounded down to whole shares leaves a part of one, and a small sale waits
    slack = 1e-9 + (np.sum(price) / given.equity_usd if orders.shares == "whole" else 0.0)
    for name, (measure, bound) in book_measures(weights, np.ones(4), DEFAULTS).items():
        assert measure <= max(bound, left[name][0]) + slack, name


def night(inputs, holdings, **limits):
    limited = dataclasses.replace(CONFIG.limits, **limits)
    config = dataclasses.replace(CONFIG, limits=limited, orders=OrderSettings(margin=True))
    return run_analytics(dataclasses.replace(inputs, portfolio_config=config, holdings=holdings))


def test_large_account_is_held_to_the_share_of_the_volume_that_it_would_be(inputs):
    small, large = (night(inputs, Holdings(cash, {})) for cash in (1e5, 1e13))
    assert not (small.orders["reason"] == "limit").any()
    told = large.holdings.set_index("symbol").drop(CASH)
    assert (told["reason"] == "limit").all()
    assert (told["planned_weight"].abs() < told["final_weight"].abs()).all()


def test_what_no_strategy_manages_leaves_less_room_for_the_rest(inputs):
    # SPY is worth 1.9 of the equity, gross may be 2, and SVXY moves half of its index
    price = inputs.prices.query("symbol == 'SPY'")["close_usd"].iloc[-1]
    found = night(inputs, Holdings(-90_000.0, {"SPY": 190_000.0 / price}), gross=2.0)
    held = found.holdings.set_index("symbol")
    assert held.loc["SVXY", "final_weight"] > 0.2
    assert held.loc["SVXY", ["planned_weight", "reason"]].tolist() == [pytest.approx(0.2), "limit"]
    assert held.loc["SPY", "planned_weight"] == pytest.approx(1.9)


def test_account_far_from_its_target_gets_there_over_nights():
    found = night(night_inputs(550), Holdings(1e5, {}), turnover=0.1)
    share = found.orders["planned_weight"] / found.orders["final_weight"]
    assert len(share) == 3
    assert np.ptp(share) < 1e-12
    assert found.orders["planned_weight"].abs().sum() == pytest.approx(0.1)
    assert set(found.orders["reason"]) == {"limit"}
