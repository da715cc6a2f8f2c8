"""Value at risk and expected shortfall of the next session."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from analytics.risk.forecasts import (
    historical_forecasts,
    parametric_forecasts,
    simulated_returns,
)

NAN = float("nan")


def losses(n):
    """Sessions 1 to n lose 0.1 %, 0.2 %, ... in a mixed order; session 0 has no return."""
    mixed = np.random.default_rng(1).permutation(np.arange(1, n + 1))
    return np.concatenate([[NAN], -mixed / 1000.0])[:, None]


def forecasts(exposures, returns, first):
    exposures = np.asarray(exposures, dtype=float)
    return historical_forecasts(simulated_returns(exposures, returns, first=first))


def random_books(seed=0, n_sessions=700, n_decisions=300):
    """Four symbols, one of them young, one held now and then."""
    rng = np.random.default_rng(seed)
    returns = rng.standard_t(4, (n_sessions, 4)) * 0.01
    returns[0] = NAN
    returns[:480, 2] = NAN
    exposures = rng.normal(0, 0.3, (n_decisions, 4))
    exposures[:150, 2] = 0.0
    exposures[rng.random(n_decisions) < 0.5, 3] = 0.0
    return exposures, returns, n_sessions - n_decisions


def test_historical_forecasts_of_a_hundred_losses_by_hand():
    # half of equity; the 5 % quantile of -0.100, -0.099, ..., -0.001 lies 4.95 steps up, between
    # -0.096 and -0.095; at or below it lie -0.100 to -0.096, mean -0.098
    found = forecasts([[0.5]], losses(100), 100)
    assert found["var_95_historical"][0] == pytest.approx(0.5 * 0.09505, rel=1e-12)
    assert found["es_95_historical"][0] == pytest.approx(0.5 * 0.098, rel=1e-12)


def test_forecast_of_the_far_tail_by_hand():
    # the 1 % quantile of -0.250, ..., -0.001 lies 2.49 steps up
    found = forecasts([[1.0]], losses(250), 250)
    assert found["var_99_historical"][0] == pytest.approx(0.250 - 0.00249, rel=1e-12)
    assert found["es_99_historical"][0] == pytest.approx(0.249, rel=1e-12)


@pytest.mark.parametrize(("n", "known"), [(99, 0), (100, 2), (249, 2), (250, 4)])
def test_forecast_is_null_below_its_fewest_sessions(n, known):
    found = forecasts([[1.0]], losses(n), n)
    assert np.isfinite([values[0] for values in found.values()]).sum() == known


def test_only_the_latest_500_sessions_count():
    returns = losses(600)
    returns[1:101] = -9.0
    found = forecasts([[1.0], [1.0]], returns, 599)
    # session 599 still sees session 100, one of the 25 in its tail
    assert found["es_95_historical"][0] > found["es_95_historical"][1] + 8.0 / 25
    later = np.sort(returns[101:, 0])
    assert found["var_95_historical"][1] == pytest.approx(-np.quantile(later, 0.05), rel=1e-12)


def test_forecasts_are_those_of_pandas_over_the_sessions_that_all_held_symbols_share():
    exposures, returns, first = random_books()
    found = forecasts(exposures, returns, first)
    for d in range(exposures.shape[0]):
        held = exposures[d] != 0.0
        window = pd.DataFrame(returns[max(first + d - 499, 0) : first + d + 1, held]).dropna()
        earned = window.mul(exposures[d, held], axis=1).sum(axis=1)
        for name, level, fewest in (("95", 0.05, 100), ("99", 0.01, 250)):
            cut = earned.quantile(level) if len(earned) >= fewest else NAN
            tail = earned[earned <= cut + 1e-15].mean()
            assert found[f"var_{name}_historical"][d] == pytest.approx(-cut, abs=1e-14, nan_ok=True)
            assert found[f"es_{name}_historical"][d] == pytest.approx(-tail, abs=1e-14, nan_ok=True)
    assert np.isnan(found["var_99_historical"]).any()
    assert np.isfinite(found["var_99_historical"]).any()


def test_symbol_that_is_not_held_changes_no_digit():
    exposures, returns, first = random_books()
    without = np.delete(exposures, 2, axis=1), np.delete(returns, 2, axis=1)
    both = (
        simulated_returns(exposures[:150], returns, first=first),
        simulated_returns(without[0][:150], without[1], first=first),
    )
    np.testing.assert_array_equal(*both)


def test_book_that_holds_nothing_loses_nothing():
    found = forecasts([[0.0, 0.0]], np.vstack([[NAN, NAN], np.full((300, 2), NAN)]), 300)
    assert [values[0] for values in found.values()] == [0.0] * 4
    assert not np.signbit([values[0] for values in found.values()]).any()


def test_forecast_does_not_see_the_next_session():
    exposures, returns, first = random_books()
    scrambled = returns.copy()
    scrambled[first + 101 :] = np.random.default_rng(9).normal(0, 0.5, (199, 4))
    seen, other = forecasts(exposures, returns, first), forecasts(exposures, scrambled, first)
    for name, values in seen.items():
        np.testing.assert_array_equal(values[:101], other[name][:101])
        assert (values[101:] != other[name][101:]).any()


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000), factor=st.floats(0.01, 20.0))
def test_shortfall_is_beyond_the_value_at_risk_and_both_grow_with_the_book(seed, factor):
    rng = np.random.default_rng(seed)
    returns = np.vstack([[NAN] * 3, rng.normal(0, 0.01, (300, 3))])
    exposures = rng.normal(0, 1, (1, 3))
    found = {name: values[0] for name, values in forecasts(exposures, returns, 300).items()}
    for name in ("95", "99"):
        assert found[f"es_{name}_historical"] >= found[f"var_{name}_historical"] > 0.0
    for measure in ("var", "es"):
        assert found[f"{measure}_99_historical"] >= found[f"{measure}_95_historical"]
    larger = forecasts(exposures * factor, returns, 300)
    for name, value in found.items():
        assert larger[name][0] == pytest.approx(value * factor, rel=1e-9)


def test_normal_forecasts_by_the_books_quantiles():
    # McNeil, Frey and Embrechts (2015): 20 % a year over 250 days; per unit of deviation the
    # quantiles are 1.645 and 2.326, the shortfalls 2.063 and 2.665
    found = parametric_forecasts(np.array([0.01 * np.sqrt(252), NAN]))
    per_deviation = {name: round(values[0] / 0.01, 3) for name, values in found.items()}
    assert per_deviation == {
        "var_95_parametric": 1.645, "es_95_parametric": 2.063,
        "var_99_parametric": 2.326, "es_99_parametric": 2.665,
    }  # fmt: skip
    assert all(np.isnan(values[1]) for values in found.values())


@pytest.mark.parametrize(("name", "level"), [("95", 0.95), ("99", 0.99)])
def test_normal_shortfall_is_the_integral_beyond_the_quantile(name, level):
    sigma = 0.16 / np.sqrt(252)
    found = parametric_forecasts(np.array([0.16]))
    cut = stats.norm.ppf(1 - level, scale=sigma)
    tail, _ = integrate.quad(lambda r: r * stats.norm.pdf(r, scale=sigma), -0.5, cut, points=[cut])
    assert found[f"var_{name}_parametric"][0] == pytest.approx(-cut, rel=1e-12)
    assert found[f"es_{name}_parametric"][0] == pytest.approx(-tail / (1 - level), rel=1e-6)
