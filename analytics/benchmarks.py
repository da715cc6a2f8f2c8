"""Benchmarks: what a researcher could have held instead, decided once a month."""

from collections.abc import Mapping

import numpy as np

from analytics.arrays import Bools, Floats
from analytics.errors import ParameterError
from analytics.market import SESSIONS_WITHOUT_BAR_UNTIL_CLOSED, Market

BENCHMARK = "benchmark"
REBALANCED = "rebalanced"

FIXED_MIXES: Mapping[str, Mapping[str, float]] = {
    "spy": {"SPY": 1.0},
    "sixty_forty": {"SPY": 0.6, "AGG": 0.4},
}
EQUAL_WEIGHT = "equal_weight"


def benchmark_names(mixes: Mapping[str, Mapping[str, float]] = FIXED_MIXES) -> tuple[str, ...]:
    """Return the benchmarks' names in alphabetical order: the equal weight and the fixed mixes."""
    return tuple(sorted({EQUAL_WEIGHT, *mixes}))


def benchmark_targets(
    market: Market,
    *,
    is_month_last: Bools,
    is_member: Bools,
    mixes: Mapping[str, Mapping[str, float]] = FIXED_MIXES,
) -> tuple[Floats, Bools]:
    """Decide the benchmarks' weights on each month's last session.

    Parameters
    ----------
    market : T sessions of S symbols.
    is_month_last : (T,), whether session t is its month's last by the exchange's calendar, which
        is known ahead.
    is_member : (T, S), whether the symbol counts in the universe at session t.
    mixes : name → weights of fixed mixes, besides the equal weight.

    Returns
    -------
    Targets (T, S, V) of `benchmark_names(mixes)`, carried forward, NaN before the first decision;
    and (T, V) the sessions with a decision, each of which rebalances every holding of the mix.

    Raises
    ------
    ParameterError
        If the shapes do not fit.

    Notes
    -----
    Timing: row t uses bars up to the close of t. A fixed mix needs all its symbols; the equal
    weight takes the members that have traded within the last 5 sessions. On a month's end without
    them nothing is decided and the holdings stay.
    """
    if is_member.shape != market.has_bar.shape:
        raise ParameterError(f"is_member must be {market.has_bar.shape}, got {is_member.shape}")
    n_sessions, n_symbols = market.has_bar.shape
    is_trading = np.isfinite(market.mark_usd) & (
        market.missing_sessions < SESSIONS_WITHOUT_BAR_UNTIL_CLOSED
    )
    names = benchmark_names(mixes)
    targets = np.full((n_sessions, n_symbols, len(names)), np.nan)
    is_decided = np.zeros((n_sessions, len(names)), dtype=np.bool_)
    for v, name in enumerate(names):
        weights, is_able = (
            _fixed_mix(market, mixes[name], is_trading)
            if name in mixes
            else _equal_weight(is_member & is_trading)
        )
        is_decided[:, v] = is_month_last & is_able
        current: Floats = np.full(n_symbols, np.nan)
        for t in range(n_sessions):
            current = weights[t] if is_decided[t, v] else current
            targets[t, :, v] = current
    return targets, is_decided


def _fixed_mix(market: Market, mix: Mapping[str, float], is_trading: Bools) -> tuple[Floats, Bools]:
    """Return the (T, S) weights and where all of the mix can be had, (T,)."""
    weights: Floats = np.zeros(market.has_bar.shape)
    if not set(mix) <= set(market.symbols):
        return weights, np.zeros(weights.shape[0], dtype=np.bool_)
    columns = [market.symbols.index(symbol) for symbol in mix]
    weights[:, columns] = list(mix.values())
    is_able: Bools = np.logical_and.reduce(is_trading[:, columns], axis=1)
    return weights, is_able


def _equal_weight(is_held: Bools) -> tuple[Floats, Bools]:
    """Return 1/N over the symbols held, (T, S), and where there is one, (T,)."""
    count = is_held.sum(axis=1)
    weights: Floats = np.where(is_held, 1.0 / np.maximum(count, 1)[:, None], 0.0)
    return weights, count > 0
