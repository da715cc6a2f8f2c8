"""Risk limits: what the portfolio may hold of what it wants, and which limit took how much."""

from dataclasses import dataclass, replace

import numpy as np

from analytics.arrays import Bools, Floats

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
    is_frozen : (S,), symbols that make no decision: their weight is fixed and counts, the others
        make room for it.
    rules : the limits.

    Returns
    -------
    Final weights and the limits' factors; final = desired * the product of the factors.

    Notes
    -----
    The symbol and liquidity limits scale their symbol, the next four the whole book (all that is
    not frozen) by one factor. The turnover limit scales what the orders add: reductions are never
    capped and use the budget first; a reversal is a reduction plus a new position; orders below the
    minimum, before or after the cut, are not sent and use none. Where it holds back the offsetting
    side of the net or stress limit, the book shrinks once more until both hold, which counts as
    turnover's: no limit is broken in the end, unless by what is frozen.
    """
    is_free = ~is_frozen
    factors = np.ones((len(LIMITS), desired.shape[0]))
    factors[0] = _own_factors(leverage * desired, rules.symbol_cap, is_free)
    weights = desired * factors[0]
    factors[1] = _own_factors(weights, liquidity_cap, is_free)
    weights = weights * factors[1]
    steps = (_sector_factor, _stress_factor, _gross_factor, _net_factor)
    for row, factor_of in enumerate(steps, start=2):
        factor = factor_of(weights, leverage, is_free, rules)
        if factor < 1.0:
            factors[row, is_free] = factor
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


def _own_factors(exposure: Floats, cap: Floats, is_free: Bools) -> Floats:
    """Return the (S,) factors that bring each symbol within its own cap."""
    is_over = is_free & (np.abs(exposure) > cap)
    return np.where(is_over, cap / np.where(is_over, np.abs(exposure), 1.0), 1.0)


def _largest_share(limit: float, fixed: float, free: float) -> float:
    """Return the largest k in [0, 1] with fixed + k * free within the limit."""
    if fixed + free <= limit or free <= 0.0:
        return 1.0
    return max(limit - fixed, 0.0) / free


def _split(values: Floats, is_free: Bools) -> tuple[float, float]:
    """Sum what is frozen and what is free."""
    total_free = float(np.add.reduce(np.where(is_free, values, 0.0)))
    total_fixed = float(np.add.reduce(np.where(is_free, 0.0, values)))
    return total_fixed, total_free


def _sector_factor(w: Floats, leverage: Floats, is_free: Bools, rules: LimitRules) -> float:
    size = np.abs(w)
    members = rules.is_in_sector * size
    free = np.add.reduce(members * is_free, axis=1)
    fixed = np.add.reduce(members * ~is_free, axis=1)
    if not (fixed + free > rules.sector_cap).any():
        return 1.0
    return min(
        _largest_share(rules.sector_cap, *pair)
        for pair in zip(fixed.tolist(), free.tolist(), strict=True)
    )


def _stress_factor(w: Floats, leverage: Floats, is_free: Bools, rules: LimitRules) -> float:
    loss = -(w * leverage * rules.stress_shock)
    return _largest_share(rules.max_stress_loss, *_split(loss, is_free))


def _gross_factor(w: Floats, leverage: Floats, is_free: Bools, rules: LimitRules) -> float:
    return _largest_share(rules.gross, *_split(np.abs(w * leverage), is_free))


def _net_factor(w: Floats, leverage: Floats, is_free: Bools, rules: LimitRules) -> float:
    fixed, free = _split(w * leverage, is_free)
    return min(_largest_share(rules.net, fixed, free), _largest_share(rules.net, -fixed, -free))


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
    for turnover in (*[rules.turnover] * (LARGEST_ROUNDS - 1), 0.0):
        factor = _offset_factor(w * factors, leverage, is_free, rules)
        if factor > 1.0 - ROUNDING:  # a book cut to its bound may miss it by a rounding
            return factors
        factors = np.where(is_free, factors * factor, factors)
        # shrinking sells more, so less of the budget is left for what is added
        budget = replace(rules, turnover=turnover)
        factors = factors * _turnover_factors(w * factors, holding, is_free, budget)
    factor = _offset_factor(w * factors, leverage, is_free, rules)
    return np.where(is_free, factors * factor, factors)


def _offset_factor(w: Floats, leverage: Floats, is_free: Bools, rules: LimitRules) -> float:
    """Return what the limits leave that a missing hedge can break."""
    return min(
        factor_of(w, leverage, is_free, rules) for factor_of in (_net_factor, _stress_factor)
    )


def _shared_budget(w: Floats, holding: Floats, is_sent: Bools, turnover: float) -> Floats:
    """Return the (S,) factors that bring what the orders sent add within the turnover."""
    # what of the holding the target keeps: nothing on a reversal, else the smaller of the two
    is_same_side = w * holding > 0.0
    kept = np.where(is_same_side, np.sign(w) * np.minimum(np.abs(w), np.abs(holding)), 0.0)
    reduced = np.where(is_sent, np.abs(holding - kept), 0.0)
    added = np.where(is_sent, np.abs(w - kept), 0.0)
    total_added = float(np.add.reduce(added))
    budget = max(turnover - float(np.add.reduce(reduced)), 0.0)
    if total_added <= budget:
        return np.ones_like(w)
    cut = kept + (w - kept) * (budget / total_added)
    is_cut = is_sent & (added > 0.0)
    return np.where(is_cut, cut / np.where(is_cut, w, 1.0), 1.0)
