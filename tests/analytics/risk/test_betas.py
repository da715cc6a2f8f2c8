"""Betas against a least-squares fit and lines drawn by hand."""

import numpy as np
import pytest

from analytics.risk.betas import book_betas, market_returns, trailing_betas
from tests.analytics.toy import toy_market

NAN = float("nan")


def random_returns(n=400, s=3, seed=2):
    rng = np.random.default_rng(seed)
    benchmark = rng.normal(0, 0.01, n)
    returns = benchmark[:, None] * np.array([0.5, 1.2, -0.3]) + rng.normal(0, 0.01, (n, s))
    return returns, benchmark


def test_beta_of_a_line_is_its_slope_whatever_its_height():
    _, x = random_returns()
    lines = np.stack([x, 2 * x + 0.01, 0.5 - x], axis=1)
    np.testing.assert_allclose(trailing_betas(lines, x, first=399), [[1.0, 2.0, -1.0]], rtol=1e-9)


def test_beta_is_numpys_fit_of_the_trailing_year():
    returns, x = random_returns()
    returns[:230, 1] = NAN
    x[:3] = NAN
    found = trailing_betas(returns, x, first=100)
    for t in range(100, 400, 7):
        for s in range(3):
            rows = np.arange(max(t - 251, 0), t + 1)
            rows = rows[np.isfinite(returns[rows, s]) & np.isfinite(x[rows])]
            slope = NAN if len(rows) < 60 else np.polyfit(x[rows], returns[rows, s], 1)[0]
            assert found[t - 100, s] == pytest.approx(slope, rel=1e-9, nan_ok=True)
    assert np.isnan(found[188, 1])
    assert np.isfinite(found[189, 1])  # session 289 is the 60th


def test_benchmark_that_stands_still_has_no_beta():
    returns, x = random_returns()
    for still in (np.zeros_like(x), np.full_like(x, 0.001)):
        assert np.isnan(trailing_betas(returns, still, first=399)).all()


def test_beta_of_a_book_is_what_it_holds_times_the_betas():
    betas = np.array([[0.5, 1.5, NAN]] * 3)
    exposures = np.array([[1.0, -0.2, 0.0], [0.0, 0.0, 0.1], [0.0, 0.0, 0.0]])
    np.testing.assert_allclose(book_betas(exposures, betas), [0.2, NAN, 0.0], rtol=1e-12)


def test_stock_market_is_spy_and_unknown_without_it():
    found = market_returns(toy_market({"A": [1.0, 2.0], "SPY": [100.0, 101.0]}))
    np.testing.assert_allclose(found, [NAN, 0.01])
    assert np.isnan(market_returns(toy_market({"A": [1.0, 2.0]}))).all()
