"""Sleeve weights and the volatility scale."""

import numpy as np
import pytest

from analytics.allocation import sleeve_volatilities, sleeve_weights, volatility_scale
from analytics.errors import ParameterError

SLEEVES = ("a", "b", "c")
NONE = np.full(3, np.nan)


def weigh(method, volatilities=NONE, fixed=None):
    return sleeve_weights(method, np.asarray(volatilities), sleeves=SLEEVES, fixed_weights=fixed)


def test_equal_gives_each_sleeve_the_same():
    assert weigh("equal").tolist() == [1 / 3] * 3


def test_inverse_volatility_of_a_worked_case():
    # 1/0.1 : 1/0.2 : 1/0.4 = 4 : 2 : 1
    assert weigh("inverse_volatility", [0.1, 0.2, 0.4]).tolist() == pytest.approx(
        [4 / 7, 2 / 7, 1 / 7]
    )


def test_sleeve_without_a_volatility_keeps_its_equal_share():
    assert weigh("inverse_volatility", [0.1, np.nan, 0.3]).tolist() == pytest.approx(
        [0.5, 1 / 3, 1 / 6]
    )


def test_inverse_volatility_without_any_estimate_is_equal():
    assert weigh("inverse_volatility").tolist() == [1 / 3] * 3


def test_fixed_weights_are_taken_as_given():
    assert weigh("fixed", fixed={"a": 0.5, "b": 0.3, "c": 0.2}).tolist() == [0.5, 0.3, 0.2]


@pytest.mark.parametrize(
    ("method", "fixed", "message"),
    [("hrp", None, "method must be one of"), ("fixed", {"a": 1.0}, "lack b, c")],
)
def test_what_cannot_be_weighed_is_refused(method, fixed, message):
    with pytest.raises(ParameterError, match=message):
        weigh(method, fixed=fixed)


def test_sleeve_volatility_is_that_of_the_last_252_sessions():
    returns = np.random.default_rng(0).normal(0, 0.01, (300, 2))
    found = sleeve_volatilities(returns, np.ones((300, 2), bool))
    np.testing.assert_allclose(found, returns[-252:].std(axis=0, ddof=1) * np.sqrt(252))


def test_idle_or_young_sleeve_has_no_volatility():
    returns = np.random.default_rng(0).normal(0, 0.01, (300, 3))
    returns[:100, 1] = np.nan
    in_market = np.ones((300, 3), bool)
    in_market[:-19, 2] = False
    found = sleeve_volatilities(returns, in_market)
    assert np.isfinite(found).tolist() == [True, False, False]
    assert np.isnan(sleeve_volatilities(returns[:251], in_market[:251])).all()


@pytest.mark.parametrize(
    ("forecast", "scale"), [(0.2, 0.5), (0.1, 1.0), (0.05, 2.0), (0.01, 2.0), (0.0, 2.0)]
)
def test_scale_meets_the_target_up_to_the_leverage_cap(forecast, scale):
    assert volatility_scale(forecast, target=0.1, max_leverage=2.0) == pytest.approx(scale)


def test_lost_forecast_is_refused_and_never_sells():
    with pytest.raises(ParameterError, match="forecast"):
        volatility_scale(np.nan, target=0.1, max_leverage=2.0)
