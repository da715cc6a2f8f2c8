"""A home whose alerts go to a webhook on the loopback, and time that costs nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from orchestration.alerts import webhook
from orchestration.alerts.alert import Alert
from orchestration.alerts.delivery import Report
from orchestration.alerts.reporting import report_run
from orchestration.resources import Settings, load_settings
from tests.orchestration.alerts.receiver import OK, Receiver, serving

FRIDAY = date(2024, 6, 28)
FRIDAY_EVENING = datetime(2024, 6, 28, 22, 30, tzinfo=UTC)


def alert(message: str, **changes: Any) -> Alert:
    """A warning of Friday's night."""
    given: dict[str, Any] = {
        "severity": "warning",
        "check": "degraded",
        "source": "night",
        "subject": "2024-06-28",
        "run_id": "run-1",
        "raised_at": FRIDAY_EVENING,
        "night": FRIDAY,
    }
    return Alert(message=message, **(given | changes))


@dataclass
class Desk:
    """Where a test reports from: `waits` are the seconds that were waited between attempts."""

    settings: Settings
    receiver: Receiver
    waits: list[float] = field(default_factory=list)

    def report(self, *messages: str, run_id: str = "run-1", **changes: Any) -> Report:
        alerts: Sequence[Alert] = [alert(text, run_id=run_id, **changes) for text in messages]
        return report_run(self.settings, run_id=run_id, alerts=alerts, sleep=self.waits.append)

    def at(self, now: datetime) -> "Desk":
        return replace(self, settings=replace(self.settings, pinned_now=now))

    def with_variables(self, **variables: str) -> "Desk":
        return replace(self, settings=settings_of(self.settings.home.root, **variables))

    def lines(self, kind: str = "alerts") -> list[str]:
        folder = self.settings.home.logs / "alerts"
        return [
            line
            for path in sorted(folder.glob(f"{kind}_*.jsonl"))
            for line in path.read_text().splitlines()
        ]

    @property
    def log(self) -> str:
        return (self.settings.home.logs / "signal_engine.log").read_text()


def settings_of(home: Path, **variables: str) -> Settings:
    given = {"MQP_HOME": str(home), "MQP_NOW": FRIDAY_EVENING.isoformat(), **variables}
    return load_settings(given)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver(plan=[OK])
    server = serving(found)
    yield found
    found.released.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def desk(tmp_path: Path, receiver: Receiver, quick_time_outs: None) -> Desk:
    return Desk(settings_of(tmp_path, ALERT_WEBHOOK_URL=receiver.url), receiver)


@pytest.fixture
def slack(desk: Desk) -> Desk:
    """The same receiver, taken for Slack."""
    url = desk.receiver.url
    return desk.with_variables(ALERT_WEBHOOK_URL=url, ALERT_WEBHOOK_SHAPE="slack")


@pytest.fixture
def quick_time_outs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A receiver that does not answer costs a tenth of a second."""
    monkeypatch.setattr(webhook, "ANSWER_SECONDS", 0.1)
    monkeypatch.setattr(webhook, "EXCHANGE_SECONDS", 0.3)
