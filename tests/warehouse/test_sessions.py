from datetime import UTC, date, datetime

import pytest

from warehouse.sessions import CalendarError, Sessions, new_york_sessions


@pytest.fixture(scope="module")
def sessions() -> Sessions:
    return new_york_sessions()


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "night"),
    [
        ("2017-07-01T01:00", date(2017, 6, 30)),  # Friday 21:00 New York
        ("2017-06-30T20:14", date(2017, 6, 29)),  # 16:14: the bar is not there yet
        ("2017-06-30T20:15", date(2017, 6, 30)),  # 16:15
        ("2017-07-03T12:30", date(2017, 6, 30)),  # Monday morning
        ("2017-07-04T22:00", date(2017, 7, 3)),  # a holiday
        ("2026-11-22T09:00", date(2026, 11, 20)),  # a Sunday
        ("2017-03-13T20:15", date(2017, 3, 13)),  # first session of daylight saving time
        ("2017-03-10T20:15", date(2017, 3, 9)),  # last one before: 15:15 New York
    ],
)
def test_latest_night_is_the_last_session_whose_bar_is_ready(
    sessions: Sessions, now: str, night: date
) -> None:
    assert sessions.latest_night(moment(now)) == night


def test_decision_is_taken_at_half_past_four_new_york(sessions: Sessions) -> None:
    assert sessions.decided_at(date(2017, 6, 30)) == moment("2017-06-30T20:30")
    assert sessions.decided_at(date(2017, 1, 3)) == moment("2017-01-03T21:30")


def test_next_session_skips_weekend_and_holiday(sessions: Sessions) -> None:
    assert sessions.next_session(date(2017, 6, 30)) == date(2017, 7, 3)
    assert sessions.next_session(date(2017, 7, 3)) == date(2017, 7, 5)


def test_previous_session_counts_sessions(sessions: Sessions) -> None:
    assert sessions.previous_session(date(2017, 7, 5), 2) == date(2017, 6, 30)
    assert sessions.previous_session(date(2017, 7, 4)) == date(2017, 7, 3)


def test_early_close_keeps_its_own_close(sessions: Sessions) -> None:
    at = sessions.days.index(date(2017, 11, 24))
    assert sessions.closes[at] == moment("2017-11-24T18:00")


def test_between_includes_both_ends(sessions: Sessions) -> None:
    assert sessions.between(date(2017, 6, 30), date(2017, 7, 5)) == (
        date(2017, 6, 30),
        date(2017, 7, 3),
        date(2017, 7, 5),
    )


def test_date_before_the_calendar_is_refused(sessions: Sessions) -> None:
    with pytest.raises(CalendarError, match="starts 2000-01-03"):
        sessions.session_on_or_before(date(1999, 12, 31))
