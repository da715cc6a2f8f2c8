"""The schedules: New York time across DST, on exchange sessions only, from `config/schedule.yaml`.

A tick starts a run or says in one sentence why not. Runs wait for each other in Dagster's queue, so
a step that is late makes the next one wait.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import dagster as dg

from orchestration.due import NIGHT_TAG, Due, due_now
from orchestration.resources import load_settings
from orchestration.timetable import EVENING_STEPS, Timetable, cron, is_first_sunday

NEW_YORK_ZONE = "America/New_York"
SATURDAY, SUNDAY = "6", "0"

Refusal = Callable[[Due, datetime], str | None]


def schedules(jobs: Mapping[str, Any], timetable: Timetable) -> list[dg.ScheduleDefinition]:
    """The schedules of the configured mode, the weekly and the monthly one."""
    made = (
        [
            _schedule(jobs[step], timetable, cron(timetable.evening[step]), REFUSALS[step])
            for step in EVENING_STEPS
        ]
        if timetable.mode == "evening"
        else [_schedule(jobs["nightly"], timetable, cron(timetable.morning), REFUSALS["nightly"])]
    )
    saturday = cron(timetable.oos_registry, days=SATURDAY)
    sunday = cron(timetable.restore_drill, days=SUNDAY)
    return [
        *made,
        _schedule(jobs["oos_registry"], timetable, saturday, _no_night),
        _schedule(jobs["restore_drill"], timetable, sunday, _no_drill),
    ]


def default_status(timetable: Timetable) -> bool:
    """Whether schedules and sensors are on in this world before anybody has switched them."""
    return timetable.is_on(load_settings().world)


def _schedule(job: Any, timetable: Timetable, at: str, refusal: Refusal) -> dg.ScheduleDefinition:
    """One schedule of a job."""

    @dg.schedule(
        name=f"{job.name}_schedule",
        job=job,
        cron_schedule=at,
        execution_timezone=NEW_YORK_ZONE,
        default_status=(
            dg.DefaultScheduleStatus.RUNNING
            if default_status(timetable)
            else dg.DefaultScheduleStatus.STOPPED
        ),
        description=f"{job.description} New York time.",
    )
    def tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        due = due_now(load_settings(), timetable, context.instance)
        why_not = refusal(due, context.scheduled_execution_time)
        if why_not is not None:
            return dg.SkipReason(why_not)
        return dg.RunRequest(
            run_key=f"{job.name}-{context.scheduled_execution_time:%Y-%m-%d}",
            tags={NIGHT_TAG: due.night.isoformat()},
        )

    return tick


def _on_sessions(also: Callable[[Due], str | None] = lambda _: None) -> Refusal:
    """Only on sessions and in time, and only if nothing else stands against it."""

    def refusal(due: Due, scheduled: datetime) -> str | None:
        return due.tick_refusal(scheduled) or also(due)

    return refusal


def _no_night(due: Due, _: datetime) -> str | None:
    return None if due.published()[0] else "No night is published here yet."


def _no_drill(due: Due, scheduled: datetime) -> str | None:
    if not is_first_sunday(scheduled):
        return "The drill is on the first Sunday of a month."
    return _no_night(due, scheduled)


REFUSALS: dict[str, Refusal] = {
    "warm_up": _on_sessions(),
    "equities": _on_sessions(),
    "credit": _on_sessions(),
    "volatility": _on_sessions(),
    "portfolio": _on_sessions(Due.making_refusal),
    "reports": _on_sessions(Due.publishing_refusal),
    "nightly": _on_sessions(Due.making_refusal),
}
