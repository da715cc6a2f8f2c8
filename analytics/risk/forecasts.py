"""What a decided book may lose in the next session: value at risk and expected shortfall."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.special import ndtri

from analytics.arrays import PER_ROOT_YEAR, Floats
from analytics.performance import value_at_risk

WINDOW_SESSIONS = 500
LEVELS: Mapping[str, float] = MappingProxyType({"95": 0.95, "99": 0.99})
FEWEST_SESSIONS: Mapping[str, int] = MappingProxyType({"95": 100, "99": 250})
"""Two and a half simulated losses beyond 99 %, five beyond 95 %: fewer tell nothing of a tail."""

DECISIONS_AT_ONCE = 64  # what is worked on at a time stays in the processor's cache


def simulated_returns(
    exposures: Floats, returns: Floats, *, first: int, window: int = WINDOW_SESSIONS
) -> Floats:
    """What each decided book would have earned in each of the sessions before it.

    Parameters
    ----------
    exposures : (D, S), leverage * weight of the decisions of sessions first, first + 1, ...
    returns : (T, S), per unit of leverage, NaN where a symbol has none.
    first : session of the first decision.
    window : sessions W to look back.

    Returns
    -------
    (D, W), the last column being the session of the decision itself, whose close is known to it.

    Notes
    -----
    Missing data: NaN where a held symbol has no return, and before the first session that has any.
    A book that holds nothing earns 0.
    """
    n_decisions = exposures.shape[0]
    # session 0 has no close to start from
    sessions = np.concatenate([np.full(window, np.nan), np.zeros(returns.shape[0] - 1)])
    earned = sliding_window_view(sessions, window)[first : first + n_decisions].copy()
    before = np.full((returns.shape[1], window - 1), np.nan)
    windows = sliding_window_view(np.concatenate([before, returns.T], axis=1), window, axis=1)
    for start in range(0, n_decisions, DECISIONS_AT_ONCE):
        end = min(start + DECISIONS_AT_ONCE, n_decisions)
        # summed symbol by symbol, so that what is not held changes no digit
        for s in np.flatnonzero((exposures[start:end] != 0.0).any(axis=0)):
            held = start + np.flatnonzero(exposures[start:end, s])
            earned[held] += exposures[held, s, None] * windows[s, first + held]
    return earned


def historical_forecasts(simulated: Floats) -> dict[str, Floats]:
    """Value at risk and expected shortfall of the simulated returns of each book.

    Parameters
    ----------
    simulated : (D, W), as `simulated_returns` gives them.

    Returns
    -------
    `var_95_historical`, `es_95_historical` and the same of 99 % → (D,), losses positive, fractions
    of equity; by the convention of `performance.value_at_risk`.

    Notes
    -----
    Missing data: NaN below 100 known sessions for 95 %, below 250 for 99 %.
    """
    ordered = np.sort(simulated, axis=1)  # what is not known comes last
    n_known = np.isfinite(simulated).sum(axis=1)
    forecasts = {}
    for name, level in LEVELS.items():
        var, es = np.full((2, simulated.shape[0]), np.nan)
        for n in np.unique(n_known[n_known >= FEWEST_SESSIONS[name]]):
            rows = n_known == n
            var[rows], es[rows] = value_at_risk(ordered[rows, :n].T, level)
        forecasts[f"var_{name}_historical"] = var + 0.0  # no loss is a zero without a sign
        forecasts[f"es_{name}_historical"] = es + 0.0
    return forecasts


def parametric_forecasts(volatility_annual: Floats) -> dict[str, Floats]:
    r"""Value at risk and expected shortfall of normal returns with mean zero.

    .. math:: VaR_\alpha = z_\alpha \sigma, \quad ES_\alpha = \sigma \varphi(z_\alpha) / (1-\alpha)

    Parameters
    ----------
    volatility_annual : (D,), forecast of each book, per square-root year.

    Returns
    -------
    `var_95_parametric`, `es_95_parametric` and the same of 99 % → (D,), losses positive, fractions
    of equity in one session; NaN without a forecast.

    Notes
    -----
    Source: McNeil, Frey and Embrechts (2015), *Quantitative Risk Management*, examples 2.11 and
    2.14.
    """
    sigma = volatility_annual / PER_ROOT_YEAR
    forecasts = {}
    for name, level in LEVELS.items():
        z = float(ndtri(level))
        density = np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi)
        forecasts[f"var_{name}_parametric"] = z * sigma
        forecasts[f"es_{name}_parametric"] = sigma * (density / (1.0 - level))
    return forecasts
