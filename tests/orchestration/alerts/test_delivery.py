"""Exactly once or kept, whatever the receiver does."""

from datetime import timedelta

import pytest

from tests.orchestration.alerts.conftest import FRIDAY_EVENING, Desk
from tests.orchestration.alerts.receiver import (
    OK,
    Behaviour,
    answer,
    drip,
    echo,
    hang,
    hang_up,
)

MONDAY_EVENING = FRIDAY_EVENING + timedelta(days=3)


def test_digest_of_a_run_is_one_message_with_every_alert(desk: Desk) -> None:
    report = desk.report("one", "two")
    assert (report.state, report.sentence) == ("delivered", "2 alerts delivered.")
    (arrived,) = desk.receiver.arrived
    assert desk.receiver.messages == ["one", "two"]
    assert arrived.body["id"] == arrived.key


def test_nothing_to_tell_sends_nothing(desk: Desk) -> None:
    assert desk.report().state == "nothing"
    assert not desk.receiver.arrived


@pytest.mark.parametrize(
    ("behaviour", "words", "attempts"),
    [
        (answer(404, b"no_service"), "it answered 404 (no_service)", 1),
        (answer(400, b"invalid_blocks"), "it answered 400 (invalid_blocks)", 1),
        (echo(403), "it answered 403", 1),
        (answer(500, b"rollup_error"), "it answered 500 (rollup_error)", 3),
        (answer(503, b"<html>busy</html>"), "it answered 503", 3),
        (answer(302, Location="http://127.0.0.1:1/"), "redirects are not followed", 1),
    ],
)
def test_refused_digest_is_kept_and_sent_with_the_next_run(
    desk: Desk, behaviour: Behaviour, words: str, attempts: int
) -> None:
    desk.receiver.will(behaviour)
    report = desk.report("one")
    assert (report.state, len(desk.receiver.arrived)) == ("refused", attempts)
    assert report.sentence.startswith("1 alert not delivered; kept in logs/alerts")
    assert words in report.sentence
    assert len({got.key for got in desk.receiver.arrived}) == 1
    desk.receiver.arrived.clear()
    desk.receiver.will(OK)
    assert desk.at(MONDAY_EVENING).report("two", run_id="run-2").state == "delivered"
    assert desk.receiver.messages == ["one", "two"]
    assert len(desk.receiver.arrived) == 1
    assert desk.at(MONDAY_EVENING).report(run_id="run-3").state == "nothing"


def test_retry_after_is_waited_for(desk: Desk) -> None:
    desk.receiver.will(answer(429, Retry_After="7"), OK)
    assert desk.report("one").state == "delivered"
    assert desk.waits == [7.0]
    assert len({got.key for got in desk.receiver.arrived}) == 1


def test_retry_after_on_a_date_is_measured_on_the_receivers_clock(desk: Desk) -> None:
    headers = {
        "Date": "Fri, 20 Nov 2026 22:00:00 GMT",
        "Retry_After": "Fri, 20 Nov 2026 22:00:09 GMT",
    }
    desk.receiver.will(answer(429, **headers), OK)
    assert desk.report("one").state == "delivered"
    assert desk.waits == [9.0]


@pytest.mark.parametrize("wait", ["61", "3600", "9" * 400])
def test_wait_beyond_a_minute_is_left_to_the_next_run(desk: Desk, wait: str) -> None:
    desk.receiver.will(answer(429, Retry_After=wait))
    assert desk.report("one").state == "refused"
    assert (desk.waits, len(desk.receiver.arrived)) == ([], 1)


@pytest.mark.parametrize("behaviour", [hang, hang_up, drip, answer(504), answer(502)])
def test_digest_that_may_have_arrived_is_repeated_under_its_own_key(
    desk: Desk, behaviour: Behaviour
) -> None:
    desk.receiver.will(behaviour)
    report = desk.report("one")
    assert (report.state, len(desk.receiver.arrived)) == ("uncertain", 1)
    (first,) = desk.receiver.arrived
    desk.receiver.will(OK)
    assert desk.at(MONDAY_EVENING).report("two", run_id="run-2").state == "delivered"
    _, repeated, new = desk.receiver.arrived
    assert (repeated.key, repeated.content) == (first.key, first.content)
    assert [one["message"] for one in new.body["details"]["alerts"]] == ["two"]


