"""Minutes of a session: a path from its open to its close that touches its high and its low.

Made when asked for, one session at a time, and from nothing but the session's own bar: no minute
depends on another session, on today, or on other names. What the minutes sum up to is the bar.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Self

import numpy as np

from ingestion.sandbox.prices import History
from ingestion.sandbox.streams import Floats, Integers, stream

WICK_SHARE = 0.35  # of a minute's usual move, by which it exceeds its own open and close
BUSY_AT_THE_BELLS = 2.2  # volume of the first and the last minute over that of noon
DRAWS = 4


@dataclass(frozen=True)
class Minutes:
    """Minutes of one session, (n_minutes,) each, as traded.

    `start`: epoch seconds of the minute's begin. Prices in USD with the decimals of daily bars;
    `volume` in whole shares.
    """

    start: Integers
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Integers

    @classmethod
    def none(cls) -> Self:
        """No minutes at all."""
        whole, price = np.empty(0, np.int64), np.empty(0)
        return cls(whole, price, price, price, price, whole)

    def until(self, count: int) -> "Minutes":
        """The first so many minutes."""
        return self.between(0, count)

    def joined(self, midnight: int, length: int) -> "Minutes":
        """Bars of `length` minutes, cut by the New York clock and stamped at its marks.

        `midnight`: epoch seconds at which the session's day began. The first bar of an hour begins
        at 9:00 and holds what was traded from 9:30 on; bars without trades do not exist.
        """
        if not len(self.start):
            return self
        seconds = 60 * length
        marks = midnight + (self.start - midnight) // seconds * seconds
        begins = np.flatnonzero(np.diff(marks, prepend=marks[0] - 1))
        ends = np.append(begins[1:], len(marks)) - 1
        return Minutes(
            marks[begins],
            self.open[begins],
            np.maximum.reduceat(self.high, begins),
            np.minimum.reduceat(self.low, begins),
            self.close[ends],
            np.add.reduceat(self.volume, begins),
        )

    def between(self, first: int, last: int) -> "Minutes":
        """The minutes by their place, `last` left out."""
        return Minutes(*(column[first:last] for column in vars(self).values()))


def chained(parts: Sequence[Minutes]) -> Minutes:
    """Several sessions one after the other."""
    if not parts:
        return Minutes.none()
    columns = zip(*(vars(part).values() for part in parts), strict=True)
    return Minutes(*(np.concatenate(column) for column in columns))


def minutes_of(
    history: History, seed: int, at: int, day: date, opens: datetime, closes: datetime
) -> Minutes:
    """Compute the minutes of session `at` from its bar and the seed.

    Returns
    -------
    Minutes whose first open, last close, highest high, lowest low and summed volume are those of
    the session's bar. A session of 390 minutes costs about 0.1 ms.
    """
    n = int((closes - opens).total_seconds()) // 60
    symbol = history.instrument.symbol
    draws = stream(seed, symbol, "minutes", day.isoformat()).standard_normal((DRAWS, n))
    first, high, low, last = (
        float(column[at]) for column in (history.open, history.high, history.low, history.close)
    )
    path = _stretched(_bridge(first, last, draws[0]), first, high, low, last)
    before, after = path[:-1], path[1:]
    usual = WICK_SHARE * (high - low) / n**0.5
    tops = np.minimum(np.maximum(before, after) + usual * np.abs(draws[1]), high)
    bottoms = np.maximum(np.minimum(before, after) - usual * np.abs(draws[2]), low)
    tops[int(np.maximum(before, after).argmax())] = high
    bottoms[int(np.minimum(before, after).argmin())] = low
    # rounding never swaps two numbers, and the four corners are rounded already
    decimals = 2 if low >= 1.0 else 4
    return Minutes(
        int(opens.timestamp()) + 60 * np.arange(n),
        np.round(before, decimals),
        np.round(tops, decimals),
        np.round(bottoms, decimals),
        np.round(after, decimals),
        _volumes(int(history.volume[at]), draws[3]),
    )


def _bridge(first: float, last: float, shocks: Floats) -> Floats:
    """(n_minutes + 1,) a random walk that is tied to the open and the close."""
    n = len(shocks)
    walk = np.concatenate([[0.0], np.cumsum(shocks)])
    share = np.arange(n + 1) / n
    tied = walk - share * walk[-1]
    path: Floats = first + share * (last - first) + first * 0.01 / n**0.5 * tied
    return path


def _stretched(path: Floats, first: float, high: float, low: float, last: float) -> Floats:
    """Scale what lies above and below the open and the close so that it fits into the bar."""
    top, bottom = max(first, last), min(first, last)
    over, under = path - top, bottom - path
    if over.max() > 0.0:
        path = np.where(over > 0.0, top + over * ((high - top) / over.max()), path)
    if under.max() > 0.0:
        path = np.where(under > 0.0, bottom - under * ((bottom - low) / under.max()), path)
    path[0], path[-1] = first, last
    return path


def _volumes(total: int, noise: Floats) -> Integers:
    """Whole shares per minute, more of them near the bells, that sum up to the session's."""
    place = np.linspace(-1.0, 1.0, len(noise))
    weights = (1.0 + (BUSY_AT_THE_BELLS - 1.0) * place**2) * np.exp(0.35 * noise)
    share = np.cumsum(weights) / weights.sum()
    share[-1] = 1.0
    traded = np.floor(total * share).astype(np.int64)
    volumes: Integers = np.diff(traded, prepend=0)
    return volumes
