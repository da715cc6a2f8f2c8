"""Whether nights run by themselves: Dagster's daemon, its schedules, and how the last run ended."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from orchestration.health.finding import Finding
from orchestration.health.reading import opened_sqlite
from orchestration.resources import Settings
from reports.status import RunStatus, read_run_status
from warehouse.home import Home
from warehouse.lock import lock_holder

HEARTBEAT_LASTS = timedelta(minutes=5)
"""The daemon's threads write one every half minute, late when a tick takes long."""

START = "`mqp ui` starts it and keeps running; without it nights run only when you start them"
SWITCH_ON = "switch them on under Automation in `mqp ui`"


def schedule_findings(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Whether Dagster's daemon is alive, and whether it has anything to do."""
    heartbeat, damage = _heartbeat(settings.home)
    if damage:
        yield Finding("schedule", "warn", damage, "daemon")
        return
    if heartbeat is None:
        yield Finding("schedule", "warn", f"the daemon was never started: {START}", "daemon")
        return
    if now - heartbeat > HEARTBEAT_LASTS:
        since = f"the daemon has stopped: last seen {heartbeat:%Y-%m-%d %H:%M} UTC"
        yield Finding("schedule", "fail", f"{since}; {START}", "daemon")
        return
    seen = f"the daemon is running, seen {heartbeat:%Y-%m-%d %H:%M} UTC"
    yield Finding("schedule", "ok", seen, "daemon")
    yield _schedules(settings.home)


def _heartbeat(home: Home) -> tuple[datetime | None, str | None]:
    """The daemon's last sign of life (None if there was none), and what is wrong with the file."""
    path = home.dagster / "history" / "runs.db"
    if not path.exists():
        return None, None
    try:
        with opened_sqlite(path) as runs:
            row = runs.execute(
                "select max(timestamp) from daemon_heartbeats where daemon_type = 'SCHEDULER'"
            ).fetchone()
    except sqlite3.OperationalError as err:
        return None, f"{path} cannot be read now ({err}): look again in a minute"
    except sqlite3.DatabaseError as err:
        return None, (
            f"{path} is damaged ({err}): stop `mqp ui`, move {home.dagster} away and start it "
            "again; Dagster's history is lost, no night is"
        )
    return (datetime.fromisoformat(row[0]).replace(tzinfo=UTC) if row[0] else None), None


def _schedules(home: Home) -> Finding:
    """Whether a schedule is switched on, and how its last tick ended."""
    path = home.dagster / "schedules" / "schedules.db"
    try:
        with opened_sqlite(path) as stored:
            (on,) = stored.execute(
                "select count(*) from instigators where instigator_type = 'SCHEDULE' "
                "and status in ('RUNNING', 'DECLARED_IN_CODE')"
            ).fetchone()
            tick = stored.execute(
                "select status, timestamp from job_ticks where type = 'SCHEDULE' "
                "order by timestamp desc, id desc limit 1"
            ).fetchone()
    except sqlite3.Error as err:
        told = f"{path} cannot be read ({err}): look at Automation in `mqp ui`"
        return Finding("schedule", "warn", told, "schedules")
    if not on:
        return Finding("schedule", "warn", f"no schedule is on: {SWITCH_ON}", "schedules")
    if tick and tick[0] == "FAILURE":
        failed = f"the last tick ({tick[1][:16]} UTC) failed: Automation in `mqp ui` says why"
        return Finding("schedule", "warn", failed, "schedules")
    told = f"{on} on" + (f", last tick {tick[1][:16]} UTC" if tick else ", no tick yet")
    return Finding("schedule", "ok", told, "schedules")


def night_finding(settings: Settings) -> Finding:
    """How the last attempt at a night ended, or that a run is writing now."""
    state, detail = _night(settings.home)
    return Finding("night", state, detail, "last_run")


def _night(home: Home) -> tuple[str, str]:
    running = lock_holder(home.writer_lock)
    now = f"; process {running} is writing now" if running else ""
    path = home.reports / "run_status.json"
    if not path.exists():
        return ("ok", f"process {running} is writing") if running else ("ok", "none was run yet")
    status = _status(path)
    if status is None:
        return "warn", f"{path} is damaged: `mqp nightly` writes it again{now}"
    ended = f", ended {status.finished_at:%Y-%m-%d %H:%M} UTC" if status.finished_at else ""
    told = f"night {status.night} is {status.status}, attempt {status.attempt}{ended}"
    if status.rehearsal:
        told += f" (REHEARSAL of {status.rehearsal})"
    more = len(status.reasons) - 1
    why = f": {status.reasons[0]}" if status.reasons else ""
    why += f" (and {more} more in reports/run_status.json)" if more > 0 else ""
    state = {"CLEAN": "ok", "FAILED": "fail"}.get(status.status, "warn")
    return state, f"{told}{now}{why}"


def _status(path: Path) -> RunStatus | None:
    try:
        return read_run_status(path)
    except (OSError, json.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError):
        return None
