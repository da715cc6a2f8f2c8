"""What a schedule or sensor looks at before it starts a run.

Each question is answered with None, or with the sentence that says why not.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import duckdb

from orchestration.alerts.heartbeat import read_heartbeat
from orchestration.finished import FinishedBuild
from orchestration.overdue import Overdue, overdue_night
from orchestration.resources import Settings, utc_now
from orchestration.steps import STEP_PARTS, step_tables
from orchestration.timetable import FETCHING_STEPS, Timetable
from warehouse.connection import connect
from warehouse.errors import WarehouseError
from warehouse.sessions import NEW_YORK, Sessions, new_york_sessions

if TYPE_CHECKING:
    from dagster import DagsterInstance

LATEST_TICK = timedelta(minutes=30)
"""A daemon that comes back later leaves the night to the catch-up, which runs it whole."""
PATIENCE = timedelta(minutes=30)
"""After the last step's time: a night that is not published by then, nor being made, was missed."""
LONGEST_NIGHT = timedelta(hours=1)
"""No night is caught up so shortly before the next session's own."""
NIGHT_TAG = "mqp/night"
MAKES_A_NIGHT = ("nightly", "portfolio")
PUBLISHES = ("nightly", "reports")


@dataclass(frozen=True)
class Due:
    """The present state of a home as schedules and sensors see it.

    `now`: by the run's clock, UTC.
    """

    settings: Settings
    timetable: Timetable
    instance: "DagsterInstance"
    sessions: Sessions
    now: datetime

    @property
    def night(self) -> date:
        """The session whose night can be made now."""
        return self.sessions.latest_night(self.now)

    def tick_refusal(self, scheduled: datetime) -> str | None:
        """Why a tick on a session's schedule starts nothing, whatever its step."""
        day = scheduled.astimezone(NEW_YORK).date()
        if not self.sessions.is_session(day):
            return f"The exchange is closed on {day}."
        if self.now - scheduled > LATEST_TICK:
            return (
                f"It is {self.now:%Y-%m-%d %H:%M} UTC, too late for the step of "
                f"{scheduled:%Y-%m-%d %H:%M} UTC: the catch-up sensor sees to the night."
            )
        return None

    def making_refusal(self) -> str | None:
        """Why the night need not be built now."""
        if self.published() == (self.night, "CLEAN"):
            return f"Night {self.night} is published already, and CLEAN."
        if self._finished() is not None:
            return f"Night {self.night} is built already and waits for its publication."
        return self._pending(MAKES_A_NIGHT)

    def publishing_refusal(self) -> str | None:
        """Why nothing can be published now; a build in the making is waited for."""
        if self._finished() is not None or self._pending(("portfolio",)):
            return None
        if pending := self._pending(PUBLISHES):
            return pending
        if self.published()[0] == self.night:
            return f"Night {self.night} is published already."
        return (
            f"There is no finished build of night {self.night} to publish: the catch-up sensor "
            "sees to the night."
        )

    def catch_up_refusal(self) -> str | None:
        """Why there is no missed night to run."""
        latest, _ = self.published()
        if latest is None and not self.settings.home.ledger.exists():
            return "No night has been run here yet: `mqp nightly`, or the schedule, runs the first."
        if latest is not None and latest >= self.night:
            return f"Night {latest} is published."
        expected = self.timetable.published_by(self.night, self.sessions) + PATIENCE
        if self.now < expected:
            return f"Night {self.night} is not due before {expected:%Y-%m-%d %H:%M} UTC."
        if self.sessions.latest_night(self.now + LONGEST_NIGHT) != self.night:
            return f"Night {self.night} is too old: that of the next session is about to come."
        return self._pending((*FETCHING_STEPS, *MAKES_A_NIGHT, *PUBLISHES))

    def overdue(self) -> Overdue | None:
        """The night that should stand by now; None where all is well.

        Nights before the first that was tried here are nobody's: the steps of the first evening
        land rows long before there can be a night.
        """
        latest, _ = self.published()
        tried = read_heartbeat(self.settings.home)
        if latest is None and tried is None:
            return None
        found = overdue_night(latest, self.now, timetable=self.timetable, sessions=self.sessions)
        is_owed = latest is not None or (tried and found and found.night >= tried.night)
        return found if is_owed else None

    def early_start_refusal(self) -> str | None:
        """Why the night must not be built yet: it waits for all its inputs, or for its time."""
        if self.now < self.sessions.decided_at(self.night):
            return f"The decision of night {self.night} is not due yet."
        if self.sessions.at(self.night, self.timetable.evening["portfolio"]) <= self.now:
            return f"The schedule has come to night {self.night} itself."
        for step in STEP_PARTS:
            if step == "warm_up":  # no decision waits for it
                continue
            night, late = self._landed(step)
            if night != self.night.isoformat():
                return f"The inputs of step {step} have not landed yet for night {self.night}."
        if late:
            return f"Night {self.night} still lacks required inputs: they are asked for once more."
        return self.making_refusal()

    def published(self) -> tuple[date | None, str | None]:
        """The night that readers see and how it ended; nothing where there is none."""
        path = self.settings.home.published
        if not path.exists():
            return None, None
        try:
            with connect(path, read_only=True) as published:
                row = published.execute(
                    "select c.night, n.status from ops.build_context as c "
                    "left join ops.nights as n on n.night = c.night "
                    "order by n.attempt desc limit 1"
                ).fetchone()
        except (WarehouseError, duckdb.Error):  # the night repairs it, and says so
            return None, None
        return (row[0], row[1]) if row else (None, None)

    def _finished(self) -> FinishedBuild | None:
        finished = FinishedBuild.of(self.settings.home)
        return finished if finished and finished.manifest.night == self.night else None

    def _pending(self, jobs: tuple[str, ...]) -> str | None:
        """The first run of some jobs that waits or runs, in a sentence."""
        from dagster import RunsFilter
        from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES

        for run in self.instance.get_runs(RunsFilter(statuses=list(NOT_FINISHED_STATUSES))):
            if run.job_name in jobs:
                return f"A run of {run.job_name} is {run.status.value.lower()} ({run.run_id[:8]})."
        return None

    def _landed(self, step: str) -> tuple[str, int]:
        """For which night a step has landed last, and how many inputs that night lacked then."""
        from dagster import AssetKey

        key = AssetKey(step_tables(step)[0].split("."))
        event = self.instance.get_latest_materialization_event(key)
        landed = event.asset_materialization if event else None
        told = {name: value.value for name, value in landed.metadata.items()} if landed else {}
        return str(told.get("night")), int(str(told.get("late_inputs") or 0))


def due_now(settings: Settings, timetable: Timetable, instance: "DagsterInstance") -> Due:
    """What is due at the present moment."""
    return Due(settings, timetable, instance, new_york_sessions(), utc_now(settings))
