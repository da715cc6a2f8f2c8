"""Walk-forward selection: each half-year is governed by the variant that did best before it."""

from dataclasses import dataclass

import numpy as np

from analytics.arrays import Bools, Days, Floats, Ints, forward_filled
from analytics.backtest import Backtest
from analytics.daily import DailyRows
from analytics.performance import selection_sharpe
from analytics.targets import StrategyTargets, changed_targets, latest_reasons

FEWEST_TRAINING_SESSIONS = 504
EMBARGO_SESSIONS = 5
"""Rows just before a half-year are not trained on: their trades reach into it."""

WALK_FORWARD = "walk_forward"
VARIANT_SWITCHED = "variant_switched"


@dataclass(frozen=True)
class HalfYear:
    """A calendar half-year: `name` (2014H1), its sessions `first` up to and without `end`."""

    name: str
    first: int
    end: int


@dataclass(frozen=True)
class Selection:
    """The variant that governs the decisions of one half-year.

    `train_first`, `train_last`: session indices of the training rows, `train_last` < `train_first`
    where none are left. Sharpe ratios are null where they do not exist. `reason`: `best_train`,
    `tie`, `no_sharpe` or `too_few_sessions`.
    """

    window: HalfYear
    variant: int
    train_first: int
    train_last: int
    train_sharpe: float
    default_train_sharpe: float
    reason: str


def half_years(sessions: Days, first_row: int) -> list[HalfYear]:
    """List the calendar half-years from the first full one.

    Parameters
    ----------
    sessions : (T,), New York dates.
    first_row : index of the session of the first daily row.

    Returns
    -------
    Half-years whose first session is at or after the first row; the last one may still run.

    Notes
    -----
    Windows are anchored in the calendar: counted back from the end, they would move the past.
    """
    months = sessions.astype("datetime64[M]").astype(np.int64)
    halves = months // 6
    starts = np.flatnonzero(np.diff(halves)) + 1
    ends = np.append(starts, sessions.shape[0])[1:]
    return [
        HalfYear(f"{1970 + int(halves[a]) // 2}H{int(halves[a]) % 2 + 1}", int(a), int(b))
        for a, b in zip(starts, ends, strict=True)
        if a >= first_row
    ]


def select_variants(backtest: Backtest, default: int) -> list[Selection]:
    """Choose the governing variant of every half-year.

    Parameters
    ----------
    backtest : R rows of V variants of one strategy.
    default : column of the default variant.

    Returns
    -------
    One selection per half-year, in order.

    Notes
    -----
    Timing: the choice is known at the decision of the half-year's first session h. It is trained
    on the rows from the first one to h-6: what came before h, less the embargo.
    The best train Sharpe wins; compared after rounding to 10 decimals, halves up. A tie for the
    best, no Sharpe at all and fewer than 504 training sessions leave the default in charge.
    """
    first_row = backtest.first_decision + 1
    rows = DailyRows.of(backtest)
    selections = []
    for window in half_years(backtest.market.sessions, first_row):
        n_train = window.first - EMBARGO_SESSIONS - first_row  # known before the half-year begins
        train_last = first_row + n_train - 1
        if n_train < FEWEST_TRAINING_SESSIONS:
            choice = (default, np.nan, np.nan, "too_few_sessions")
        else:
            choice = _best_variant(selection_sharpe(rows.between(0, n_train)), default)
        variant, best, of_default, reason = choice
        selections.append(
            Selection(window, variant, first_row, train_last, best, of_default, reason)
        )
    return selections


def stitch(
    targets: StrategyTargets, selections: list[Selection]
) -> tuple[Floats, Ints, tuple[str, ...]]:
    """Stitch the governing variants' targets into one path.

    Parameters
    ----------
    targets : T sessions of S symbols and V variants.
    selections : from `select_variants`; the default governs the time before the first.

    Returns
    -------
    Weights (T, S, 1), the reasons (T, S, 1) that last changed them, and the reasons' names: those
    of the strategy, and `variant_switched` where only the governing variant changed since the
    symbol's last decision.

    Notes
    -----
    Timing: session t takes the governing variant's target decided at t; a frozen symbol makes no
    new decision and keeps its stitched target, so that a switch reaches it when it thaws.
    """
    governing = np.full(targets.weights.shape[0], targets.default)
    for selection in selections:
        governing[selection.window.first : selection.window.end] = selection.variant
    columns = governing[:, None, None]
    own = np.take_along_axis(targets.weights, columns, axis=2)[:, :, 0]
    own_reason = np.take_along_axis(targets.reasons, columns, axis=2)[:, :, 0]
    weights = forward_filled(np.where(targets.is_frozen, np.nan, own))
    names = (*targets.reason_names, VARIANT_SWITCHED)
    is_switched = _is_only_switched(targets, governing)
    reasons = np.where(is_switched, len(names) - 1, own_reason)
    return (
        np.ascontiguousarray(weights[:, :, None]),
        latest_reasons(reasons, changed_targets(weights))[:, :, None],
        names,
    )


def _is_only_switched(targets: StrategyTargets, governing: Ints) -> Bools:
    """Tell where another variant governs than at the symbol's last decision, its target unmoved.

    `governing` (T,): column of the variant in charge. Returns (T, S).
    """
    rows = np.arange(governing.shape[0], dtype=np.float64)[:, None]
    decided = forward_filled(np.where(targets.is_frozen, np.nan, rows))
    decided = np.concatenate([np.full((1, decided.shape[1]), np.nan), decided[:-1]])
    changed = forward_filled(np.where(changed_targets(targets.weights), rows[:, :, None], np.nan))
    own_changed = np.take_along_axis(changed, governing[:, None, None], axis=2)[:, :, 0]
    before = governing[np.nan_to_num(decided, nan=0.0).astype(np.int64)]
    is_switched: Bools = np.isfinite(decided) & (before != governing[:, None])
    # a comparison with NaN, no change so far, is false
    return is_switched & ~(own_changed > decided)


def _best_variant(sharpes: Floats, default: int) -> tuple[int, float, float, str]:
    """Return the winning column, its Sharpe, the default's, and why it won."""
    of_default = float(sharpes[default])
    if np.isnan(sharpes).all():
        return default, np.nan, of_default, "no_sharpe"
    rounded = np.floor(sharpes * 1e10 + 0.5)
    winners = np.flatnonzero(rounded == np.nanmax(rounded))
    if winners.shape[0] > 1:
        return default, of_default, of_default, "tie"
    return int(winners[0]), float(sharpes[winners[0]]), of_default, "best_train"
