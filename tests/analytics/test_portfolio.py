"""The portfolio's decisions on simulated sleeves."""

import dataclasses

import numpy as np
import pytest

from analytics.allocation import ESTIMATED_METHODS, estimate_weights
from analytics.costs import TradingCosts
from analytics.covariance import ewma_volatility
from analytics.drawdown_stop import DrawdownStop
from analytics.errors import InputError
from analytics.market import build_market
from analytics.portfolio_tables import sleeve_parts
from analytics.settings import Shock
from analytics.sleeves import plan_sleeves
from tests.analytics.toy import weekdays
from tests.analytics.toy_portfolio import (
    CONFIG,
    LOOSE,
    SYMBOLS,
    random_market,
    simulate,
    sleeve,
    two_sleeves,
)


def test_portfolio_is_flat_until_its_sixtieth_session():
    market = random_market()
    portfolio = simulate(market, two_sleeves(market))
    assert (portfolio.scale[:60] == 0.0).all()
    assert portfolio.scale[60] > 0.0
    assert portfolio.backtest.gross_exposure[:60, 0].max() == 0.0
    assert portfolio.backtest.gross_exposure[60, 0] > 0.0
    assert np.isnan(portfolio.forecast_volatility_annual[:60]).all()


def test_forecast_is_the_ewma_of_tonights_weights_on_past_returns():
    # half of each sleeve: A 0.3, B 0.1 + 0.25, C -0.25
    market = random_market()
    portfolio = simulate(market, two_sleeves(market))
    returns = market.close_usd[1:] / market.close_usd[:-1] - 1.0
    composite = ewma_volatility(returns @ np.array([0.3, 0.35, -0.25]))
    np.testing.assert_allclose(portfolio.forecast_volatility_annual[60:], composite[59:], rtol=1e-9)


def test_forecast_of_the_final_weights_is_their_ewma_on_past_returns():
    tight = dataclasses.replace(CONFIG, limits=dataclasses.replace(LOOSE, single_stock=0.1))
    market = random_market()
    portfolio = simulate(market, two_sleeves(market), tight)
    returns = market.close_usd[1:] / market.close_usd[:-1] - 1.0
    for d in (60, 120, 199):
        own = ewma_volatility(returns[:d] @ portfolio.final[d])[-1]
        assert portfolio.final_volatility_annual[d] == pytest.approx(own, rel=1e-9)
    w = portfolio.final[-1]
    assert np.sqrt(252 * w @ portfolio.covariance @ w) == pytest.approx(own, rel=1e-9)
    assert np.isnan(portfolio.final_volatility_annual[:60]).all()
    assert (
        portfolio.final_volatility_annual[60:] < portfolio.forecast_volatility_annual[60:]
    ).any()


def test_scale_brings_the_forecast_to_the_target():
    market = random_market(scale=0.02)
    portfolio = simulate(market, two_sleeves(market))
    plain = np.array([reason is None for reason in portfolio.overrides])
    assert plain[60:].any()
    np.testing.assert_allclose(
        (portfolio.scale * portfolio.forecast_volatility_annual)[plain], 0.10, rtol=1e-12
    )


def test_scale_stops_at_the_leverage_cap():
    market = random_market(scale=0.001)
    portfolio = simulate(market, two_sleeves(market))
    assert (portfolio.scale[60:] == 2.0).all()


def test_baseline_is_the_ewma_of_the_unscaled_sleeve_returns():
    market = random_market()
    sleeves = two_sleeves(market)
    portfolio = simulate(market, sleeves)
    own = 0.5 * (sleeves[0].backtest.net_return[:, 0] + sleeves[1].backtest.net_return[:, 0])
    np.testing.assert_allclose(
        portfolio.baseline_volatility_annual[1:], ewma_volatility(own), rtol=1e-12
    )


