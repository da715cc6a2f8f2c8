"""What is told, what is told already, and that telling never fails a run."""

import json
import threading
from datetime import date, timedelta
from typing import Any

import pytest

from orchestration.alerts import outbox, reporting
from orchestration.alerts.alert import RECOVERED
from orchestration.alerts.delivery import Report
from orchestration.alerts.reporting import report_failure, report_run
from tests.orchestration.alerts.conftest import FRIDAY_EVENING, Desk, alert
from tests.orchestration.alerts.receiver import SECRET_PATH, answer, hang_up

RECOVERY: dict[str, Any] = {"check": RECOVERED, "severity": "info"}


def failure(desk: Desk, run_id: str, sentence: str, error: BaseException | None = None) -> Report:
    return report_failure(
        desk.settings,
        run_id=run_id,
        job="nightly",
        sentence=sentence,
        error=error,
        sleep=desk.waits.append,
    )


def test_outbox_has_one_object_a_line_with_every_field(desk: Desk) -> None:
    desk.report("one", severity="error")
    (line,) = desk.lines()
    row = json.loads(line)
    assert row.pop("id")
    assert row == {
        "raised_at": "2024-06-28T22:30:00+00:00",
        "severity": "error",
        "check": "degraded",
        "source": "night",
        "subject": "2024-06-28",
        "message": "one",
        "run_id": "run-1",
        "night": "2024-06-28",
        "details": {},
    }
    assert (desk.settings.home.logs / "alerts" / "alerts_20240628.jsonl").exists()


def test_same_problem_is_told_once_a_night(desk: Desk) -> None:
    desk.report("one")
    assert desk.report("one", "two", run_id="run-2").count == 1
    assert desk.receiver.messages == ["one", "two"]
    desk.report("one", run_id="run-3", night=date(2024, 7, 1))
    assert desk.receiver.messages == ["one", "two", "one"]


def test_without_a_night_the_same_problem_is_told_once_a_day(desk: Desk) -> None:
    desk.report("one", night=None)
    desk.report("one", night=None)
    tomorrow = FRIDAY_EVENING + timedelta(days=1)
    desk.at(tomorrow).report("one", night=None, raised_at=tomorrow)
    assert desk.receiver.messages == ["one", "one"]


def test_recovered_night_is_told_and_may_fail_anew(desk: Desk) -> None:
    failed, clean = {"details": {"status": "FAILED"}}, {"details": {"status": "CLEAN"}}
    desk.report("it broke", **failed)
    desk.report("it broke", run_id="run-2", **failed)
    desk.report("all is well", run_id="run-3", **RECOVERY, **clean)
    desk.report("it broke", run_id="run-4", **failed)
    assert desk.receiver.messages == ["it broke", "all is well", "it broke"]


def test_recovery_is_news_only_after_trouble(desk: Desk) -> None:
    assert desk.report("well", **RECOVERY, details={"status": "CLEAN"}).state == "nothing"
    desk.report("stale")  # a degraded night, and a second attempt that is degraded too
    assert desk.report("well", **RECOVERY, details={"status": "DEGRADED"}).state == "nothing"
    assert desk.report("well", **RECOVERY, details={"status": "CLEAN"}).state == "delivered"


def test_failure_has_one_sentence_and_its_trace_in_the_log(desk: Desk) -> None:
    try:
        raise RuntimeError("it broke\nwith a second line")
    except RuntimeError as err:
        failure(desk, "run-1", str(err), err)
    assert desk.receiver.messages == ["it broke"]
    (line,) = [row for row in map(json.loads, desk.log.splitlines()) if row["level"] == "ERROR"]
    assert (line["run_id"], line["message"]) == ("run-1", "nightly failed: it broke")
    assert "RuntimeError: it broke" in line["trace"]
    assert "Traceback" not in desk.lines()[0]


