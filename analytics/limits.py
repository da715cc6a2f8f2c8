"""Risk limits: what the portfolio may hold of what it wants, and which limit took how much."""

from dataclasses import dataclass, replace

import numpy as np

from analytics.arrays import Bools, Floats, kept_part
from analytics.leverage import capped_shocks

LIMITS = ("symbol", "liquidity", "sector", "stress", "gross", "net", "turnover")
"""In the order in which they act, each on what the one before left."""

ROUNDING = 1e-12
LARGEST_ROUNDS = 20
"""Of turnover against net and stress, after which nothing is added any more."""


@dataclass(frozen=True, eq=False)
class LimitRules:
    """The limits of a portfolio of S symbols.

    `symbol_cap` (S,): largest |leverage * weight|. `is_in_sector` (C, S): the sectors that
    `sector_cap`, the largest Σ|weight|, binds; funds belong to none. `stress_shock` (S,): return
    per unit of leverage under the stress; `max_stress_loss`: largest loss of equity under it.
    `gross`, `net`: largest Σ|leverage * weight| and |Σ leverage * weight|. `turnover`: largest
    Σ|Δ weight| of one night's orders. `minimum_order`: smaller changes are not sent.
    """

    symbol_cap: Floats
    is_in_sector: Bools
    sector_cap: float
    stress_shock: Floats
    max_stress_loss: float
    gross: float
    net: float
    turnover: float
    minimum_order: float


@dataclass(frozen=True, eq=False)
class Limited:
    """Weights after the limits.

    `final` (S,). `factors` (7, S): what each limit multiplied the weight by, in the order of
    `LIMITS`; the bite of a limit is what its factor took from the weight before it.
    """

    final: Floats
    factors: Floats


def apply_limits(
    desired: Floats,
    *,
    holding: Floats,
    leverage: Floats,
    liquidity_cap: Floats,
    is_frozen: Bools,
    rules: LimitRules,
) -> Limited:
    """Cut desired weights to what the limits allow.

    Parameters
    ----------
    desired : (S,), weight of equity wanted, summed over sleeves; where frozen, the holding itself.
    holding : (S,), drifted weight held at the deciding close.
    leverage : (S,), of one unit as effective at the fill.
    liquidity_cap : (S,), largest |weight| that the market can take, from `liquidity_caps`.
    is_frozen : (S,), symbols that make no decision: their weight is fixed and counts.
    rules : the limits.

    Returns
    -------
    Final weights and the limits' factors; final = desired * the product of the factors.

    Notes
    -----
    The symbol and liquidity limits scale their symbol, the next four the whole book (all that is
    not frozen) by one factor. What is frozen takes room from what would be added and never from
    what is held: beside it the additions alone are scaled once more, down to none, and where it and
    what is held are beyond a limit together nothing is sold for it.
    The turnover limit scales what the orders add: reductions are never capped and use the budget
    first; a reversal is a reduction plus a new position; orders below the minimum, before or after
    the cut, are not sent and use none. Where it holds back the offsetting side of the net or stress
    limit, the book shrinks once more until both hold, which counts as turnover's.
    No limit is broken in the end, unless by what is frozen, and then nothing is added that brings
    the book further from it.
    """
    is_free = ~is_frozen
    factors = np.ones((len(LIMITS), desired.shape[0]))
    factors[0] = _own_factors(leverage * desired, rules.symbol_cap, is_free)
    weights = desired * factors[0]
    factors[1] = _own_factors(weights, liquidity_cap, is_free)
    weights = weights * factors[1]
    for row, measure in enumerate((_in_sectors, _stress_loss, _gross, _net), start=2):
        values, bound = measure(weights, leverage, rules)
        factors[row] = _book_factors(values, bound, w=weights, holding=holding, is_free=is_free)
        weights = weights * factors[row]
    factors[-1] = _turnover_factors(weights, holding, is_free, rules)
    factors[-1] = _offsets_restored(factors[-1], weights, holding, leverage, is_free, rules)
    return Limited(final=weights * factors[-1], factors=factors)


def liquidity_caps(traded_value_usd: Floats, *, equity_usd: float | Floats, share: float) -> Floats:
    """Return the largest weights that a share of the value traded in a day amounts to.

    Parameters
    ----------
    traded_value_usd : (S,) or (D, S), average daily volume in money, known at the deciding close.
    equity_usd : of the portfolio; (D, 1) for D decisions.
    share : of the average daily volume that a position may be.

    Returns
    -------
    Of |weight|, one per value traded.

    Notes
    -----
    Missing data: without end where no average is known. A provider that tells no volume must not
    sell a position; that the limit could not be measured is said in `analytics.limit_usage`.
    """
    cap = share * traded_value_usd / np.maximum(equity_usd, 1.0)
    return np.where(np.isnan(traded_value_usd), np.inf, cap)


def orders_sent(final: Floats, *, holding: Floats, is_frozen: Bools, minimum_order: float) -> Bools:
    """Tell which symbols are traded tonight.

    Parameters
    ----------
    final : (S,), weight wanted after limits.
    holding : (S,), drifted weight held.
    is_frozen : (S,), symbols that make no decision.
    minimum_order : smallest |Δ weight| worth sending.

    Returns
    -------
    (S,). A smaller change stays pending, unless the target is 0.
    """
    change = np.abs(final - holding)
    is_exit = (final == 0.0) & (holding != 0.0)
    sent: Bools = ((change >= minimum_order) | is_exit) & ~is_frozen
    return sent


