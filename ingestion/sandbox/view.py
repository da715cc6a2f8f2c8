"""What can be seen of the simulated market at one moment: nothing dated after `now`.

| data                 | appears                                                         |
|----------------------|-----------------------------------------------------------------|
| daily bar of D       | D 16:15 New York; a corrected one at 16:15 some sessions later  |
| Cboe row of D        | file: D 20:30 New York; delayed quote: D 16:15 New York         |
| FRED row of D        | 08:00 Central on the next day that its source publishes         |
| story                | at its timestamp                                                |
| split, dividend      | New York midnight of its day                                    |
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property
from typing import NamedTuple

from ingestion.sandbox.actions import Dividend, Split
from ingestion.sandbox.market import Market
from ingestion.sandbox.news import Story
from warehouse.sessions import BAR_READY, NEW_YORK

FILE_READY = time(20, 30)  # New York: Cboe's evening upload


class Bar(NamedTuple):
    """One session of one name as served; `at` is the session's number."""

    at: int
    day: date
    open: float
    high: float
    low: float
    close: float | None
    volume: float


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
    """

    market: Market
    now: datetime
    symbols: tuple[str, ...]
    first_day: date
    null_close: Collection[tuple[str, date]] = ()

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

    def bars(self, symbol: str, first: date, last: date) -> list[Bar]:
        """Raw bars of one name between two dates, both included, as published by now."""
        if symbol not in self.symbols:
            return []
        history, days = self.market.history(symbol), self.market.days
        start = bisect_left(days, max(first, self.first_day))
        end = min(self.market.session_number(last), self.latest_bar) + 1
        window = slice(start, max(end, start))
        columns = zip(
            range(window.start, window.stop),
            days[window],
            history.open[window].tolist(),
            history.high[window].tolist(),
            history.low[window].tolist(),
            history.close[window].tolist(),
            history.volume[window].tolist(),
            strict=True,
        )
        traded = history.has_bar[window].tolist()
        bars = [Bar(*row) for row, has_bar in zip(columns, traded, strict=True) if has_bar]
        return self._as_published(symbol, bars)

    def _as_published(self, symbol: str, bars: list[Bar]) -> list[Bar]:
        """Undo the corrections still to come, and withhold what the caller asked to withhold."""
        pending = {
            wrong.at: wrong
            for wrong in self.market.corrections(symbol)
            if wrong.corrected_at > self.latest_bar
        }
        withheld = {day for name, day in self.null_close if name == symbol}
        for place, bar in enumerate(bars):
            if bar.at in pending:
                wrong = pending[bar.at]
                bars[place] = bar._replace(close=wrong.close, volume=wrong.volume)
            if bar.day in withheld:
                bars[place] = bars[place]._replace(close=None)
        return bars

    def opening(self, symbol: str) -> float | None:
        """Today's open while today's bar is not out yet; None when nothing trades."""
        at = self.market.session_number(self.today)
        if symbol not in self.symbols or at == self.latest_bar:
            return None
        history = self.market.history(symbol)
        skipped = bisect_left(self.market.sessions.days, self.market.days[at])
        if not history.has_bar[at] or self.now < self.market.sessions.opens[skipped]:
            return None
        return float(history.open[at])

    def splits(self, symbol: str) -> list[Split]:
        """Splits of one name that have happened, oldest first."""
        return [split for split in self._history_splits(symbol) if self._has_come(split.at)]

    def _history_splits(self, symbol: str) -> tuple[Split, ...]:
        return self.market.history(symbol).splits if symbol in self.symbols else ()

    def dividends(self, symbol: str) -> list[Dividend]:
        """Dividends of one name whose ex-date has come, oldest first."""
        if symbol not in self.symbols:
            return []
        return [paid for paid in self.market.history(symbol).dividends if self._has_come(paid.at)]

    def _has_come(self, at: int) -> bool:
        return self.first_day <= self.market.days[at] <= self.today

    def stories(self, symbol: str, since: datetime, until: datetime) -> list[Story]:
        """Published stories about one name between two moments, both included, oldest first."""
        if symbol not in self.symbols:
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
        for number in range(bisect_left(series.days, self.first_day), end):
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
