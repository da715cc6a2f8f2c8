"""How much of the stock market is in each symbol and in a book."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from analytics.arrays import Floats
from analytics.covariance import unit_returns
from analytics.market import Market

STOCK_MARKET = "SPY"
WINDOW_SESSIONS = 252
FEWEST_SESSIONS = 60
VARIANCE_ROUNDING = 1e-12  # of the mean square: below it nothing has varied


def market_returns(market: Market) -> Floats:
    """Return the stock market's returns (T,), NaN throughout where its fund is not priced."""
    if STOCK_MARKET not in market.symbols:
        return np.full(market.sessions.shape[0], np.nan)
    return unit_returns(market.select([STOCK_MARKET]))[:, 0]


def trailing_betas(
    returns: Floats,
    benchmark: Floats,
    *,
    first: int,
    window: int = WINDOW_SESSIONS,
    fewest: int = FEWEST_SESSIONS,
) -> Floats:
    """Slope of each symbol's returns on the benchmark's, by least squares with an intercept.

    Parameters
    ----------
    returns : (T, S), per unit of leverage.
    benchmark : (T,).
    first : session of the first row wanted.
    window : trailing sessions, those up to the row's own.
    fewest : sessions of the window in which both have a return.

    Returns
    -------
    (T - first, S), row t uses returns up to session first + t.

    Notes
    -----
    Missing data: NaN below the fewest common sessions, and where the benchmark did not vary.
    """
    betas = np.full((returns.shape[0] - first, returns.shape[1]), np.nan)
    for s in range(returns.shape[1]):
        is_common = np.isfinite(returns[:, s]) & np.isfinite(benchmark)
        x, y = np.where(is_common, benchmark, 0.0), np.where(is_common, returns[:, s], 0.0)
        n, sum_x, sum_y, sum_xx, sum_xy = (
            _trailing_sums(values, first, window)
            for values in (is_common.astype(np.float64), x, y, x * x, x * y)
        )
        count = np.maximum(n, 1.0)
        variance = sum_xx - sum_x * sum_x / count
        is_known = (n >= fewest) & (variance > VARIANCE_ROUNDING * sum_xx)
        covariance = sum_xy - sum_x * sum_y / count
        betas[is_known, s] = covariance[is_known] / variance[is_known]
    return betas


def book_betas(exposures: Floats, betas: Floats) -> Floats:
    """Sum the betas of what each book holds.

    Parameters
    ----------
    exposures, betas : (D, S), leverage * weight, and beta per unit of leverage.

    Returns
    -------
    (D,), NaN where the beta of a held symbol is not known.
    """
    total: Floats = np.add.reduce(np.where(exposures != 0.0, exposures * betas, 0.0), axis=1)
    return total


def _trailing_sums(values: Floats, first: int, window: int) -> Floats:
    padded = np.concatenate([np.zeros(window - 1), values])
    sums: Floats = np.add.reduce(sliding_window_view(padded, window)[first:], axis=1)
    return sums
