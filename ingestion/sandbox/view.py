"""What can be seen of the simulated market at one moment: nothing dated after `now`.

| data                 | appears                                                         |
|----------------------|-----------------------------------------------------------------|
| daily bar of D       | D 16:15 New York; a corrected one at 16:15 some sessions later  |
| minute of D          | when it is over; nothing of it is ever corrected                |
| Cboe row of D        | file: D 20:30 New York; delayed quote: D 16:15 New York         |
| FRED row of D        | 08:00 Central on the next day that its source publishes         |
| story                | at its timestamp                                                |
| split, dividend      | New York midnight of its day                                    |
| company's statement  | when it is accepted                                             |
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np

from ingestion.sandbox.actions import Dividend, Split
from ingestion.sandbox.bars import Bar, Bars
from ingestion.sandbox.intraday import Minutes, minutes_of
from ingestion.sandbox.macro import SPREADS
from ingestion.sandbox.market import LONGEST_CORRECTION_SESSIONS, Market
from ingestion.sandbox.news import Story
from ingestion.sandbox.statements import Statement
from ingestion.sandbox.streams import Integers
from warehouse.sessions import BAR_READY, NEW_YORK

FILE_READY = time(20, 30)  # New York: Cboe's evening upload

Plan = Literal["paid", "free"]


class IndexRow(NamedTuple):
    """One session of one index file."""

    day: date
    open: float
    high: float
    low: float
    close: float


class Observation(NamedTuple):
    """One value of a macro series and the moments between which it stood."""

    day: date
    value: str
    known_from: datetime
    known_until: datetime | None


@dataclass(frozen=True)
class View:
    """The market as its public sees it at `now` (UTC), from `first_day` on.

    `symbols`: the listed names; any other is unknown. `null_close`: bars whose close is withheld.
    `plan`: what the providers' plans allow. `baml_years`: how many years of its credit spreads FRED
    keeps; None is all of them.
    """

    market: Market
    now: datetime
    symbols: tuple[str, ...]
    first_day: date
    null_close: Collection[tuple[str, date]] = ()
    plan: Plan = "paid"
    baml_years: int | None = None

    @cached_property
    def today(self) -> date:
        """The New York date."""
        return self.now.astimezone(NEW_YORK).date()

    @cached_property
    def latest_bar(self) -> int:
        """Number of the latest session whose bars are out."""
        return self._latest(BAR_READY)

    def _latest(self, ready: time) -> int:
        """Number of the latest session on which that New York time has passed."""
        at = self.market.session_number(self.today)
        if at >= 0 and self.now < self.market.sessions.at(self.market.days[at], ready):
            at -= 1
        return at

    @cached_property
    def listed(self) -> frozenset[str]:
        """The listed names, to look one up among many."""
        return frozenset(self.symbols)

    def bars(self, symbol: str, first: date, last: date) -> list[Bar]:
        """Raw bars of one name between two dates, both included, as published by now."""
        columns = self.columns(symbol, first, last)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        return [
            Bar(
                at,
                self.market.days[at],
                open_price,
                high,
                low,
                None if math.isnan(close) else close,
                int(volume),
            )
            for at, open_price, high, low, close, volume in rows
        ]

    def columns(self, symbol: str, first: date, last: date) -> Bars:
        """The same bars as columns."""
        if symbol not in self.listed:
            return Bars.none()
        history = self.market.history(symbol)
        start = bisect_left(self.market.days, max(first, self.first_day))
        end = max(min(self.market.session_number(last), self.latest_bar) + 1, start)
        at = np.flatnonzero(history.has_bar[start:end]) + start
        prices = (history.open[at], history.high[at], history.low[at], history.close[at])
        bars = Bars(at, *prices, history.volume[at].astype(float))
        self._undo_publication(symbol, bars)
        return bars

    def _undo_publication(self, symbol: str, bars: Bars) -> None:
        """Undo the corrections still to come, and withhold what the caller asked to withhold."""
        for wrong in reversed(self.market.corrections(symbol)):
            if wrong.at < self.latest_bar - LONGEST_CORRECTION_SESSIONS:
                break
            if wrong.corrected_at > self.latest_bar:
                place = bars.at == wrong.at
                bars.close[place], bars.volume[place] = wrong.close, wrong.volume
        for name, day in self.null_close:
            at = self.market.session_number(day)
            if name == symbol and self.market.days[at] == day:
                bars.close[bars.at == at] = np.nan

    def minute_counts(self, symbol: str, first: date, last: date) -> tuple[Integers, Integers]:
        """Numbers of the sessions of one name that have begun, and the minutes over in each."""
        if symbol not in self.listed:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        start = bisect_left(self.market.days, max(first, self.first_day))
        end = max(self.market.session_number(min(last, self.today)) + 1, start)
        at = np.flatnonzero(self.market.history(symbol).has_bar[start:end]) + start
        counts = self.market.minutes_per_session[at]
        if len(at) and self.market.days[at[-1]] == self.today:
            counts[-1] = len(self.minutes(symbol, int(at[-1])).start)
        return at, counts

    def minutes(self, symbol: str, at: int) -> Minutes:
        """The minutes of one session of one name that are over by now; none if it did not trade."""
        day = self.market.days[at]
        if symbol not in self.listed or not self.first_day <= day <= self.today:
            return Minutes.none()
        history, opens, closes = self.market.history(symbol), *self.market.hours(at)
        if not history.has_bar[at] or self.now < opens:
            return Minutes.none()
        whole = minutes_of(history, self.market.seed, at, day, opens, closes)
        return whole.until(int((self.now - opens).total_seconds()) // 60)

    def unfinished_bar(self, symbol: str) -> Bars:
        """Today's bar so far, before it is out: its open, then all minutes over; none otherwise."""
        opening = self.opening(symbol)
        if opening is None:
            return Bars.none()
        at = self.market.session_number(self.today)
        so_far = self.minutes(symbol, at)
        row = (opening, opening, opening, opening, 0.0)
        if len(so_far.start):
            high, low = float(so_far.high.max()), float(so_far.low.min())
            row = (opening, high, low, float(so_far.close[-1]), float(so_far.volume.sum()))
        return Bars(np.array([at]), *(np.array([value]) for value in row))

    def statements(self, symbol: str) -> list[Statement]:
        """What a company has reported by now, in order of acceptance; funds report nothing."""
        if symbol not in self.listed:
            return []
        return [
            statement
            for statement in self.market.statements(symbol)
            if statement.accepted_at <= self.now and statement.period_end >= self.first_day
        ]

    def opening(self, symbol: str) -> float | None:
        """Today's open while today's bar is not out yet; None when nothing trades."""
        at = self.market.session_number(self.today)
        if symbol not in self.listed or at == self.latest_bar:
            return None
        history = self.market.history(symbol)
        if not history.has_bar[at] or self.now < self.market.hours(at)[0]:
            return None
        return float(history.open[at])

    def splits(self, symbol: str) -> list[Split]:
        """Splits of one name that have happened, oldest first."""
        return [split for split in self._history_splits(symbol) if self._has_come(split.at)]

    def _history_splits(self, symbol: str) -> tuple[Split, ...]:
        return self.market.history(symbol).splits if symbol in self.listed else ()

    def dividends(self, symbol: str) -> list[Dividend]:
        """Dividends of one name whose ex-date has come, oldest first."""
        if symbol not in self.listed:
            return []
        return [paid for paid in self.market.history(symbol).dividends if self._has_come(paid.at)]

    def _has_come(self, at: int) -> bool:
        return self.first_day <= self.market.days[at] <= self.today

    def stories(self, symbol: str, since: datetime, until: datetime) -> list[Story]:
        """Published stories about one name between two moments, both included, oldest first."""
        if symbol not in self.listed:
            return []
        told = self.market.stories(symbol)
        opening = datetime.combine(self.first_day, time(), NEW_YORK)
        start = bisect_left(told, max(since, opening), key=lambda story: story.published_at)
        end = bisect_right(told, min(until, self.now), key=lambda story: story.published_at)
        return list(told[start : max(end, start)])

    def index_rows(self, name: str, *, ready: time = FILE_READY) -> list[IndexRow]:
        """Rows of one index that a source which is ready at that New York time shows by now."""
        candles, days = self.market.index(name), self.market.days
        start = max(self.market.index_start(name), bisect_left(days, self.first_day))
        window = slice(start, max(self._latest(ready) + 1, start))
        columns = (candles.open, candles.high, candles.low, candles.close)
        prices = zip(*(column[window].tolist() for column in columns), strict=True)
        return [IndexRow(day, *row) for day, row in zip(days[window], prices, strict=True)]

    def observations(self, series_id: str, *, known_at: datetime) -> list[Observation]:
        """Every version of every row that was out at a moment (at most `now`), in order of date."""
        series = self.market.series(series_id)
        moment = min(known_at, self.now)
        end = bisect_right(series.published_at, moment)
        versions = []
        for number in range(bisect_left(series.days, self._first_kept(series_id)), end):
            day, published = series.days[number], series.published_at[number]
            revision = series.revisions.get(number)
            if revision is None:
                versions.append(Observation(day, series.values[number], published, None))
                continue
            is_corrected = revision.corrected_at <= moment
            until = revision.corrected_at if is_corrected else None
            versions.append(Observation(day, revision.first_value, published, until))
            if is_corrected:
                final = series.values[number]
                versions.append(Observation(day, final, revision.corrected_at, None))
        return versions

    def _first_kept(self, series_id: str) -> date:
        """The first day that FRED still serves; its window of credit spreads rolls."""
        if self.baml_years is None or series_id not in SPREADS:
            return self.first_day
        try:
            start = self.today.replace(year=self.today.year - self.baml_years)
        except ValueError:  # 29 February
            start = self.today.replace(year=self.today.year - self.baml_years, day=28)
        return max(self.first_day, start)
