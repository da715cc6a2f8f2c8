"""Which part of a book's risk each symbol, strategy and sector brings."""

from dataclasses import dataclass

import numpy as np

from analytics.arrays import TRADING_DAYS_PER_YEAR, Bools, Floats
from analytics.performance import TAIL_ROUNDING


@dataclass(frozen=True, eq=False)
class Marginals:
    """What one unit of exposure to each of S symbols adds to one book.

    `side` (S,): 1 where the book is long, -1 where it is short, 0 where it holds nothing. `beta`,
    `volatility_annual`, `es_95` (S,): NaN where not known. `is_stale` (S,): on stale inputs.
    """

    side: Floats
    beta: Floats
    volatility_annual: Floats
    es_95: Floats
    is_stale: Bools


def volatility_marginals(exposures: Floats, covariance: Floats) -> Floats:
    r"""Euler's share of each unit of exposure in the book's volatility.

    .. math:: \partial \sigma / \partial w_i = (C w)_i / \sqrt{w^\top C w}

    Parameters
    ----------
    exposures : (S,), w = leverage * weight.
    covariance : (S, S), C, per session.

    Returns
    -------
    (S,), per square-root year; times the exposures they sum to the volatility. 0 where the book
    has none.

    Notes
    -----
    Source: Tasche (1999), "Risk Contributions and Performance Measurement".
    """
    covariances = np.add.reduce(covariance * exposures, axis=1)
    variance = float(np.add.reduce(covariances * exposures))
    if variance <= 0.0:
        return np.zeros_like(exposures)
    marginals: Floats = covariances / np.sqrt(variance) * np.sqrt(TRADING_DAYS_PER_YEAR)
    return marginals


def shortfall_marginals(simulated: Floats, returns: Floats, var: float) -> Floats:
    """Euler's share of each unit of exposure in the book's historical expected shortfall.

    Parameters
    ----------
    simulated : (W,), the book's simulated returns, NaN where not known.
    returns : (W, S), per unit of leverage in the same sessions.
    var : the book's historical value at risk, NaN where not known.

    Returns
    -------
    (S,), less each symbol's mean return in the sessions of the tail; times the exposures they sum
    to the expected shortfall. NaN where there is no value at risk, or the symbol lacks one of the
    sessions (then the book does not hold it).

    Notes
    -----
    Source: Tasche (2002), "Expected Shortfall and Beyond", Journal of Banking and Finance 26(7).
    """
    is_tail = simulated <= TAIL_ROUNDING - var
    if not is_tail.any():
        return np.full(returns.shape[1], np.nan)
    marginals: Floats = -np.add.reduce(returns[is_tail], axis=0) / int(is_tail.sum())
    return marginals


def group_rows(groups: Floats, marginals: Marginals) -> dict[str, Floats]:
    """Sum what groups of exposures bring.

    Parameters
    ----------
    groups : (G, S), exposures of each group; over the groups of one dimension they sum to the book.
    marginals : of the book.

    Returns
    -------
    Column of `analytics.risk_exposures` → (G,). Longs and shorts are the book's: where two
    strategies hold opposite sides of a symbol, what remains of them counts on the side that the
    book is on, so that the one that hedges reduces it. NaN where a figure of a symbol that
    the book holds is not known.
    """
    side = marginals.side

    def summed(per_unit: Floats) -> Floats:
        # sides that cancel out bring nothing together, whatever a unit brings
        known = np.where((side == 0.0) & np.isnan(per_unit), 0.0, per_unit)
        total: Floats = np.add.reduce(np.where(groups != 0.0, groups * known, 0.0), axis=1)
        return total + 0.0  # nothing is a zero without a sign

    long, short = summed(np.maximum(side, 0.0)), summed(np.maximum(-side, 0.0))
    return {
        "long_weight": long,
        "short_weight": short,
        "gross_exposure": long - short,
        "net_exposure": summed(np.ones_like(side)),
        "beta_spy": summed(marginals.beta),
        "volatility_contribution_annual": summed(marginals.volatility_annual),
        "es_95_contribution": summed(marginals.es_95),
        "stale_exposure": summed(np.where(marginals.is_stale, side, 0.0)),
    }
