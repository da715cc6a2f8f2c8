"""The moments at which a proof looks back: seeded, and always where rules switch."""

import random
from collections.abc import Sequence
from datetime import date
from itertools import pairwise


def choose_cuts(sessions: Sequence[date], count: int, *, seed: int) -> list[date]:
    """Choose the sessions whose decisions a proof rebuilds.

    Parameters
    ----------
    sessions : decided sessions before the latest one, ascending.
    count : how many; fewer when there are not so many sessions.
    seed : the same choice for the same seed and sessions.

    Returns
    -------
    Ascending. Whatever is decided once a month or once a half-year can only be caught looking
    ahead on the day that decides it: so one of each is among them, then the latest session, and
    the rest are drawn at random.
    """
    chance = random.Random(f"cuts {seed}")
    turns = [day for before, day in pairwise(sessions) if before.month != day.month]
    half_years = [day for day in turns if day.month in (1, 7)]
    chosen: list[date] = []
    for group in (half_years, turns, sessions[-1:]):
        left = [day for day in group if day not in chosen]
        if left:
            chosen.append(chance.choice(left))
    rest = [day for day in sessions if day not in chosen]
    chosen += chance.sample(rest, min(max(count - len(chosen), 0), len(rest)))
    return sorted(chosen[:count])
