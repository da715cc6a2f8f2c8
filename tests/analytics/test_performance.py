"""Metrics of toy series named for their character."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import performance
from analytics.daily import DailyRows
from analytics.errors import ParameterError
from analytics.performance import backtest_metrics, selection_sharpe

RISING = np.full((30, 1), 0.01)
FALLING = np.full((30, 1), -0.01)
ONE_JUMP = np.array([[0.0], [0.0], [0.21], [0.0]])
EMPTY = np.empty((0, 1))


def near(value):
    return pytest.approx(value, rel=1e-12)


def rows(net, *, bill=0.0, gross_exposure=1.0, cost=0.0, turnover=0.0):
    net = np.asarray(net, dtype=float)
    return DailyRows(
        net_return=net,
        gross_return=net + cost,
        turnover=np.full(net.shape, turnover),
        gross_exposure=np.broadcast_to(np.asarray(gross_exposure, dtype=float), net.shape),
        bill_return=np.full(net.shape[0], bill),
    )


def random_returns(seed=0, n=300, v=3):
    return np.random.default_rng(seed).normal(0.0005, 0.01, (n, v))


def test_cagr_of_one_jump_is_annualised_over_its_sessions():
    # 1.21 over 4 sessions: 1.21^(252/4) - 1
    assert performance.cagr(ONE_JUMP)[0] == near(1.21**63 - 1)


def test_cagr_of_a_total_loss_is_minus_one():
    assert performance.cagr(np.array([[0.1], [-1.5], [0.0]]))[0] == -1.0


def test_max_drawdown_of_rising_series_is_zero():
    assert performance.max_drawdown(RISING)[0] == 0.0


def test_max_drawdown_counts_the_starting_capital_as_a_peak():
    assert performance.max_drawdown(FALLING)[0] == near(0.99**30 - 1)


def test_max_drawdown_is_measured_from_the_highest_peak():
    # 1 → 1.1 → 0.88 → 0.968 → 0.7744: 0.7744 / 1.1 - 1
    path = np.array([[0.1], [-0.2], [0.1], [-0.2]])
    assert performance.max_drawdown(path)[0] == near(0.7744 / 1.1 - 1)


def test_sharpe_of_a_worked_series():
    # mean 0.01, sample deviation 0.01 x sqrt(2): 1/sqrt(2) x sqrt(252)
    assert performance.sharpe(np.array([[0.02], [0.0]]))[0] == near(np.sqrt(252 / 2))


def test_sharpe_of_a_constant_series_does_not_exist():
    assert np.isnan(performance.sharpe(np.full((100, 1), 0.1)))[0]


def test_sortino_averages_the_losses_over_all_sessions():
    # mean 0.01; sqrt((0.02^2 + 0 + 0 + 0) / 4) = 0.01: 1 x sqrt(252)
    series = np.array([[-0.02], [0.02], [0.02], [0.02]])
    assert performance.sortino(series)[0] == near(np.sqrt(252))


def test_sortino_without_a_loss_does_not_exist():
    assert np.isnan(performance.sortino(RISING))[0]


def test_moments_of_a_coin_are_zero_and_one():
    skewness, kurtosis = performance.moments(np.array([[1.0], [-1.0], [1.0], [-1.0]]))
    assert (skewness[0], kurtosis[0]) == (0.0, 1.0)


def test_moments_agree_with_pandas():
    # pandas gives the sample-adjusted G1 and excess G2; undo the adjustments
    returns = random_returns()
    n = returns.shape[0]
    frame = pd.DataFrame(returns)
    g1 = frame.skew().to_numpy() * (n - 2) / np.sqrt(n * (n - 1))
    g2 = (frame.kurt().to_numpy() * (n - 2) * (n - 3) / (n - 1) - 6) / (n + 1) + 3
    skewness, kurtosis = performance.moments(returns)
    np.testing.assert_allclose(skewness, g1, rtol=1e-9)
    np.testing.assert_allclose(kurtosis, g2, rtol=1e-9)


def test_value_at_risk_of_a_worked_series():
    # 0.00, -0.01 .. -0.20: the 5 % quantile of 21 values is exactly the second worst, -0.19
    series = -np.arange(21)[:, None] / 100
    at_risk, shortfall = performance.value_at_risk(series, 0.95)
    assert at_risk[0] == near(0.19)
    assert shortfall[0] == near(0.195)


def test_value_at_risk_refuses_a_level_that_is_none():
    with pytest.raises(ParameterError, match="level"):
        performance.value_at_risk(RISING, 5.0)


def test_metrics_agree_with_numpy_formulas():
    net = random_returns()
    found = backtest_metrics(rows(net, bill=0.0001, cost=0.0002, turnover=0.05))
    excess = net - 0.0001
    expected = {
        "cagr": np.prod(1 + net, axis=0) ** (252 / 300) - 1,
        "volatility_annual": net.std(axis=0, ddof=1) * np.sqrt(252),
        "sharpe": excess.mean(axis=0) / excess.std(axis=0, ddof=1) * np.sqrt(252),
        "sortino": excess.mean(axis=0)
        / np.sqrt((np.minimum(excess, 0) ** 2).mean(axis=0))
        * np.sqrt(252),
        "hit_rate": (net > 0).mean(axis=0),
        "turnover_annual": np.full(3, 0.05 * 252),
        "mean_gross_exposure": np.ones(3),
        "var_99": -np.quantile(net, 0.01, axis=0),
        "gross_sharpe": (excess + 0.0002).mean(axis=0) / excess.std(axis=0, ddof=1) * np.sqrt(252),
        "gross_cagr": np.prod(1.0002 + net, axis=0) ** (252 / 300) - 1,
    }
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-9, err_msg=name)
    np.testing.assert_allclose(found["calmar"], found["cagr"] / -found["max_drawdown"])


def test_every_metric_that_rests_on_the_rows_alone_is_there():
    assert list(backtest_metrics(rows(RISING))) == [
        "cagr", "volatility_annual", "sharpe", "sortino", "max_drawdown", "calmar", "hit_rate",
        "turnover_annual", "mean_gross_exposure", "skewness", "kurtosis", "var_95", "es_95",
        "var_99", "es_99", "sharpe_se_lo", "sharpe_se", "probabilistic_sharpe", "deflated_sharpe",
        "minimum_track_record", "gross_sharpe", "gross_cagr",
    ]  # fmt: skip


def test_hit_rate_counts_only_sessions_that_end_with_a_position():
    # 10 sessions in the market of which 4 win; interest on the idle days does not count
    net = np.array([[0.01]] * 4 + [[-0.01]] * 6 + [[0.001]] * 20)
    held = np.array([[1.0]] * 10 + [[0.0]] * 20)
    assert backtest_metrics(rows(net, gross_exposure=held))["hit_rate"][0] == near(0.4)


@pytest.mark.parametrize(("sessions", "is_known"), [(19, False), (20, True)])
def test_sharpe_needs_twenty_sessions_in_the_market(sessions, is_known):
    held = np.zeros((300, 1))
    held[:sessions] = 1.0
    found = backtest_metrics(rows(random_returns(v=1), gross_exposure=held))
    for name in ("sharpe", "sortino", "gross_sharpe"):
        assert np.isfinite(found[name])[0] == is_known
    assert np.isfinite(found["cagr"])[0]


def test_variant_that_only_earns_interest_has_no_selection_sharpe():
    idle = rows(np.full((600, 1), 0.0001), bill=0.00009, gross_exposure=0.0)
    assert np.isnan(selection_sharpe(idle))[0]


def test_metrics_of_no_rows_are_all_null_but_the_drawdown():
    found = backtest_metrics(rows(EMPTY))
    assert found.pop("max_drawdown")[0] == 0.0
    assert all(np.isnan(value).all() for value in found.values())


@settings(max_examples=20)
@given(seed=st.integers(0, 1_000), factor=st.floats(0.1, 5.0))
def test_sharpe_does_not_depend_on_leverage(seed, factor):
    excess = random_returns(seed)
    np.testing.assert_allclose(
        performance.sharpe(excess), performance.sharpe(factor * excess), rtol=1e-9
    )


def test_variants_do_not_touch_each_other():
    net = random_returns()
    together, alone = backtest_metrics(rows(net)), backtest_metrics(rows(net[:, [1]]))
    for name, value in alone.items():
        np.testing.assert_allclose(together[name][1], value[0], rtol=1e-12, err_msg=name)


def test_track_record_is_in_years_and_missing_where_no_record_would_do():
    """0.1 a day, almost normal: 1 + (1 + 0.1² / 2) (1.645 / 0.1)² = 273 sessions."""
    steps = np.tile([-1.0, -0.5, 0.5, 1.0], 250)
    found = backtest_metrics(rows(np.column_stack([steps + 0.1, steps - 0.1]) * 0.01))
    ratio, kurtosis = found["sharpe"][0] / np.sqrt(252), found["kurtosis"][0]
    sessions = 1 + (1 + (kurtosis - 1) / 4 * ratio**2) * (1.6448536269514722 / ratio) ** 2
    assert found["minimum_track_record"][0] == near(sessions / 252)
    assert np.isnan(found["minimum_track_record"][1])
