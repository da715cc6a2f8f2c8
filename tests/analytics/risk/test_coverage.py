"""Kupiec's and Christoffersen's tests against published figures and slow likelihoods."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analytics.risk.coverage import (
    CONDITIONAL,
    INDEPENDENCE,
    KUPIEC,
    Transitions,
    count_transitions,
    coverage_tests,
    independence_statistic,
    kupiec_statistic,
)

# Kupiec (1995), as Jorion prints it (*Value at Risk*, 3rd edition, table 6.2): the numbers of
# exceedances between which a test at 95 % does not reject, by probability and sessions; for 255
# sessions at 1 % he prints "below 7" though none at all is rejected too
NOT_REJECTED = {
    0.01: {255: (0, 7), 510: (1, 11), 1000: (4, 17)},
    0.025: {255: (2, 12), 510: (6, 21), 1000: (15, 36)},
    0.05: {255: (6, 21), 510: (16, 36), 1000: (37, 65)},
    0.075: {255: (11, 28), 510: (27, 51), 1000: (59, 92)},
    0.10: {255: (16, 36), 510: (38, 65), 1000: (81, 120)},
}
REGIONS = [(p, n, *ends) for p, rows in NOT_REJECTED.items() for n, ends in rows.items()]


def slow_log_likelihood(sequence, probabilities):
    """Sum the logarithm of what each session's outcome was given, session by session."""
    total = 0.0
    for is_loss, p in zip(sequence, probabilities, strict=True):
        total += math.log(p if is_loss else 1.0 - p)
    return total


def slow_statistics(sequence, promised):
    """Proportion of failures and independence from likelihoods of whole sequences."""
    share = sum(sequence) / len(sequence)
    kupiec = 2 * (
        slow_log_likelihood(sequence, [share] * len(sequence))
        - slow_log_likelihood(sequence, [promised] * len(sequence))
    )
    later = sequence[1:]
    after = {
        state: [is_loss for was, is_loss in zip(sequence, later, strict=False) if was == state]
        for state in (False, True)
    }
    rate = {state: sum(told) / len(told) for state, told in after.items() if told}
    dependent = slow_log_likelihood(later, [rate[was] for was in sequence[:-1]])
    pooled = sum(later) / len(later)
    return kupiec, 2 * (dependent - slow_log_likelihood(later, [pooled] * len(later)))


def daily(told):
    """Exceedances of sessions that follow each other, and their numbers."""
    return told, np.arange(len(told))


@pytest.mark.parametrize(("probability", "n", "low", "high"), REGIONS)
def test_kupiec_rejects_outside_the_published_region_and_not_inside(probability, n, low, high):
    critical = stats.chi2.ppf(0.95, 1)
    inside = [kupiec_statistic(x, n, probability) for x in (low + 1, high - 1)]
    outside = [kupiec_statistic(x, n, probability) for x in (low, high)]
    assert max(inside) < critical < min(outside)


def test_kupiec_of_as_many_as_promised_is_zero():
    assert kupiec_statistic(5, 100, 0.05) == pytest.approx(0.0, abs=1e-12)


def test_kupiec_without_an_exceedance_by_hand():
    # only the promise is left: -2 * 252 * ln(0.95)
    assert kupiec_statistic(0, 252, 0.05) == pytest.approx(-504 * math.log(0.95), rel=1e-12)
    assert kupiec_statistic(4, 4, 0.05) == pytest.approx(-8 * math.log(0.05), rel=1e-12)


def test_jorions_example_of_a_bank_in_1998():
    # *Value at Risk*, 3rd edition, section 6.2.3: 20 exceedances in 252 days at 95 %; after 20
    # exceedances 6 more, after 232 other days 14: 3.91 + 9.53 = 13.44, above 5.99
    share = kupiec_statistic(20, 252, 0.05)
    alone = independence_statistic(Transitions(218, 14, 14, 6))
    assert (round(share, 2), round(alone, 2), round(share + alone, 2)) == (3.91, 9.53, 13.44)


def test_transitions_are_counted_between_neighbours():
    told = np.array([0, 1, 1, 0, 0, 0, 1], dtype=bool)
    assert count_transitions(told, np.arange(7)) == Transitions(2, 2, 1, 1)


