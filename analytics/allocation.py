"""How much of the portfolio each sleeve gets, and how large the whole is."""

from collections.abc import Mapping, Sequence

import numpy as np

from analytics.arrays import TRADING_DAYS_PER_YEAR, Bools, Floats
from analytics.errors import ParameterError
from analytics.performance import FEWEST_SESSIONS_IN_MARKET

METHODS = ("equal", "inverse_volatility", "fixed")
ESTIMATION_SESSIONS = 252


def sleeve_volatilities(net_returns: Floats, is_in_market: Bools) -> Floats:
    """Estimate the sleeves' volatilities from their trailing unscaled net returns.

    Parameters
    ----------
    net_returns : (n, K), the latest sessions of K sleeves, NaN before a sleeve's first row.
    is_in_market : (n, K), whether the sleeve ended the session with a position.

    Returns
    -------
    (K,), annual sample deviation over the last 252 sessions.

    Notes
    -----
    Missing data: NaN below 252 rows, and below 20 sessions in the market: idle cash hardly moves
    and would draw all the weight.
    """
    n_sleeves = net_returns.shape[1]
    if net_returns.shape[0] < ESTIMATION_SESSIONS:
        return np.full(n_sleeves, np.nan)
    window = net_returns[-ESTIMATION_SESSIONS:]
    is_known = (
        is_in_market[-ESTIMATION_SESSIONS:].sum(axis=0) >= FEWEST_SESSIONS_IN_MARKET
    ) & np.isfinite(window).all(axis=0)
    deviation = np.std(np.where(np.isfinite(window), window, 0.0), axis=0, ddof=1)
    return np.where(is_known, deviation * np.sqrt(TRADING_DAYS_PER_YEAR), np.nan)


def sleeve_weights(
    method: str,
    volatilities: Floats,
    *,
    sleeves: Sequence[str],
    fixed_weights: Mapping[str, float] | None = None,
) -> Floats:
    r"""Weigh the sleeves.

    Parameters
    ----------
    method : `equal`, `inverse_volatility` (:math:`w_k \propto 1/\sigma_k`) or `fixed`.
    volatilities : (K,), from `sleeve_volatilities`; read by `inverse_volatility` only.
    sleeves : K names.
    fixed_weights : name → weight, for `fixed`.

    Returns
    -------
    (K,), sum 1 (for `fixed`: as given).

    Raises
    ------
    ParameterError
        If the method is none of these, or a sleeve has no fixed weight.

    Notes
    -----
    Missing data: a sleeve without a volatility keeps its 1/K, the others share the rest.
    """
    n_sleeves = len(sleeves)
    equal = np.full(n_sleeves, 1.0 / n_sleeves)
    if method == "equal":
        return equal
    if method == "fixed":
        missing = [name for name in sleeves if name not in (fixed_weights or {})]
        if missing or fixed_weights is None:
            raise ParameterError(f"fixed weights lack {', '.join(missing)}")
        return np.array([float(fixed_weights[name]) for name in sleeves])
    if method != "inverse_volatility":
        raise ParameterError(f"method must be one of {', '.join(METHODS)}, got {method!r}")
    is_known = np.isfinite(volatilities) & (volatilities > 0.0)
    if not is_known.any():
        return equal
    inverse = np.where(is_known, 1.0 / np.where(is_known, volatilities, 1.0), 0.0)
    shared = np.add.reduce(equal[is_known])
    return np.where(is_known, shared * inverse / np.add.reduce(inverse), equal)


def volatility_scale(forecast: float, *, target: float, max_leverage: float) -> float:
    r"""Size the book so that its forecast meets the target, :math:`\min(\tau / \sigma, L)`.

    Parameters
    ----------
    forecast : annual volatility of the unscaled weights.
    target : annual volatility wanted.
    max_leverage : the most the unscaled weights are multiplied by.

    Returns
    -------
    The multiple of the unscaled weights; `max_leverage` when nothing is wanted (forecast 0).

    Raises
    ------
    ParameterError
        If the forecast is not a number: a lost forecast must never become a sell order.
    """
    if not np.isfinite(forecast):
        raise ParameterError(f"the volatility forecast must be a number, got {forecast}")
    return max_leverage if forecast <= target / max_leverage else target / forecast
