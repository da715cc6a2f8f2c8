"""How much of the portfolio each sleeve gets, and how large the whole is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analytics.arrays import TRADING_DAYS_PER_YEAR, Bools, Floats
from analytics.errors import InputError, ParameterError
from analytics.performance import FEWEST_SESSIONS_IN_MARKET

ESTIMATED_METHODS = ("inverse_volatility", "risk_parity", "hrp", "min_variance")
"""Methods that read the covariance of past returns."""
METHODS = ("equal", *ESTIMATED_METHODS, "fixed")
ESTIMATION_SESSIONS = 252
RISK_AVERSION = 5.0
"""At which an investor with a Sharpe ratio of one half chooses 10 % volatility: 0.5 / 0.10."""


@dataclass(frozen=True, eq=False)
class Estimate:
    """Weights of N assets, (N,), and the annual covariance that they rest on, (N, N)."""

    weights: Floats
    covariance: Floats


def estimate_weights(method: str, returns: Floats) -> Estimate:
    r"""Weigh N assets by the Ledoit-Wolf covariance of their last 252 returns.

    Parameters
    ----------
    method : `inverse_volatility` (:math:`w_i \propto 1/\sigma_i`), `risk_parity` (equal shares of
        the variance), `hrp` (hierarchical risk parity) or `min_variance` (long only).
    returns : (n, N), return per session; what is before the last 252 sessions is not read.

    Returns
    -------
    Weights that sum to 1, none negative.

    Raises
    ------
    ParameterError
        If the method is none of these.
    InputError
        If there are fewer than 252 sessions, a return is missing, or an asset never moves.

    Notes
    -----
    Computed by skfolio. `risk_parity` and `min_variance` come from its solver, which stops where
    the objective is met: the weights are right to about 1e-5 and 1e-4, on another machine maybe
    other ones, and not right at volatilities below 0.1 % a year.
    Sources: Ledoit and Wolf (2004), "A well-conditioned estimator for large-dimensional covariance
    matrices"; Maillard, Roncalli and Teïletche (2010), "The properties of equally weighted risk
    contribution portfolios"; López de Prado (2016), "Building diversified portfolios that
    outperform out of sample".
    """
    if method not in ESTIMATED_METHODS:
        raise ParameterError(
            f"method must be one of {', '.join(ESTIMATED_METHODS)}, got {method!r}"
        )
    n_sessions = returns.shape[0]
    if n_sessions < ESTIMATION_SESSIONS:
        raise InputError(
            f"{method} needs {ESTIMATION_SESSIONS} sessions of returns, there are {n_sessions}"
        )
    # one layout in memory: the solver's last bits depend on it
    window = np.ascontiguousarray(returns[-ESTIMATION_SESSIONS:])
    if not np.isfinite(window).all():
        raise InputError(f"{method} needs every return of the last {ESTIMATION_SESSIONS} sessions")
    if not (np.ptp(window, axis=0) > 0.0).all():
        raise InputError(f"{method} cannot weigh an asset that never moves")
    optimizer = _optimizer(method)
    optimizer.fit(window)
    covariance = optimizer.prior_estimator_.return_distribution_.covariance
    weights = np.asarray(optimizer.weights_, dtype=np.float64)
    return Estimate(
        weights=weights / np.add.reduce(weights),
        covariance=np.asarray(covariance, dtype=np.float64) * TRADING_DAYS_PER_YEAR,
    )


def _optimizer(method: str) -> Any:
    """The method as skfolio has it; imported here because that takes seconds."""
    from skfolio import RiskMeasure
    from skfolio.moments import LedoitWolf
    from skfolio.optimization import (
        HierarchicalRiskParity,
        InverseVolatility,
        MeanRisk,
        RiskBudgeting,
    )
    from skfolio.prior import EmpiricalPrior

    prior = EmpiricalPrior(covariance_estimator=LedoitWolf())
    if method == "inverse_volatility":
        return InverseVolatility(prior_estimator=prior)
    # min_variance is what MeanRisk minimises unless told otherwise
    kinds = {
        "risk_parity": RiskBudgeting, "hrp": HierarchicalRiskParity, "min_variance": MeanRisk,
    }  # fmt: skip
    return kinds[method](risk_measure=RiskMeasure.VARIANCE, prior_estimator=prior)


@dataclass(frozen=True, eq=False)
class SleeveWeights:
    """Weights of K sleeves.

    `weights` (K,), sum 1 (for `fixed`: as given). `covariance` (K, K), annual, NaN for a sleeve
    that was not estimated: because there are too few sessions of it (`short_history`), or because
    it was hardly ever in the market (`idle`). Both are empty for a method that estimates nothing.
    """

    weights: Floats
    covariance: Floats
    short_history: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()

    @property
    def volatilities(self) -> Floats:
        """(K,), annual, NaN for a sleeve that was not estimated."""
        return np.sqrt(np.diagonal(self.covariance))

    @property
    def variance_shares(self) -> Floats:
        """(K,), each estimated sleeve's share of the variance of these together; NaN for others."""
        is_known = np.isfinite(np.diagonal(self.covariance))
        w = np.where(is_known, self.weights, 0.0)
        per_sleeve = w * np.add.reduce(np.nan_to_num(self.covariance) * w, axis=1)
        total = np.add.reduce(per_sleeve) if is_known.any() else np.nan
        return np.where(is_known, per_sleeve / total, np.nan)


