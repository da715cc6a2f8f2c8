"""How sure a Sharpe ratio is: errors, intervals, probabilities.

Sharpe ratios here are per period (one session), of net returns less the bill's, never annualised:
multiply a ratio or its error by the square root of 252 for a year; only the intervals are a year's.
Kurtosis is always **raw** (3 for a normal), skewness and kurtosis are population moments, as
`performance.moments` gives them. Where an input is NaN the result is.
"""

import math
from itertools import combinations

import numpy as np
from scipy.special import ndtr, ndtri

from analytics.arrays import Floats
from analytics.bootstrap import FEWEST_PERIODS, partial_ratios, refuse_level
from analytics.errors import ParameterError

CSCV_BLOCKS = 16


def sharpe_error_lo(ratio: Floats, periods: int) -> Floats:
    r"""Return the standard error of a Sharpe ratio of normal returns, :math:`\sqrt{(1+SR^2/2)/T}`.

    Parameters
    ----------
    ratio : (V,), Sharpe ratio per period.
    periods : T, how many returns it was measured on.

    Returns
    -------
    (V,), per period; NaN below two periods.

    Notes
    -----
    For independent and identically distributed normal returns.
    Source: Lo (2002), "The Statistics of Sharpe Ratios", Financial Analysts Journal 58(4).
    """
    return np.sqrt((1.0 + 0.5 * ratio**2) / _at_least_two(periods))


def sharpe_error(ratio: Floats, periods: int, skewness: Floats, kurtosis: Floats) -> Floats:
    r"""Return the standard error of a Sharpe ratio of returns with any skewness and kurtosis.

    :math:`\sqrt{(1 - \gamma_3 SR + \frac{\gamma_4 - 1}{4} SR^2) / (T - 1)}`

    Parameters
    ----------
    ratio : (V,), Sharpe ratio per period.
    periods : T, how many returns it was measured on.
    skewness, kurtosis : (V,), of the returns that the ratio was measured on; kurtosis raw.

    Returns
    -------
    (V,), per period; NaN below two periods.

    Notes
    -----
    Source: Mertens (2002); Bailey and López de Prado (2012), "The Sharpe Ratio Efficient Frontier",
    Journal of Risk 15(2).
    """
    return np.sqrt(_spread(ratio, skewness, kurtosis) / (_at_least_two(periods) - 1.0))


def probabilistic_sharpe(
    ratio: Floats, benchmark: Floats | float, periods: int, skewness: Floats, kurtosis: Floats
) -> Floats:
    """Return the probability that the true Sharpe ratio exceeds a benchmark.

    Parameters
    ----------
    ratio : (V,), Sharpe ratio per period.
    benchmark : Sharpe ratio per period to be exceeded; 0 asks for any skill.
    periods : T, how many returns it was measured on.
    skewness, kurtosis : (V,), of the returns; kurtosis raw.

    Returns
    -------
    (V,), between 0 and 1; NaN below two periods.

    Notes
    -----
    Source: Bailey and López de Prado (2012), "The Sharpe Ratio Efficient Frontier".
    """
    excess = (ratio - benchmark) / sharpe_error(ratio, periods, skewness, kurtosis)
    probability: Floats = ndtr(excess)
    return probability


def minimum_track_record(
    ratio: Floats,
    benchmark: Floats | float,
    skewness: Floats,
    kurtosis: Floats,
    *,
    confidence: float = 0.95,
) -> Floats:
    """Return how many periods it takes until a Sharpe ratio is known to exceed a benchmark.

    Parameters
    ----------
    ratio : (V,), Sharpe ratio per period.
    benchmark : Sharpe ratio per period to be exceeded.
    skewness, kurtosis : (V,), of the returns; kurtosis raw.
    confidence : between 0.5 and 1.

    Returns
    -------
    (V,), periods, not rounded; infinite where the ratio does not exceed the benchmark.

    Raises
    ------
    ParameterError
        The confidence is outside (0.5, 1).

    Notes
    -----
    Source: Bailey and López de Prado (2012), "The Sharpe Ratio Efficient Frontier".
    """
    refuse_level(confidence)
    excess = np.asarray(ratio - benchmark, dtype=np.float64)
    is_better = excess > 0.0
    needed = (ndtri(confidence) / np.where(is_better, excess, np.nan)) ** 2
    periods = 1.0 + _spread(ratio, skewness, kurtosis) * needed
    return np.where(np.isnan(excess) | is_better, periods, np.inf)


