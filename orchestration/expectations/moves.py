"""Which observations left the level before them further than a day can explain.

A move is measured from the last *believed* observation, so that a spike does not condemn the
ordinary value after it. A new level that five sessions confirm is believed; one that looks like a
forgotten split never is, because every adjusted price after it would be wrong.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from orchestration.expectations.thresholds import (
    LONGEST_SILENCE_SESSIONS,
    SESSIONS_THAT_CONFIRM_A_LEVEL,
    SPLIT_LIKE_MOVE_LOG,
    SPLIT_RATIO_TOLERANCE_LOG,
    SPLIT_RATIOS,
)

Floats = npt.NDArray[np.float64]
SPLIT_LOGS = np.concatenate([np.log(SPLIT_RATIOS), -np.log(SPLIT_RATIOS)])


@dataclass(frozen=True)
class Levels:
    """One subject's observations in order of session; every array is (n,).

    `value`: close, index point or rate. `opened`: the session's open, NaN where splits make no
    sense. `session`: session numbers. `split`, `paid`: ratio and cash of the actions since the
    observation before. `limit`: largest believable move, a log ratio, or a difference where not
    `is_log`.
    """

    value: Floats
    opened: Floats
    session: npt.NDArray[np.int64]
    split: Floats
    paid: Floats
    limit: Floats
    is_log: bool = True


def first_pass(levels: Levels) -> Floats:
    """Each observation's move from the one before it over its limit; 0 for the first."""
    ratios = np.zeros(len(levels.value))
    if len(ratios) > 1:
        ratios[1:] = _ratio(
            levels, slice(1, None), levels.value[:-1], levels.split[1:], levels.paid[1:]
        )
        ratios[1:][np.diff(levels.session) > LONGEST_SILENCE_SESSIONS] = 0.0
    return ratios


def moves_over_limit(levels: Levels) -> Floats:
    """Each observation's move from the last believed one, as a multiple of its limit.

    Returns
    -------
    (n,); above 1 where the observation is not believed, 0 where it opens a level. Row t looks back,
    except at the very start, where the second and third observation tell whether the first is the
    odd one.
    """
    steps = first_pass(levels)
    if not (steps > 1.0).any():
        return steps
    ratios = np.zeros(len(steps))
    reference = _first_believed(steps)
    ratios[:reference] = steps[1 : reference + 1]
    split, paid, streak = 1.0, 0.0, 0
    for i in range(reference + 1, len(steps)):
        split, paid = split * levels.split[i], paid + levels.paid[i]
        is_new_start = levels.session[i] - levels.session[i - 1] > LONGEST_SILENCE_SESSIONS
        if not is_new_start:
            ratio = float(_ratio(levels, i, levels.value[reference], split, paid))
            if ratio > 1.0:
                streak = streak + 1 if streak and steps[i] <= 1.0 else 1
                is_split = _looks_like_split(levels, i, levels.value[reference], split, paid)
                if streak <= SESSIONS_THAT_CONFIRM_A_LEVEL or bool(is_split):
                    ratios[i] = ratio
                    continue
            else:
                ratios[i] = ratio
        reference, split, paid, streak = i, 1.0, 0.0, 0
    return ratios


def measure(frame: pd.DataFrame, subject: str, *, is_log: bool = True) -> pd.Series:
    """`moves_over_limit` for every subject of a frame sorted by subject and session.

    Parameters
    ----------
    frame : columns `value, opened, session, split, paid, limit` and the subject.
    """
    found = np.zeros(len(frame))
    for positions in frame.groupby(subject, sort=False).indices.values():
        part = frame.iloc[positions]
        found[positions] = moves_over_limit(
            Levels(
                value=part["value"].to_numpy(dtype=float),
                opened=part["opened"].to_numpy(dtype=float),
                session=part["session"].to_numpy(dtype=np.int64),
                split=part["split"].to_numpy(dtype=float),
                paid=part["paid"].to_numpy(dtype=float),
                limit=part["limit"].to_numpy(dtype=float),
                is_log=is_log,
            )
        )
    return pd.Series(found, index=frame.index)


def _first_believed(steps: Floats) -> int:
    """The first observation whose successor agrees with it; a spike opens some files."""
    agreeing = np.flatnonzero(steps[1:] <= 1.0)
    return int(agreeing[0]) if len(agreeing) else 0


def _ratio(levels: Levels, at: Any, reference: Any, split: Any, paid: Any) -> Any:
    """|move| since the reference over the limit at `at` (a position or a slice)."""
    if not levels.is_log:
        return np.abs(levels.value[at] - reference) / levels.limit[at]
    move = np.abs(np.log((levels.value[at] + paid) * split / reference))
    is_split = _looks_like_split(levels, at, reference, split, paid)
    limit = np.where(is_split, np.minimum(levels.limit[at], SPLIT_LIKE_MOVE_LOG), levels.limit[at])
    return move / limit


def _looks_like_split(levels: Levels, at: Any, reference: Any, split: Any, paid: Any) -> Any:
    """Whether open and close both stand at a split's ratio to the reference."""
    if not levels.is_log:
        return np.False_
    near = [
        np.abs(np.log((prices[at] + paid) * split / reference)[..., None] - SPLIT_LOGS)
        <= SPLIT_RATIO_TOLERANCE_LOG
        for prices in (levels.value, levels.opened)
    ]
    return (near[0] & near[1]).any(axis=-1)
