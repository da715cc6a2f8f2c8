"""A night is overdue two and a half hours after its last step, on exchange sessions only."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import pytest

from orchestration.overdue import Overdue, overdue_night
from warehouse.sessions import Sessions, new_york_sessions


@dataclass(frozen=True)
class Evening:
    """Nights at 17:35, or the morning after at 08:00."""

    at: time = time(17, 35)
    is_morning: bool = False

    def published_by(self, night: date, sessions: Sessions) -> datetime:
        day = sessions.next_session(night) if self.is_morning else night
        return sessions.at(day, self.at)


EVENING, MORNING = Evening(), Evening(time(8), is_morning=True)


def found(last: date | None, now: str, timetable: Evening = EVENING) -> Overdue | None:
    moment = datetime.fromisoformat(now)
    return overdue_night(last, moment, timetable=timetable, sessions=new_york_sessions())


@pytest.mark.parametrize(
    ("now", "night"),
    [
        # a Friday in summer: 20:05 New York is 00:05 UTC
        ("2024-06-29T00:04:59Z", None),
        ("2024-06-29T00:05:00Z", date(2024, 6, 28)),
        # the weekend has no session, and Monday's night is not due before its evening
        ("2024-07-01T23:00:00Z", date(2024, 6, 28)),
        ("2024-07-02T00:05:00Z", date(2024, 7, 1)),
    ],
)
def test_evening_is_overdue_at_five_past_eight(now: str, night: date | None) -> None:
    overdue = found(date(2024, 6, 27), now)
    assert (overdue.night if overdue else None) == night


@pytest.mark.parametrize(
    ("now", "night"),
    [
        ("2024-07-05T14:29:00Z", None),  # 10:29 New York after the holiday of 4 July
        ("2024-07-05T14:30:00Z", date(2024, 7, 3)),  # an early close, and the next session
    ],
)
def test_morning_is_overdue_at_half_past_ten_of_the_next_session(
    now: str, night: date | None
) -> None:
    overdue = found(date(2024, 7, 2), now, MORNING)
    assert (overdue.night if overdue else None) == night


@pytest.mark.parametrize(
    ("last", "due"),
    [
        # the clocks change on Sunday 10 March: the same New York time is an hour earlier in UTC
        (date(2024, 3, 7), datetime(2024, 3, 9, 1, 5, tzinfo=UTC)),
        (date(2024, 3, 8), datetime(2024, 3, 12, 0, 5, tzinfo=UTC)),
    ],
)
def test_deadline_keeps_new_york_time_when_the_clocks_change(last: date, due: datetime) -> None:
    overdue = found(last, due.isoformat())
    assert overdue is not None
    assert overdue.due_at == due


def test_night_that_stands_is_not_overdue() -> None:
    assert found(date(2024, 6, 28), "2024-06-30T12:00:00Z") is None
    assert found(date(2024, 7, 1), "2024-06-30T12:00:00Z") is None


def test_home_without_any_night_is_overdue_and_says_so() -> None:
    overdue = found(None, "2024-06-29T02:00:00Z")
    assert overdue is not None
    assert overdue.sentence == (
        "Night 2024-06-28 is overdue since 2024-06-29 00:05 UTC (20:05 New York), the latest is "
        "none: run `mqp nightly`, and see with `mqp health` why the schedule did not."
    )


def test_alert_of_an_overdue_night_is_the_same_problem_whoever_finds_it() -> None:
    overdue = found(None, "2024-06-29T02:00:00Z")
    assert overdue is not None
    one, other = (
        overdue.as_alert(run_id=run_id, now=datetime.fromisoformat(now))
        for run_id, now in (("a", "2024-06-29T02:00:00Z"), ("b", "2024-06-29T07:00:00Z"))
    )
    assert one.problem == other.problem
    assert (one.severity, one.check, one.night) == ("error", "overdue", date(2024, 6, 28))
