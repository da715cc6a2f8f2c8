"""Dagster's daemon on a virtual clock, with our schedules, sensors and records.

What the daemon itself does is done here in its order: it asks every schedule at its ticks and every
sensor at some moments, starts a run once per run key, tells of failed runs, and starts a killed run
anew where the instance says so.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any, Protocol
from uuid import uuid4

import dagster as dg

from orchestration.dagster_home import opened_instance, prepare_dagster_home
from orchestration.due import NIGHT_TAG
from tests.durability.boundaries import Boundary
from warehouse.home import Home
from warehouse.sessions import NEW_YORK

WILL_RETRY, PARENT, ROOT = "dagster/will_retry", "dagster/parent_run_id", "dagster/root_run_id"


@dataclass(frozen=True)
class Stretch:
    """A time during which the daemon runs, New York dates, both included.

    `begins`: the time of the first day at which it comes up. `looks`: when its sensors look.
    `is_out`: whether every provider is. `killed`: job to the place at which its first run dies.
    """

    first: date
    last: date
    looks: tuple[time, ...]
    begins: time = time(0, 0)
    is_out: bool = False
    killed: Mapping[str, Boundary] = field(default_factory=dict)

    def contains(self, moment: datetime) -> bool:
        """Whether the daemon is up at a moment."""
        local = moment.astimezone(NEW_YORK)
        start = datetime.combine(self.first, self.begins, NEW_YORK)
        return start <= local and local.date() <= self.last

    @property
    def days(self) -> Iterator[date]:
        """Every date of it."""
        yield from (
            date.fromordinal(day)
            for day in range(self.first.toordinal(), self.last.toordinal() + 1)
        )


@dataclass(frozen=True)
class Run:
    """One run as the daemon starts it; `name` is the schedule's or sensor's."""

    moment: datetime
    name: str
    job: str
    tags: Mapping[str, str]
    run_id: str = field(default_factory=lambda: str(uuid4()))


class Runs(Protocol):
    """Who makes a run; what became of it stands in Dagster's records afterwards."""

    def execute(self, run: Run, *, is_out: bool, place: Boundary | None) -> None:
        """Make it; `is_out`: with every provider out, `place`: until it dies there."""


@dataclass
class VirtualDaemon:
    """Lives through stretches of time in one home.

    `left_out`: jobs that are asked for and not run. `told`: each run in a line, UTC, in order.
    """

    home: Home
    schedules: Sequence[dg.ScheduleDefinition]
    sensors: Sequence[dg.SensorDefinition]
    runs: Runs
    left_out: frozenset[str] = frozenset()
    told: list[str] = field(default_factory=list)
    _keys: set[tuple[str, str | None]] = field(default_factory=set)
    _seen: set[str] = field(default_factory=set)

    def live(self, stretch: Stretch) -> None:
        """Live through a stretch: ticks and looks in the order of their moments."""
        killed = dict(stretch.killed)
        for moment, schedule in sorted(self._moments(stretch), key=lambda at: at[0]):
            os.environ["MQP_NOW"] = moment.isoformat()
            with opened(self.home) as instance:
                runs = (
                    self._sensed(moment, instance)
                    if schedule is None
                    else self._ticked(moment, schedule, instance)
                )
                # as asked, before any of them has run
                wanted = list(runs)
            for run in wanted:
                self._start(run, stretch, killed.pop(run.job, None))

    # --- who asks -------------------------------------------------------------------------------

    def _moments(self, stretch: Stretch) -> Iterator[tuple[datetime, Any]]:
        """UTC moments with the schedule that ticks; with None where the sensors look."""
        from dagster._utils.schedules import schedule_execution_time_iterator

        begin = datetime.combine(stretch.first, stretch.begins, NEW_YORK)
        for schedule in self.schedules:
            for moment in schedule_execution_time_iterator(
                begin.timestamp(), str(schedule.cron_schedule), schedule.execution_timezone
            ):
                if not stretch.contains(moment):
                    break
                yield moment.astimezone(UTC), schedule
        for day in stretch.days:
            for look in stretch.looks:
                moment = datetime.combine(day, look, NEW_YORK).astimezone(UTC)
                if stretch.contains(moment):
                    yield moment, None

    def _ticked(
        self, moment: datetime, schedule: Any, instance: dg.DagsterInstance
    ) -> Iterator[Run]:
        context = dg.build_schedule_context(
            instance=instance, scheduled_execution_time=moment.astimezone(NEW_YORK)
        )
        asked = schedule.evaluate_tick(context).run_requests
        yield from self._asked(moment, schedule.name, schedule.job_name, asked)

    def _sensed(self, moment: datetime, instance: dg.DagsterInstance) -> Iterator[Run]:
        """What the sensors ask for; then killed runs are told of and begin anew."""
        for sensor in self.sensors:
            if isinstance(sensor, dg.RunStatusSensorDefinition):
                continue
            asked = sensor.evaluate_tick(dg.build_sensor_context(instance=instance)).run_requests
            yield from self._asked(moment, sensor.name, sensor.job_name if asked else "", asked)
        for run in instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE])):
            if run.run_id in self._seen:
                continue
            self._seen.add(run.run_id)
            self._tell_failure(run, instance)
            if run.tags.get(WILL_RETRY) == "true":
                tags = {NIGHT_TAG: run.tags[NIGHT_TAG], PARENT: run.run_id, ROOT: run.run_id}
                tags["dagster/retry_number"] = "1"
                yield Run(moment, "retry", run.job_name, tags)

    def _asked(
        self, moment: datetime, name: str, job: str, asked: Iterable[dg.RunRequest] | None
    ) -> Iterator[Run]:
        """A run key that was asked for before starts nothing."""
        for request in asked or ():
            if (name, request.run_key) not in self._keys:
                self._keys.add((name, request.run_key))
                yield Run(moment, name, job, request.tags)

    def _tell_failure(self, run: dg.DagsterRun, instance: dg.DagsterInstance) -> None:
        (failure_sensor,) = (one for one in self.sensors if one.name == "failure_sensor")
        (record,) = instance.get_records_for_run(
            run.run_id, of_type=dg.DagsterEventType.RUN_FAILURE
        ).records
        context = dg.build_run_status_sensor_context(
            sensor_name=failure_sensor.name,
            dagster_instance=instance,
            dagster_run=run,
            dagster_event=record.event_log_entry.dagster_event,
        ).for_run_failure()
        failure_sensor(context)

    def _start(self, run: Run, stretch: Stretch, place: Boundary | None) -> None:
        """One run from its start to its end."""
        if run.job in self.left_out:
            outcome = "left out"
        else:
            self.runs.execute(run, is_out=stretch.is_out, place=place)
            with opened(self.home) as instance:
                found = instance.get_run_by_id(run.run_id)
                outcome = "killed" if place else found.status.value if found else "unknown"
        self.told.append(
            f"{run.moment:%m-%d %H:%M} {run.name.removesuffix('_schedule')}: {run.job} of "
            f"{run.tags[NIGHT_TAG][5:]} {outcome}"
        )


@contextmanager
def opened(home: Home) -> Iterator[dg.DagsterInstance]:
    """The home's records, with the configuration that the product gives them."""
    prepare_dagster_home(home)
    with opened_instance(home) as instance:
        yield instance