def test_nothing_overtakes_a_digest_that_may_have_arrived(desk: Desk) -> None:
    desk.receiver.will(hang_up, answer(404))
    desk.report("one")
    assert desk.report("two", run_id="run-2").state == "refused"
    desk.receiver.will(OK)
    desk.report(run_id="run-3")
    assert desk.receiver.messages == ["one", "one", "one", "two"]
    assert len({got.key for got in desk.receiver.arrived}) == 2


def test_slack_is_sent_a_doubtful_digest_once_more_and_then_no_more(slack: Desk) -> None:
    slack.receiver.will(hang_up)
    for run_id in ("run-1", "run-2", "run-3", "run-4"):
        slack.report(*(["one"] if run_id == "run-1" else []), run_id=run_id)
    first, second = (got.body["text"] for got in slack.receiver.arrived)
    assert "repeated" not in first
    assert "repeated, it may have arrived before" in second
    slack.receiver.will(OK)
    assert slack.report("two", run_id="run-5").sentence == "1 alert delivered."


def test_closed_port_is_a_refusal(desk: Desk) -> None:
    closed = desk.with_variables(ALERT_WEBHOOK_URL="http://127.0.0.1:9/a-very-secret-hook")
    report = closed.report("one")
    assert report.sentence.endswith("the next run sends again: it cannot be reached.")
    assert len(desk.waits) == 2
    assert desk.report(run_id="run-2").state == "delivered"
    assert desk.receiver.messages == ["one"]


@pytest.mark.parametrize("url", ["not a url", "https://[", "ftp://host/x", "http://host:99999/x"])
def test_url_that_is_none_keeps_the_alert(desk: Desk, url: str) -> None:
    report = desk.with_variables(ALERT_WEBHOOK_URL=url).report("one")
    assert report.sentence.endswith("ALERT_WEBHOOK_URL is not a URL: write https://HOST/PATH.")
    assert desk.report(run_id="run-2").state == "delivered"


def test_only_this_machine_may_be_told_without_encryption(desk: Desk) -> None:
    report = desk.with_variables(ALERT_WEBHOOK_URL="http://example.com/hook").report("one")
    assert "ALERT_WEBHOOK_URL is not encrypted: write https://" in report.sentence


def test_unknown_shape_keeps_the_alert(desk: Desk) -> None:
    url = desk.receiver.url
    wrong = desk.with_variables(ALERT_WEBHOOK_URL=url, ALERT_WEBHOOK_SHAPE="teams")
    assert "ALERT_WEBHOOK_SHAPE is 'teams': set it to slack or json" in wrong.report("one").sentence
    assert not desk.receiver.arrived


def test_without_a_webhook_the_outbox_keeps_everything(desk: Desk) -> None:
    report = desk.with_variables().report("one", "two")
    assert report.state == "unset"
    assert "set ALERT_WEBHOOK_URL in .env" in report.sentence
    assert len(desk.lines()) == 2


def test_run_killed_between_outbox_and_delivery_is_told_by_the_next(desk: Desk) -> None:
    desk.with_variables().report("one")  # the outbox has it, nothing was sent
    assert desk.report(run_id="run-2").state == "delivered"
    assert desk.receiver.messages == ["one"]


def test_run_killed_while_sending_is_repeated_under_the_same_key(desk: Desk) -> None:
    desk.report("one")
    (first,) = desk.receiver.arrived
    (path,) = (desk.settings.home.logs / "alerts").glob("deliveries_*")
    begun, _ = path.read_text().splitlines()
    path.write_text(begun + "\n")
    assert desk.report(run_id="run-2").state == "delivered"
    assert [got.key for got in desk.receiver.arrived] == [first.key, first.key]
    assert desk.report(run_id="run-3").state == "nothing"


def test_alert_older_than_a_week_stays_but_is_no_longer_sent(desk: Desk) -> None:
    desk.with_variables().report("one")
    later = desk.at(FRIDAY_EVENING + timedelta(days=7, seconds=1))
    assert later.report(run_id="run-2").state == "nothing"
    assert len(desk.lines()) == 1
