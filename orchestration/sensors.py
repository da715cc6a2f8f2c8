"""The sensors: a night that was missed, and one whose inputs are complete before its time."""

import logging
from collections.abc import Mapping
from typing import Any

import dagster as dg

from orchestration.due import due_now
from orchestration.presence import end_dead_runs
from orchestration.resources import load_settings
from orchestration.schedules import default_status
from orchestration.timetable import Timetable

log = logging.getLogger("mqp.night")

CATCH_UP_SECONDS, EARLY_START_SECONDS = 300, 60


def sensors(jobs: Mapping[str, Any], timetable: Timetable) -> list[dg.SensorDefinition]:
    """The sensors of the configured mode."""
    status = (
        dg.DefaultSensorStatus.RUNNING
        if default_status(timetable)
        else dg.DefaultSensorStatus.STOPPED
    )

    @dg.sensor(
        name="catch_up_sensor",
        job=jobs["nightly"],
        minimum_interval_seconds=CATCH_UP_SECONDS,
        default_status=status,
        description=(
            "Runs a night that was missed, or has failed, once: the latest session's only, not "
            "while a run is going on, and not over a night that is published."
        ),
    )
    def catch_up(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        settings = load_settings()
        for run_id in end_dead_runs(context.instance, settings.home):
            log.warning("Run %s was killed: it no longer holds up the others.", run_id)
        due = due_now(settings, timetable, context.instance)
        if (why_not := due.catch_up_refusal()) is not None:
            return dg.SkipReason(why_not)
        night = due.night.isoformat()
        return dg.RunRequest(run_key=f"catch-up-{night}", tags={"mqp/night": night})

    @dg.sensor(
        name="inputs_complete_sensor",
        job=jobs["portfolio"],
        minimum_interval_seconds=EARLY_START_SECONDS,
        default_status=status,
        description=(
            "Starts the build before its time once every step has landed and no required input "
            "is late; never before the moment of the decision."
        ),
    )
    def inputs_complete(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        due = due_now(load_settings(), timetable, context.instance)
        if (why_not := due.early_start_refusal()) is not None:
            return dg.SkipReason(why_not)
        night = due.night.isoformat()
        return dg.RunRequest(run_key=f"inputs-complete-{night}", tags={"mqp/night": night})

    return [catch_up, *([inputs_complete] if timetable.mode == "evening" else [])]
