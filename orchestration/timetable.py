"""When everything runs, in New York time: `config/schedule.yaml`, checked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from orchestration.errors import UsageError
from orchestration.resources import REPOSITORY
from orchestration.yaml_file import read_yaml
from warehouse.sessions import BAR_READY, DECISION_TIME, NEW_YORK, Sessions

SCHEDULE_FILE = REPOSITORY / "config" / "schedule.yaml"
MODES = ("evening", "morning")
FETCHING_STEPS = ("warm_up", "equities", "credit", "volatility")
EVENING_STEPS = (*FETCHING_STEPS, "portfolio", "reports")
"""In the order of the evening; each takes its place after the one before."""
EARLIEST: dict[str, time] = {"equities": BAR_READY, "portfolio": DECISION_TIME}
"""Before these moments a step could not know what it is for."""
GRACE = timedelta(hours=2, minutes=30)
"""What a night may take after its last step before it is overdue."""
LONGEST_CLOSURE = timedelta(days=4)
"""From one session to the next, over a weekend with a holiday beside it."""
SWITCHES = ("live", "always", "never")
KEYS = ("mode", "evening", "morning", "oos_registry", "restore_drill", "switched_on")


@dataclass(frozen=True)
class Timetable:
    """The configured New York times.

    `mode`: `evening` or `morning`. `evening`: step to time, in order. `morning`: of the whole
    night, for the previous session. `switched_on`: with which data schedules are on by default.
    """

    mode: str
    evening: Mapping[str, time]
    morning: time
    oos_registry: time
    restore_drill: time
    switched_on: str

    @property
    def last_step(self) -> time:
        """When the last step of a night begins: what it publishes can be expected after it."""
        return self.evening["reports"] if self.mode == "evening" else self.morning

    def published_by(self, night: date, sessions: Sessions) -> datetime:
        """The UTC moment of a night's last step."""
        day = night if self.mode == "evening" else sessions.next_session(night)
        return sessions.at(day, self.last_step)

    def is_on(self, world: str) -> bool:
        """Whether schedules and sensors are on by default in a world."""
        return self.switched_on == "always" or (self.switched_on == "live" and world == "live")


def cron(at: time, *, days: str = "1-5") -> str:
    """A time on days of the week as cron has it; sessions are told from holidays at the tick."""
    return f"{at.minute} {at.hour} * * {days}"


def is_first_sunday(moment: datetime) -> bool:
    """Whether a moment lies on the first Sunday of a month in New York."""
    day = moment.astimezone(NEW_YORK).date()
    return day.isoweekday() == 7 and day - timedelta(days=7) < day.replace(day=1)


def load_timetable(path: Path = SCHEDULE_FILE) -> Timetable:
    """Read and check the schedule file.

    Raises
    ------
    UsageError
        An unknown mode, key or step, a time that is not HH:MM, steps out of order, or a step
        before the moment that it needs; the sentence names file, key and value.
    """
    content = read_yaml(path)
    mode = content.get("mode") if isinstance(content, Mapping) else None
    if mode not in MODES:
        raise UsageError(f"{path}: 'mode' is '{mode}': set it to evening or morning.")
    if unknown := sorted(map(str, content.keys() - set(KEYS))):
        raise UsageError(f"{path}: '{unknown[0]}' is no key; there are {', '.join(KEYS)}.")
    switched_on = content.get("switched_on")
    if switched_on not in SWITCHES:
        raise UsageError(
            f"{path}: 'switched_on' is '{switched_on}': set it to live, always or never."
        )
    return Timetable(
        mode=mode,
        evening=_evening(path, content.get("evening")),
        morning=_morning(path, content.get("morning")),
        oos_registry=_time(path, "oos_registry", content.get("oos_registry")),
        restore_drill=_time(path, "restore_drill", content.get("restore_drill")),
        switched_on=switched_on,
    )


def _evening(path: Path, steps: Any) -> dict[str, time]:
    """The steps of the evening, each of them there, in order and not too early."""
    named = ", ".join(EVENING_STEPS)
    if not isinstance(steps, Mapping) or set(steps) != set(EVENING_STEPS):
        raise UsageError(f"{path}: 'evening' must name a time for each of {named}, and no other.")
    times = {step: _time(path, f"evening: {step}", steps[step]) for step in EVENING_STEPS}
    for step, earliest in EARLIEST.items():
        if times[step] < earliest:
            raise UsageError(
                f"{path}: 'evening: {step}' is {times[step]:%H:%M}: what it needs is known from "
                f"{earliest:%H:%M} on."
            )
    for before, step in pairwise(EVENING_STEPS):
        if times[step] <= times[before]:
            raise UsageError(
                f"{path}: 'evening: {step}' is {times[step]:%H:%M}: set it after {before} "
                f"({times[before]:%H:%M})."
            )
    return times


def _morning(path: Path, value: Any) -> time:
    at = _time(path, "morning", value)
    if at >= BAR_READY:
        raise UsageError(
            f"{path}: 'morning' is {at:%H:%M}: set it before {BAR_READY:%H:%M}, when the next "
            "session takes the place of the previous one."
        )
    return at


def _time(path: Path, key: str, value: Any) -> time:
    matched = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", str(value))
    if not matched:
        raise UsageError(f"{path}: '{key}' is '{value}': write a time such as \"17:20\".")
    return time(int(matched[1]), int(matched[2]))
