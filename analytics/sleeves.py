"""Sleeves: the strategies' walk-forward targets as the portfolio sees them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics.allocation import (
    ESTIMATION_SESSIONS,
    SleeveWeights,
    is_worth_its_cost,
    sleeve_weights,
    volatility_scale,
)
from analytics.arrays import PER_ROOT_YEAR, Bools, Floats, Ints
from analytics.backtest import Backtest
from analytics.covariance import SEED_SESSIONS, known_returns
from analytics.errors import InputError
from analytics.market import SESSIONS_WITHOUT_BAR_UNTIL_CLOSED, Market
from analytics.settings import PortfolioConfig

FEWEST_KNOWN_RETURNS = SEED_SESSIONS
"""Before its variance is seeded a symbol would count as nearly riskless and be bought at the
largest leverage, so the portfolio does not want it yet."""

SHORT_HISTORY = "short_history"


@dataclass(frozen=True, eq=False)
class Sleeve:
    """One strategy's stitched path over T sessions.

    `symbols`: S_k names. `targets` (T, S_k): weight of the sleeve's own capital decided at t, NaN
    before its first decision. `is_frozen`, `is_quarantined` (T, S_k). `backtest`: the path
    simulated once, V = 1. `reasons` (T, S_k): index into `reason_names` of the decision that last
    changed the target.
    """

    name: str
    symbols: tuple[str, ...]
    targets: Floats
    is_frozen: Bools
    is_quarantined: Bools
    backtest: Backtest
    reasons: Ints
    reason_names: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Estimation:
    """Sleeve weights decided anew at session t, and whether changing to them is worth its cost."""

    t: int
    wanted: SleeveWeights
    is_applied: bool


@dataclass(frozen=True, eq=False)
class SleevePlan:
    """What the sleeves want together, T sessions * K sleeves * S symbols of the portfolio's market.

    `names`: the K configured strategies; `sleeves`: those of them that have begun.
    `first_decision`: first session with a decision of any sleeve. `weights` (T, K): sleeve weights
    in force; `estimations`: each time they were decided anew, in order. `parts` (T, K, S): sleeve
    weight * target; `desired` (T, S) their sum.
    `is_frozen` (T, S). `is_young` (T, S): too little history to be wanted. `unscaled_return` (T,):
    of the sleeves at these weights, NaN before a row.
    """

    market: Market
    names: tuple[str, ...]
    sleeves: tuple[Sleeve, ...]
    first_decision: int
    weights: Floats
    estimations: tuple[Estimation, ...]
    parts: Floats
    desired: Floats
    is_frozen: Bools
    is_young: Bools
    unscaled_return: Floats


def plan_sleeves(
    market: Market, sleeves: Sequence[Sleeve], *, is_month_first: Bools, config: PortfolioConfig
) -> SleevePlan:
    """Combine the sleeves' targets, session by session.

    Parameters
    ----------
    market : T sessions of all symbols that the sleeves trade.
    sleeves : those of the K configured strategies that have decided something.
    is_month_first : (T,), whether session t is its month's first.
    config : the portfolio's settings.

    Returns
    -------
    The plan, before scale and limits.

    Raises
    ------
    InputError
        If there is no sleeve.

    Notes
    -----
    Timing: row t uses targets decided at t and sleeve returns up to t.
    Missing data: a configured sleeve that has not begun, or is not there, wants nothing and keeps
    its weight, so that the portfolio's past does not depend on when another sleeve begins. A symbol
    without a bar is frozen; after 5 sessions it is closed and wanted no more, while quarantined
    sessions freeze it as long as they last. A symbol is not wanted before its 60th known return.
    """
    if not sleeves:
        raise InputError("a portfolio needs at least one sleeve with decisions")
    first = min(sleeve.backtest.first_decision for sleeve in sleeves)
    names = config.strategies
    targets, is_frozen = _on_market(market, sleeves, names)
    is_dead = market.missing_sessions >= SESSIONS_WITHOUT_BAR_UNTIL_CLOSED
    is_unknown = np.isnan(market.mark_usd)
    is_young = known_returns(market) < FEWEST_KNOWN_RETURNS
    is_unwanted = is_dead | is_unknown | is_young
    targets[np.broadcast_to(is_unwanted[:, None, :], targets.shape)] = 0.0
    returns, gross = _sleeve_rows(market, sleeves, names)
    is_estimated = is_month_first.copy()
    is_estimated[: first + 1] = False
    is_estimated[first] = True
    weights, estimations = _weights_in_force(returns, gross, is_estimated, config)
    parts = weights[:, :, None] * targets
    unscaled = np.full(returns.shape[0], np.nan)
    # weights of the decision before earn the returns of the session
    unscaled[first + 1 :] = np.add.reduce(
        weights[first:-1] * np.nan_to_num(returns[first + 1 :], nan=0.0), axis=1
    )
    return SleevePlan(
        market=market,
        names=tuple(names),
        sleeves=tuple(sleeves),
        first_decision=first,
        weights=weights,
        estimations=estimations,
        parts=parts,
        desired=np.add.reduce(parts, axis=1),
        is_frozen=(is_frozen | ~market.has_bar) & ~is_dead & ~is_unknown,
        is_young=is_young,
        unscaled_return=unscaled,
    )


def _on_market(
    market: Market, sleeves: Sequence[Sleeve], names: Sequence[str]
) -> tuple[Floats, Bools]:
    """Lay targets (T, K, S) and the frozen flags (T, S) out on the portfolio's symbols."""
    n_sessions, n_symbols = market.has_bar.shape
    targets = np.zeros((n_sessions, len(names), n_symbols))
    is_frozen = np.zeros((n_sessions, n_symbols), dtype=np.bool_)
    for sleeve in sleeves:
        k = names.index(sleeve.name)
        columns = [market.symbols.index(symbol) for symbol in sleeve.symbols]
        targets[:, k, columns] = np.nan_to_num(sleeve.targets, nan=0.0)
        is_frozen[:, columns] |= sleeve.is_frozen
    return targets, is_frozen


