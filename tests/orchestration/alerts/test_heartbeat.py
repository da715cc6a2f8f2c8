"""A sign of life after each night, and silence that somebody else notices."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from orchestration.alerts.heartbeat import beat, heartbeat_file, read_heartbeat
from tests.orchestration.alerts.conftest import FRIDAY, FRIDAY_EVENING, Desk
from tests.orchestration.alerts.receiver import OK, SECRET_PATH, Behaviour, answer, hang, hang_up
from tests.orchestration.alerts.test_of_night import status

MONDAY = date(2024, 7, 1)


@pytest.fixture
def watched(desk: Desk) -> Desk:
    """Nobody is told, somebody watches."""
    return desk.with_variables(HEARTBEAT_URL=desk.receiver.url)


def test_published_night_is_written_and_its_watcher_asked(watched: Desk) -> None:
    beat(watched.settings, status("DEGRADED"), is_published=True)
    found = read_heartbeat(watched.settings.home)
    assert found is not None
    assert (found.night, found.status, found.published_night) == (FRIDAY, "DEGRADED", FRIDAY)
    assert found.finished_at == found.published_at == FRIDAY_EVENING
    (asked,) = watched.receiver.arrived
    assert (asked.path, asked.content) == (SECRET_PATH, None)


def test_failed_night_leaves_the_watcher_in_silence(watched: Desk) -> None:
    beat(watched.settings, status("CLEAN"), is_published=True)
    watched.receiver.arrived.clear()
    later = watched.at(datetime(2024, 7, 1, 22, 30, tzinfo=UTC))
    beat(later.settings, replace(status("FAILED"), night=MONDAY), is_published=False)
    found = read_heartbeat(watched.settings.home)
    assert found is not None
    assert (found.night, found.status) == (MONDAY, "FAILED")
    assert (found.published_night, found.published_at) == (FRIDAY, FRIDAY_EVENING)
    assert not watched.receiver.arrived


@pytest.mark.parametrize("behaviour", [answer(404), answer(500), hang, hang_up])
def test_watcher_that_does_not_answer_is_a_line_in_the_log(
    watched: Desk, behaviour: Behaviour, caplog: pytest.LogCaptureFixture
) -> None:
    watched.receiver.will(behaviour)
    with caplog.at_level("WARNING", logger="mqp.alerts"):
        beat(watched.settings, status("CLEAN"), is_published=True, sleep=watched.waits.append)
    assert caplog.messages[0].startswith("The heartbeat did not reach its watcher: it ")
    assert SECRET_PATH not in caplog.text
    assert read_heartbeat(watched.settings.home) is not None


def test_disk_that_refuses_does_not_silence_the_heart(watched: Desk) -> None:
    watched.settings.home.logs.write_text("a file where a folder should be")
    watched.receiver.will(OK)
    beat(watched.settings, status("CLEAN"), is_published=True)
    assert len(watched.receiver.arrived) == 1


@pytest.mark.parametrize("content", ["", "{", "[]", '{"night": "2024-06-28"}', "\x00"])
def test_damaged_file_is_no_heartbeat(watched: Desk, content: str) -> None:
    assert read_heartbeat(watched.settings.home) is None
    path = heartbeat_file(watched.settings.home)
    path.parent.mkdir(parents=True)
    path.write_text(content)
    assert read_heartbeat(watched.settings.home) is None