def test_realised_volatility_above_target_scales_down_and_says_so():
    # calm for 100 sessions, then wild: the realised volatility comes out above target
    market = random_market(220)
    closes = market.close_usd.copy()
    wild = np.random.default_rng(1).normal(0, 0.06, (100, 3))
    closes[120:] = closes[119] * np.exp(np.cumsum(wild, axis=0))
    market = build_market(
        sessions=market.sessions, symbols=SYMBOLS, open_usd=closes, close_usd=closes
    )
    portfolio = simulate(market, two_sleeves(market))
    realised = portfolio.realised_volatility_annual
    d = int(np.flatnonzero(realised > 0.101)[0])
    assert portfolio.overrides[d].startswith(f"realised_volatility: {realised[d]:.4f} above target")
    base = min(0.10 / portfolio.forecast_volatility_annual[d], 2.0)
    assert portfolio.scale[d] == pytest.approx(base * 0.10 / realised[d], rel=1e-12)


def test_realised_volatility_is_that_of_the_last_sixty_returns():
    market = random_market()
    portfolio = simulate(market, two_sleeves(market))
    net = portfolio.backtest.net_return[:, 0]
    assert np.isnan(portfolio.realised_volatility_annual[:60]).all()
    assert portfolio.realised_volatility_annual[130] == pytest.approx(
        net[70:130].std(ddof=1) * np.sqrt(252), rel=1e-12
    )


@pytest.mark.parametrize("single_stock", [9.0, 0.6])
def test_forecast_of_the_final_weights_above_target_scales_down_until_it_is_met(single_stock):
    # a cap on B takes the hedge away, so that the rest is riskier than what was asked for; where A
    # is capped too, a scale that is cut once moves neither of them
    rng = np.random.default_rng(2)
    common = rng.normal(0, 0.02, (200, 1))
    closes = 100 * np.exp(np.cumsum(common + rng.normal(0, 0.002, (200, 3)), axis=0))
    market = build_market(
        sessions=weekdays(200), symbols=SYMBOLS, open_usd=closes, close_usd=closes
    )
    hedge = dataclasses.replace(LOOSE, single_stock=single_stock, etf=0.2)
    config = dataclasses.replace(
        CONFIG, limits=hedge, funds=frozenset({"B"}), shocks={"s": Shock(-0.05, {"B": 0.0})}
    )
    sleeves = [sleeve("one", market, [1.0, -0.9]), sleeve("two", market, [0.0, 0.0])]
    portfolio = simulate(market, sleeves, config)
    assert any((reason or "").startswith("forecast_volatility") for reason in portfolio.overrides)
    assert np.nanmax(portfolio.final_volatility_annual) <= 0.10 + 1e-10


def test_small_change_waits():
    market = random_market()
    config = dataclasses.replace(CONFIG, minimum_order_weight=0.05)
    portfolio = simulate(market, two_sleeves(market), config)
    change = np.abs(portfolio.final - portfolio.holding)
    assert not portfolio.is_sent[change < 0.05].any()
    assert portfolio.is_sent[change >= 0.05].all()
    fills = portfolio.backtest.fills
    assert len(fills.session) == portfolio.is_sent[:-1].sum()


def test_frozen_symbol_keeps_its_drifted_weight_and_gets_no_order():
    market = random_market()
    portfolio = simulate(market, two_sleeves(market, frozen=(slice(100, 105), 1)))
    rows = slice(100, 105)
    np.testing.assert_array_equal(portfolio.final[rows, 1], portfolio.holding[rows, 1])
    assert not portfolio.is_sent[rows, 1].any()
    assert portfolio.is_sent[rows, 0].all()
    assert not (
        (portfolio.backtest.fills.symbol == 1) & (portfolio.backtest.fills.session == 103)
    ).any()


def test_symbol_without_a_bar_is_frozen_and_then_closed():
    market = random_market(gaps=[(slice(100, None), 0)])
    portfolio = simulate(market, two_sleeves(market))
    assert portfolio.is_frozen[100:104, 0].all()
    assert not portfolio.is_frozen[104:, 0].any()
    assert (portfolio.final[104:, 0] == 0.0).all()
    fills = portfolio.backtest.fills
    last = np.flatnonzero(fills.symbol == 0)[-1]
    assert (fills.session[last], bool(fills.is_forced[last])) == (104, True)


