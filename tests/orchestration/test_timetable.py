"""`config/schedule.yaml`: every time of it, and what cannot be meant."""

from datetime import UTC, date, datetime, time
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from orchestration.errors import UsageError
from orchestration.timetable import (
    EVENING_STEPS,
    LONGEST_CLOSURE,
    SCHEDULE_FILE,
    cron,
    is_first_sunday,
    load_timetable,
)
from warehouse.sessions import new_york_sessions

USUAL = yaml.safe_load(SCHEDULE_FILE.read_text())
EVENING = USUAL["evening"]


def changed(tmp_path: Path, **values: object) -> Path:
    """The product's own file with other values; None takes a key away."""
    content = {key: value for key, value in (USUAL | values).items() if value is not None}
    path = tmp_path / "schedule.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


def test_times_are_those_of_the_design() -> None:
    found = load_timetable()
    assert [f"{found.evening[step]:%H:%M}" for step in EVENING_STEPS] == [
        *("16:10", "16:15", "16:45", "17:05", "17:20", "17:35")
    ]
    assert (found.mode, found.morning) == ("evening", time(8, 0))
    assert (found.oos_registry, found.restore_drill) == (time(9, 0), time(10, 0))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"mode": "noon"}, "'mode' is 'noon': set it to evening or morning"),
        ({"switched_on": "yes"}, "set it to live, always or never"),
        ({"evening": "17:20"}, "must name a time for each of warm_up, equities"),
        ({"evening": EVENING | {"intraday": "16:20"}}, "and no other"),
        ({"evening": EVENING | {"credit": 1005}}, "credit' is '1005': write .* \"17:20\""),
        (
            {"evening": EVENING | {"warm_up": "16:00", "equities": "16:14"}},
            "from 16:15 on",
        ),
        ({"evening": EVENING | {"credit": "17:30"}}, "volatility' is 17:05: set it after"),
        ({"morning": "25:00"}, "'morning' is '25:00'"),
        ({"morning": "16:15"}, "before 16:15"),
        ({"oos_registry": None}, "'oos_registry' is 'None'"),
        ({"restore_drill": "ten"}, "'restore_drill' is 'ten'"),
        ({"evnening": "17:20"}, "'evnening' is no key"),
    ],
)
def test_timetable_that_cannot_be_meant_is_refused(
    tmp_path: Path, values: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageError, match=message) as refusal:
        load_timetable(changed(tmp_path, **values))
    assert str(tmp_path) in str(refusal.value), "the file is named"


@pytest.mark.parametrize(("text", "message"), [("mode: [", "not valid YAML"), ("", "'mode' is")])
def test_file_that_is_no_timetable_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "schedule.yaml"
    path.write_text(text)
    with pytest.raises(UsageError, match=message):
        load_timetable(path)


def test_publication_is_due_on_the_evening_or_on_the_next_sessions_morning(tmp_path: Path) -> None:
    friday, sessions = date(2024, 6, 28), new_york_sessions()
    evening, morning = load_timetable(), load_timetable(changed(tmp_path, mode="morning"))
    assert evening.published_by(friday, sessions) == datetime(2024, 6, 28, 21, 35, tzinfo=UTC)
    assert morning.published_by(friday, sessions) == datetime(2024, 7, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("switched_on", "live", "simulated"),
    [("live", True, False), ("always", True, True), ("never", False, False)],
)
def test_schedules_are_on_where_the_file_says(
    tmp_path: Path, switched_on: str, live: bool, simulated: bool
) -> None:
    found = load_timetable(changed(tmp_path, switched_on=switched_on))
    assert (found.is_on("live"), found.is_on("sandbox:7")) == (live, simulated)
    assert found.is_on("custom:replay") is simulated


def test_cron_and_first_sunday() -> None:
    assert (cron(time(16, 5)), cron(time(9, 0), days="6")) == ("5 16 * * 1-5", "0 9 * * 6")
    first, second = datetime(2024, 9, 1, 14, tzinfo=UTC), datetime(2024, 9, 8, 14, tzinfo=UTC)
    assert is_first_sunday(first)
    assert not is_first_sunday(second)
    assert not is_first_sunday(datetime(2024, 9, 3, 14, tzinfo=UTC)), "a Tuesday"


def test_no_rule_of_the_exchange_closes_it_for_longer() -> None:
    days = [day for day in new_york_sessions().days if day.year >= 2026]
    assert max(after - before for before, after in pairwise(days)) == LONGEST_CLOSURE
