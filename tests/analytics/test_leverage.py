"""What a fund can lose, worked by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.leverage import capped_shocks


def fund_return(shock, leverage):
    """What the fund itself earns."""
    return float(leverage * capped_shocks(np.array([shock]), np.array([leverage]))[0])


@pytest.mark.parametrize(
    ("leverage", "shock", "earned"),
    [
        (-1.0, 0.68, -0.68),
        (-1.0, 1.5, -1.0),  # 1 - 1.5 is less than nothing
        (-1.0, -0.5, 0.5),
        (-0.5, 1.16, -0.58),
        (-0.5, 2.8, -1.0),
        (3.0, -0.34, -1.0),  # 1 - 1.02
        (3.0, -0.2, -0.6),
        (3.0, 2.0, 6.0),  # what is gained has no bound
        (1.0, -1.0, -1.0),
    ],
)
def test_fund_loses_its_whole_value_at_most(leverage, shock, earned):
    assert fund_return(shock, leverage) == pytest.approx(earned, rel=1e-12)


def test_short_in_a_fund_gains_its_value_at_most_and_loses_without_bound():
    # 20 % of equity short in a fund at -1: gone in a rise of 150 %, doubled in a fall of 100 %
    weight, leverage = -0.2, -1.0
    gain, loss = (
        weight * leverage * capped_shocks(np.array([shock]), np.array([leverage]))[0]
        for shock in (1.5, -1.0)
    )
    assert (gain, loss) == (pytest.approx(0.2), pytest.approx(-0.2))
    # at -3 the fall makes it four times as much: the short loses 60 % of equity
    assert -0.2 * fund_return(-1.0, -3.0) == pytest.approx(-0.6)


def test_shock_that_the_fund_survives_is_not_touched():
    given_shocks = np.array([-0.066, 0.68, np.nan])
    found = capped_shocks(given_shocks, np.array([1.0, -1.0, -0.5]))
    np.testing.assert_array_equal(found, given_shocks)


def test_each_decision_has_the_leverage_of_its_day():
    found = capped_shocks(np.array([1.16]), np.array([[-1.0], [-0.5]]))
    assert found.tolist() == [[1.0], [1.16]]


@given(
    shock=st.floats(-5.0, 5.0),
    leverage=st.floats(-4.0, 4.0).filter(lambda value: abs(value) > 0.01),
)
def test_capped_shock_is_the_growth_of_one_unit_less_one_over_leverage(shock, leverage):
    grown = max(1.0 + leverage * shock, 0.0) - 1.0
    assert fund_return(shock, leverage) == pytest.approx(grown, abs=1e-12)