def test_parts_of_the_sleeves_add_up_to_the_desired_weights():
    market = random_market(gaps=[(slice(120, 123), 1)])
    portfolio = simulate(market, two_sleeves(market))
    np.testing.assert_allclose(sleeve_parts(portfolio).sum(axis=1), portfolio.desired, atol=1e-12)


def test_sleeve_that_begins_later_does_not_move_the_past():
    market = random_market()
    late = np.full((200, 2), np.nan)
    late[150:] = [0.5, -0.5]
    alone = simulate(market, two_sleeves(market)[:1])
    both = simulate(
        market, [two_sleeves(market)[0], sleeve("two", market, late, symbols=("B", "C"))]
    )
    np.testing.assert_array_equal(alone.final[:150], both.final[:150])
    assert (alone.plan.weights == 0.5).all()


@pytest.mark.parametrize("method", ESTIMATED_METHODS)
def test_sleeve_weights_are_estimated_at_the_first_decision_and_each_months_first_session(method):
    market = random_market(400)
    config = dataclasses.replace(CONFIG, method=method, costs=TradingCosts(0.0, 0.0, 0.0))
    plan = simulate(market, two_sleeves(market), config, month_first=(0, 100, 260, 300)).plan
    assert [estimation.t for estimation in plan.estimations] == [0, 100, 260, 300]
    assert (plan.weights[:260] == 0.5).all()
    # the sleeves' rows begin with session 1
    returns = np.column_stack([one.backtest.net_return[:, 0] for one in plan.sleeves])
    wanted = estimate_weights(method, returns[:260]).weights
    np.testing.assert_allclose(plan.weights[260:300], np.tile(wanted, (40, 1)), rtol=1e-12)
    assert (plan.weights[300] != plan.weights[299]).all()


def test_sleeve_weights_stay_where_the_change_costs_more_than_it_gains():
    market = random_market(400)
    config = dataclasses.replace(
        CONFIG, method="risk_parity", costs=TradingCosts(0.0, 0.0, slippage_bps=900.0)
    )
    plan = simulate(market, two_sleeves(market), config, month_first=(0, 260)).plan
    assert [estimation.is_applied for estimation in plan.estimations] == [True, False]
    assert (plan.weights == 0.5).all()
    assert (plan.estimations[1].wanted.weights != 0.5).all()


@pytest.mark.parametrize(("target", "max_leverage"), [(0.05, 2.0), (0.10, 2.0), (0.50, 1.5)])
def test_change_of_sleeve_weights_is_judged_at_the_size_of_the_book(target, max_leverage):
    market = random_market(400)
    config = dataclasses.replace(
        CONFIG, method="risk_parity", target_volatility_annual=target, max_leverage=max_leverage
    )

    def estimation(cost_bps):
        costs = TradingCosts(0.0, 0.0, slippage_bps=cost_bps)
        using = dataclasses.replace(config, costs=costs)
        # the same sleeves, so that only the judgement sees the cost
        return plan_sleeves(
            market, sleeves, is_month_first=np.arange(400) == 260, config=using
        ).estimations[-1]

    sleeves = two_sleeves(market)
    found = estimation(0.0)
    # the 252 rows up to session 260, half of each sleeve in force
    known = slice(260 - 252, 260)
    earned = sum(0.5 * one.backtest.net_return[known, 0] for one in sleeves)
    scale = min(target / (earned.std(ddof=1) * np.sqrt(252)), max_leverage)
    gross = np.array([one.backtest.gross_exposure[known, 0].mean() for one in sleeves])
    change = found.wanted.weights - 0.5
    loss = 2.5 * scale**2 * change @ found.wanted.covariance @ change
    even_bps = 1e4 * loss / (scale * gross @ np.abs(change))
    assert even_bps > 0.0
    assert estimation(even_bps * 0.999).is_applied
    assert not estimation(even_bps * 1.001).is_applied