def _sleeve_rows(
    market: Market, sleeves: Sequence[Sleeve], names: Sequence[str]
) -> tuple[Floats, Floats]:
    """Lay the sleeves' unscaled net returns and gross exposure out on the sessions, (T, K)."""
    shape = (market.sessions.shape[0], len(names))
    returns, gross = np.full(shape, np.nan), np.zeros(shape)
    for sleeve in sleeves:
        k = names.index(sleeve.name)
        rows = sleeve.backtest.sessions
        returns[rows, k] = sleeve.backtest.net_return[:, 0]
        gross[rows, k] = sleeve.backtest.gross_exposure[:, 0]
    return returns, gross


def _weights_in_force(
    returns: Floats,
    gross: Floats,
    is_estimated: Bools,
    config: PortfolioConfig,
) -> tuple[Floats, tuple[Estimation, ...]]:
    """Estimate sleeve weights where due and carry what is in force; 0 before the first decision.

    New weights come into force when they gain more than trading towards them costs, at the size
    that the target volatility gives the book.
    """
    weights = np.zeros(returns.shape)
    estimations: list[Estimation] = []
    due = np.flatnonzero(is_estimated)
    for t, until in zip(due, np.append(due[1:], returns.shape[0]), strict=True):
        # known at the close of t: sleeve returns up to t
        known = slice(max(t + 1 - ESTIMATION_SESSIONS, 0), t + 1)
        wanted = sleeve_weights(
            config.method,
            returns[known],
            gross[known] != 0.0,
            sleeves=config.strategies,
            fixed_weights=config.fixed_weights,
        )
        held = weights[t - 1] if estimations else None
        is_applied = held is None or is_worth_its_cost(
            held,
            wanted,
            gross_exposure=gross[known].mean(axis=0),
            cost_fraction=config.costs.trading_fraction,
            scale=_book_scale(held, returns[known], config),
        )
        weights[t:until] = wanted.weights if held is None or is_applied else held
        estimations.append(Estimation(int(t), wanted, is_applied))
    return weights, tuple(estimations)


def _book_scale(held: Floats, known: Floats, config: PortfolioConfig) -> float:
    """Return the scale that brings sleeve weights to the target volatility over known returns.

    Of the weights in force over the same (n, K) returns as the estimate: what a change gains is
    gained over the year to come, so neither the latest forecast nor a limit of tonight sizes it. A
    session before a sleeve's first row earns nothing, as in the portfolio.
    """
    earned = np.add.reduce(held * np.nan_to_num(known, nan=0.0), axis=1)
    return volatility_scale(
        float(np.std(earned, ddof=1)) * PER_ROOT_YEAR,
        target=config.target_volatility_annual,
        max_leverage=config.max_leverage,
    )
