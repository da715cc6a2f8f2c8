"""The sensors: nights that were missed, are ready before their time, have failed or are overdue."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import dagster as dg

from orchestration.alerts.reporting import report_failure, report_run
from orchestration.due import NIGHT_TAG, Due, due_now
from orchestration.nightly import first_error
from orchestration.presence import end_dead_runs
from orchestration.resources import load_settings
from orchestration.schedules import is_on_by_default
from orchestration.timetable import Timetable

CATCH_UP_SECONDS, EARLY_START_SECONDS = 300, 60


def sensors(jobs: Mapping[str, Any], timetable: Timetable) -> list[dg.SensorDefinition]:
    """The sensors of the configured mode."""
    status = (
        dg.DefaultSensorStatus.RUNNING
        if is_on_by_default(timetable)
        else dg.DefaultSensorStatus.STOPPED
    )

    def starter(
        name: str, job: str, seconds: int, text: str, refusal: Callable[[Due], str | None]
    ) -> dg.SensorDefinition:
        """Starts a job for the night that can be made now, once, where nothing is against it."""

        @dg.sensor(
            name=f"{name}_sensor",
            job=jobs[job],
            minimum_interval_seconds=seconds,
            default_status=status,
            description=text,
        )
        def look(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
            due = due_now(load_settings(), timetable, context.instance)
            if (why_not := refusal(due)) is not None:
                return dg.SkipReason(why_not)
            night = due.night.isoformat()
            key = f"{name.replace('_', '-')}-{night}"
            return dg.RunRequest(run_key=key, tags={NIGHT_TAG: night})

        return look

    catch_up = starter(
        "catch_up",
        "nightly",
        CATCH_UP_SECONDS,
        "Runs a night that was missed, or has failed, once: the latest session's only, not while "
        "a run is going on, and not over a night that is published.",
        _catch_up_refusal,
    )
    inputs_complete = starter(
        "inputs_complete",
        "portfolio",
        EARLY_START_SECONDS,
        "Starts the build before its time once every step has landed and no required input is "
        "late; never before the moment of the decision.",
        Due.early_start_refusal,
    )
    started = [catch_up, inputs_complete] if timetable.mode == "evening" else [catch_up]
    return [*started, failure_sensor(status), overdue_sensor(timetable, status)]


def _catch_up_refusal(due: Due) -> str | None:
    """As `Due.catch_up_refusal`, once no dead run holds up the others."""
    end_dead_runs(due.instance, due.settings.home)
    return due.catch_up_refusal()


def failure_sensor(status: dg.DefaultSensorStatus) -> dg.SensorDefinition:
    """Tells of runs that have failed, a killed one too; a night has told of itself already."""

    @dg.run_failure_sensor(
        name="failure_sensor",
        default_status=status,
        description="An alert for every run that has failed, unless it has told of itself.",
    )
    def failure(context: dg.RunFailureSensorContext) -> None:
        run = context.dagster_run
        night = run.tags.get(NIGHT_TAG)
        report_failure(
            load_settings(),
            run_id=run.run_id,
            job=run.job_name,
            sentence=_why(context),
            night=date.fromisoformat(night) if night else None,
        )

    return failure


def overdue_sensor(timetable: Timetable, status: dg.DefaultSensorStatus) -> dg.SensorDefinition:
    """Tells once of a night that does not stand two and a half hours after its last step."""

    @dg.sensor(
        name="overdue_sensor",
        minimum_interval_seconds=CATCH_UP_SECONDS,
        default_status=status,
        description="An alert for a night that is overdue; told once a night.",
    )
    def overdue(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        due = due_now(load_settings(), timetable, context.instance)
        found = due.overdue()
        if found is None:
            return dg.SkipReason("No night is overdue.")
        run_id = f"overdue-{found.night}"
        alert = found.as_alert(run_id=run_id, now=due.now)
        report = report_run(due.settings, run_id=run_id, night=found.night, alerts=[alert])
        return dg.SkipReason(f"{found.sentence} {report.sentence}")

    return overdue


def _why(context: dg.RunFailureSensorContext) -> str:
    """The first error of a run; of one that was killed, what is said in its place."""
    failed = context.get_step_failure_events()
    return first_error(failed) if failed else str(context.failure_event.message)
