"""Parts of a book's risk that sum to it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.performance import value_at_risk
from analytics.risk.contributions import (
    Marginals,
    group_rows,
    shortfall_marginals,
    volatility_marginals,
)

NAN = float("nan")


def random_covariance(rng, s):
    factors = rng.normal(0, 0.01, (s, s + 2))
    return factors @ factors.T


def marginals(exposures, **given):
    ones = np.ones(len(exposures))
    return Marginals(
        **{
            "side": np.sign(exposures), "beta": ones, "volatility_annual": ones, "es_95": ones,
            "is_stale": ones < 0.0, **given,
        }
    )  # fmt: skip


def test_volatility_of_two_independent_symbols_is_shared_by_hand():
    # 1 % and 2 % a session, unit and half exposure: each brings a variance of 0.0001
    covariance = np.diag([0.0001, 0.0004])
    parts = np.array([1.0, 0.5]) * volatility_marginals(np.array([1.0, 0.5]), covariance)
    np.testing.assert_allclose(parts, [0.01 / np.sqrt(2) * np.sqrt(252)] * 2, rtol=1e-12)


def test_volatility_marginal_is_the_slope_of_the_volatility():
    rng = np.random.default_rng(3)
    w, covariance = rng.normal(0, 1, 4), random_covariance(rng, 4)

    def volatility(exposures):
        return np.sqrt(252 * exposures @ covariance @ exposures)

    slopes = [
        (volatility(w + step) - volatility(w - step)) / 2e-6 for step in np.eye(4) * 1e-6
    ]  # fmt: skip
    np.testing.assert_allclose(volatility_marginals(w, covariance), slopes, rtol=1e-7)


def test_book_without_volatility_has_no_parts_of_it():
    assert volatility_marginals(np.zeros(2), np.eye(2)).tolist() == [0.0, 0.0]


def test_shortfall_is_shared_by_what_each_lost_in_the_tail_by_hand():
    # the book loses 3 % twice and earns 1 % otherwise; in the tail the first symbol loses 4 % and
    # 2 %, the second, half of it, gains nothing and loses 2 %
    returns = np.array([[-0.04, 0.02], [0.01, 0.0], [0.01, 0.0], [-0.02, -0.02], [NAN, 0.0]])
    simulated = returns @ np.array([1.0, 0.5])
    np.testing.assert_allclose(simulated[:4], [-0.03, 0.01, 0.01, -0.03])
    found = shortfall_marginals(simulated, returns, 0.03)
    np.testing.assert_allclose(found, [0.03, 0.0], atol=1e-17)


def test_book_without_a_value_at_risk_has_no_shortfall():
    assert np.isnan(shortfall_marginals(np.array([-0.1, 0.1]), np.ones((2, 3)), NAN)).all()


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), s=st.integers(1, 8))
def test_parts_sum_to_volatility_and_shortfall(seed, s):
    rng = np.random.default_rng(seed)
    w, covariance = rng.normal(0, 0.5, s), random_covariance(rng, s)
    returns = rng.standard_t(3, (300, s)) * 0.01
    simulated = np.add.reduce(returns * w, axis=1)
    var, es = value_at_risk(simulated[:, None], 0.95)
    volatility = np.sqrt(252 * w @ covariance @ w)
    assert (w * volatility_marginals(w, covariance)).sum() == pytest.approx(volatility, rel=1e-12)
    shortfall = (w * shortfall_marginals(simulated, returns, var[0])).sum()
    assert shortfall == pytest.approx(es[0], rel=1e-12)


def test_groups_of_a_book_by_hand():
    exposures = np.array([0.4, -0.1, 0.0])
    found = group_rows(
        np.array([[0.4, 0.0, 0.0], [0.0, -0.1, 0.0], [0.4, -0.1, 0.0]]),
        marginals(
            exposures,
            beta=np.array([1.2, 0.5, NAN]),
            es_95=np.array([0.02, -0.01, NAN]),
            is_stale=np.array([False, True, True]),
        ),
    )
    hand = {
        "long_weight": [0.4, 0.0, 0.4],
        "short_weight": [0.0, -0.1, -0.1],
        "gross_exposure": [0.4, 0.1, 0.5],
        "net_exposure": [0.4, -0.1, 0.3],
        "beta_spy": [0.48, -0.05, 0.43],
        "es_95_contribution": [0.008, 0.001, 0.009],
        "stale_exposure": [0.0, 0.1, 0.1],
    }
    for name, values in hand.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-12)
        assert not np.signbit(found[name][np.array(values) == 0.0]).any()


def test_what_is_not_known_of_a_held_symbol_is_not_known_of_its_groups():
    book = np.array([0.4, 0.1])
    found = group_rows(np.diag(book), marginals(book, beta=np.array([NAN, 1.0])))
    np.testing.assert_array_equal(found["beta_spy"], [NAN, 0.1])


def test_strategy_that_hedges_another_reduces_its_side():
    # one strategy is long 0.3, the other short 0.1: the book is long 0.2
    found = group_rows(np.array([[0.3], [-0.1]]), marginals(np.array([0.2])))
    np.testing.assert_allclose(found["long_weight"], [0.3, -0.1])
    np.testing.assert_allclose(found["gross_exposure"], [0.3, -0.1])
    assert found["short_weight"].tolist() == [0.0, 0.0]


def test_opposite_sides_of_a_symbol_of_which_nothing_is_known_still_sum_to_the_book():
    parts = np.array([[0.1, 0.2], [-0.1, 0.0]])
    about = marginals(np.array([0.0, 0.2]), beta=np.array([NAN, 1.5]))
    assert group_rows(parts, about)["beta_spy"].tolist() == pytest.approx([0.3, 0.0])
    assert group_rows(parts.sum(axis=0)[None, :], about)["beta_spy"][0] == pytest.approx(0.3)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), k=st.integers(1, 5), s=st.integers(1, 8))
def test_rows_of_any_split_sum_to_the_book(seed, k, s):
    rng = np.random.default_rng(seed)
    parts = rng.normal(0, 0.3, (k, s)) * (rng.random((k, s)) < 0.7)
    book = np.add.reduce(parts, axis=0)
    about = marginals(
        book,
        beta=rng.normal(0, 1, s),
        volatility_annual=rng.normal(0, 1, s),
        es_95=rng.normal(0, 1, s),
        is_stale=rng.random(s) < 0.5,
    )
    split, whole = group_rows(parts, about), group_rows(book[None, :], about)
    symbols = group_rows(np.diag(book), about)
    for name, values in whole.items():
        assert split[name].sum() == pytest.approx(values[0], abs=1e-12)
        assert symbols[name].sum() == pytest.approx(values[0], abs=1e-12)
    assert whole["gross_exposure"][0] == pytest.approx(np.abs(book).sum(), abs=1e-12)
    assert whole["short_weight"][0] <= 0.0 <= whole["long_weight"][0]
