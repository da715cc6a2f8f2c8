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
from orchestration.timetable import Timetable, cron, is_first_sunday

NEW_YORK_ZONE = "America/New_York"
SATURDAY, SUNDAY = "6", "0"

Refusal = Callable[[Due, datetime], str | None]


def schedules(jobs: Mapping[str, Any], timetable: Timetable) -> list[dg.ScheduleDefinition]:
    """The schedules of the configured mode, the weekly and the monthly one."""
    is_on = is_on_by_default(timetable)  # the environment is read once for all of them

    def made(job: str, at: str, refusal: Refusal) -> dg.ScheduleDefinition:
        return _schedule(jobs[job], timetable, at, refusal, is_on=is_on)

    steps = {"nightly": timetable.morning} if timetable.mode == "morning" else timetable.evening
    return [
        *(made(step, cron(at), REFUSALS[step]) for step, at in steps.items()),
        made("oos_registry", cron(timetable.oos_registry, days=SATURDAY), _no_night),
        made("restore_drill", cron(timetable.restore_drill, days=SUNDAY), _no_drill),
    ]


def is_on_by_default(timetable: Timetable) -> bool:
    """Whether schedules and sensors are on in this world before anybody has switched them."""
    return timetable.is_on(load_settings().world)


def _schedule(
    job: Any, timetable: Timetable, at: str, refusal: Refusal, *, is_on: bool
) -> dg.ScheduleDefinition:
    """One schedule of a job."""

    @dg.schedule(
        name=f"{job.name}_schedule",
        job=job,
        cron_schedule=at,
        execution_timezone=NEW_YORK_ZONE,
        default_status=(
            dg.DefaultScheduleStatus.RUNNING if is_on else dg.DefaultScheduleStatus.STOPPED
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
