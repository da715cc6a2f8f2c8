"""Out of sample: what a variant did where it was chosen, and what it did afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.arrays import PER_ROOT_YEAR, Bools, Days, Floats
from analytics.errors import ParameterError
from analytics.inference import resampled_halves, resampled_ratios
from analytics.performance import DailyRows, max_drawdown, selection_sharpe
from analytics.tables import dates, texts
from analytics.walk_forward import EMBARGO_SESSIONS

ALLOWED_LOSS = 0.2
"""The flag: an out-of-sample Sharpe ratio more than this share below the train one."""
TRAIN_SEED, TEST_SEED = 1, 2  # two parts are resampled independently


@dataclass(frozen=True)
class Parts:
    """Rows of one variant's path: `train` and `oos`, each first and one after the last."""

    strategy: str
    window: str
    variant: str
    train: tuple[int, int]
    oos: tuple[int, int]


def split_parts(
    strategy: str, variant: str, rows: int, *, split: float, embargo: int = EMBARGO_SESSIONS
) -> Parts:
    """Cut a path of R rows once: the first share of it trains, the rest tests.

    Parameters
    ----------
    strategy, variant : whose path.
    rows : R.
    split : share of the rows that train, between 0 and 1.
    embargo : rows left out between the parts, whose trades reach into the second.

    Raises
    ------
    ParameterError
        A part would have fewer than two rows.
    """
    if not 0.0 < split < 1.0:
        raise ParameterError(f"the split must lie between 0 and 1, got {split}")
    at = int(rows * split)
    if at < 2 or rows - at - embargo < 2:
        raise ParameterError(
            f"{rows} sessions split at {split:g} leave too few on one side: take a longer period"
        )
    return Parts(strategy, f"split_{split:g}", variant, (0, at), (at + embargo, rows))


def oos_row(rows: DailyRows, sessions: Days, parts: Parts) -> pd.DataFrame:
    """Compare the two parts of one path.

    Parameters
    ----------
    rows : R sessions of the variant, V = 1.
    sessions : (R,), their dates.
    parts : which rows.

    Returns
    -------
    One row of the out-of-sample registry: dates and sessions of both parts, their Sharpe ratios a
    year and deepest drawdowns, `sharpe_difference` (out of sample less train) with its 95 %
    interval, `is_flagged`, and `false_alarm_probability`: how often the flag would go up if nothing
    had changed between the parts. NaN, and no flag, where a part has no Sharpe ratio.

    Notes
    -----
    Both are by stationary bootstrap with blocks of 21 sessions, 1,000 draws: the interval resamples
    each part by itself; the false alarm draws both parts, of their own lengths, from the two taken
    together. The train ratio of a chosen variant is the best of several, which alone raises the
    flag more often than that. Sources as for `inference.sharpe_intervals`.
    """
    excess = rows.net_return[:, 0] - rows.bill_return
    train, oos = (excess[slice(*part)] for part in (parts.train, parts.oos))
    ratios = [float(selection_sharpe(rows.between(*part))[0]) for part in (parts.train, parts.oos)]
    falls = [
        float(max_drawdown(rows.net_return[slice(*part)])[0]) for part in (parts.train, parts.oos)
    ]
    is_known = bool(np.isfinite(ratios).all())
    lower, upper, alarm = _uncertainty(train, oos) if is_known else (np.nan,) * 3
    return pd.DataFrame(
        {
            "strategy": texts([parts.strategy]),
            "window": texts([parts.window]),
            "variant": texts([parts.variant]),
            "train_first_date": dates(sessions[[parts.train[0]]]),
            "train_last_date": dates(sessions[[parts.train[1] - 1]]),
            "train_sessions": [parts.train[1] - parts.train[0]],
            "oos_first_date": dates(sessions[[parts.oos[0]]]),
            "oos_last_date": dates(sessions[[parts.oos[1] - 1]]),
            "oos_sessions": [parts.oos[1] - parts.oos[0]],
            "train_sharpe": [ratios[0]],
            "oos_sharpe": [ratios[1]],
            "train_max_drawdown": [falls[0]],
            "oos_max_drawdown": [falls[1]],
            "sharpe_difference": [ratios[1] - ratios[0]],
            "difference_lower": [lower],
            "difference_upper": [upper],
            "is_flagged": [is_known and bool(is_flagged(*np.array(ratios)[:, None])[0])],
            "false_alarm_probability": [alarm],
        }
    )


def is_flagged(train_sharpe: Floats, oos_sharpe: Floats) -> Bools:
    """Tell whether ratios are more than 20 % below the train ones (of their size, if negative)."""
    return np.less(oos_sharpe, train_sharpe - ALLOWED_LOSS * np.abs(train_sharpe))


def _uncertainty(train: Floats, oos: Floats) -> tuple[float, float, float]:
    """Interval of the difference a year, and the flag's false-alarm probability."""
    before = resampled_ratios(train[:, None], seed=TRAIN_SEED)[:, 0]
    after = resampled_ratios(oos[:, None], seed=TEST_SEED)[:, 0]
    difference = (after - before) * PER_ROOT_YEAR
    lower, upper = np.nanquantile(difference, (0.025, 0.975))
    first, second = resampled_halves(np.concatenate([train, oos]), train.shape[0])
    known = np.isfinite(first) & np.isfinite(second)
    alarm = float(np.mean(is_flagged(first[known], second[known]))) if known.any() else np.nan
    return float(lower), float(upper), alarm


def oos_rows(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Stack the rows of `oos_row`."""
    return pd.concat(frames, ignore_index=True)
