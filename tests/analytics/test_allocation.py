"""Sleeve weights and the volatility scale."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skfolio import RiskMeasure
from skfolio.moments import LedoitWolf
from skfolio.optimization import (
    HierarchicalRiskParity,
    InverseVolatility,
    MeanRisk,
    RiskBudgeting,
)
from skfolio.prior import EmpiricalPrior

from analytics.allocation import (
    ESTIMATED_METHODS,
    METHODS,
    SleeveWeights,
    estimate_weights,
    is_worth_its_cost,
    sleeve_weights,
    volatility_scale,
)
from analytics.errors import InputError, ParameterError

SLEEVES = ("a", "b", "c")


def returns_of(volatilities=(0.1, 0.2, 0.4), n=300, seed=0, common=0.3):
    """Independent normal returns with a common part, (n, N), annual volatilities."""
    rng = np.random.default_rng(seed)
    own = rng.standard_normal((n, len(volatilities)))
    shared = rng.standard_normal((n, 1))
    mixed = np.sqrt(1 - common) * own + np.sqrt(common) * shared
    return mixed * np.asarray(volatilities) / np.sqrt(252)


def weigh(method, returns=None, in_market=None, fixed=None):
    returns = returns_of() if returns is None else returns
    in_market = np.ones(returns.shape, bool) if in_market is None else in_market
    return sleeve_weights(method, returns, in_market, sleeves=SLEEVES, fixed_weights=fixed)


def direct(method, returns):
    """The weights as skfolio gives them when it is called directly."""
    prior = EmpiricalPrior(covariance_estimator=LedoitWolf())
    variance = RiskMeasure.VARIANCE
    model = {
        "inverse_volatility": lambda: InverseVolatility(prior_estimator=prior),
        "risk_parity": lambda: RiskBudgeting(risk_measure=variance, prior_estimator=prior),
        "hrp": lambda: HierarchicalRiskParity(risk_measure=variance, prior_estimator=prior),
        "min_variance": lambda: MeanRisk(risk_measure=variance, prior_estimator=prior),
    }[method]()
    return model.fit(returns[-252:]).weights_


def test_equal_gives_each_sleeve_the_same():
    assert weigh("equal").weights.tolist() == [1 / 3] * 3


def test_fixed_weights_are_taken_as_given():
    given = {"a": 0.5, "b": 0.3, "c": 0.2}
    assert weigh("fixed", fixed=given).weights.tolist() == [0.5, 0.3, 0.2]


@pytest.mark.parametrize("method", ESTIMATED_METHODS)
@pytest.mark.parametrize("n_assets", [2, 3, 20])
def test_estimated_weights_are_skfolios_own(method, n_assets):
    returns = returns_of(np.linspace(0.05, 0.4, n_assets), seed=n_assets)
    found, theirs = estimate_weights(method, returns).weights, direct(method, returns)
    np.testing.assert_array_equal(found, theirs / theirs.sum())
    np.testing.assert_allclose(found, theirs, rtol=1e-10)


@pytest.mark.parametrize("method", ESTIMATED_METHODS)
def test_single_asset_gets_everything(method):
    assert estimate_weights(method, returns_of((0.1,))).weights.tolist() == [1.0]


@pytest.mark.parametrize("method", ESTIMATED_METHODS)
def test_estimated_weights_sum_to_one_and_are_never_short(method):
    for seed in range(5):
        weights = estimate_weights(method, returns_of((0.05, 0.1, 0.3, 0.2), seed=seed)).weights
        assert weights.sum() == pytest.approx(1.0, abs=1e-12)
        assert (weights >= 0.0).all()


def test_inverse_volatility_is_one_over_ledoit_wolfs_volatility():
    found = estimate_weights("inverse_volatility", returns_of())
    inverse = 1.0 / np.sqrt(np.diagonal(found.covariance))
    np.testing.assert_allclose(found.weights, inverse / inverse.sum(), rtol=1e-12)


def test_risk_parity_gives_equal_shares_of_the_variance():
    found = estimate_weights("risk_parity", returns_of())
    shares = found.weights * (found.covariance @ found.weights)
    np.testing.assert_allclose(shares / shares.sum(), 1 / 3, atol=1e-4)


def test_minimum_variance_of_two_assets_is_the_textbook_formula():
    # w1 = (s22 - s12) / (s11 + s22 - 2 s12), Markowitz
    found = estimate_weights("min_variance", returns_of((0.1, 0.15)))
    (s11, s12), (_, s22) = found.covariance
    exact = (s22 - s12) / (s11 + s22 - 2 * s12)
    # the solver stops where the variance, not the weight, is met to 1e-5
    assert found.weights[0] == pytest.approx(exact, abs=2e-3)
    best = np.array([exact, 1 - exact])
    variances = [w @ found.covariance @ w for w in (found.weights, best)]
    assert variances[0] == pytest.approx(variances[1], rel=1e-5)


def test_hierarchical_risk_parity_of_two_assets_is_inverse_variance():
    # with two leaves the recursive bisection splits once, by inverse variance (López de Prado 2016)
    found = estimate_weights("hrp", returns_of((0.1, 0.2)))
    inverse = 1.0 / np.diagonal(found.covariance)
    np.testing.assert_allclose(found.weights, inverse / inverse.sum(), rtol=1e-9)


def test_only_the_last_252_sessions_are_read():
    returns = returns_of(n=400)
    changed = returns.copy()
    changed[:148] *= 10.0
    for method in ESTIMATED_METHODS:
        same = estimate_weights(method, changed).weights
        np.testing.assert_array_equal(estimate_weights(method, returns).weights, same)


@pytest.mark.parametrize(
    ("returns", "message"),
    [
        (returns_of(n=251), "risk_parity needs 252 sessions of returns, there are 251"),
        (np.where(np.arange(300)[:, None] == 299, np.nan, returns_of()), "needs every return"),
        (returns_of() * [1.0, 1.0, 0.0], "cannot weigh an asset that never moves"),
    ],
)
def test_history_that_cannot_be_estimated_is_refused(returns, message):
    with pytest.raises(InputError, match=message):
        estimate_weights("risk_parity", returns)


@pytest.mark.parametrize("method", ESTIMATED_METHODS)
def test_idle_or_young_sleeve_keeps_its_equal_share(method):
    returns, in_market = returns_of(), np.ones((300, 3), bool)
    returns[:100, 1] = np.nan
    found = weigh(method, returns, in_market)
    assert found.short_history == ("b",)
    assert found.weights[1] == 1 / 3
    assert np.isnan(found.volatilities).tolist() == [False, True, False]
    two = estimate_weights(method, returns[:, [0, 2]]).weights
    np.testing.assert_allclose(found.weights[[0, 2]], two * 2 / 3)
    in_market[:-19, 2] = False  # 19 sessions in the market are too few
    assert weigh(method, returns, in_market).short_history == ("b",)
    assert weigh(method, returns, in_market).idle == ("c",)
    assert weigh(method, returns, in_market).weights.tolist() == pytest.approx([1 / 3] * 3)


def test_nothing_to_estimate_is_equal_and_says_so():
    found = weigh("risk_parity", returns_of(n=251))
    assert found.weights.tolist() == [1 / 3] * 3
    assert found.short_history == SLEEVES


def test_shares_of_the_variance_sum_to_one():
    shares = weigh("inverse_volatility").variance_shares
    assert shares.sum() == pytest.approx(1.0, abs=1e-12)
    assert np.isnan(weigh("equal").variance_shares).all()


@pytest.mark.parametrize(
    ("method", "fixed", "message"),
    [("hope", None, "method must be one of"), ("fixed", {"a": 1.0}, "lack b, c")],
)
def test_what_cannot_be_weighed_is_refused(method, fixed, message):
    with pytest.raises(ParameterError, match=message):
        weigh(method, fixed=fixed)


def test_every_method_is_either_estimated_or_given():
    assert set(METHODS) == {"equal", "fixed", *ESTIMATED_METHODS}


def worth(change, *, cost, volatility=0.2, scale=1.0):
    """Whether moving `change` from one uncorrelated sleeve to another is worth it."""
    held = np.array([0.5, 0.5])
    wanted = SleeveWeights(held + np.array([change, -change]), np.diag([volatility**2] * 2))
    gross = np.array([1.0, 0.5])
    return is_worth_its_cost(held, wanted, gross_exposure=gross, cost_fraction=cost, scale=scale)


def test_change_is_traded_when_its_gain_exceeds_its_cost():
    # loss 5/2 * 2 * 0.1^2 * 0.2^2 = 0.002; cost c * (0.1 * 1 + 0.1 * 0.5) = 0.15 c: even at 1/75
    assert worth(0.1, cost=1 / 75 * 0.999)
    assert not worth(0.1, cost=1 / 75 * 1.001)


@pytest.mark.parametrize("scale", [0.4, 2.0])
def test_larger_book_pays_in_proportion_and_gains_by_the_square(scale):
    # loss 0.002 s^2 against 0.15 c s: even at c = s / 75
    assert worth(0.1, cost=scale / 75 * 0.999, scale=scale)
    assert not worth(0.1, cost=scale / 75 * 1.001, scale=scale)


def test_a_smaller_change_is_worth_less_than_in_proportion():
    cost = 0.0005
    # 0.004 d^2 * 50 = 0.2 d^2 against 0.00075 d: worth it from d = 0.00375 on
    assert not worth(0.0037, cost=cost)
    assert worth(0.0038, cost=cost)


def test_change_of_a_sleeve_without_an_estimate_is_made():
    held = np.array([0.4, 0.6])
    wanted = SleeveWeights(np.array([0.5, 0.5]), np.full((2, 2), np.nan))
    assert is_worth_its_cost(held, wanted, gross_exposure=np.ones(2), cost_fraction=1.0, scale=1.0)


@pytest.mark.parametrize(
    ("forecast", "scale"), [(0.2, 0.5), (0.1, 1.0), (0.05, 2.0), (0.01, 2.0), (0.0, 2.0)]
)
def test_scale_meets_the_target_up_to_the_leverage_cap(forecast, scale):
    assert volatility_scale(forecast, target=0.1, max_leverage=2.0) == pytest.approx(scale)


def test_lost_forecast_is_refused_and_never_sells():
    with pytest.raises(ParameterError, match="forecast"):
        volatility_scale(np.nan, target=0.1, max_leverage=2.0)


VOLATILITY = st.floats(1e-4, 2.0)


@given(low=VOLATILITY, high=VOLATILITY, target=VOLATILITY, leverage=st.floats(0.1, 10.0))
def test_scale_falls_with_the_forecast_and_rises_with_target_and_leverage(
    low, high, target, leverage
):
    low, high = sorted((low, high))

    def scale(forecast, *, target=target, leverage=leverage):
        return volatility_scale(forecast, target=target, max_leverage=leverage)

    assert 0.0 < scale(high) <= scale(low) <= leverage
    assert scale(low) * low <= target * (1.0 + 1e-12)
    assert scale(low) <= scale(low, target=2.0 * target)
    assert scale(low) <= scale(low, leverage=2.0 * leverage)