def test_change_of_sleeve_weights_is_judged_on_what_was_known_then():
    # wild after session 260: neither the estimate of that session nor the size of the book moves
    market, other = random_market(400), random_market(400, seed=9, scale=0.05)
    closes = np.where(np.arange(400)[:, None] <= 260, market.close_usd, other.close_usd)
    mixed = build_market(
        sessions=market.sessions, symbols=SYMBOLS, open_usd=closes, close_usd=closes
    )
    for cost_bps in (8.5, 9.0):  # it breaks even at 8.8; the wild book would be a fraction of it
        config = dataclasses.replace(
            CONFIG, method="risk_parity", costs=TradingCosts(0.0, 0.0, slippage_bps=cost_bps)
        )
        plans = [
            plan_sleeves(one, two_sleeves(one), is_month_first=np.arange(400) == 260, config=config)
            for one in (market, mixed)
        ]
        assert plans[0].estimations[-1].is_applied == (cost_bps < 8.8)
        np.testing.assert_array_equal(plans[0].weights, plans[1].weights)


@pytest.mark.parametrize("cut", [61, 90, 150])
def test_scrambled_future_moves_no_decision(cut):
    market, other = random_market(), random_market(seed=9)
    closes = np.where(np.arange(200)[:, None] <= cut, market.close_usd, other.close_usd)
    mixed = build_market(
        sessions=market.sessions, symbols=SYMBOLS, open_usd=closes, close_usd=closes
    )
    plain, scrambled = (simulate(m, two_sleeves(m)) for m in (market, mixed))
    for name in ("final", "scale", "holding", "is_sent"):
        np.testing.assert_array_equal(
            getattr(plain, name)[: cut + 1], getattr(scrambled, name)[: cut + 1]
        )


def test_portfolio_without_a_sleeve_is_refused():
    market = random_market(10)
    with pytest.raises(InputError, match="at least one sleeve"):
        simulate(market, [])


def stop_states(equities, decisions=3):
    stop = DrawdownStop(fraction=0.25, decisions=decisions)
    return [stop.is_flat(equity) for equity in equities]


def test_drawdown_stop_is_flat_for_its_number_of_decisions():
    # 75 of 100 is 25 % below the peak
    assert stop_states([100, 80, 75, 75, 75, 75, 75]) == [
        False,
        False,
        True,
        True,
        True,
        False,
        False,
    ]


def test_drawdown_stop_comes_back_with_a_new_peak():
    # back at 70: 52.5 is 25 % below it, 60 is not, although both are far below 100
    assert stop_states([100, 70, 70, 70, 70, 60, 52.5])[4:] == [False, False, True]


def test_drawdown_stop_leaves_a_rising_path_alone():
    assert not any(stop_states(np.linspace(100, 300, 50)))


def test_drawdown_stop_sells_everything_and_says_so():
    market = random_market(260, scale=0.03, seed=3)
    config = dataclasses.replace(CONFIG, limits=dataclasses.replace(LOOSE, drawdown_stop=0.05))
    portfolio = simulate(market, two_sleeves(market), config)
    d = next(d for d, why in enumerate(portfolio.overrides) if why and why.startswith("drawdown"))
    assert (portfolio.final[d : d + 21] == 0.0).all()
    assert portfolio.backtest.gross_exposure[d, 0] == 0.0
    assert portfolio.scale[d + 21] > 0.0


def test_quarantined_symbol_is_held_without_an_order_however_long():
    rows = slice(100, 120)
    market = random_market(quarantined=[(rows, 0)])
    sleeves = two_sleeves(market)
    portfolio = simulate(market, sleeves)
    assert portfolio.is_frozen[rows, 0].all()
    assert not portfolio.is_sent[rows, 0].any()
    assert (portfolio.holding[rows, 0] != 0.0).all()
    np.testing.assert_array_equal(portfolio.final[rows, 0], portfolio.holding[rows, 0])
    assert not (portfolio.backtest.fills.is_forced).any()
    assert not (sleeves[0].backtest.fills.is_forced).any()


