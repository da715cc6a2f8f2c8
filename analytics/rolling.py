"""Figures over a window that moves with the sessions."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.special import ndtri

from analytics.arrays import PER_ROOT_YEAR, Floats
from analytics.errors import ParameterError
from analytics.inference import sharpe_error
from analytics.performance import FEWEST_SESSIONS_IN_MARKET, moments, sharpe


def rolling_sharpe(
    excess_returns: Floats,
    gross_exposure: Floats,
    *,
    window: int = 252,
    confidence: float = 0.95,
) -> tuple[Floats, Floats, Floats]:
    """Return the annualised Sharpe ratio of the trailing window and the ends of its interval.

    Parameters
    ----------
    excess_returns : (R,), net return less the bill's, per session.
    gross_exposure : (R,), at the close.
    window : sessions, at least 2.
    confidence : of the interval, between 0.5 and 1.

    Returns
    -------
    Value, lower and upper end, (R,) each; row t uses returns up to and including session t. The
    interval is the ratio plus and minus normal quantiles of its standard error with skewness and
    kurtosis (`inference.sharpe_error`).

    Raises
    ------
    ParameterError
        The window is below 2 or the confidence outside (0.5, 1).

    Notes
    -----
    Missing data: NaN until the window is full, and where fewer than 20 of its sessions end with a
    position: interest less the bill is rounding, and a ratio of it means nothing.
    """
    if window < 2 or not 0.5 < confidence < 1.0:
        raise ParameterError(
            f"a window of {window} sessions with a confidence of {confidence} cannot be"
        )
    value, lower, upper = np.full((3, excess_returns.shape[0]), np.nan)
    if excess_returns.shape[0] >= window:
        windows = np.ascontiguousarray(sliding_window_view(excess_returns, window).T)
        ratio = sharpe(windows) / PER_ROOT_YEAR
        reach = ndtri(0.5 + confidence / 2.0) * sharpe_error(ratio, window, *moments(windows))
        held = sliding_window_view(gross_exposure != 0.0, window).sum(axis=1)
        ratio[held < FEWEST_SESSIONS_IN_MARKET] = np.nan
        for ends, known in ((value, ratio), (lower, ratio - reach), (upper, ratio + reach)):
            ends[window - 1 :] = known * PER_ROOT_YEAR
    return value, lower, upper
