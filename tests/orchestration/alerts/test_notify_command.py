"""`mqp notify`: what waits, and whether the webhook works."""

import json

import pytest

from orchestration.commands import notify
from orchestration.resources import load_settings
from tests.conftest import NIGHT_CLOCK, mqp
from tests.orchestration.alerts.conftest import Desk
from tests.orchestration.alerts.receiver import answer, hang_up


@pytest.fixture
def environment(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("MQP_HOME", str(desk.settings.home.root))
    monkeypatch.setenv("MQP_NOW", NIGHT_CLOCK)
    monkeypatch.setenv("ALERT_WEBHOOK_URL", desk.receiver.url)
    assert load_settings().alerting.webhook_url == desk.receiver.url
    return monkeypatch


def test_delivered_test_ends_with_zero_and_takes_along_what_waits(desk: Desk) -> None:
    desk.with_variables().report("one")
    done = mqp(desk.settings.home.root, "notify", "--test", ALERT_WEBHOOK_URL=desk.receiver.url)
    assert done.stdout == "2 alerts delivered.\n"
    assert desk.receiver.messages[0] == "one"
    assert desk.receiver.messages[1].startswith("A test of the alerts of sandbox:7")


def test_refused_test_says_why_and_is_forgotten(
    desk: Desk, environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.receiver.will(answer(404, b"no_service"), answer(200))
    assert notify.test_command(as_json=False) == 1
    assert "it answered 404 (no_service)" in capsys.readouterr().err
    assert desk.report(run_id="run-2").state == "nothing"


def test_without_a_url_it_says_what_to_set(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.delenv("ALERT_WEBHOOK_URL")
    assert notify.test_command(as_json=False) == 2
    assert capsys.readouterr().err == (
        "mqp: Nobody is told of a night that goes wrong: set ALERT_WEBHOOK_URL in .env.\n"
    )


def test_outbox_is_shown_with_what_is_known_of_each_sending(
    desk: Desk, environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.report("arrived")
    desk.receiver.will(answer(410, b"channel_is_archived"))
    desk.report("refused", run_id="run-2")
    assert notify.show_command(as_json=True) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [(row["message"], row["state"]) for row in shown["undelivered"]] == [
        ("refused", "waiting: it answered 410 (channel_is_archived)")
    ]
    desk.receiver.will(hang_up)
    desk.report(run_id="run-3")
    assert notify.show_command(as_json=False) == 0
    assert capsys.readouterr().out.splitlines() == [
        "2024-06-28 22:30 UTC  warning degraded: refused",
        "    may have arrived, the sending was cut off",
        "Alerts of the last week: 2, of which 1 not delivered for certain. The next run sends "
        "what waits; `mqp notify --test` sends it now.",
    ]
