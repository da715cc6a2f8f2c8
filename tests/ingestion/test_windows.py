"""Days outside the window and calendars that slipped are refused; a stray day is not."""

from datetime import UTC, date, datetime, timedelta

import pytest

from ingestion.errors import BadPayloadError
from ingestion.profile import Reply
from ingestion.windows import check_days, check_moments, is_announced, is_finished

MONDAY, SUNDAY = date(2026, 1, 5), date(2026, 2, 1)
WEEKDAYS = [MONDAY + timedelta(days=n) for n in range(26) if n % 7 < 5]


def reply(moment: str) -> Reply:
    return Reply("polygon", "", 200, "", {}, b"", "", datetime.fromisoformat(moment))


NOW = reply("2026-02-01T00:00:00Z")


def test_weekdays_pass():
    check_days(WEEKDAYS, MONDAY, SUNDAY, NOW)


@pytest.mark.parametrize("shift", [1, -1])
def test_calendar_that_slipped_by_a_day_is_refused(shift):
    days = [day + timedelta(days=shift) for day in WEEKDAYS]
    with pytest.raises(BadPayloadError, match="shifted onto the weekend"):
        check_days(days, MONDAY - timedelta(days=1), SUNDAY, NOW)


def test_slipped_calendar_with_month_end_rows_is_refused():
    days = [day + timedelta(days=1) for day in [*WEEKDAYS, date(2026, 1, 25)]]
    with pytest.raises(BadPayloadError, match="shifted"):
        check_days(days, MONDAY, SUNDAY, NOW)


@pytest.mark.parametrize("extra", [date(2026, 1, 31), date(2026, 1, 11)])
def test_stray_weekend_row_is_left_to_the_quality_gate(extra):
    check_days([*WEEKDAYS, extra], MONDAY, SUNDAY, NOW)


def test_series_of_seven_days_a_week_passes():
    check_days([MONDAY + timedelta(days=n) for n in range(5, 13)], MONDAY, SUNDAY, NOW)


@pytest.mark.parametrize("day", [MONDAY - timedelta(days=1), SUNDAY + timedelta(days=1)])
def test_day_outside_the_window_is_refused(day):
    with pytest.raises(BadPayloadError, match=f"row of {day}"):
        check_days([MONDAY, day], MONDAY, SUNDAY, NOW)


def test_story_from_another_year_is_refused():
    with pytest.raises(BadPayloadError, match="story of 2025-01-05"):
        check_moments([datetime(2025, 1, 5, tzinfo=UTC)], MONDAY, SUNDAY, NOW)


@pytest.mark.parametrize(
    ("moment", "finished"),
    [
        ("2026-01-05T21:14:59Z", False),
        ("2026-01-05T21:15:00Z", True),  # 16:15 New York in winter
        ("2026-07-06T20:15:00Z", True),  # and in summer
    ],
)
def test_bar_is_finished_a_quarter_past_four_in_new_york(moment, finished):
    assert is_finished(datetime.fromisoformat(moment).date(), reply(moment)) is finished


def test_action_is_announced_until_its_new_york_day_begins():
    assert is_announced(date(2026, 1, 6), reply("2026-01-06T04:59:00Z"))
    assert not is_announced(date(2026, 1, 6), reply("2026-01-06T05:00:00Z"))
