"""What each limit allowed, wanted and used, against the definitions by hand."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from analytics.limit_usage import BOUNDS, LIMIT_USAGE_COLUMNS, limit_usage_rows, limit_usages
from analytics.settings import Shock
from tests.analytics.toy_portfolio import (
    CONFIG,
    LOOSE,
    calendar_of,
    random_market,
    simulate,
    sleeve,
    two_sleeves,
)


def usage_under(config=CONFIG, market=None, **limits):
    config = dataclasses.replace(config, limits=dataclasses.replace(LOOSE, **limits))
    market = random_market() if market is None else market
    portfolio = simulate(market, two_sleeves(market), config)
    rows = limit_usage_rows(limit_usages(portfolio, config), portfolio, calendar_of(market))
    return portfolio, {name: part.reset_index() for name, part in rows.groupby("limit_name")}


def test_every_limit_has_a_row_per_decision():
    portfolio, usage = usage_under()
    assert set(usage) == set(BOUNDS)
    assert {len(part) for part in usage.values()} == {portfolio.scale.shape[0]}
    assert list(usage["gross"].columns[1:]) == list(LIMIT_USAGE_COLUMNS)


def test_gross_and_net_are_sums_over_the_book():
    portfolio, usage = usage_under()
    np.testing.assert_allclose(usage["gross"]["used"], np.abs(portfolio.final).sum(axis=1))
    np.testing.assert_allclose(usage["net"]["used"], np.abs(portfolio.final.sum(axis=1)))


def test_symbol_that_comes_closest_is_named():
    # half of each sleeve: A 0.3, B 0.1 + 0.25, C -0.25, so B is the largest
    portfolio, usage = usage_under()
    own = usage["symbol"].iloc[60:]
    assert (own["subject"] == "B").all()
    np.testing.assert_allclose(own["used"], portfolio.final[60:, 1])
    assert (own["bound"] == LOOSE.single_stock).all()
    assert usage["symbol"].iloc[:60][["subject", "wanted", "used"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("name", "limits"),
    [
        ("symbol", {"single_stock": 0.2}),
        ("sector", {"sector": 0.3}),
        ("stress", {"max_stress_loss": 0.01}),
        ("gross", {"gross": 0.5}),
        ("net", {"net": 0.2}),
        ("turnover", {"turnover": 0.05}),
        ("drawdown", {"drawdown_stop": 0.03}),
    ],
)
def test_limit_that_binds_says_what_was_wanted_and_uses_its_bound(name, limits):
    _, usage = usage_under(**limits)
    own = usage[name]
    bound = own[own["is_binding"]]
    assert len(bound)
    if name == "drawdown":
        return
    assert (bound["wanted"] > bound["bound"]).all()
    # the volatility target may take more afterwards
    assert (bound["used"] <= bound["bound"] + 1e-12).all()
    assert not own["is_binding"].iloc[:60].any()


def test_limit_that_is_broken_beside_a_frozen_holding_names_it():
    # measured against bounds that are tighter than those the book was held to
    market = random_market(gaps=[(slice(120, 123), 1)])
    portfolio = simulate(market, two_sleeves(market), CONFIG)
    tight = dataclasses.replace(CONFIG, limits=dataclasses.replace(LOOSE, net=0.3, gross=0.5))
    rows = limit_usage_rows(limit_usages(portfolio, tight), portfolio, calendar_of(market))
    for name in ("net", "gross"):
        own = rows[rows["limit_name"] == name].reset_index()
        is_beyond = own["used"] > own["bound"]
        assert is_beyond.iloc[120:123].any()
        assert own.loc[is_beyond.index[120:123], "note"].dropna().unique().tolist() == [
            "beyond it with frozen holdings: B"
        ]
        assert own["note"].drop(index=range(120, 123)).isna().all()


def test_limit_that_does_not_bind_leaves_what_is_wanted():
    _, usage = usage_under()
    for name in ("symbol", "sector", "stress", "gross", "net", "turnover"):
        assert not usage[name]["is_binding"].any()
        np.testing.assert_allclose(usage[name]["wanted"], usage[name]["used"], atol=1e-15)


def test_leverage_binds_where_the_target_asks_for_more():
    config = dataclasses.replace(CONFIG, max_leverage=1.2)
    portfolio, usage = usage_under(config)
    own = usage["leverage"]
    asked = 0.10 / portfolio.forecast_volatility_annual[60:]
    np.testing.assert_allclose(own["wanted"].iloc[60:], asked)
    np.testing.assert_array_equal(own["is_binding"].iloc[60:], asked > 1.2)
    assert own["is_binding"].any()
    assert own["wanted"].iloc[:60].isna().all()


def test_stress_is_named_and_a_gain_uses_nothing():
    config = dataclasses.replace(CONFIG, shocks={"s": Shock(0.05, {})})
    _, usage = usage_under(config)
    assert (usage["stress"]["subject"] == "s").all()
    assert (usage["stress"]["used"] == 0.0).all()


def test_stress_of_an_inverse_fund_is_its_whole_value_at_most():
    # C at -1 is short in sleeve two and gains its weight at most; stocks gain 5 %
    market = random_market()
    leverage = np.broadcast_to([1.0, 1.0, -1.0], market.leverage.shape)
    market = dataclasses.replace(market, leverage=leverage, fill_leverage=leverage)
    config = dataclasses.replace(CONFIG, shocks={"s": Shock(-0.05, {"A": -0.9, "C": 2.0})})
    portfolio, usage = usage_under(config, market)
    loss = -(portfolio.final @ [-0.9, -0.05, -1.0])
    assert (loss[60:] > 0.0).all()
    np.testing.assert_allclose(usage["stress"]["used"], loss, rtol=1e-12)


def test_liquidity_names_held_symbols_without_a_volume():
    market = random_market()
    traded = np.full(market.traded_value_usd.shape, 1e9)
    traded[:, 2] = np.nan
    portfolio, usage = usage_under(
        market=dataclasses.replace(market, traded_value_usd=traded), liquidity=0.5
    )
    own = usage["liquidity"]
    held = portfolio.final[:, 2] != 0.0
    assert (own["note"][held] == "no volume known: C").all()
    assert own["note"][~held].isna().all()
    np.testing.assert_allclose(own["bound"][held], 0.5 * 1e9 / portfolio.equity_usd[held])


def test_liquidity_that_nobody_measures_has_no_row_values():
    _, usage = usage_under()
    assert usage["liquidity"][["wanted", "used", "bound"]].isna().all(axis=None)
    assert usage["liquidity"]["subject"].isna().all()


def test_symbol_that_nobody_wants_changes_no_row():
    market = random_market()
    sleeves = two_sleeves(market)
    idle = sleeve("two", market, [0.5, 0.0], symbols=("B", "C"))
    alone = sleeve("two", market, [0.5], symbols=("B",))
    found = [
        limit_usage_rows(limit_usages(portfolio, CONFIG), portfolio, calendar_of(market))
        for other in (idle, alone)
        for portfolio in (simulate(market, [sleeves[0], other]),)
    ]
    pd.testing.assert_frame_equal(*found)
