"""The moments at which a proof looks back: seeded, where rules switch, and on the eve of news."""

import random
from bisect import bisect_left
from collections.abc import Sequence
from datetime import date, datetime
from itertools import pairwise

from warehouse.availability import RAW_TABLES
from warehouse.connection import Connection
from warehouse.sessions import Sessions

SPLITS, DIVIDENDS, REPORTS = "splits", "dividends", "fundamentals"


def choose_cuts(
    sessions: Sequence[date], count: int, *, seed: int, eves: Sequence[Sequence[date]] = ()
) -> list[date]:
    """Choose the sessions whose decisions a proof rebuilds.

    Parameters
    ----------
    sessions : decided sessions before the latest one, ascending.
    count : how many; fewer when there are not so many sessions.
    seed : the same choice for the same seed and sessions.
    eves : groups of sessions of which one each is taken, as far as `count` goes.

    Returns
    -------
    Ascending. Whatever is decided once a month or once a half-year can only be caught looking
    ahead on the day that decides it, and a peek at tomorrow's split only on its eve: so one of each
    is among them, then the latest session, and the rest are drawn at random.
    """
    chance = random.Random(f"cuts {seed}")
    turns = [day for before, day in pairwise(sessions) if before.month != day.month]
    half_years = [day for day in turns if day.month in (1, 7)]
    chosen: list[date] = []
    for group in (sessions[-1:], half_years, *eves, turns):
        left = [day for day in group if day in sessions and day not in chosen]
        if left and len(chosen) < count:
            chosen.append(chance.choice(left))
    rest = [day for day in sessions if day not in chosen]
    chosen += chance.sample(rest, min(max(count - len(chosen), 0), len(rest)))
    return sorted(chosen)


def eves_of_news(ledger: Connection, sessions: Sessions, *, last: date) -> list[list[date]]:
    """Sessions just before something rare became known, by kind.

    Parameters
    ----------
    ledger : holds the raw tables.
    last : no session after it is returned.

    Returns
    -------
    The eves of splits, of later versions of a value, of company reports, of dividends, of releases
    from quarantine and of a symbol's last bar; ascending, without empty kinds.
    """
    moments = [
        _available(ledger, SPLITS),
        _later_versions(ledger),
        _available(ledger, REPORTS),
        _available(ledger, DIVIDENDS),
        _moments(ledger, "select distinct released_at from quality.quarantine"),
        _last_bars(ledger),
    ]
    kinds = [_sessions_before(found, sessions, last) for found in moments]
    return [kind for kind in kinds if kind]


def _available(ledger: Connection, suffix: str) -> list[datetime]:
    names = [table.name for table in RAW_TABLES if table.name.endswith(f"__{suffix}")]
    union = " union ".join(f"select available_at from {name}" for name in names)
    return _moments(ledger, union)


def _later_versions(ledger: Connection) -> list[datetime]:
    """Moments at which a value was said again, otherwise."""
    union = " union ".join(
        f"(select available_at from {table.name} qualify row_number() over "
        f"(partition by {', '.join(table.key)} order by ledger_version) > 1)"
        for table in RAW_TABLES
        if table.policy == "vintage"
    )
    return _moments(ledger, union)


def _last_bars(ledger: Connection) -> list[datetime]:
    """The last bars of symbols that others have outlived."""
    bars = [table.name for table in RAW_TABLES if "session_date" in table.key]
    union = " union all ".join(
        f"select max(available_at) as ended_at from {name} "
        f"group by {'symbol' if 'cboe' not in name else 'index_name'}"
        for name in bars
    )
    return _moments(
        ledger,
        f"with ends as ({union}) "
        "select ended_at from ends qualify ended_at < max(ended_at) over ()",
    )


def _moments(ledger: Connection, query: str) -> list[datetime]:
    rows = ledger.execute(f"select distinct * from ({query}) order by 1").fetchall()
    return [row[0] for row in rows if row[0] is not None]


def _sessions_before(moments: Sequence[datetime], sessions: Sessions, last: date) -> list[date]:
    """The last session decided before each moment."""
    days = sessions.between(sessions.days[0], last)
    decided = [sessions.decided_at(day) for day in days]
    places = {bisect_left(decided, moment) - 1 for moment in moments}
    return [days[at] for at in sorted(places) if at >= 0]
