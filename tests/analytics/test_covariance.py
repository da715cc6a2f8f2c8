"""EWMA covariances against sums worked by hand and a composite series."""

import numpy as np
import pytest

from analytics.covariance import FORECASTS, EwmaCovariance, ewma_volatility, unit_returns
from tests.analytics.toy import NAN, toy_market


def forecast(returns, weights):
    covariance = EwmaCovariance(returns.shape[1])
    for row in returns:
        covariance.update(row)
    return covariance.volatility_annual(np.asarray(weights, dtype=float))


def test_two_speeds_forecast_the_mean_of_both_variances():
    returns, weights = random_returns(300), np.array([0.3, -0.5, 0.2])
    both = EwmaCovariance(3, FORECASTS["two_speed"])
    apart = [EwmaCovariance(3, (decay,)) for decay in (0.94, 0.99)]
    for row in returns:
        for covariance in (both, *apart):
            covariance.update(row)
    variances = [covariance.volatility_annual(weights) ** 2 for covariance in apart]
    assert both.volatility_annual(weights) ** 2 == pytest.approx(np.mean(variances), rel=1e-12)
    # a session 100 back still counts 0.99^100 = 37 % as much as the latest in the slow half
    assert variances[0] != pytest.approx(variances[1], rel=0.01)


def random_returns(n=200, s=3, seed=0):
    return np.random.default_rng(seed).normal(0, 0.01, (n, s))


def test_seed_is_the_plain_mean_of_the_first_sixty_squares():
    returns = random_returns(60, 1)
    assert forecast(returns, [1.0]) == pytest.approx(np.sqrt(252 * (returns**2).mean()), rel=1e-12)


def test_session_after_the_seed_counts_six_percent():
    returns = random_returns(61, 1)
    variance = 0.94 * (returns[:60] ** 2).mean() + 0.06 * returns[60, 0] ** 2
    assert forecast(returns, [1.0]) == pytest.approx(np.sqrt(252 * variance), rel=1e-12)


def test_forecast_is_the_ewma_of_current_weights_applied_to_past_returns():
    returns, weights = random_returns(), np.array([0.3, -0.5, 0.2])
    composite = ewma_volatility(returns @ weights)[-1]
    assert forecast(returns, weights) == pytest.approx(composite, rel=1e-9)


def test_univariate_series_is_null_before_its_sixtieth_return():
    volatility = ewma_volatility(random_returns(100, 1)[:, 0])
    assert np.isnan(volatility[:59]).all()
    assert np.isfinite(volatility[59:]).all()


def test_volatility_scales_with_the_weights():
    returns = random_returns()
    assert forecast(returns, [0.6, 0.2, 0.2]) * 2 == pytest.approx(
        forecast(returns, [1.2, 0.4, 0.4]), rel=1e-12
    )


def test_young_asset_is_seeded_with_its_own_first_sessions():
    returns = random_returns(200, 2)
    returns[:150, 1] = np.nan
    own = returns[150:, 1]
    assert forecast(returns, [0.0, 1.0]) == pytest.approx(np.sqrt(252 * (own**2).mean()), rel=1e-12)
    assert forecast(returns, [1.0, 0.0]) == pytest.approx(
        ewma_volatility(returns[:, 0])[-1], rel=1e-12
    )


def test_constant_series_has_no_volatility():
    assert forecast(np.zeros((100, 2)), [1.0, 1.0]) == 0.0


def test_returns_are_per_unit_of_the_leverage_of_their_day():
    # -1 times leverage: the fund's -10 % is +10 % of one unit; at -0.5 its -10 % is +20 %
    market = toy_market({"A": [100, 90, 81]}, leverage={"A": [-1.0, -1.0, -0.5]})
    assert unit_returns(market)[1:, 0].tolist() == pytest.approx([0.1, 0.2])


def test_session_without_a_bar_returns_nothing_and_the_next_one_all():
    market = toy_market({"A": [NAN, 100, NAN, 121], "B": [1.0] * 4})
    found = unit_returns(market)[:, 0]
    np.testing.assert_array_equal(np.isnan(found), [True, True, False, False])
    assert found[2:].tolist() == pytest.approx([0.0, 0.21])
