"""How well target and forecasts are met: scores by hand, then on simulated portfolios."""

import dataclasses

import numpy as np
import pytest

from analytics.limit_usage import limit_usages
from analytics.tracking import bias_statistic, qlike, tracking_rows
from tests.analytics.toy_portfolio import CONFIG, calendar_of, random_market, simulate, two_sleeves


def tracked_rows(portfolio, market, config=CONFIG):
    usages, target = limit_usages(portfolio, config), config.target_volatility_annual
    return tracking_rows(usages, portfolio, calendar_of(market), target=target)


@pytest.fixture(scope="module")
def tracked():
    market = random_market(400)
    portfolio = simulate(market, two_sleeves(market))
    rows = tracked_rows(portfolio, market)
    return portfolio, rows.set_index(["period", "metric"])["value"]


def test_qlike_of_a_worked_case():
    # (ln 0.04 + 0.01 / 0.04 + ln 0.01 + 0.04 / 0.01) / 2
    found = qlike(np.array([0.1, -0.2]), np.array([0.04, 0.01]))
    assert found == pytest.approx((np.log(0.04) + 0.25 + np.log(0.01) + 4.0) / 2)


def test_qlike_is_smallest_at_the_mean_square():
    returns = np.random.default_rng(0).normal(0, 0.01, 500)
    best = np.mean(returns**2)
    scores = [qlike(returns, np.full(500, best * k)) for k in (0.5, 0.9, 1.0, 1.1, 2.0)]
    assert np.argmin(scores) == 2


def test_bias_is_one_where_the_forecast_is_right_and_two_at_half_of_it():
    rng = np.random.default_rng(1)
    deviation = rng.uniform(0.005, 0.02, 20_000)
    returns = rng.normal(0.0, deviation)
    assert bias_statistic(returns, deviation**2) == pytest.approx(1.0, abs=0.02)
    assert bias_statistic(returns, (deviation / 2) ** 2) == pytest.approx(2.0, abs=0.04)


def test_nothing_to_score_has_no_score():
    none = np.empty(0)
    assert np.isnan(qlike(none, none))
    assert np.isnan(bias_statistic(np.ones(1), np.ones(1)))


def test_realised_volatility_is_of_the_sessions_after_the_decisions(tracked):
    portfolio, value = tracked
    # decisions 60..398 are followed by the rows 60..398
    earned = portfolio.backtest.net_return[60:, 0]
    assert value["full", "sessions"] == 339
    assert value["full", "realised_volatility"] == pytest.approx(
        earned.std(ddof=1) * np.sqrt(252), rel=1e-12
    )
    assert value["full", "realised_over_target"] == pytest.approx(
        value["full", "realised_volatility"] / 0.10
    )


def test_scores_are_of_what_the_target_weights_earn_next(tracked):
    # half of each sleeve: A 0.3, B 0.1 + 0.25, C -0.25
    portfolio, value = tracked
    closes = portfolio.plan.market.close_usd
    returns = (closes[1:] / closes[:-1] - 1.0) @ np.array([0.3, 0.35, -0.25])
    forecast = portfolio.forecast_volatility_annual[60:-1] ** 2 / 252
    assert value["full", "qlike_forecast"] == pytest.approx(qlike(returns[60:], forecast))
    assert value["full", "bias_forecast"] == pytest.approx(bias_statistic(returns[60:], forecast))


def test_years_hold_their_own_decisions(tracked):
    _, value = tracked
    sessions = value[:, "sessions"]
    assert sessions.drop("full").sum() == sessions["full"]
    assert all(year.isdigit() for year in sessions.drop("full").index)


def test_bound_decisions_are_counted_by_limit():
    limits = dataclasses.replace(CONFIG.limits, single_stock=0.2)
    config = dataclasses.replace(CONFIG, limits=limits, max_leverage=9.0)
    market = random_market()
    portfolio = simulate(market, two_sleeves(market), config)
    rows = tracked_rows(portfolio, market, config)
    value = rows.set_index(["period", "metric"])["value"]["full"]
    is_cut = (portfolio.factors[60:-1, 0] != 1.0).any(axis=1)
    assert is_cut.any()
    assert value["bound_share_symbol"] == pytest.approx(is_cut.mean())
    assert value["bound_share_gross"] == 0.0
    assert value["unbound_share"] == pytest.approx(1.0 - is_cut.mean())
    earned = portfolio.backtest.net_return[60:, 0][~is_cut]
    if earned.shape[0] > 1:
        assert value["unbound_volatility"] == pytest.approx(earned.std(ddof=1) * np.sqrt(252))


def test_decisions_scaled_down_are_counted_by_reason(tracked):
    portfolio, value = tracked
    reasons = [reason or "" for reason in portfolio.overrides[60:-1]]
    realised = np.mean([reason.startswith("realised_volatility") for reason in reasons])
    assert realised > 0.0
    assert value["full", "cut_share_realised_volatility"] == pytest.approx(realised)


def test_decision_is_untouched_where_nothing_bound_cut_or_stopped_it(tracked):
    # no limit and no leverage bound acts here: only the volatility above target does
    portfolio, value = tracked
    is_cut = np.array([reason is not None for reason in portfolio.overrides[60:-1]])
    assert 0.0 < is_cut.mean() < 1.0
    assert value["full", "unbound_share"] == 1.0
    assert value["full", "untouched_share"] == pytest.approx(1.0 - is_cut.mean(), rel=1e-12)


def test_decision_with_a_symbol_that_waits_is_touched():
    # C, wanted at -0.25, lacks a bar now and then; else only volatility above target acts
    gaps = range(65, 300, 5)
    market = random_market(300, gaps=[(t, 2) for t in gaps])
    portfolio = simulate(market, two_sleeves(market))
    value = tracked_rows(portfolio, market).set_index(["period", "metric"])["value"]["full"]
    is_cut = np.array([reason is not None for reason in portfolio.overrides])
    untouched = np.flatnonzero(~is_cut[60:-1]) + 60
    waited = np.isin(gaps, untouched).sum()
    assert waited > 0
    assert value["unbound_share"] == 1.0
    assert value["untouched_share"] == pytest.approx((len(untouched) - waited) / 239)


def test_untouched_decisions_are_among_the_unbound_and_uncut():
    limits = dataclasses.replace(CONFIG.limits, single_stock=0.4, drawdown_stop=0.05)
    config = dataclasses.replace(CONFIG, limits=limits)
    market = random_market(400)
    rows = tracked_rows(simulate(market, two_sleeves(market), config), market, config)
    value = rows.set_index(["period", "metric"])["value"]["full"]
    assert 0.0 < value["untouched_share"] < value["unbound_share"] < 1.0
    cuts = [value[f"cut_share_{name}_volatility"] for name in ("forecast", "realised")]
    assert value["untouched_share"] <= 1.0 - sum(cuts)


def test_portfolio_without_a_counted_decision_tracks_nothing():
    market = random_market(40)
    portfolio = simulate(market, two_sleeves(market))
    assert tracked_rows(portfolio, market).empty