def offset_factors(
    w: Floats, *, holding: Floats, leverage: Floats, is_free: Bools, rules: LimitRules
) -> Floats:
    """Return what the net and stress limits leave of weights whose hedge may be missing.

    Parameters
    ----------
    w, holding, leverage : (S,), as in `apply_limits`.
    is_free : (S,), symbols that are not frozen.
    rules : the limits.

    Returns
    -------
    (S,) factors in [0, 1], 1 where frozen.
    """
    factors = np.ones_like(w)
    for measure in (_net, _stress_loss):
        values, bound = measure(w * factors, leverage, rules)
        factors = factors * _book_factors(
            values, bound, w=w * factors, holding=holding, is_free=is_free
        )
    return factors


def _own_factors(exposure: Floats, cap: Floats, is_free: Bools) -> Floats:
    """Return the (S,) factors that bring each symbol within its own cap."""
    is_over = is_free & (np.abs(exposure) > cap)
    return np.where(is_over, cap / np.where(is_over, np.abs(exposure), 1.0), 1.0)


def _in_sectors(w: Floats, leverage: Floats, rules: LimitRules) -> tuple[Floats, float]:
    return np.where(rules.is_in_sector, np.abs(w), 0.0), rules.sector_cap


def _stress_loss(w: Floats, leverage: Floats, rules: LimitRules) -> tuple[Floats, float]:
    shock = capped_shocks(rules.stress_shock, leverage)
    return -(w * leverage * shock)[None], rules.max_stress_loss


def _gross(w: Floats, leverage: Floats, rules: LimitRules) -> tuple[Floats, float]:
    return np.abs(w * leverage)[None], rules.gross


def _net(w: Floats, leverage: Floats, rules: LimitRules) -> tuple[Floats, float]:
    exposure = w * leverage
    return np.stack([exposure, -exposure]), rules.net


def _book_factors(
    values: Floats, bound: float, *, w: Floats, holding: Floats, is_free: Bools
) -> Floats:
    """Return the (S,) factors that bring M sums of `values` (M, S) within one bound."""
    free = np.add.reduce(np.where(is_free, values, 0.0), axis=1)
    fixed = np.add.reduce(np.where(is_free, 0.0, values), axis=1)
    if not (fixed + free > bound).any():
        return np.ones_like(w)
    # alone, or beside what is frozen where that hedges it
    share = _largest_share(bound, np.minimum(fixed, 0.0), free)
    if not fixed.any():
        return np.where(is_free, share, 1.0)
    is_wanted = w != 0.0
    held = kept_part(w * share, holding) / np.where(is_wanted, w, 1.0)
    held = np.where(is_free & is_wanted, held, 0.0)
    added = np.where(is_free & is_wanted, share - held, 0.0)
    growth = _largest_share(
        bound,
        fixed + np.add.reduce(values * held, axis=1),
        np.add.reduce(values * added, axis=1),
    )
    return np.where(is_free & is_wanted, held + growth * added, 1.0)


def _largest_share(bound: float, fixed: Floats, free: Floats) -> float:
    """Return the largest k in [0, 1] with every fixed + k * free within the bound."""
    return min(
        1.0 if f + r <= bound or r <= 0.0 else max(bound - f, 0.0) / r
        for f, r in zip(fixed.tolist(), free.tolist(), strict=True)
    )


def _turnover_factors(w: Floats, holding: Floats, is_free: Bools, rules: LimitRules) -> Floats:
    smallest = rules.minimum_order
    is_sent = orders_sent(w, holding=holding, is_frozen=~is_free, minimum_order=smallest)
    factors = _shared_budget(w, holding, is_sent, rules.turnover)
    is_left = is_sent & orders_sent(
        w * factors, holding=holding, is_frozen=~is_free, minimum_order=smallest
    )
    if (is_left == is_sent).all():
        return factors
    # Cut below the minimum: not sent, so its budget goes to the others. Their share only grows.
    return np.where(is_left, _shared_budget(w, holding, is_left, rules.turnover), factors)


def _offsets_restored(
    factors: Floats,
    w: Floats,
    holding: Floats,
    leverage: Floats,
    is_free: Bools,
    rules: LimitRules,
) -> Floats:
    """Shrink what turnover left until net and stress hold again, additions within its budget."""

    def offsets(weights: Floats) -> Floats:
        return offset_factors(
            weights, holding=holding, leverage=leverage, is_free=is_free, rules=rules
        )

    for turnover in (*[rules.turnover] * (LARGEST_ROUNDS - 1), 0.0):
        offset = offsets(w * factors)
        if (offset > 1.0 - ROUNDING).all():  # a book cut to its bound may miss it by a rounding
            return factors
        factors = factors * offset
        # shrinking sells more, so less of the budget is left for what is added
        budget = replace(rules, turnover=turnover)
        factors = factors * _turnover_factors(w * factors, holding, is_free, budget)
    return factors * offsets(w * factors)


def _shared_budget(w: Floats, holding: Floats, is_sent: Bools, turnover: float) -> Floats:
    """Return the (S,) factors that bring what the orders sent add within the turnover."""
    kept = kept_part(w, holding)
    reduced = np.where(is_sent, np.abs(holding - kept), 0.0)
    added = np.where(is_sent, np.abs(w - kept), 0.0)
    total_added = float(np.add.reduce(added))
    budget = max(turnover - float(np.add.reduce(reduced)), 0.0)
    if total_added <= budget:
        return np.ones_like(w)
    cut = kept + (w - kept) * (budget / total_added)
    is_cut = is_sent & (added > 0.0)
    return np.where(is_cut, cut / np.where(is_cut, w, 1.0), 1.0)
