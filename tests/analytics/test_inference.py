"""Inference against the papers' own numbers and against second implementations."""

import math
from itertools import combinations

import numpy as np
import pytest
from arch.bootstrap import StationaryBootstrap
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analytics.bootstrap import DRAWS, MEAN_BLOCK, SEED, sharpe_intervals
from analytics.errors import ParameterError
from analytics.inference import (
    expected_maximum_sharpe,
    minimum_track_record,
    overfitting_probability,
    probabilistic_sharpe,
    sharpe_error,
    sharpe_error_lo,
)

NORMAL = (np.array(0.0), np.array(3.0))


@pytest.mark.parametrize(
    ("ratio", "periods", "error"),
    # Lo (2002), Table 1: asymptotic standard errors for independent returns
    [
        (0.50, 12, 0.306),
        (0.50, 24, 0.217),
        (0.50, 60, 0.137),
        (0.50, 500, 0.047),
        (1.00, 12, 0.354),
        (1.50, 12, 0.421),
        (3.00, 60, 0.303),
        (3.00, 500, 0.105),
    ],
)
def test_error_equals_the_table_of_lo(ratio: float, periods: int, error: float) -> None:
    assert sharpe_error_lo(np.array(ratio), periods) == pytest.approx(error, abs=5e-4)


@pytest.mark.parametrize(("trials", "deflated"), [(46, 0.9505), (100, 0.9004)])
def test_deflated_sharpe_equals_the_worked_example(trials: int, deflated: float) -> None:
    """Bailey and López de Prado (2014), "A numerical example": five years of days, V = 1/2 a year.

    A ratio of 2.5 a year, skewness -3, kurtosis 10: not 95 % sure after 100 trials, just so after
    46.
    """
    benchmark = expected_maximum_sharpe(trials, 0.5 / 250)
    found = probabilistic_sharpe(
        np.array(2.5 / math.sqrt(250)), benchmark, 1250, np.array(-3.0), np.array(10.0)
    )
    assert float(found) == pytest.approx(deflated, abs=5e-5)


def test_expected_maximum_equals_the_worked_example() -> None:
    # the same example: 0.1132 per day
    assert expected_maximum_sharpe(100, 0.5 / 250) == pytest.approx(0.1132, abs=5e-5)


def test_expected_maximum_is_what_simulated_trials_show() -> None:
    best = np.random.default_rng(2).normal(0.0, 0.1, (40_000, 50)).max(axis=1).mean()
    assert expected_maximum_sharpe(50, 0.01) == pytest.approx(best, rel=0.02)  # asymptotic


def test_one_trial_was_no_search() -> None:
    assert expected_maximum_sharpe(1, 0.3) == 0.0


def test_more_trials_raise_the_expected_maximum() -> None:
    found = [expected_maximum_sharpe(trials, 0.01) for trials in (1, 2, 3, 10, 1000)]
    assert found == sorted(set(found))


@pytest.mark.parametrize(("trials", "variance"), [(0, 0.1), (3, -0.1)])
def test_impossible_search_is_refused(trials: int, variance: float) -> None:
    with pytest.raises(ParameterError):
        expected_maximum_sharpe(trials, variance)


def test_error_with_normal_moments_is_that_of_lo_with_one_period_less() -> None:
    ratio = np.array([0.0, 0.05, -0.2])
    general = sharpe_error(ratio, 501, *NORMAL)
    assert general == pytest.approx(sharpe_error_lo(ratio, 500), rel=1e-14)


def test_error_with_skew_and_kurtosis_is_what_simulated_ratios_show() -> None:
    """Skewed, fat-tailed returns: the normal formula would be 30 % too small."""
    rng = np.random.default_rng(5)
    draws = -(rng.exponential(1.0, size=(250, 20_000)) - 1.0) * 0.01 + 0.002
    ratios = draws.mean(axis=0) / draws.std(axis=0, ddof=1)
    shown = float(ratios.std())
    expected = sharpe_error(np.array(0.2), 250, np.array(-2.0), np.array(9.0))
    assert shown == pytest.approx(float(expected), rel=0.03)
    assert float(sharpe_error_lo(np.array(0.2), 250)) < 0.87 * shown


def test_probability_equals_the_worked_example() -> None:
    """Bailey and López de Prado (2014), "The Deflated Sharpe Ratio", its numerical example.

    1,250 days, 2.5 a year against 0.1132 a day, skewness -3, kurtosis 10: 0.9004.
    """
    found = probabilistic_sharpe(
        np.array(2.5 / math.sqrt(250)), 0.1132, 1250, np.array(-3.0), np.array(10.0)
    )
    assert float(found) == pytest.approx(0.9004, abs=2e-4)


@pytest.mark.parametrize(
    ("periods_a_year", "years"),
    [(252, 2.73), (52, 2.83), (12, 3.24)],
    ids=["days", "weeks", "months"],
)
def test_track_record_equals_the_paper(periods_a_year: int, years: float) -> None:
    """Bailey and López de Prado (2012): 2 a year known to exceed 1 at 95 %, normal returns."""
    root = math.sqrt(periods_a_year)
    found = minimum_track_record(np.array(2.0 / root), 1.0 / root, *NORMAL)
    assert float(found) / periods_a_year == pytest.approx(years, abs=6e-3)


@given(st.floats(0.01, 0.3), st.floats(-2.0, 2.0), st.floats(0.5, 8.0), st.floats(0.6, 0.99))
def test_track_record_is_where_the_probability_reaches_the_confidence(
    ratio: float, skewness: float, above: float, confidence: float
) -> None:
    moments = (np.array(skewness), np.array(1.0 + skewness**2 + above))
    periods = float(minimum_track_record(np.array(ratio), 0.0, *moments, confidence=confidence))
    error = float(sharpe_error(np.array(ratio), 2, *moments))  # that of one period
    assert stats.norm.cdf(ratio / (error / math.sqrt(periods - 1.0))) == pytest.approx(confidence)


