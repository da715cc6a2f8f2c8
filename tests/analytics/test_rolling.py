import numpy as np
import pytest

from analytics.errors import ParameterError
from analytics.inference import sharpe_error
from analytics.performance import moments, sharpe
from analytics.rolling import rolling_sharpe

HELD = np.ones(300)
RETURNS = np.random.default_rng(4).normal(0.0004, 0.01, 300)


def test_window_that_is_not_full_has_no_ratio() -> None:
    value, lower, upper = rolling_sharpe(RETURNS, HELD, window=252)
    assert np.isnan(value[:251]).all()
    assert np.isfinite([value[251:], lower[251:], upper[251:]]).all()


def test_every_window_is_the_plain_ratio_of_its_own_rows() -> None:
    value, lower, upper = rolling_sharpe(RETURNS, HELD, window=63)
    for t in (62, 100, 299):
        rows = RETURNS[t - 62 : t + 1, None]
        ratio = sharpe(rows)
        error = sharpe_error(ratio / np.sqrt(252), 63, *moments(rows)) * np.sqrt(252)
        found = [value[t], lower[t], upper[t]]
        expected = [ratio[0], *(ratio + sign * 1.959963984540054 * error for sign in (-1, 1))]
        np.testing.assert_allclose(found, np.hstack(expected), rtol=1e-12)


def test_window_that_was_hardly_in_the_market_has_no_ratio() -> None:
    """Interest less the bill is 1e-17 or so on idle days, and its ratio anything at all."""
    idle = np.where(np.arange(300) % 2, 1e-17, -2e-17)
    exposure = np.zeros(300)
    exposure[100:119] = 1.0
    assert np.isnan(rolling_sharpe(idle, exposure, window=63)).all()
    exposure[119] = 1.0  # the twentieth
    value, _, _ = rolling_sharpe(idle, exposure, window=63)
    assert np.flatnonzero(np.isfinite(value)).tolist() == list(range(119, 163))


def test_scrambled_future_moves_no_earlier_window() -> None:
    later = np.append(RETURNS[:200], RETURNS[200:][::-1] * 9)
    for before, after in zip(
        rolling_sharpe(RETURNS, HELD), rolling_sharpe(later, HELD), strict=True
    ):
        np.testing.assert_array_equal(before[:200], after[:200])


def test_series_shorter_than_the_window_has_none() -> None:
    assert np.isnan(rolling_sharpe(RETURNS[:20], HELD[:20], window=63)).all()


@pytest.mark.parametrize(("window", "confidence"), [(1, 0.95), (20, 1.0), (20, 0.4)])
def test_impossible_window_is_refused(window: int, confidence: float) -> None:
    with pytest.raises(ParameterError):
        rolling_sharpe(RETURNS, HELD, window=window, confidence=confidence)
