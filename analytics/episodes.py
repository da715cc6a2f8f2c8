"""Bad times: how a path did in the market's deepest falls, and in those that have a name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from analytics.arrays import Days, Floats


@dataclass(frozen=True)
class Episode:
    """A stretch of sessions that begins after the close of `first` and ends with `last`."""

    name: str
    first: date
    last: date


NAMED: tuple[Episode, ...] = (
    Episode("Lehman and after", date(2008, 9, 12), date(2009, 3, 9)),
    Episode("Flash crash", date(2010, 5, 3), date(2010, 5, 7)),
    Episode("US downgrade, euro debt", date(2011, 7, 22), date(2011, 10, 3)),
    Episode("Taper tantrum", date(2013, 5, 21), date(2013, 6, 24)),
    Episode("China devaluation", date(2015, 8, 17), date(2015, 8, 25)),
    Episode("Start of 2016", date(2015, 12, 29), date(2016, 2, 11)),
    Episode("Brexit vote", date(2016, 6, 23), date(2016, 6, 27)),
    Episode("Volatility shock", date(2018, 2, 1), date(2018, 2, 8)),
    Episode("End of 2018", date(2018, 9, 20), date(2018, 12, 24)),
    Episode("Covid", date(2020, 2, 19), date(2020, 3, 23)),
    Episode("Rates of 2022", date(2022, 1, 3), date(2022, 10, 12)),
    Episode("August 2024", date(2024, 7, 31), date(2024, 8, 5)),
    Episode("Tariffs", date(2025, 4, 2), date(2025, 4, 8)),
)
"""Closes of SPY: the last before the fall, and the lowest or last of it. Known only afterwards;
nothing is decided by them."""


def deepest_falls(returns: Floats, sessions: Days, *, count: int = 5) -> list[Episode]:
    """Find the deepest falls of a path that do not overlap, deepest first.

    Parameters
    ----------
    returns : (R,), simple return per session.
    sessions : (R + 1,), dates: the close before the first row, then each row's.
    count : how many at most.

    Returns
    -------
    From a peak to the lowest close before the peak is reached again. A path that never falls has
    none.

    Notes
    -----
    Missing data: a NaN return counts as 0.
    """
    equity = np.append(1.0, np.cumprod(1.0 + np.nan_to_num(returns, nan=0.0)))
    peak = np.maximum.accumulate(equity)
    depth = equity / peak - 1.0
    starts = np.flatnonzero((depth[:-1] == 0.0) & (depth[1:] < 0.0))
    ends = np.append(starts, equity.shape[0])[1:]
    falls = [(int(a), int(a + np.argmin(depth[a:b]))) for a, b in zip(starts, ends, strict=True)]
    falls.sort(key=lambda fall: float(depth[fall[1]]))
    days = sessions.astype("datetime64[D]")
    return [
        Episode(f"Fall {rank}", days[a].item(), days[b].item())
        for rank, (a, b) in enumerate(falls[:count], 1)
    ]


def episode_return(returns: Floats, sessions: Days, episode: Episode) -> float:
    """Compound a path's returns over an episode; NaN unless it covers the whole of it.

    Parameters
    ----------
    returns : (R,), simple return per session.
    sessions : (R + 1,), dates: the close before the first row, then each row's; ascending.
    episode : returns after the close of its first day count, up to its last day's.
    """
    first, last = np.datetime64(episode.first, "D"), np.datetime64(episode.last, "D")
    days = sessions[1:]
    inside = (days > first) & (days <= last)
    if not inside.any() or sessions[0] > first or sessions[-1] < last:
        return float("nan")
    return float(np.prod(1.0 + returns[inside]) - 1.0)


def covered(episodes: Sequence[Episode], sessions: Days) -> list[Episode]:
    """Keep the episodes that lie within a path's sessions, the close before them included."""
    nothing = np.zeros(len(sessions) - 1)
    return [one for one in episodes if np.isfinite(episode_return(nothing, sessions, one))]