def test_ratio_below_the_benchmark_never_becomes_known_to_exceed_it() -> None:
    found = minimum_track_record(np.array([0.05, 0.1, np.nan]), 0.1, *NORMAL)
    assert found[0] == found[1] == math.inf
    assert np.isnan(found[2])


def test_one_period_tells_nothing() -> None:
    ratio = np.array([0.1])
    for found in (
        sharpe_error_lo(ratio, 1),
        sharpe_error(ratio, 1, *NORMAL),
        probabilistic_sharpe(ratio, 0.0, 1, *NORMAL),
    ):
        assert np.isnan(found).all()


# --- intervals --------------------------------------------------------------------------------


def test_interval_equals_that_of_arch() -> None:
    """The library's own loop over the same draws, with the ratio computed from each history."""
    rng = np.random.default_rng(1)
    returns = rng.standard_t(4, size=(400, 2)) * 0.01 + 0.001
    lower, upper = sharpe_intervals(returns)
    for v in range(2):
        bootstrap = StationaryBootstrap(MEAN_BLOCK, returns[:, v], seed=np.random.default_rng(SEED))
        ends = bootstrap.conf_int(
            lambda draw: draw.mean() / draw.std(ddof=1) * math.sqrt(252),
            reps=DRAWS,
            method="percentile",
        )
        assert (lower[v], upper[v]) == pytest.approx(tuple(ends[:, 0]), rel=1e-9)


def test_interval_of_independent_returns_is_as_wide_as_the_error_says() -> None:
    returns = np.random.default_rng(1).normal(0.0005, 0.01, size=(2520, 40))
    lower, upper = sharpe_intervals(returns)
    error = float(sharpe_error_lo(np.array(0.05), 2520)) * math.sqrt(252)
    assert float(np.mean(upper - lower)) == pytest.approx(2 * 1.96 * error, rel=0.05)


def test_interval_of_trending_returns_is_wider() -> None:
    noise = np.random.default_rng(1).normal(0.0, 0.01, size=(2600, 20))
    trending = (noise[5:] + noise[4:-1] + noise[3:-2] + noise[2:-3]) / 2.0
    (low, high), (lower, upper) = sharpe_intervals(noise), sharpe_intervals(trending)
    assert np.mean(upper - lower) > 1.5 * np.mean(high - low)


def test_interval_needs_two_rows_and_some_variation() -> None:
    for returns in (np.zeros((1, 2)), np.full((100, 2), 0.001)):
        assert np.isnan(sharpe_intervals(returns)).all()


# --- overfitting ------------------------------------------------------------------------------


def slow_overfitting(returns: np.ndarray, blocks: int) -> float:
    """CSCV as the paper words it, one half at a time."""
    size = returns.shape[0] // blocks
    parts = np.split(returns[-size * blocks :], blocks)
    logits = []
    for chosen in combinations(range(blocks), blocks // 2):
        train = np.concatenate([parts[number] for number in chosen])
        test = np.concatenate([parts[n] for n in range(blocks) if n not in chosen])
        best = int(np.argmax(train.mean(axis=0) / train.std(axis=0, ddof=1)))
        rank = stats.rankdata(test.mean(axis=0) / test.std(axis=0, ddof=1))[best]
        share = rank / (returns.shape[1] + 1)
        logits.append(math.log(share / (1.0 - share)))
    return float(np.mean(np.array(logits) <= 0.0))


@pytest.mark.parametrize("n_variants", [2, 7, 20])
def test_probability_equals_the_papers_steps(n_variants: int) -> None:
    rng = np.random.default_rng(n_variants)
    returns = rng.normal(0.0003, 0.01, size=(1003, n_variants))
    found = overfitting_probability(returns, blocks=8)
    assert found == pytest.approx(slow_overfitting(returns, 8), abs=1e-12)


def test_choice_among_noise_is_overfit_about_half_of_the_time() -> None:
    rng = np.random.default_rng(3)
    found = [
        overfitting_probability(rng.normal(0.0, 0.01, size=(480, 11)), blocks=8) for _ in range(200)
    ]
    assert np.mean(found) == pytest.approx(0.5, abs=0.05)


def test_truly_better_variant_is_not_overfit() -> None:
    rng = np.random.default_rng(3)
    returns = rng.normal(0.0, 0.01, size=(1600, 10))
    returns[:, 4] += 0.005
    assert overfitting_probability(returns) == 0.0


def test_variants_that_trade_alike_are_no_reason_for_confidence() -> None:
    rng = np.random.default_rng(3)
    twins = np.repeat(rng.normal(0.0, 0.01, size=(160, 1)), 4, axis=1)
    assert overfitting_probability(twins, blocks=8) == 1.0  # each stands in the middle: w = 1/2


@pytest.mark.parametrize("shape", [(1600, 1), (20, 5), (0, 3)])
def test_too_little_to_choose_from_has_no_probability(shape: tuple[int, int]) -> None:
    assert math.isnan(overfitting_probability(np.zeros(shape)))


def test_variants_that_never_vary_have_no_probability() -> None:
    assert math.isnan(overfitting_probability(np.full((320, 3), 0.001)))


def test_odd_number_of_blocks_is_refused() -> None:
    with pytest.raises(ParameterError, match="even"):
        overfitting_probability(np.zeros((100, 2)), blocks=7)
