"""Resampled histories: how far a Sharpe ratio could have come out otherwise.

Ratios are per period (one session) unless they are said to be a year's.
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from analytics.arrays import PER_ROOT_YEAR, Floats
from analytics.errors import ParameterError

FEWEST_PERIODS = 2
DRAWS, MEAN_BLOCK, SEED = 1_000, 21, 20_260_101
"""Of the bootstrap; a block is a month of sessions."""


def sharpe_intervals(excess_returns: Floats, *, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Return the interval of each annualised Sharpe ratio, lower and upper end, (V,) each.

    Parameters
    ----------
    excess_returns : (R, V), net return less the bill's return, per session and variant.
    confidence : between 0.5 and 1.

    Returns
    -------
    Percentiles of 1,000 resampled histories, a year; NaN below two rows or where nothing varies.

    Raises
    ------
    ParameterError
        The confidence is outside (0.5, 1).

    Notes
    -----
    Stationary block bootstrap with blocks of 21 sessions on average, the same draws for all
    variants, seeded: equal returns have an equal interval. Source: Politis and Romano (1994), "The
    Stationary Bootstrap", JASA 89(428); Ledoit and Wolf (2008) on why blocks.
    """
    refuse_level(confidence)
    lower, upper = np.full((2, excess_returns.shape[1]), np.nan)
    if excess_returns.shape[0] < FEWEST_PERIODS:
        return lower, upper
    ratios = resampled_ratios(excess_returns) * PER_ROOT_YEAR
    tail = (1.0 - confidence) / 2.0
    known = ~np.isnan(ratios).all(axis=0)
    if known.any():
        lower[known], upper[known] = np.nanquantile(ratios[:, known], (tail, 1.0 - tail), axis=0)
    return lower, upper


def resampled_ratios(excess_returns: Floats, *, seed: int = SEED) -> Floats:
    """Return the Sharpe ratios per period of 1,000 resampled histories, (1,000, V).

    Parameters
    ----------
    excess_returns : (R, V), net return less the bill's, at least two rows.
    seed : of the draws; those of another seed are independent.
    """
    n = excess_returns.shape[0]
    mean = excess_returns.mean(axis=0)
    centred = excess_returns - mean
    return partial_ratios(_draws(n, seed).astype(np.float64), centred, centred**2, mean, n)


def resampled_halves(excess_returns: Floats, first: int) -> tuple[Floats, Floats]:
    """Return the Sharpe ratios per period of both parts of 1,000 resampled histories.

    Parameters
    ----------
    excess_returns : (R,), net return less the bill's.
    first : rows of the first part; at least two, as in the second.

    Returns
    -------
    (1,000,) each: two parts of one and the same process, so that they differ by chance alone.
    """
    drawn = excess_returns[_indices(excess_returns.shape[0], SEED)]
    return _plain_ratios(drawn[:, :first]), _plain_ratios(drawn[:, first:])


def _plain_ratios(drawn: Floats) -> Floats:
    """Sharpe ratio per period of each row, NaN where nothing varies."""
    deviation = drawn.std(axis=1, ddof=1)
    varies = deviation > 1e-12 * np.abs(drawn).max(axis=1)
    return np.where(varies, drawn.mean(axis=1) / np.where(varies, deviation, 1.0), np.nan)


def _indices(periods: int, seed: int) -> npt.NDArray[np.int64]:
    """Which period stands where in each resampled history, (1,000, periods)."""
    from arch.bootstrap import StationaryBootstrap  # a second, which few commands need

    rng = np.random.default_rng(seed)
    bootstrap = StationaryBootstrap(MEAN_BLOCK, np.arange(periods), seed=rng)
    return np.array([bootstrap.update_indices() for _ in range(DRAWS)], dtype=np.int64)


@lru_cache(maxsize=16)
def _draws(periods: int, seed: int) -> npt.NDArray[np.uint16]:
    """How often each period stands in each resampled history, (1,000, periods)."""
    counts = [np.bincount(drawn, minlength=periods) for drawn in _indices(periods, seed)]
    return np.array(counts, dtype=np.uint16)


def partial_ratios(weights: Floats, sums: Floats, squares: Floats, mean: Floats, n: int) -> Floats:
    """Sharpe ratio per period of many choices among parts of a history, (C, V).

    `weights` (C, S): how often a choice takes each part. `sums`, `squares` (S, V): of the returns
    less their `mean` over the whole history, which keeps the squares small. `n`: rows of a choice.
    Without BLAS, whose sums depend on the number of threads.
    """
    total = np.einsum("cs,sv->cv", weights, sums)
    power = np.einsum("cs,sv->cv", weights, squares)
    variance = (power - total**2 / n) / (n - 1)
    varies = variance > 1e-12 * power / n
    deviation = np.sqrt(np.where(varies, variance, 1.0))
    return np.where(varies, (mean + total / n) / deviation, np.nan)


def refuse_level(confidence: float) -> None:
    """Refuse a confidence outside (0.5, 1)."""
    if not 0.5 < confidence < 1.0:
        raise ParameterError(f"confidence must lie between 0.5 and 1, got {confidence}")