def test_young_symbol_is_not_wanted_before_its_sixtieth_return():
    # the first close of C is in session 100, its 60th return in session 160
    market = random_market(gaps=[(slice(0, 100), 2)])
    sleeves = two_sleeves(market)
    portfolio = simulate(market, sleeves)
    assert (portfolio.desired[:160, 2] == 0.0).all()
    assert (portfolio.desired[160:, 2] < 0.0).all()
    assert (portfolio.holding[:161, 2] == 0.0).all()
    assert sleeves[1].backtest.gross_exposure[101, 0] > 0.5
    np.testing.assert_allclose(sleeve_parts(portfolio).sum(axis=1), portfolio.desired, atol=1e-12)


def test_young_symbol_does_not_count_as_riskless():
    # alone it would be forecast at 0 and bought at the largest leverage
    market = random_market(scale=0.03, gaps=[(slice(0, 100), 0)])
    portfolio = simulate(market, [sleeve("one", market, [1.0], symbols=("A",))])
    assert portfolio.backtest.gross_exposure[:160, 0].max() == 0.0
    assert (portfolio.forecast_volatility_annual[160:] > 0.1).all()
    assert (portfolio.scale[160:] < 1.0).all()


@pytest.mark.parametrize("gap", [slice(120, 123), slice(120, 130)])
def test_gap_does_not_make_a_symbol_young_again(gap):
    # C: 41 returns in sessions 60-100, a gap does not count as returns and takes none away
    market = random_market(gaps=[(gap, 1), (slice(0, 59), 2), (slice(101, 104), 2)])
    plan = simulate(market, two_sleeves(market)).plan
    assert not plan.is_young[60:, 1].any()
    assert plan.is_young[:, 2].tolist() == [t < 122 for t in range(200)]


def test_short_gap_of_a_known_symbol_sells_nothing():
    market = random_market(gaps=[(slice(120, 123), 0)])
    portfolio = simulate(market, two_sleeves(market))
    assert (portfolio.final[60:, 0] > 0.0).all()


@pytest.mark.parametrize("method", ESTIMATED_METHODS)
@pytest.mark.parametrize("cut", [261, 330])
def test_scrambled_future_moves_no_estimated_weight(method, cut):
    market, other = random_market(400), random_market(400, seed=9)
    closes = np.where(np.arange(400)[:, None] <= cut, market.close_usd, other.close_usd)
    mixed = build_market(
        sessions=market.sessions, symbols=SYMBOLS, open_usd=closes, close_usd=closes
    )
    config = dataclasses.replace(CONFIG, method=method, costs=TradingCosts(0.0, 0.0, 0.0))
    firsts = (0, 255, 260, 300, 320, 380)
    plain, scrambled = (
        simulate(m, two_sleeves(m), config, month_first=firsts) for m in (market, mixed)
    )
    np.testing.assert_array_equal(plain.plan.weights[: cut + 1], scrambled.plan.weights[: cut + 1])
    np.testing.assert_array_equal(plain.final[: cut + 1], scrambled.final[: cut + 1])
    assert (plain.plan.weights[380:] != scrambled.plan.weights[380:]).all()


def test_cut_by_volatility_never_grows_a_weight():
    market = random_market(scale=0.03)
    portfolio = simulate(market, two_sleeves(market))
    is_cut = np.array([(reason or "").startswith("realised") for reason in portfolio.overrides])
    assert is_cut.any()
    asked = 0.10 / portfolio.forecast_volatility_annual[is_cut]
    assert (portfolio.scale[is_cut] < asked).all()
    wanted = np.abs(asked[:, None] * portfolio.plan.desired[is_cut])
    assert (np.abs(portfolio.final[is_cut]) <= wanted + 1e-12).all()
