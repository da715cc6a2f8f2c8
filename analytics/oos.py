"""Out of sample: what a variant did where it was chosen, and what it did afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.arrays import PER_ROOT_YEAR, Bools, Days, Floats
from analytics.bootstrap import resampled_halves, resampled_ratios
from analytics.daily import DailyRows, published_rows
from analytics.errors import ParameterError
from analytics.frames import bill_returns_on, to_days
from analytics.performance import max_drawdown, selection_sharpe
from analytics.tables import dates, texts
from analytics.walk_forward import EMBARGO_SESSIONS, WALK_FORWARD

ALLOWED_LOSS = 0.2
"""The flag: an out-of-sample Sharpe ratio more than this share below the train one."""
TRAIN_SEED, TEST_SEED = 1, 2  # two parts are resampled independently


@dataclass(frozen=True, eq=False)
class Part:
    """R rows of one path (V = 1) and their dates, (R,)."""

    rows: DailyRows
    sessions: Days

    def between(self, first: int, last: int) -> "Part":
        """Return rows `first` to `last`, the last one excluded."""
        return Part(self.rows.between(first, last), self.sessions[first:last])

    @property
    def excess(self) -> Floats:
        """Net returns less the bill's, (R,)."""
        return self.rows.net_return[:, 0] - self.rows.bill_return


def split_once(path: Part, split: float) -> tuple[Part, Part]:
    """Cut a path in two: the first share of it trains, the rest tests, less the embargo.

    Parameters
    ----------
    path : R rows.
    split : share of the rows that trains, between 0 and 1.

    Raises
    ------
    ParameterError
        A part would have fewer than two rows.
    """
    if not 0.0 < split < 1.0:
        raise ParameterError(f"the split must lie between 0 and 1, got {split:g}")
    n = len(path.sessions)
    at = int(n * split)
    if not can_be_split(n, split):
        raise ParameterError(
            f"{n} sessions split at {split:g} leave too few on one side: take a longer period"
        )
    return path.between(0, at), path.between(at + EMBARGO_SESSIONS, n)


def can_be_split(n_rows: int, split: float) -> bool:
    """Tell whether each part would have two rows, the embargo left out."""
    at = int(n_rows * split)
    return at >= 2 and n_rows - at - EMBARGO_SESSIONS >= 2


def oos_row(train: Part, oos: Part, *, strategy: str, variant: str, window: str) -> pd.DataFrame:
    """Compare what a variant did where it was chosen with what it did afterwards.

    Parameters
    ----------
    train, oos : the two parts.
    strategy, variant, window : what they are called.

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
    flag more often than that. Sources as for `bootstrap.sharpe_intervals`.
    """
    ratios = np.array([selection_sharpe(part.rows)[0] for part in (train, oos)])
    falls = [max_drawdown(part.rows.net_return)[0] for part in (train, oos)]
    is_known = bool(np.isfinite(ratios).all())
    lower, upper, alarm = _uncertainty(train.excess, oos.excess) if is_known else (np.nan,) * 3
    return pd.DataFrame(
        {
            "strategy": texts([strategy]),
            "window": texts([window]),
            "variant": texts([variant]),
            "train_first_date": dates(train.sessions[:1]),
            "train_last_date": dates(train.sessions[-1:]),
            "train_sessions": [len(train.sessions)],
            "oos_first_date": dates(oos.sessions[:1]),
            "oos_last_date": dates(oos.sessions[-1:]),
            "oos_sessions": [len(oos.sessions)],
            "train_sharpe": ratios[:1],
            "oos_sharpe": ratios[1:],
            "train_max_drawdown": falls[:1],
            "oos_max_drawdown": falls[1:],
            "sharpe_difference": ratios[1:] - ratios[:1],
            "difference_lower": [lower],
            "difference_upper": [upper],
            "is_flagged": is_flagged(ratios[:1], ratios[1:]),
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


def published_oos_rows(
    daily: pd.DataFrame,
    windows: pd.DataFrame,
    macro: pd.DataFrame,
    *,
    sessions: Days,
    defaults: Mapping[str, str],
    split: float,
) -> pd.DataFrame:
    """Compare train and out of sample for everything that a published night chose.

    Parameters
    ----------
    daily : rows of `analytics.backtest_daily`.
    windows : rows of `analytics.walk_forward_windows`.
    macro : `session_date, bill_3m_pct`, known at each session's decision.
    sessions : (T,), every session of the exchange from before the first row on, ascending.
    defaults : strategy → its default variant.
    split : share of the default variant's rows that trains in its own comparison.

    Returns
    -------
    Rows of `oos_row`: per strategy the default variant split once, then each half-year that was
    chosen by training, the chosen variant's rows before it (less the embargo) against the stitched
    walk-forward path within it. What is too short to have two parts is left out.
    """
    bill = bill_returns_on(macro, sessions)
    paths: dict[tuple[str, str], Part] = {}
    for (strategy, variant), found in daily.groupby(["strategy", "variant"], sort=True):
        rows = found.sort_values("session_date")
        days = to_days(rows["session_date"])
        paths[str(strategy), str(variant)] = Part(
            published_rows(rows, bill[np.searchsorted(sessions, days)]), days
        )
    frames = []
    for strategy, variant in sorted(defaults.items()):
        path = paths.get((strategy, variant))
        if path is not None and can_be_split(len(path.sessions), split):
            parts = split_once(path, split)
            window = f"split_{split:g}"
            frames.append(oos_row(*parts, strategy=strategy, variant=variant, window=window))
        chosen = windows[windows["strategy"] == strategy].sort_values("session_date")
        frames += _window_frames(chosen, paths, strategy)
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def _window_frames(
    chosen: pd.DataFrame, paths: Mapping[tuple[str, str], Part], strategy: str
) -> list[pd.DataFrame]:
    """Rows of one strategy's half-years, ascending."""
    frames = []
    firsts = to_days(chosen["session_date"])
    for at, row in enumerate(chosen.itertuples()):
        if row.selection_reason == "too_few_sessions":
            continue
        variant = str(row.variant)
        before, path = paths[strategy, variant], paths[strategy, WALK_FORWARD]
        # decided at the close of its first session, so earned from the second on
        begin = int(np.searchsorted(path.sessions, firsts[at], side="right"))
        last = at + 1 == len(firsts)
        end = (
            len(path.sessions)
            if last
            else int(np.searchsorted(path.sessions, firsts[at + 1], side="right"))
        )
        known = int(np.searchsorted(before.sessions, firsts[at])) - EMBARGO_SESSIONS
        if end - begin >= 2:
            frames.append(
                oos_row(
                    before.between(0, known),
                    path.between(begin, end),
                    strategy=strategy,
                    variant=variant,
                    window=str(row.window),
                )
            )
    return frames
