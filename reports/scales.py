"""Round axis positions and the thinning of long series, without any drawing."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Days = NDArray[np.datetime64]

DAYS_FOR_YEAR_LABELS = 900  # below about two and a half years, months say more than years


def linear_ticks(low: float, high: float, *, about: int = 4) -> list[float]:
    """Multiples of 1, 2, 2.5 or 5 times a power of ten inside [low, high]."""
    span = high - low
    if not math.isfinite(span) or span <= 0:
        return [low]
    rough = span / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(k * step, 12) for k in range(first, last + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """Round values inside [low, high] about evenly spaced on a logarithmic axis."""
    for steps in ((1.0,), (1.0, 3.0), (1.0, 2.0, 5.0)):
        powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        ticks = [s * 10.0**p for p in powers for s in steps if low <= s * 10.0**p <= high]
        if len(ticks) >= 3:
            return ticks
    return linear_ticks(low, high)


@dataclass(frozen=True)
class DateTick:
    """A labelled day of a time axis; a minor one is left out where room is short."""

    day: date
    label: str
    is_minor: bool


def date_ticks(first: date, last: date, *, most: int = 9) -> list[DateTick]:
    """First days of years (or months, for short spans) with their labels."""
    if (last - first).days > DAYS_FOR_YEAR_LABELS:
        years = range(first.year + 1, last.year + 1)
        step = max(1, math.ceil(len(years) / most))
        return [
            DateTick(date(year, 1, 1), str(year), year % (2 * step) != 0)
            for year in years
            if year % step == 0
        ]
    months = []
    day = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
    while day <= last:
        months.append(day)
        day = (day + timedelta(days=32)).replace(day=1)
    step = next((s for s in (1, 2, 3, 6, 12) if len(months) <= s * most), 12)
    shown = [day for day in months if (day.month - 1) % step == 0]
    return [
        DateTick(
            day,
            f"{day:%b %Y}" if day.month <= step or day == shown[0] else f"{day:%b}",
            (day.month - 1) % (2 * step) != 0,
        )
        for day in shown
    ]


def thin(series: Sequence[Values], *, budget: int = 900) -> NDArray[np.intp]:
    """Choose which sessions to draw: every extreme of every series in each stretch of time.

    All series keep the same sessions, so that a read-out shows true values of one date.

    Parameters
    ----------
    series : at least one array; all (n,), NaN where unknown.
    budget : the most sessions to keep (a few more when there are many series).

    Returns
    -------
    Ascending positions, with the first and the last; all of them when n <= budget.
    """
    length = len(series[0])
    if length <= budget:
        return np.arange(length)
    fewest = max(1, budget // (2 * len(series)))
    stretches = budget // 2
    keep = _extremes(series, stretches)
    while len(keep) > budget and stretches > fewest:
        # lines that move together share their extremes: try finer stretches before coarse ones
        stretches = max(fewest, int(0.8 * stretches))
        keep = _extremes(series, stretches)
    return keep


def _extremes(series: Sequence[Values], stretches: int) -> NDArray[np.intp]:
    length = len(series[0])
    width = math.ceil(length / stretches)
    starts = np.arange(0, length, width)
    kept = [np.array([0, length - 1])]
    for values in series:
        padded = np.full(len(starts) * width, np.nan)
        padded[:length] = values
        table = padded.reshape(-1, width)
        # a NaN must win neither contest; where there is nothing else it may be kept
        lowest = np.argmin(np.where(np.isnan(table), np.inf, table), axis=1)
        highest = np.argmax(np.where(np.isnan(table), -np.inf, table), axis=1)
        kept += [starts + lowest, starts + highest]
    return np.unique(np.concatenate(kept))
