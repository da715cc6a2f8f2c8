"""When the night runs: New York time, exchange sessions only, from `config/schedule.yaml`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg

from orchestration.errors import UsageError
from orchestration.resources import REPOSITORY
from orchestration.yaml_file import read_yaml
from warehouse.sessions import NEW_YORK, new_york_sessions

SCHEDULE_FILE = REPOSITORY / "config" / "schedule.yaml"
MODES = ("evening", "morning")


@dataclass(frozen=True)
class NightSchedule:
    """The configured hour and minute (New York) and whether the night is run the morning after."""

    mode: str
    hour: int
    minute: int

    @property
    def cron(self) -> str:
        """Weekdays at the configured time; sessions are told from holidays at the tick."""
        return f"{self.minute} {self.hour} * * 1-5"


def load_schedule(path: Path = SCHEDULE_FILE) -> NightSchedule:
    """Read and check the schedule file.

    Raises
    ------
    UsageError
        Unknown mode or a time that is not HH:MM; the sentence names file, key and value.
    """
    content = read_yaml(path)
    mode = content.get("mode") if isinstance(content, Mapping) else None
    if mode not in MODES:
        raise UsageError(f"{path}: 'mode' is '{mode}': set it to evening or morning.")
    matched = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", str(content.get(mode)))
    if not matched:
        raise UsageError(f"{path}: '{mode}' is '{content.get(mode)}': write a time such as 17:20.")
    return NightSchedule(mode, int(matched[1]), int(matched[2]))


def is_due(mode: str, day: date) -> bool:
    """Whether a tick on that New York date has a night to run.

    In the evening the date must itself be a session; the night of a Friday is run on the next
    session's morning, so in morning mode too the date must be one.
    """
    return mode in MODES and new_york_sessions().is_session(day)


def nightly_schedule(job: Any) -> dg.ScheduleDefinition:
    """The Dagster schedule of the nightly job."""
    timetable = load_schedule()

    @dg.schedule(
        name="nightly_schedule",
        job=job,
        cron_schedule=timetable.cron,
        execution_timezone="America/New_York",
        description=f"The whole night, {timetable.mode} mode, exchange sessions only.",
    )
    def nightly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        day = context.scheduled_execution_time.astimezone(NEW_YORK).date()
        if not is_due(timetable.mode, day):
            return dg.SkipReason(f"The exchange is closed on {day}.")
        return dg.RunRequest(run_key=f"{timetable.mode}-{day}")

    return nightly