def test_run_that_told_of_its_failure_is_not_told_of_again(desk: Desk) -> None:
    desk.report("Gate 2 refuses the night", severity="error")
    assert failure(desk, "run-1", "Steps failed: publish").state == "nothing"
    # a second attempt failed alike, so it told nothing: still nobody needs to hear of it twice
    desk.report("Gate 2 refuses the night", run_id="run-2", severity="error")
    assert failure(desk, "run-2", "Steps failed: publish").state == "nothing"
    assert failure(desk, "run-3", "Gate 2 refuses the night").state == "nothing"
    assert desk.receiver.messages == ["Gate 2 refuses the night"]


def test_same_failure_the_next_evening_is_told(desk: Desk) -> None:
    failure(desk, "run-1", "the disk is full")
    failure(desk.at(FRIDAY_EVENING + timedelta(hours=13)), "run-2", "the disk is full")
    assert desk.receiver.messages == ["the disk is full"] * 2


def test_torn_and_foreign_lines_lose_no_others(desk: Desk) -> None:
    unset = desk.with_variables()
    unset.report("one")
    (path,) = (desk.settings.home.logs / "alerts").glob("alerts_*")
    with path.open("ab") as file:
        file.write(b'[1, 2]\n{"id": 7}\n\xff\xfe\n{"id": "half')
    unset.report("two")
    assert desk.report("three").state == "delivered"
    assert desk.receiver.messages == ["one", "two", "three"]


def test_disk_that_refuses_does_not_keep_an_alert_from_leaving(desk: Desk) -> None:
    desk.settings.home.logs.write_text("a file where a folder should be")
    assert desk.report("one").state == "delivered"
    assert desk.receiver.messages == ["one"]


def test_whatever_breaks_is_a_report_and_no_exception(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("unforeseen")

    monkeypatch.setattr(reporting, "Sender", broken)
    report = desk.report("one")
    assert (report.state, report.sentence) == (
        "refused",
        "Alerts could not be told (RuntimeError).",
    )
    assert "RuntimeError: unforeseen" in desk.log


def test_two_processes_never_send_the_same_alert(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = reporting.outbox_folder(desk.settings)
    monkeypatch.setattr(outbox, "PATIENCE_SECONDS", 0.0)
    with outbox.alone(folder, sleep=desk.waits.append):
        assert desk.report("one").sentence == "Another process is sending: the next run sends."
    assert not desk.receiver.arrived
    assert desk.report(run_id="run-2").state == "delivered"


def test_senders_at_once_tell_every_alert_once(desk: Desk) -> None:
    threads = [
        threading.Thread(
            target=report_run,
            args=(desk.settings,),
            kwargs={"run_id": f"run-{number}", "alerts": [alert(f"alert {number}")]},
        )
        for number in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(desk.receiver.messages) == [f"alert {number}" for number in range(4)]


def test_no_key_and_no_url_is_left_anywhere(desk: Desk, capfd: pytest.CaptureFixture[str]) -> None:
    key = "k3y-of-a-provider-0123456789"
    keyed = desk.with_variables(
        ALERT_WEBHOOK_URL=desk.receiver.url,
        ALERT_WEBHOOK_SECRET="a-shared-secret",
        FRED_API_KEY=key,
        MQP_SOURCES="sandbox",
    )
    secrets = (key, SECRET_PATH, "very-secret-token", "a-shared-secret")
    for behaviour in (answer(404, SECRET_PATH.encode()), hang_up, answer(200)):
        keyed.receiver.will(behaviour)
        keyed.report(f"{key} at {desk.receiver.url}", details={"url": desk.receiver.url})
        failure(keyed, "run-2", f"no {key}", ValueError(f"{key} {desk.receiver.url}"))
    printed = capfd.readouterr()
    written = [path.read_text() for path in desk.settings.home.root.rglob("*") if path.is_file()]
    sent = [(got.content or b"").decode() for got in desk.receiver.arrived]
    texts = [*written, *sent, printed.out, printed.err, repr(keyed.settings)]
    assert "***" in desk.lines()[0]
    for secret in secrets:
        assert not [text for text in texts if secret in text]