def test_sessions_on_both_sides_of_a_flat_stretch_are_no_neighbours():
    # calm, loss, (six flat sessions), loss, loss, calm: joined they would make two loss-to-loss
    told, sessions = np.array([0, 1, 1, 1, 0], dtype=bool), np.array([3, 4, 11, 12, 13])
    assert count_transitions(told, sessions) == Transitions(0, 1, 1, 1)
    # one loss after a loss in two, one after the only calm session: n ln n by hand
    alone = coverage_tests(told, sessions, probability=0.05, fewest=1)[INDEPENDENCE][0]
    dependent = 2 * math.log(1 / 2)
    independent = 2 * math.log(2 / 3) + math.log(1 / 3)
    assert alone == pytest.approx(2 * (dependent - independent), rel=1e-12)


def test_sessions_that_never_follow_each_other_say_nothing_about_independence():
    tests = coverage_tests(np.array([True, False]), np.array([3, 5]), probability=0.05, fewest=1)
    assert np.isfinite(tests[KUPIEC]).all()
    assert np.isnan([tests[INDEPENDENCE], tests[CONDITIONAL]]).all()


@pytest.mark.parametrize(
    "pairs",
    [Transitions(99, 0, 0, 0), Transitions(98, 1, 0, 0), Transitions(0, 0, 0, 7)],
    ids=["never", "in the last session only", "always"],
)
def test_state_without_a_neighbour_says_nothing_about_independence(pairs):
    assert independence_statistic(pairs) == 0.0


def test_statistics_are_those_of_likelihoods_multiplied_session_by_session():
    rng = np.random.default_rng(5)
    for _ in range(50):
        told = rng.random(400) < rng.uniform(0.02, 0.3)
        tests = coverage_tests(*daily(told), probability=0.05, fewest=1)
        kupiec, alone = slow_statistics(told.tolist(), 0.05)
        assert tests[KUPIEC][0] == pytest.approx(kupiec, abs=1e-9)
        assert tests[INDEPENDENCE][0] == pytest.approx(alone, abs=1e-9)
        for name, value, degrees in ((KUPIEC, kupiec, 1), (CONDITIONAL, kupiec + alone, 2)):
            assert tests[name][1] == pytest.approx(stats.chi2.sf(value, degrees), abs=1e-9)


def test_clustered_exceedances_are_found_though_their_number_is_right():
    told = np.zeros(1_000, dtype=bool)
    told[300:350] = True
    tests = coverage_tests(*daily(told), probability=0.05, fewest=1)
    assert tests[KUPIEC][1] == pytest.approx(1.0)
    assert tests[INDEPENDENCE][1] < 1e-12
    assert tests[CONDITIONAL][1] < 1e-12


@pytest.mark.parametrize("n", [0, 1, 251])
def test_sample_with_fewer_sessions_than_asked_is_not_tested(n):
    tests = coverage_tests(*daily(np.zeros(n, dtype=bool)), probability=0.05, fewest=252)
    assert np.isnan(list(tests.values())).all()
    assert list(tests) == [KUPIEC, INDEPENDENCE, CONDITIONAL]


def test_single_session_has_a_share_and_no_neighbour():
    tests = coverage_tests(*daily(np.zeros(1, dtype=bool)), probability=0.05, fewest=1)
    assert tests[KUPIEC][0] == pytest.approx(-2 * math.log(0.95))
    assert np.isnan([tests[INDEPENDENCE], tests[CONDITIONAL]]).all()


@given(st.lists(st.booleans(), min_size=2, max_size=60))
def test_p_values_are_probabilities_and_conditional_is_the_sum(told):
    tests = coverage_tests(*daily(np.array(told)), probability=0.01, fewest=1)
    assert all(statistic >= 0.0 and 0.0 <= p <= 1.0 for statistic, p in tests.values())
    assert tests[CONDITIONAL][0] == tests[KUPIEC][0] + tests[INDEPENDENCE][0]


def test_true_forecasts_are_rejected_about_as_often_as_asked():
    # 4,000 simulated records of 1,000 sessions with 200 exceedances each; rarer ones follow
    # each other too seldom for the chi-square distribution
    told = np.random.default_rng(11).random((4_000, 1_000)) < 0.2
    p_values = {name: [] for name in (KUPIEC, INDEPENDENCE, CONDITIONAL)}
    for record in told:
        for name, (_, p) in coverage_tests(*daily(record), probability=0.2, fewest=1).items():
            p_values[name].append(p)
    for name, found in p_values.items():
        for level in (0.05, 0.25, 0.5):
            assert np.mean(np.array(found) < level) == pytest.approx(level, rel=0.12), (name, level)
