"""Metrics against empyrical-reloaded 0.7.1: where both mean the same, and where they do not.

empyrical is the continuation of the library behind pyfolio and zipline. It knows one series at a
time, has losses negative in its value at risk, and no moments, errors or probabilities.
"""

import empyrical
import numpy as np
import pytest

from analytics import performance

N_SESSIONS = 1_001  # (n - 1) x 5 % and x 1 % are whole: both cut the tail at one and the same row
BILL = np.random.default_rng(9).uniform(0.0, 0.0002, N_SESSIONS)


def heavy_tailed(seed: int, n: int = N_SESSIONS) -> np.ndarray:
    """Three variants with the heavy tails of daily returns."""
    return np.random.default_rng(seed).standard_t(4, size=(n, 3)) * 0.008 + 0.0004


def by_variant(function, returns, **options):
    return [function(returns[:, v], **options) for v in range(returns.shape[1])]


def equal(ours, theirs) -> None:
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=0.0)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (performance.cagr, empyrical.cagr),
        (performance.volatility_annual, empyrical.annual_volatility),
        (performance.sharpe, empyrical.sharpe_ratio),
        (performance.sortino, empyrical.sortino_ratio),
        (performance.max_drawdown, empyrical.max_drawdown),
    ],
    ids=lambda function: function.__name__,
)
def test_figure_of_returns_is_that_of_empyrical(seed, ours, theirs):
    returns = heavy_tailed(seed)
    equal(ours(returns), by_variant(theirs, returns))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("ours", "theirs", "name"),
    [
        (performance.sharpe, empyrical.sharpe_ratio, "risk_free"),
        (performance.sortino, empyrical.sortino_ratio, "required_return"),
    ],
)
def test_ratio_over_the_bill_of_each_session_is_that_of_empyrical(seed, ours, theirs, name):
    returns = heavy_tailed(seed)
    equal(ours(returns - BILL[:, None]), by_variant(theirs, returns, **{name: BILL}))


@pytest.mark.parametrize("seed", range(5))
def test_calmar_is_that_of_empyrical(seed):
    returns = heavy_tailed(seed)
    rows = performance.DailyRows(
        net_return=returns,
        gross_return=returns,
        turnover=np.zeros_like(returns),
        gross_exposure=np.ones_like(returns),
        bill_return=BILL,
    )
    found = performance.backtest_metrics(rows)["calmar"]
    equal(found, by_variant(empyrical.calmar_ratio, returns))


@pytest.mark.parametrize("level", [0.95, 0.99])
@pytest.mark.parametrize("seed", range(5))
def test_value_at_risk_is_that_of_empyrical_with_losses_positive(seed, level):
    returns = heavy_tailed(seed)
    found, _ = performance.value_at_risk(returns, level)
    equal(-found, by_variant(empyrical.value_at_risk, returns, cutoff=1.0 - level))


@pytest.mark.parametrize("n", [1_000, 1_001, 1_013])
@pytest.mark.parametrize("level", [0.95, 0.99])
def test_expected_shortfall_of_distinct_returns_is_that_of_empyrical(level, n):
    # a cutoff as close as 1 % is written, for empyrical rounds its row number down
    returns = heavy_tailed(3, n)
    _, found = performance.value_at_risk(returns, level)
    cutoff = {0.95: 0.05, 0.99: 0.01}[level]
    equal(-found, by_variant(empyrical.conditional_value_at_risk, returns, cutoff=cutoff))


# Where the two differ, and why.


def test_expected_shortfall_counts_all_equal_returns_at_the_cut_and_empyrical_only_some():
    # 21 rows, the cut is the second worst, -0.02, which four rows share:
    # ours (0.10 + 4 x 0.02) / 5 = 0.036, theirs the first two rows of the sorted ones, 0.06
    returns = np.array([-0.10] + [-0.02] * 4 + [0.01] * 16)
    assert performance.value_at_risk(returns[:, None], 0.95)[1][0] == pytest.approx(0.036)
    assert empyrical.conditional_value_at_risk(returns) == pytest.approx(-0.06)


def test_growth_of_an_account_in_debt_is_a_total_loss_here_and_none_there():
    # theirs is (-0.55)^(252 / 5), no number; ours: a debt is no larger loss than everything
    returns = np.array([0.1, -1.5, 0.0, 0.0, 0.0])
    assert performance.cagr(returns[:, None])[0] == -1.0
    with np.errstate(invalid="ignore"):
        assert np.isnan(empyrical.cagr(returns))


def test_sortino_without_a_loss_does_not_exist_here_and_is_infinite_there():
    # infinity would win every comparison of variants
    returns = np.array([0.01, 0.02, 0.0])
    assert np.isnan(performance.sortino(returns[:, None])[0])
    assert empyrical.sortino_ratio(returns) == np.inf


def test_sharpe_of_equal_returns_does_not_exist_here_and_is_infinite_there():
    returns = np.full(50, 0.01)
    assert np.isnan(performance.sharpe(returns[:, None])[0])
    assert empyrical.sharpe_ratio(returns) == np.inf


def test_drawdown_without_rows_is_zero_here_and_none_there():
    # the starting capital is a path of its own, which has not fallen
    assert performance.max_drawdown(np.empty((0, 1)))[0] == 0.0
    assert np.isnan(empyrical.max_drawdown(np.empty(0)))


def test_missing_return_is_an_error_to_be_seen_here_and_is_skipped_there():
    # the engine has a return for every session: one that is missing must not shorten the history
    returns = np.array([0.01, np.nan, -0.01])
    assert np.isnan(performance.volatility_annual(returns[:, None])[0])
    assert np.isfinite(empyrical.annual_volatility(returns))
