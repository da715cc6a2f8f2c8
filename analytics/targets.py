"""Signals → target weights on the session calendar, one array per strategy."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.arrays import Bools, Days, Floats, Ints, forward_filled, has_doubles
from analytics.errors import InputError

QUARANTINED = "quarantined"
NO_BAR = "no_bar"
FROZEN_REASONS = (QUARANTINED, NO_BAR)
"""First words of the reasons with which a signal row says that no new decision was made."""


@dataclass(frozen=True, eq=False)
class StrategyTargets:
    """What one strategy's variants want, on T sessions of S symbols and V variants.

    `weights` (T, S, V): decided at session t, carried forward; NaN before the first decision.
    `is_frozen` (T, S): no new decision was made for the symbol at t; `is_quarantined` (T, S):
    because its rows are kept out.
    `reasons` (T, S, V): index into `reason_names` of the decision that last changed the target,
    -1 before the first. `default`: column of the default variant.
    """

    strategy: str
    symbols: tuple[str, ...]
    variants: tuple[str, ...]
    default: int
    weights: Floats
    is_frozen: Bools
    is_quarantined: Bools
    reasons: Ints
    reason_names: tuple[str, ...]


def changed_targets(weights: Floats) -> Bools:
    """Tell where a target differs from the session before, the first decision included.

    Parameters
    ----------
    weights : (T, ...), NaN before the first decision.
    """
    is_changed: Bools = np.isfinite(weights)
    is_changed[1:] &= weights[1:] != weights[:-1]
    return is_changed


def latest_reasons(reasons: Ints, is_changed: Bools) -> Ints:
    """Carry the reason of the latest change down the sessions, -1 before the first.

    Parameters
    ----------
    reasons : (T, ...), index of the reason given at session t.
    is_changed : (T, ...), whether the target changed at session t.
    """
    carried = forward_filled(np.where(is_changed, reasons, np.nan).astype(np.float64))
    latest: Ints = np.nan_to_num(carried, nan=-1.0).astype(np.int64)
    return latest


def first_word(reason: object) -> str:
    """Return the machine word that opens a signal's reason, `unknown` for none."""
    words = str(reason).split() if isinstance(reason, str) else []
    return words[0].rstrip(":;,.") if words else "unknown"


def quarantined_sessions(signals: pd.DataFrame, *, sessions: Days, symbols: Sequence[str]) -> Bools:
    """Tell for which sessions a symbol's rows are kept out, in any strategy's signals.

    Parameters
    ----------
    signals : rows of `marts.fct_signals`: `symbol, session_date, reason`.
    sessions : (T,), New York dates.
    symbols : S names.

    Returns
    -------
    (T, S). Rows off the sessions or symbols say nothing.
    """
    texts, told = pd.factorize(signals["reason"])
    is_word = np.array([*(first_word(text) == QUARANTINED for text in told), False])
    rows = signals[is_word[texts]]  # a null reason is text -1, the last flag
    days = pd.to_datetime(rows["session_date"]).to_numpy().astype("datetime64[D]")
    t = pd.Index(sessions.astype("datetime64[s]")).get_indexer(days.astype("datetime64[s]"))
    s = pd.Index(symbols).get_indexer(pd.Index(rows["symbol"]))
    is_known = (t >= 0) & (s >= 0)
    is_quarantined = np.zeros((sessions.shape[0], len(symbols)), dtype=np.bool_)
    is_quarantined[t[is_known], s[is_known]] = True
    return is_quarantined


def targets_from_signals(
    signals: pd.DataFrame, *, strategy: str, default_variant: str, sessions: Days
) -> StrategyTargets:
    """Lay one strategy's signal rows out on the sessions.

    Parameters
    ----------
    signals : rows of `marts.fct_signals` of this strategy: `variant, symbol, session_date,
        target_weight, reason`; variants other than the default may hold changes only.
    strategy : its name.
    default_variant : the variant that has a row for every symbol and session.
    sessions : (T,), New York dates; rows after the last of them are left out.

    Returns
    -------
    Targets with symbols and variants sorted by name.

    Raises
    ------
    InputError
        If the default variant has no rows, a row is doubled, or a date is no session.

    Notes
    -----
    Missing data: a null weight, or no row, keeps the target of the decision before. A missing
    weight never becomes a sell order.
    """
    days = pd.to_datetime(signals["session_date"]).to_numpy().astype("datetime64[D]")
    signals, days = signals[days <= sessions[-1]], days[days <= sessions[-1]]
    t = np.searchsorted(sessions, days)
    if signals.empty or not np.array_equal(sessions[t], days):
        raise InputError(f"signals of {strategy} must lie on sessions from {sessions[0]} on")
    s, symbols = pd.factorize(signals["symbol"], sort=True)
    v, variants = pd.factorize(signals["variant"], sort=True)
    if default_variant not in variants:
        raise InputError(
            f"strategy {strategy} has no rows of its default variant {default_variant}"
        )
    shape = (sessions.shape[0], len(symbols), len(variants))
    cells = np.ravel_multi_index((t, s, v), shape)
    if has_doubles(cells, int(np.prod(shape))):
        raise InputError(f"signals of {strategy} hold two rows for one variant, symbol and session")

    weights = np.full(shape, np.nan)
    weights.flat[cells] = signals["target_weight"].to_numpy(dtype=np.float64, na_value=np.nan)
    weights = forward_filled(weights)
    texts, told = pd.factorize(signals["reason"])
    words = np.array([*map(first_word, told.tolist()), "unknown"], dtype=object)
    codes, names = pd.factorize(words[texts], sort=True)  # a null reason is text -1, the last word
    reasons = np.full(shape, -1, dtype=np.int64)
    reasons.flat[cells] = codes
    default = int(np.flatnonzero(np.asarray(variants) == default_variant)[0])
    given = np.array([*names, ""], dtype=object)[reasons[:, :, default]]
    return StrategyTargets(
        strategy=strategy,
        symbols=tuple(map(str, symbols)),
        variants=tuple(map(str, variants)),
        default=default,
        weights=weights,
        is_frozen=(given == QUARANTINED) | (given == NO_BAR),
        is_quarantined=given == QUARANTINED,
        reasons=latest_reasons(reasons, changed_targets(weights)),
        reason_names=tuple(map(str, names)),
    )
