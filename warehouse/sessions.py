"""The exchange's own calendar: New York sessions, never 24-hour days.

Everything that asks "which session" or "when in New York" asks here. Built on `exchange_calendars`
(XNYS); early closes keep the platform's own moments (16:15 bars, 16:30 decisions) so that one rule
serves every session.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
FIRST_DAY = date(2000, 1, 3)
LAST_DAY = date(2049, 12, 31)
NEWS_CUTOFF = time(16, 0)
BAR_READY = time(16, 15)  # closing auction printed and consolidated
DECISION_TIME = time(16, 30)


class CalendarError(ValueError):
    """A date lies outside the calendar's range, or no session fits."""


@dataclass(frozen=True)
class Sessions:
    """Every session of the exchange in order.

    `days`: (n,) New York dates, ascending. `opens` and `closes`: (n,) UTC moments of the regular
    session, early closes included.
    """

    days: tuple[date, ...]
    opens: tuple[datetime, ...]
    closes: tuple[datetime, ...]

    def is_session(self, day: date) -> bool:
        """Whether the exchange trades on that New York date."""
        at = bisect_left(self.days, day)
        return at < len(self.days) and self.days[at] == day

    def hours(self, day: date) -> tuple[datetime, datetime]:
        """The UTC moments between which the exchange trades on a session."""
        at = bisect_left(self.days, day)
        if not self.is_session(day):
            raise CalendarError(f"the exchange is closed on {day}")
        return self.opens[at], self.closes[at]

    def next_session(self, day: date) -> date:
        """The first session after a date (the date itself need not be one)."""
        at = bisect_right(self.days, day)
        if at == len(self.days):
            raise CalendarError(f"no session after {day}: the calendar ends {self.days[-1]}")
        return self.days[at]

    def session_on_or_before(self, day: date) -> date:
        """The latest session not after a date."""
        at = bisect_right(self.days, day)
        if at == 0:
            raise CalendarError(
                f"no session on or before {day}: the calendar starts {self.days[0]}"
            )
        return self.days[at - 1]

    def previous_session(self, day: date, count: int = 1) -> date:
        """The session `count` sessions before a date (the date itself need not be one)."""
        at = bisect_left(self.days, day) - count
        if at < 0:
            raise CalendarError(f"no session {count} before {day}")
        return self.days[at]

    def between(self, first: date, last: date) -> tuple[date, ...]:
        """All sessions from `first` to `last`, both included."""
        return self.days[bisect_left(self.days, first) : bisect_right(self.days, last)]

    def at(self, day: date, moment: time) -> datetime:
        """The UTC moment of a New York wall-clock time on a date."""
        return datetime.combine(day, moment, NEW_YORK).astimezone(UTC)

    def decided_at(self, session: date) -> datetime:
        """The UTC moment at which a session's decision is taken: 16:30 New York."""
        return self.at(session, DECISION_TIME)

    def latest_night(self, now: datetime) -> date:
        """The session that a run at `now` computes: the latest whose 16:15 New York has passed."""
        today = now.astimezone(NEW_YORK).date()
        session = self.session_on_or_before(today)
        if now < self.at(session, BAR_READY):
            session = self.previous_session(session)
        return session


@lru_cache(maxsize=1)
def new_york_sessions() -> Sessions:
    """The XNYS calendar from 2000 to 2049 (later years by the exchange's standing rules)."""
    import exchange_calendars

    calendar = exchange_calendars.get_calendar(
        "XNYS", start=FIRST_DAY.isoformat(), end=LAST_DAY.isoformat()
    )
    schedule = calendar.schedule
    return Sessions(
        days=tuple(stamp.date() for stamp in schedule.index),
        opens=tuple(stamp.to_pydatetime() for stamp in schedule["open"]),
        closes=tuple(stamp.to_pydatetime() for stamp in schedule["close"]),
    )