def sleeve_weights(
    method: str,
    net_returns: Floats,
    is_in_market: Bools,
    *,
    sleeves: Sequence[str],
    fixed_weights: Mapping[str, float] | None = None,
) -> SleeveWeights:
    """Weigh the sleeves by their trailing unscaled net returns.

    Parameters
    ----------
    method : one of `METHODS`.
    net_returns : (n, K), the latest sessions of K sleeves, NaN before a sleeve's first row.
    is_in_market : (n, K), whether the sleeve ended the session with a position.
    sleeves : K names.
    fixed_weights : name → weight, for `fixed`.

    Returns
    -------
    Weights, and what they rest on.

    Raises
    ------
    ParameterError
        If the method is not known, or a sleeve has no fixed weight.

    Notes
    -----
    Missing data: a sleeve with fewer than 252 rows, or fewer than 20 of them in the market (idle
    cash hardly moves and would draw all the weight), keeps its 1/K; the method shares the rest out
    among the others.
    """
    n_sleeves = len(sleeves)
    equal = np.full(n_sleeves, 1.0 / n_sleeves)
    unknown = np.full((n_sleeves, n_sleeves), np.nan)
    if method == "equal":
        return SleeveWeights(equal, unknown)
    if method == "fixed":
        missing = [name for name in sleeves if name not in (fixed_weights or {})]
        if missing or fixed_weights is None:
            raise ParameterError(f"fixed weights lack {', '.join(missing)}")
        return SleeveWeights(np.array([float(fixed_weights[name]) for name in sleeves]), unknown)
    if method not in METHODS:
        raise ParameterError(f"method must be one of {', '.join(METHODS)}, got {method!r}")
    is_long, is_active = _histories(net_returns, is_in_market)
    known = np.flatnonzero(is_long & is_active)
    short = tuple(name for name, enough in zip(sleeves, is_long, strict=True) if not enough)
    idle = tuple(
        name
        for name, enough, moves in zip(sleeves, is_long, is_active, strict=True)
        if enough and not moves
    )
    if known.shape[0] == 0:
        return SleeveWeights(equal, unknown, short, idle)
    found = estimate_weights(method, net_returns[:, known])
    weights, covariance = equal, unknown
    weights[known] = found.weights * np.add.reduce(equal[known])
    covariance[np.ix_(known, known)] = found.covariance
    return SleeveWeights(weights, covariance, short, idle)


def _histories(net_returns: Floats, is_in_market: Bools) -> tuple[Bools, Bools]:
    """Tell which of K sleeves have enough sessions, and which moved enough in them, (K,) each."""
    window = net_returns[-ESTIMATION_SESSIONS:]
    is_long: Bools = np.isfinite(window).sum(axis=0) >= ESTIMATION_SESSIONS
    n_held = is_in_market[-ESTIMATION_SESSIONS:].sum(axis=0)
    spread = np.ptp(np.nan_to_num(window, nan=0.0), axis=0)
    is_active: Bools = (n_held >= FEWEST_SESSIONS_IN_MARKET) & (spread > 0.0)
    return is_long, is_active


def is_worth_its_cost(
    held: Floats,
    wanted: SleeveWeights,
    *,
    gross_exposure: Floats,
    cost_fraction: float,
    scale: float,
) -> bool:
    r"""Tell whether new sleeve weights gain more in a year than the trades towards them cost.

    .. math:: \tfrac{\gamma}{2} s^2 (w - h)^\top \Sigma (w - h) > c s \sum_k g_k |w_k - h_k|

    Parameters
    ----------
    held : (K,), weights in force, h.
    wanted : the new weights w, and their annual covariance.
    gross_exposure : (K,), mean Σ|weight| inside a sleeve, g: what a change of it trades.
    cost_fraction : cost c of traded value.
    scale : multiple s of the sleeve weights at which the book is held, positive, known by then.

    Returns
    -------
    Whether to change. True when nothing changes, and when a sleeve that changes was not estimated:
    what is not known cannot be weighed against its cost.

    Notes
    -----
    The left side is what an investor with risk aversion 5 gives for not being s (h - w) away from
    the wanted portfolio. A book of twice the size trades twice as much and gains four times as
    much, so that a calm book, which the target volatility enlarges, is changed sooner. Source: the
    quadratic loss of Gârleanu and Pedersen (2013), "Dynamic trading with predictable returns and
    transaction costs", against costs in proportion to the trade.
    """
    change = wanted.weights - held
    at = np.flatnonzero(change != 0.0)
    if at.shape[0] == 0:
        return True
    variance = wanted.covariance[np.ix_(at, at)]
    if np.isnan(variance).any():
        return True
    per_sleeve = np.add.reduce(variance * change[at], axis=1)
    loss = 0.5 * RISK_AVERSION * scale**2 * float(np.add.reduce(per_sleeve * change[at]))
    cost = cost_fraction * scale * float(np.add.reduce(gross_exposure * np.abs(change)))
    return loss > cost


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
