"""What a digest looks like to Slack and to any other receiver."""

import hashlib
import hmac
import json
from typing import Any

import pytest

from orchestration.alerts.alerting import Alerting
from orchestration.alerts.shapes import Digest, escaped, headers_of, json_body, slack_body
from tests.orchestration.alerts.conftest import FRIDAY_EVENING, Desk, alert

HOSTILE = "<!channel> <https://evil.example|click> & *bold* \u202e\x1b[31m @here"


def digest(*messages: str, banner: str | None = None, **changes: Any) -> Digest:
    alerts = [alert(text, **changes) for text in messages]
    return Digest("digest-1", FRIDAY_EVENING, alerts, "run-1", "live", banner, "logs/alerts")


def slack_of(found: Digest) -> Any:
    return json.loads(slack_body(found))


def test_host_of_slack_and_the_variable_choose_the_shape() -> None:
    hook = "https://hooks.slack.com/services/T/B/x"
    assert Alerting(webhook_url=hook).is_slack
    assert not Alerting(webhook_url=hook, shape="json").is_slack
    assert not Alerting(webhook_url="https://hooks.slack.com.evil.example/").is_slack
    assert Alerting(webhook_url="https://example.com/", shape="slack").is_slack


def test_slack_has_a_fallback_text_and_a_section_per_alert() -> None:
    body = slack_of(digest("AAPL is quarantined", "SPY is late", severity="error"))
    assert body["text"] == "night 2024-06-28 · 2 error: AAPL is quarantined"
    assert [block["text"]["text"] for block in body["blocks"]] == [
        "*night 2024-06-28 · 2 error*",
        ":red_circle: *degraded · 2024-06-28*\nAAPL is quarantined",
        ":red_circle: *degraded · 2024-06-28*\nSPY is late",
    ]


def test_hostile_text_is_shown_and_never_obeyed(slack: Desk) -> None:
    slack.report(HOSTILE)
    body = slack.receiver.arrived[0].body
    shown = "&lt;!channel&gt; &lt;https://evil.example|click&gt; &amp; *bold* [31m @here"
    assert shown in body["text"]
    assert body["blocks"][1]["text"] == {
        "type": "mrkdwn",
        "text": f":warning: *degraded · 2024-06-28*\n{shown}",
        "verbatim": True,
    }
    assert not set("\u202e\x1b") & set(slack.lines()[0] + json.loads(slack.lines()[0])["message"])


@pytest.mark.parametrize("text", ["<" * 9000, "&" * 9000, "a" * 9000, "<a" * 9000])
def test_slacks_limits_are_kept_and_no_entity_is_split(text: str) -> None:
    body = slack_of(digest(*[text] * 60, subject=text))
    assert len(body["blocks"]) <= 50
    assert "and 15 more in logs/alerts" in body["blocks"][-1]["text"]["text"]
    texts = [body["text"], *(block["text"]["text"] for block in body["blocks"])]
    assert all(len(text) <= 3000 for text in texts[1:])
    assert len(body["text"]) <= 4000
    for shown in texts:
        rest = shown.replace("&lt;", "").replace("&amp;", "").replace("&gt;", "")
        assert not set("<>&") & set(rest)


def test_text_that_fits_is_not_cut() -> None:
    assert escaped("a<b", 7) == "a&lt;b"
    assert escaped("a<b", 6) == "a&lt;…"
    assert escaped("a<b", 5) == "a…"


def test_generic_shape_leads_with_the_first_of_the_worst() -> None:
    found = digest("mild")
    found = Digest(**(vars(found) | {"alerts": [*found.alerts, alert("bad", severity="error")]}))
    body = json.loads(json_body(found))
    assert {k: v for k, v in body.items() if k != "details"} == {
        "id": "digest-1",
        "sent_at": "2024-06-28T22:30:00+00:00",
        "severity": "error",
        "check": "degraded",
        "source": "night",
        "subject": "2024-06-28",
        "message": "bad",
        "run_id": "run-1",
    }
    assert [one["message"] for one in body["details"]["alerts"]] == ["mild", "bad"]


def test_simulated_and_rehearsed_trouble_says_so() -> None:
    found = digest("bad", banner="SIMULATED DATA", details={"rehearsal": "outage"})
    assert json.loads(json_body(found))["message"] == ("SIMULATED DATA · REHEARSAL: outage: bad")
    assert slack_of(found)["text"].startswith("SIMULATED DATA · REHEARSAL: outage · night")


def test_secret_signs_the_very_body(desk: Desk) -> None:
    signed = desk.with_variables(ALERT_WEBHOOK_URL=desk.receiver.url, ALERT_WEBHOOK_SECRET="shared")
    signed.report("one")
    (arrived,) = desk.receiver.arrived
    seal = hmac.new(b"shared", arrived.content or b"", hashlib.sha256).hexdigest()
    assert arrived.headers["x-signature"] == f"sha256={seal}"
    assert "X-Signature" not in headers_of("digest-1", b"{}", "")


def test_details_are_strict_json_of_a_bounded_size(desk: Desk) -> None:
    desk.report("one", details={"share": float("nan"), "day": FRIDAY_EVENING})
    desk.report("two", details={"text": "x" * 5000})
    first, second = (got.body["details"]["alerts"][0]["details"] for got in desk.receiver.arrived)
    assert first == {"share": None, "day": "2024-06-28 22:30:00+00:00"}
    assert second == {"is_cut": True}
