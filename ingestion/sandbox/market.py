"""The simulated market of one seed: everything that ever happens, computed when first asked for.

Prefix-stable: the value for a date never depends on today, on how far ahead was simulated, or on
which other names were asked for. What of it can be seen at a moment is decided in `view.py`.
"""

import threading
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from datetime import date, datetime, time
from functools import cached_property, lru_cache
from typing import NamedTuple, TypeVar

import numpy as np

from ingestion.sandbox.catalogue import INDEX_STARTS, LISTED, MARKET_START, instrument
from ingestion.sandbox.climate import simulate_climate
from ingestion.sandbox.curve import IndexBars, index_bars
from ingestion.sandbox.macro import Series, macro_series
from ingestion.sandbox.news import Newsroom, Story
from ingestion.sandbox.prices import History, price_history
from ingestion.sandbox.returns import growth_of
from ingestion.sandbox.statements import Statement, statements_of
from ingestion.sandbox.streams import Integers, stream
from warehouse.sessions import LAST_DAY, NEW_YORK, Sessions, new_york_sessions

Computed = TypeVar("Computed")

CORRECTIONS_PER_BAR = 1 / 140  # about one bar a week over the default universe
LONGEST_CORRECTION_SESSIONS = 4
REGULAR_CLOSE = time(16, 0)


class Correction(NamedTuple):
    """A bar that was first published wrong: what stood there until session `corrected_at`."""

    at: int
    close: float
    volume: int
    corrected_at: int


class Market:
    """All simulated history of a seed, from 2010-01-04 to the end of `last_year`.

    `days`: (n_sessions,) New York dates; a session's place in it is its number, `at` for short.
    """

    def __init__(self, seed: int, last_year: int) -> None:
        self.seed = seed
        self.sessions: Sessions = new_york_sessions()
        last_day = min(date(last_year, 12, 31), LAST_DAY)
        self.days = self.sessions.between(MARKET_START, last_day)
        self.climate = simulate_climate(seed, len(self.days))
        self._is_short_session = np.array(self._short_sessions())
        self._newsroom = Newsroom(seed, self.climate, self.days)
        self._computed: dict[tuple[str, str], object] = {}
        self._lock = threading.RLock()

    @cached_property
    def _sessions_before(self) -> int:
        return bisect_left(self.sessions.days, MARKET_START)

    def hours(self, at: int) -> tuple[datetime, datetime]:
        """The UTC moments at which a session opens and closes, early closes included."""
        place = self._sessions_before + at
        return self.sessions.opens[place], self.sessions.closes[place]

    def _short_sessions(self) -> list[bool]:
        closes = (self.hours(at)[1] for at in range(len(self.days)))
        return [close.astimezone(NEW_YORK).time() < REGULAR_CLOSE for close in closes]

    def _once(self, what: str, name: str, compute: Callable[[], Computed]) -> Computed:
        with self._lock:
            if (what, name) not in self._computed:
                self._computed[what, name] = compute()
            return self._computed[what, name]  # type: ignore[return-value]  # one type per `what`

    def session_number(self, day: date) -> int:
        """The number of the latest session not after a date; -1 before the first."""
        return bisect_right(self.days, day) - 1

    @cached_property
    def midnights(self) -> Integers:
        """(n_sessions,) epoch seconds at which each session's New York day began."""
        moments = (datetime.combine(day, time(), NEW_YORK) for day in self.days)
        return np.array([int(moment.timestamp()) for moment in moments], dtype=np.int64)

    @cached_property
    def minutes_per_session(self) -> Integers:
        """(n_sessions,) minutes between the opening and the closing bell."""
        hours = (self.hours(at) for at in range(len(self.days)))
        lengths = [int((closes - opens).total_seconds()) // 60 for opens, closes in hours]
        return np.array(lengths, dtype=np.int64)

    def history(self, symbol: str) -> History:
        """Raw bars and corporate actions of one name."""
        return self._once("history", symbol, lambda: self._history(symbol))

    def _history(self, symbol: str) -> History:
        name = instrument(symbol, self.seed)
        growth = growth_of(name, self.seed, self.climate, self.days)
        return price_history(name, self.seed, growth, self.days, self._is_short_session)

    def corrections(self, symbol: str) -> tuple[Correction, ...]:
        """The bars of one name that were first published wrong, in order."""
        return self._once("corrections", symbol, lambda: self._corrections(symbol))

    def _corrections(self, symbol: str) -> tuple[Correction, ...]:
        history = self.history(symbol)
        chance, lag, size = stream(self.seed, symbol, "corrections").random((len(self.days), 3)).T
        found = []
        for at in np.flatnonzero((chance < CORRECTIONS_PER_BAR) & history.has_bar).tolist():
            close = float(history.close[at]) * (1 + 0.006 * (float(size[at]) - 0.5))
            close = min(max(round(close, 2), float(history.low[at])), float(history.high[at]))
            sessions_later = 1 + int(LONGEST_CORRECTION_SESSIONS * float(lag[at]))
            volume = round(int(history.volume[at]) * 0.985)
            found.append(Correction(at, close, volume, at + sessions_later))
        return tuple(found)

    def statements(self, symbol: str) -> tuple[Statement, ...]:
        """All statements of one company, in order of acceptance; none of a fund."""
        return self._once("statements", symbol, lambda: self._statements(symbol))

    def _statements(self, symbol: str) -> tuple[Statement, ...]:
        history = self.history(symbol)
        return statements_of(history, self.seed, self.climate.stress, self.days)

    def stories(self, symbol: str) -> tuple[Story, ...]:
        """All stories about one name, by publication, those it shares with others included."""
        return self._once("stories", symbol, lambda: self._stories(symbol))

    def _stories(self, symbol: str) -> tuple[Story, ...]:
        told = list(self._own_stories(symbol))
        for other, listed in LISTED.items():
            if listed.partner == symbol:
                told += [story for story in self._own_stories(other) if symbol in story.tickers]
        return tuple(sorted(told, key=lambda story: (story.published_at, story.story_id)))

    def _own_stories(self, symbol: str) -> tuple[Story, ...]:
        name = instrument(symbol, self.seed)
        return self._once("own stories", symbol, lambda: self._newsroom.stories_about(name))

    def index(self, name: str) -> IndexBars:
        """Candles of one index file; before its first day they mean nothing."""
        return self._once("index", name, lambda: index_bars(self.seed, self.climate, name))

    def index_start(self, name: str) -> int:
        """The number of the first session of an index file."""
        return bisect_left(self.days, INDEX_STARTS[name])

    def series(self, series_id: str) -> Series:
        """One macro series with its publication moments and revisions."""
        return self._once("series", series_id, lambda: self._series(series_id))

    def _series(self, series_id: str) -> Series:
        vix = self.index("VIX").close
        return macro_series(series_id, self.seed, self.climate, vix, self.days)


@lru_cache(maxsize=2)
def market_of(seed: int, last_year: int) -> Market:
    """Return the market of a seed, simulated once per process."""
    return Market(seed, last_year)
