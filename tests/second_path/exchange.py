"""The session axis of the second path, and the moments of a New York day."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cached_property
from zoneinfo import ZoneInfo

import exchange_calendars
import numpy as np

NEW_YORK = ZoneInfo("America/New_York")
OAS_READY, OPEN_BELL = time(9, 0), time(9, 30)
NEWS_CUTOFF, BAR_READY, DECIDES, H15_READY = time(16, 0), time(16, 15), time(16, 30), time(18, 0)


def in_new_york(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, NEW_YORK).astimezone(UTC)


def stamp(moment: datetime) -> int:
    """Microseconds since 1970, exact."""
    return round(moment.timestamp()) * 1_000_000 + moment.microsecond


@dataclass(frozen=True)
class Axis:
    """Sessions 0..last are the history up to the night; session last + 1 fills its decisions."""

    days: tuple[date, ...]

    @property
    def count(self) -> int:
        return len(self.days) - 1

    @property
    def night(self) -> date:
        return self.days[-2]

    @cached_property
    def position(self) -> dict[date, int]:
        return {day: at for at, day in enumerate(self.days)}

    def stamps(self, clock: time) -> np.ndarray:
        """(count + 1,) microseconds of one wall-clock time on every session."""
        return np.array([stamp(in_new_york(day, clock)) for day in self.days], dtype=np.int64)

    @cached_property
    def decided(self) -> np.ndarray:
        return self.stamps(DECIDES)

    def next_session(self, day: date) -> date:
        """The first session after a date; the last day of the axis when none is left."""
        at = np.searchsorted(self._as_numpy, np.datetime64(day), side="right")
        return self.days[min(int(at), self.count)]

    @cached_property
    def _as_numpy(self) -> np.ndarray:
        return np.array(self.days, dtype="datetime64[D]")

    def calendar_days(self) -> np.ndarray:
        """(count + 1,) calendar days since the session before; the first is 0."""
        return np.diff(self._as_numpy, prepend=self._as_numpy[:1]).astype(int)


def axis_up_to(moment: datetime) -> Axis:
    """All sessions since 2000 up to the latest whose 16:15 New York has passed, and one more."""
    end = f"{moment.year + 1}-12-31"
    calendar = exchange_calendars.get_calendar("XNYS", start="2000-01-03", end=end)
    days = [session.date() for session in calendar.sessions]
    passed = [day for day in days if in_new_york(day, BAR_READY) <= moment]
    return Axis(tuple(days[: len(passed) + 1]))
