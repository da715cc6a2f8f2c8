"""Two weeks of schedules, sensors, alerts and records; nights that compute nothing.

`make torture` lives through the same days with real nights: `tests/durability/week.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from orchestration.alerts.heartbeat import beat, read_heartbeat
from orchestration.alerts.reporting import report_night
from orchestration.due import NIGHT_TAG
from orchestration.finished import FinishedBuild, discard_finished
from orchestration.record import append_night, next_attempt, night_record, record_missed_sessions
from orchestration.resources import load_settings, utc_now
from orchestration.schedules import schedules
from orchestration.sensors import sensors
from orchestration.steps import STEP_PARTS, step_tables
from reports.status import RunStatus
from tests.durability.boundaries import Boundary
from tests.durability.virtual_daemon import Run, VirtualDaemon, opened
from tests.durability.week import (
    ALERTS,
    LEFT_OUT,
    NIGHTS,
    STRETCHES,
    TOLD,
    alerts_heard,
    nights_recorded,
)
from tests.orchestration.alerts.receiver import OK, Receiver, serving
from tests.orchestration.test_schedules import JOBS, TIMETABLE
from warehouse.connection import connect
from warehouse.home import Home
from warehouse.ledger import opened_ledger
from warehouse.publish import Manifest
from warehouse.sessions import new_york_sessions


@dataclass(frozen=True)
class SmallNights:
    """Runs that land, record, publish and tell as those of a night do, and compute nothing."""

    home: Home

    def execute(self, run: Run, *, is_out: bool, place: Boundary | None) -> None:
        """Leave what a run leaves; one that dies leaves its lock and no last word."""
        job, tags = JOBS[run.job], dict(run.tags)
        with opened(self.home) as records:
            if place:
                begun = dg.DagsterRunStatus.STARTED
                records.create_run_for_job(job, run_id=run.run_id, tags=tags, status=begun)
                lock = self.home.dagster / "running" / f"{run.run_id}.lock"
                lock.parent.mkdir(exist_ok=True)
                lock.touch()
                return
            job.execute_in_process(instance=records, run_id=run.run_id, tags=tags)
            if run.job in STEP_PARTS:
                self._land(records, run.job, late=9 if is_out else 0)
        if run.job in ("portfolio", "nightly"):
            night = date.fromisoformat(run.tags[NIGHT_TAG])
            self._finish(night, "DEGRADED" if is_out else "CLEAN", run.run_id)
        if run.job in ("reports", "nightly"):
            self._publish()

    def _land(self, records: dg.DagsterInstance, step: str, *, late: int) -> None:
        night = new_york_sessions().latest_night(utc_now(load_settings())).isoformat()
        key = dg.AssetKey(step_tables(step)[0].split("."))
        told = {"night": night, "late_inputs": late}
        records.report_runless_asset_event(dg.AssetMaterialization(key, metadata=told))

    def _finish(self, night: date, status: str, run_id: str) -> None:
        settings = load_settings()
        now, world, sessions = utc_now(settings), settings.world, new_york_sessions()
        self.home.make_folders()
        with opened_ledger(self.home.ledger, world, now=now) as ledger:
            record_missed_sessions(ledger, night, sessions, run_id=run_id, world=world, now=now)
            attempt = next_attempt(ledger, night)
        ending = RunStatus(
            *(night, status, attempt, run_id, world, now, now, sessions.decided_at(night)),
            *(1, "code", "config"),
            reasons=() if status == "CLEAN" else ("No provider answers.",),
        )
        self.home.build.parent.mkdir(exist_ok=True)
        self.home.build.touch()
        FinishedBuild(Manifest(night, world, 1, "code", "config", {}), ending).keep(self.home)

    def _publish(self) -> None:
        settings, finished = load_settings(), FinishedBuild.of(self.home)
        assert finished is not None, "published without a build"
        status = finished.status
        with opened_ledger(self.home.ledger, settings.world, now=utc_now(settings)) as ledger:
            append_night(ledger, night_record(status, "manifest"))
            nights = ledger.execute("select night, attempt, status from ops.nights").fetchall()
        self.home.published.unlink(missing_ok=True)
        with connect(self.home.published) as published:
            published.execute(f"""
                create schema ops; create schema analytics;
                create table ops.build_context as select date '{status.night}' as night;
                create table ops.nights (night date, attempt integer, status varchar);
                create table analytics.limit_usage (
                    session_date date, limit_name varchar, used double, bound double, note varchar
                );
                create table analytics.portfolio_daily (session_date date, override_reason varchar)
            """)
            published.executemany("insert into ops.nights values (?, ?, ?)", nights)
        discard_finished(self.home)
        report_night(settings, status, is_published=True)
        beat(settings, status, is_published=True)


@pytest.fixture
def hook() -> Iterator[Receiver]:
    """Who hears the alerts."""
    receiver = Receiver(plan=[OK])
    server = serving(receiver)
    yield receiver
    server.shutdown()
    server.server_close()


def test_week_ends_with_the_right_nights_and_alerts_and_nothing_doubled(
    tmp_path: Path, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path)
    for name, value in (
        *(("MQP_HOME", str(tmp_path)), ("MQP_SOURCES", "sandbox"), ("DAGSTER_HOME", "")),
        *(("ALERT_WEBHOOK_URL", hook.url), ("MQP_NOW", "2024-11-01T12:00:00Z")),
    ):
        monkeypatch.setenv(name, value)
    daemon = VirtualDaemon(
        home, schedules(JOBS, TIMETABLE), sensors(JOBS, TIMETABLE), SmallNights(home), LEFT_OUT
    )
    for stretch in STRETCHES:
        daemon.live(stretch)
    assert daemon.told == TOLD
    assert nights_recorded(home) == NIGHTS
    assert alerts_heard(hook) == ALERTS
    assert len(hook.messages) == len(set(hook.messages)), "told twice"
    last = read_heartbeat(home)
    assert last is not None
    assert (last.published_night, last.status) == (date(2024, 11, 29), "CLEAN")
