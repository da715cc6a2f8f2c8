from datetime import date
from pathlib import Path

import pytest

from orchestration.errors import UsageError
from orchestration.schedules import is_due, load_schedule


def schedule_file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "schedule.yaml"
    path.write_text(text)
    return path


def test_evening_schedule_is_the_default() -> None:
    assert load_schedule().cron == "20 17 * * 1-5"


def test_morning_schedule(tmp_path: Path) -> None:
    found = load_schedule(schedule_file(tmp_path, 'mode: morning\nmorning: "08:00"'))
    assert (found.mode, found.cron) == ("morning", "0 8 * * 1-5")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mode: noon", "evening or morning"),
        ("mode: evening\nevening: '25:00'", "such as 17:20"),
        ("mode: evening", "such as 17:20"),
        ("mode: [", "is not valid YAML"),
        ("", "evening or morning"),
    ],
)
def test_schedule_that_cannot_be_meant_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load_schedule(schedule_file(tmp_path, text))


def test_nights_run_on_sessions_only() -> None:
    assert is_due("evening", date(2017, 7, 3))
    assert not is_due("evening", date(2017, 7, 4))