def expected_maximum_sharpe(trials: int, variance: float) -> float:
    r"""Return the Sharpe ratio that the best of N skill-less trials is expected to show.

    :math:`\sqrt{V} ((1-\gamma) Z^{-1}[1 - 1/N] + \gamma Z^{-1}[1 - 1/(N e)])`

    Parameters
    ----------
    trials : N, how many independent parameter sets were tried.
    variance : V, sample variance of their Sharpe ratios per period.

    Returns
    -------
    Per period; 0 for one trial, which was no search.

    Raises
    ------
    ParameterError
        Fewer than one trial, or a negative variance.

    Notes
    -----
    Source: Bailey and López de Prado (2014), "The Deflated Sharpe Ratio", Journal of Portfolio
    Management 40(5); the Euler-Mascheroni constant weighs the two quantiles.
    """
    if trials < 1 or variance < 0.0:
        raise ParameterError(f"{trials} trials with a variance of {variance} cannot be")
    if trials == 1:
        return 0.0
    upper, lower = ndtri(1.0 - 1.0 / trials), ndtri(1.0 - 1.0 / (trials * math.e))
    return float(math.sqrt(variance) * ((1.0 - np.euler_gamma) * upper + np.euler_gamma * lower))


def overfitting_probability(excess_returns: Floats, *, blocks: int = CSCV_BLOCKS) -> float:
    """Return how often the best variant of one half of the history is no good in the other half.

    Parameters
    ----------
    excess_returns : (R, V), net return less the bill's return, per session and variant; variants
        without a Sharpe ratio left out before.
    blocks : S, even; the history is cut into so many equal parts, the oldest R modulo S sessions
        left out, and every half of the parts is once the half that chooses.

    Returns
    -------
    PBO between 0 and 1; NaN with fewer than two variants or two sessions a part. Variants that are
    equally good in the half that chooses are chosen in equal parts.

    Raises
    ------
    ParameterError
        `blocks` is odd or below two.

    Notes
    -----
    Combinatorially symmetric cross-validation. The rank in the other half is w = rank / (V + 1),
    equal ratios sharing their middle rank; a choice counts as overfit where w is at most 1/2.
    Source: Bailey, Borwein, López de Prado and Zhu (2017), "The Probability of Backtest
    Overfitting", Journal of Computational Finance 20(4), section 3.
    """
    from scipy.stats import rankdata  # half a second, which few commands need

    if blocks < 2 or blocks % 2:
        raise ParameterError(f"blocks must be even and at least 2, got {blocks}")
    size, n_variants = excess_returns.shape[0] // blocks, excess_returns.shape[1]
    if n_variants < 2 or size < FEWEST_PERIODS:
        return math.nan
    halves = np.array(list(combinations(range(blocks), blocks // 2)))
    is_chosen = np.zeros((len(halves), blocks))
    np.put_along_axis(is_chosen, halves, 1.0, axis=1)
    returns = excess_returns[-size * blocks :]
    mean = returns.mean(axis=0)
    parts = (returns - mean).reshape(blocks, size, n_variants)
    sums, squares = parts.sum(axis=1), (parts**2).sum(axis=1)
    train, test = (
        partial_ratios(weights, sums, squares, mean, returns.shape[0] // 2)
        for weights in (is_chosen, 1.0 - is_chosen)
    )
    has_choice = ~np.isnan(train).all(axis=1)
    train, test = train[has_choice], test[has_choice]
    if not has_choice.any():
        return math.nan
    is_best = train == np.nanmax(train, axis=1, keepdims=True)
    ranks = rankdata(np.where(np.isnan(test), -np.inf, test), axis=1) / (n_variants + 1)
    overfit = (is_best & (ranks <= 0.5)).sum(axis=1) / is_best.sum(axis=1)
    return float(overfit.mean())


def _spread(ratio: Floats, skewness: Floats, kurtosis: Floats) -> Floats:
    """Variance of a Sharpe ratio times its periods."""
    spread: Floats = 1.0 - skewness * ratio + 0.25 * (kurtosis - 1.0) * ratio**2
    return spread


def _at_least_two(periods: int) -> float:
    return float(periods) if periods >= FEWEST_PERIODS else math.nan
