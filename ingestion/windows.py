"""Which days an answer may speak of: those that were asked for, and finished ones."""

from collections import Counter
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta

from ingestion.errors import BadPayloadError
from ingestion.profile import Reply
from warehouse.sessions import BAR_READY, NEW_YORK, Sessions

MONDAY, FRIDAY, SATURDAY, SUNDAY = 0, 4, 5, 6
BAR_MINUTES, BAR_INTERVAL = 5, "5m"
ZONE_SLACK = timedelta(days=1)
"""News windows are days of a zone that no provider names, so they are checked a day more widely."""


def check_days(days: Collection[date], first: date, last: date, reply: Reply) -> None:
    """Refuse an answer with days outside the asked window, or moved by a day as a whole.

    Raises
    ------
    BadPayloadError
        If a day lies outside, or Saturdays stand in for Mondays, or Sundays for Fridays. A stray
        weekend row is for the quality gate (and credit indices have month-end rows there), but a
        calendar that slipped would put every value on a wrong day.
    """
    outside = [day for day in days if not first <= day <= last]
    if outside:
        raise BadPayloadError(
            f"{reply.provider} sent a row of {outside[0]}, asked were {first} to {last}"
        )
    count = Counter(day.weekday() for day in days)
    is_late = count[SATURDAY] > 2 * count[MONDAY]
    is_early = count[SUNDAY] > 2 * count[FRIDAY]
    if len(days) > 1 and (is_late or is_early):
        raise BadPayloadError(f"{reply.provider} sent days that are shifted onto the weekend")


def check_moments(moments: Collection[datetime], first: date, last: date, reply: Reply) -> None:
    """Refuse news from outside the asked days (one provider once ignored its date range)."""
    for moment in moments:
        if not first - ZONE_SLACK <= moment.astimezone(UTC).date() <= last + ZONE_SLACK:
            raise BadPayloadError(
                f"{reply.provider} sent a story of {moment.date()}, asked were {first} to {last}"
            )


def is_finished(session: date, reply: Reply) -> bool:
    """Whether a session's bar was complete when the answer came: 16:15 New York had passed."""
    return session <= finished_through(reply)


def finished_through(reply: Reply) -> date:
    """The last day whose bars were complete when the answer came."""
    now = reply.fetched_at.astimezone(NEW_YORK)
    return now.date() if now.time() >= BAR_READY else now.date() - timedelta(days=1)


def is_announced(day: date, reply: Reply) -> bool:
    """Whether a corporate action still lay ahead when the answer came."""
    return day > reply.fetched_at.astimezone(NEW_YORK).date()


class RegularHours:
    """Which intraday bars belong to the regular session; providers send those around it, too.

    Opening and closing moments come from the exchange's calendar, so that early closes and the
    weeks in which only one continent has changed its clocks need no rule of their own.
    """

    def __init__(self, sessions: Sessions, first: date, last: date) -> None:
        days = sessions.between(first, last)
        self._hours = {day: sessions.hours(day) for day in days}

    def bar_end(self, start_seconds: int) -> datetime | None:
        """When a bar that starts at an epoch second is complete; None outside regular hours."""
        start = datetime.fromtimestamp(start_seconds, UTC)
        end = start + timedelta(minutes=BAR_MINUTES)
        hours = self._hours.get(start.astimezone(NEW_YORK).date())
        return end if hours and hours[0] <= start and end <= hours[1] else None
