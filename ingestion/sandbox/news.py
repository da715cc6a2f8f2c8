"""The simulated newsroom: who is written about, when, and in which tone."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

import numpy as np

from ingestion.sandbox.catalogue import Instrument
from ingestion.sandbox.climate import Climate
from ingestion.sandbox.headlines import Tone, write_headline
from ingestion.sandbox.streams import Booleans, Floats, stream
from warehouse.sessions import NEW_YORK

PUBLISHER = "Sandbox Newswire"
SUMMARY = "Simulated story of the sandbox market: no real company, no real event."
STORIES_SPACE = 1_000_000  # room for one name's story numbers
SHARED_FRACTION = 0.10
REISSUED_FRACTION = 0.02  # the same headline again within two hours, under another id
WEEKEND_FRACTION = 0.25
AFTER_CLOSE_FRACTION = 0.24
TONE_THRESHOLD = 0.36


@dataclass(frozen=True, slots=True)
class Story:
    """One story. `tickers`: whom it is about, the one it was written for first.

    `tone`: in which it was written; providers may read it otherwise.
    """

    story_id: int
    published_at: datetime
    headline: str
    tickers: tuple[str, ...]
    tone: Tone


class _Draw(NamedTuple):
    """The numbers in [0, 1) that make one story."""

    happens: float
    clock: float
    minute: float
    pick: float
    first: float
    second: float
    shared: float
    reissued: float


class Newsroom:
    """Writes all stories of one seed; what it writes about one name ignores all others."""

    def __init__(self, seed: int, climate: Climate, days: Sequence[date]) -> None:
        self._seed = seed
        self._days = days
        surprise = np.clip(climate.market_return / climate.session_volatility, -3.0, 3.0)
        # the mood rests on the evening before: stories follow the market and do not foretell it
        mood = 0.46 - 1.45 * climate.stress + 0.12 * surprise
        self._mood: Floats = np.concatenate([[0.3], mood[:-1]])

    def stories_about(self, instrument: Instrument) -> tuple[Story, ...]:
        """Write every story about one name, in order of publication."""
        rate = instrument.stories_per_session
        if not rate:
            return ()
        weekday = self._stories(instrument, "news", rate, self._sessions())
        weekend = self._stories(
            instrument, "weekend news", rate * WEEKEND_FRACTION, self._weekends()
        )
        return tuple(sorted(weekday + weekend, key=lambda story: story.published_at))

    def _sessions(self) -> list[date | None]:
        return list(self._days)

    def _weekends(self) -> list[date | None]:
        """The Saturday before each Monday session."""
        return [day - timedelta(days=2) if day.weekday() == 0 else None for day in self._days]

    def _stories(
        self, instrument: Instrument, purpose: str, rate: float, dates: list[date | None]
    ) -> list[Story]:
        """At most one story per date: `dates` has one per session number, or none."""
        draws = stream(self._seed, instrument.symbol, purpose).random((len(dates), 8))
        luck = stream(self._seed, instrument.symbol, purpose, "tone").standard_normal(len(dates))
        stories: list[Story] = []
        happens: Booleans = draws[:, 0] < rate
        for at in np.flatnonzero(happens).tolist():
            day = dates[at]
            if day is None or (instrument.last_day and day > instrument.last_day):
                continue
            tone = _tone(float(self._mood[at] + 0.85 * luck[at]))
            number = 4 * at + (2 if purpose == "weekend news" else 0)
            stories += _written(instrument, day, tone, number, _Draw(*draws[at].tolist()))
        return stories


def _tone(score: float) -> Tone:
    if score > TONE_THRESHOLD:
        return "positive"
    return "negative" if score < -TONE_THRESHOLD else "neutral"


def _written(
    instrument: Instrument, day: date, tone: Tone, number: int, draw: _Draw
) -> list[Story]:
    """One story, and rarely the same again a little later."""
    other = instrument.partner if draw.shared < SHARED_FRACTION else None
    headline = write_headline(
        tone, instrument.symbol, other,
        month=day.month, pick=draw.pick, numbers=(draw.first, draw.second),
    )  # fmt: skip
    story_id = zlib.crc32(instrument.symbol.encode()) * STORIES_SPACE + number
    tickers = (instrument.symbol, other) if other else (instrument.symbol,)
    story = Story(story_id, _publication(day, draw.clock, draw.minute), headline, tickers, tone)
    if draw.reissued >= REISSUED_FRACTION:
        return [story]
    later = story.published_at + timedelta(minutes=5 + int(110 * draw.reissued / REISSUED_FRACTION))
    return [story, Story(story_id + 1, later, headline, tickers, tone)]


def _publication(day: date, clock: float, minute: float) -> datetime:
    """Early morning to the closing bell; about one in four after it."""
    if clock < AFTER_CLOSE_FRACTION:
        first, last = 16 * 60, 20 * 60
    else:
        first, last = 6 * 60 + 30, 16 * 60
    seconds = int((first + minute * (last - first)) * 60)
    wall_clock = time(seconds // 3600, seconds // 60 % 60, seconds % 60)
    return datetime.combine(day, wall_clock, NEW_YORK).astimezone(UTC)
