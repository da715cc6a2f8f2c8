"""The dead man's switch: a sign of life after each night, whose absence somebody else notices.

`logs/heartbeat.json` says how the latest run ended. `HEARTBEAT_URL` is asked with GET after a night
that is published, and only then: a watcher that alarms on silence tells of the night that failed,
of the one that never started, and of the machine that is gone.
"""

import json
import logging
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from orchestration.alerts.outbox import DELIVERED
from orchestration.alerts.webhook import Message, Timing, send
from orchestration.resources import Settings, clock_of
from reports.status import RunStatus
from warehouse.errors import StorageError
from warehouse.files import write_text
from warehouse.home import Home

log = logging.getLogger("mqp.alerts")

HEARTBEAT = "HEARTBEAT_URL"


@dataclass(frozen=True)
class Heartbeat:
    """The latest run of a night, and the latest night that one of them published."""

    night: date
    status: str
    attempt: int
    run_id: str
    world: str
    finished_at: datetime
    published_night: date | None
    published_at: datetime | None


def heartbeat_file(home: Home) -> Path:
    """Where the latest sign of life stands."""
    return home.logs / "heartbeat.json"


def read_heartbeat(home: Home) -> Heartbeat | None:
    """The latest sign of life; None when there is none, or the file cannot be read."""
    try:
        row = json.loads(heartbeat_file(home).read_text(encoding="utf-8"))
        published = row["published_night"], row["published_at"]
        return Heartbeat(
            night=date.fromisoformat(row["night"]),
            status=str(row["status"]),
            attempt=int(row["attempt"]),
            run_id=str(row["run_id"]),
            world=str(row["world"]),
            finished_at=datetime.fromisoformat(row["finished_at"]),
            published_night=date.fromisoformat(published[0]) if published[0] else None,
            published_at=datetime.fromisoformat(published[1]) if published[1] else None,
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def beat(
    settings: Settings,
    status: RunStatus,
    *,
    is_published: bool,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Leave a sign of life; whatever goes wrong is a line in the log.

    Parameters
    ----------
    is_published : whether the published file is the work of this run.
    """
    try:
        _write(settings, status, is_published=is_published)
        if is_published and settings.alerting.heartbeat_url:
            message = Message(HEARTBEAT, settings.alerting.heartbeat_url)
            answer = send(message, Timing(clock_of(settings), sleep))
            if answer.state != DELIVERED:
                log.warning("The heartbeat did not reach its watcher: %s.", answer.reason)
    except Exception:
        log.exception("The heartbeat could not be given.")


def _write(settings: Settings, status: RunStatus, *, is_published: bool) -> None:
    now, before = clock_of(settings)().astimezone(UTC), read_heartbeat(settings.home)
    stands = (before.published_night, before.published_at) if before else (None, None)
    night, at = (status.night, now) if is_published else stands
    found = Heartbeat(
        night=status.night,
        status=status.status,
        attempt=status.attempt,
        run_id=status.run_id,
        world=status.world,
        finished_at=now,
        published_night=night,
        published_at=at,
    )
    row = {k: v.isoformat() if isinstance(v, date) else v for k, v in asdict(found).items()}
    try:
        write_text(heartbeat_file(settings.home), json.dumps(row, indent=1) + "\n")
    except StorageError as err:
        log.warning("%s", err)
