"""Every tick of the timetable: over clock changes, holidays and early closes, and what stands
against a run."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._utils.schedules import schedule_execution_time_iterator

from orchestration.alerts.heartbeat import beat
from orchestration.due import NIGHT_TAG
from orchestration.errors import NightError
from orchestration.finished import FinishedBuild
from orchestration.resources import load_settings
from orchestration.schedules import schedules
from orchestration.sensors import failure_sensor, sensors
from orchestration.timetable import EVENING_STEPS, load_timetable
from reports.status import RunStatus
from warehouse.connection import connect
from warehouse.home import Home
from warehouse.publish import Manifest
from warehouse.sessions import NEW_YORK

TIMETABLE = load_timetable()
MOMENT = datetime(2024, 7, 1, tzinfo=UTC)
NAMES = (*EVENING_STEPS, "nightly", "oos_registry", "restore_drill")


def job(name: str) -> Any:
    @dg.op(name=f"{name}_op")
    def nothing() -> None:
        """What the run would do is not asked here."""

    @dg.job(name=name)
    def made() -> None:
        nothing()

    return made


JOBS = {name: job(name) for name in NAMES}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home of the simulated market with nothing in it."""
    monkeypatch.setenv("MQP_HOME", str(tmp_path))
    monkeypatch.setenv("MQP_SOURCES", "sandbox")
    return Home(tmp_path)


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dg.DagsterInstance]:
    """Dagster's records on disk: a schedule looks at no others."""
    with dg.DagsterInstance.local_temp(str(tmp_path_factory.mktemp("dagster"))) as made:
        yield made


@pytest.fixture
def instance(storage: dg.DagsterInstance) -> dg.DagsterInstance:
    """Dagster's records of nothing."""
    storage.wipe()
    return storage


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Set the clock to a New York time."""

    def set_clock(text: str) -> datetime:
        moment = datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).astimezone(UTC)
        monkeypatch.setenv("MQP_NOW", moment.isoformat())
        return moment

    return set_clock


def publish(home: Home, night: date, status: str = "CLEAN") -> None:
    """A published file that says no more than which night it is."""
    home.warehouse.mkdir(exist_ok=True)
    with connect(home.published) as warehouse:
        warehouse.execute("create schema if not exists ops")
        for name, columns, values in (
            ("build_context", "?::date as night", [night]),
            ("nights", "?::date as night, 1 as attempt, ? as status", [night, status]),
        ):
            warehouse.execute(f"create or replace table ops.{name} as select {columns}", values)


def wait_for_publication(home: Home, night: date) -> None:
    """A finished build of a night."""
    home.build.parent.mkdir(parents=True)
    home.build.touch()
    status = RunStatus(night, "CLEAN", 1, "r", "sandbox:7", *[MOMENT] * 3, 1, "c", "f")
    FinishedBuild(Manifest(night, "sandbox:7", 1, "c", "f", {}), status).keep(home)


def ticks(schedule: dg.ScheduleDefinition, first: date, last: date) -> Iterator[datetime]:
    """The moments at which the daemon evaluates a schedule between two dates."""
    start = datetime(first.year, first.month, first.day, tzinfo=NEW_YORK)
    for moment in schedule_execution_time_iterator(
        start.timestamp(), str(schedule.cron_schedule), schedule.execution_timezone
    ):
        if moment.astimezone(NEW_YORK).date() > last:
            return
        yield moment


def answer(
    schedule: dg.ScheduleDefinition, moment: datetime, instance: dg.DagsterInstance
) -> dg.RunRequest | str:
    """The run that a tick asks for, or why it asks for none."""
    context = dg.build_schedule_context(instance=instance, scheduled_execution_time=moment)
    data = schedule.evaluate_tick(context)
    return data.run_requests[0] if data.run_requests else str(data.skip_message)


def evening(first: date, last: date, instance: dg.DagsterInstance, monkeypatch: Any) -> list[str]:
    """Every tick of the fetching steps that starts a run, in New York and in UTC."""
    told = []
    for schedule in schedules(JOBS, TIMETABLE)[:4]:
        for moment in ticks(schedule, first, last):
            monkeypatch.setenv("MQP_NOW", moment.astimezone(UTC).isoformat())
            asked = answer(schedule, moment, instance)
            if isinstance(asked, dg.RunRequest):
                told.append((moment.astimezone(UTC), schedule.job_name))
    return [f"{moment:%m-%d %H:%M} {name}" for moment, name in sorted(told)]


def test_steps_keep_new_york_time_when_its_clocks_change(
    home: Home, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    spring = evening(date(2024, 3, 8), date(2024, 3, 11), instance, monkeypatch)
    assert spring == [
        *("03-08 21:10 warm_up", "03-08 21:15 equities", "03-08 21:45 credit"),
        *("03-08 22:05 volatility", "03-11 20:10 warm_up", "03-11 20:15 equities"),
        *("03-11 20:45 credit", "03-11 21:05 volatility"),
    ]
    autumn = evening(date(2024, 11, 1), date(2024, 11, 4), instance, monkeypatch)
    assert [told for told in autumn if "equities" in told] == [
        *("11-01 20:15 equities", "11-04 21:15 equities")
    ]


def test_holidays_have_no_steps_and_early_closes_the_usual_ones(
    home: Home, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """3 July 2024 closed at 13:00; the 4th was a holiday, the 6th a Saturday."""
    week = evening(date(2024, 7, 2), date(2024, 7, 7), instance, monkeypatch)
    assert [told.split()[0] for told in week if "credit" in told] == ["07-02", "07-03", "07-05"]
    assert "07-03 20:15 equities" in week


def test_refused_tick_says_why(home: Home, instance: dg.DagsterInstance, at: Any) -> None:
    equities = schedules(JOBS, TIMETABLE)[1]
    holiday = at("2024-07-04 16:15")
    assert answer(equities, holiday, instance) == "The exchange is closed on 2024-07-04."
    late = at("2024-07-05 16:15")
    at("2024-07-05 16:46")
    assert "too late for the step" in str(answer(equities, late, instance))


def named(name: str) -> dg.ScheduleDefinition:
    return next(one for one in schedules(JOBS, TIMETABLE) if one.job_name == name)


def test_build_starts_unless_it_stands_already(
    home: Home, instance: dg.DagsterInstance, at: Any
) -> None:
    moment = at("2024-07-01 17:20")
    publish(home, date(2024, 6, 28))
    asked = answer(named("portfolio"), moment, instance)
    assert isinstance(asked, dg.RunRequest)
    assert asked.tags["mqp/night"] == "2024-07-01"
    publish(home, date(2024, 7, 1), "DEGRADED")
    assert isinstance(answer(named("portfolio"), moment, instance), dg.RunRequest), "may improve"
    publish(home, date(2024, 7, 1))
    assert "published already, and CLEAN" in str(answer(named("portfolio"), moment, instance))
    publish(home, date(2024, 6, 28))
    wait_for_publication(home, date(2024, 7, 1))
    assert "waits for its publication" in str(answer(named("portfolio"), moment, instance))


def test_publication_waits_for_the_build_and_never_runs_on_nothing(
    home: Home, instance: dg.DagsterInstance, at: Any
) -> None:
    moment = at("2024-07-01 17:35")
    nothing = "There is no finished build of night 2024-07-01"
    assert nothing in str(answer(named("reports"), moment, instance))
    begun = begin(instance, "portfolio")
    assert isinstance(answer(named("reports"), moment, instance), dg.RunRequest), "it waits"
    instance.report_run_failed(begun)
    assert nothing in str(answer(named("reports"), moment, instance))
    wait_for_publication(home, date(2024, 7, 1))
    assert isinstance(answer(named("reports"), moment, instance), dg.RunRequest)


def begin(instance: dg.DagsterInstance, name: str) -> dg.DagsterRun:
    return instance.create_run_for_job(JOBS[name])


def test_morning_mode_runs_the_whole_night_of_the_session_before(
    home: Home, instance: dg.DagsterInstance, at: Any
) -> None:
    nightly, weekly, _ = schedules(JOBS, replace(TIMETABLE, mode="morning"))
    assert (nightly.cron_schedule, weekly.cron_schedule) == ("0 8 * * 1-5", "0 9 * * 6")
    monday = answer(nightly, at("2024-07-01 08:00"), instance)
    assert isinstance(monday, dg.RunRequest)
    assert monday.tags["mqp/night"] == "2024-06-28", "Friday's, after the weekend"


def test_registry_is_weekly_and_needs_a_night(
    home: Home, instance: dg.DagsterInstance, at: Any
) -> None:
    moment = at("2024-07-06 09:00")
    assert "No night is published" in str(answer(named("oos_registry"), moment, instance))
    publish(home, date(2024, 7, 5))
    assert isinstance(answer(named("oos_registry"), moment, instance), dg.RunRequest)


def test_drill_is_on_the_first_sunday_also_when_the_clocks_change(
    home: Home, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """3 November 2024 is the Sunday on which New York goes back to winter time."""
    publish(home, date(2024, 10, 4))
    drilled = []
    for moment in ticks(named("restore_drill"), date(2024, 10, 1), date(2024, 12, 31)):
        monkeypatch.setenv("MQP_NOW", moment.astimezone(UTC).isoformat())
        if isinstance(answer(named("restore_drill"), moment, instance), dg.RunRequest):
            drilled.append(f"{moment.astimezone(UTC):%m-%d %H:%M}")
    assert drilled == ["10-06 14:00", "11-03 15:00", "12-01 15:00"]


def sensed(name: str, instance: dg.DagsterInstance) -> dg.RunRequest | str:
    sensor = next(one for one in sensors(JOBS, TIMETABLE) if one.name == name)
    data = sensor.evaluate_tick(dg.build_sensor_context(instance=instance))
    return data.run_requests[0] if data.run_requests else str(data.skip_message)


def test_missed_night_is_caught_up_once_it_was_due(
    home: Home, instance: dg.DagsterInstance, at: Any
) -> None:
    at("2024-07-02 20:00")
    assert "No night has been run here yet" in str(sensed("catch_up_sensor", instance))
    publish(home, date(2024, 6, 28))  # Monday's night was missed as well
    asked = sensed("catch_up_sensor", instance)
    assert isinstance(asked, dg.RunRequest)
    assert asked.run_key == "catch-up-2024-07-02", "the latest session only, and once"
    at("2024-07-02 17:50")
    assert "not due before 2024-07-02 22:05 UTC" in str(sensed("catch_up_sensor", instance))
    at("2024-07-03 15:30")
    assert "too old" in str(sensed("catch_up_sensor", instance)), "the next night is at hand"


def test_published_or_running_night_is_not_caught_up(
    home: Home, instance: dg.DagsterInstance, at: Any
) -> None:
    at("2024-07-02 20:00")
    publish(home, date(2024, 7, 1))
    begin(instance, "nightly")
    assert "A run of nightly is" in str(sensed("catch_up_sensor", instance))
    publish(home, date(2024, 7, 2), "DEGRADED")
    assert sensed("catch_up_sensor", instance) == "Night 2024-07-02 is published."


def alerts_of(home: Home) -> list[dict[str, Any]]:
    """What stands in the outbox: alerts, without the notes about them."""
    files = sorted((home.logs / "alerts").glob("alerts_*.jsonl"))
    lines = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    return [line for line in lines if "message" in line and "severity" in line]


def test_overdue_night_is_told_once(home: Home, instance: dg.DagsterInstance, at: Any) -> None:
    at("2024-07-02 20:06")
    assert sensed("overdue_sensor", instance) == "No night is overdue.", "none was ever run"
    publish(home, date(2024, 7, 1))
    at("2024-07-02 20:04")
    assert sensed("overdue_sensor", instance) == "No night is overdue."
    at("2024-07-02 20:06")
    for _ in range(2):
        assert "Night 2024-07-02 is overdue" in str(sensed("overdue_sensor", instance))
    assert [one["night"] for one in alerts_of(home)] == ["2024-07-02"]


def test_nights_before_the_first_that_was_tried_are_not_overdue(
    home: Home, instance: dg.DagsterInstance, at: Any
) -> None:
    home.make_folders()
    home.ledger.touch()  # the first evening's steps have landed something
    at("2024-07-02 17:12")
    assert sensed("overdue_sensor", instance) == "No night is overdue."
    tried = RunStatus(date(2024, 7, 2), "FAILED", 1, "r", "sandbox:7", *[MOMENT] * 3, 1, "c", "f")
    beat(load_settings(), tried, is_published=False)
    assert sensed("overdue_sensor", instance) == "No night is overdue."
    at("2024-07-02 20:06")
    assert "Night 2024-07-02 is overdue" in str(sensed("overdue_sensor", instance))


def test_failed_run_is_told_with_its_reason(home: Home, at: Any) -> None:
    at("2024-07-01 17:30")

    @dg.op
    def refuses() -> None:
        raise NightError("The disk is full: free space.")

    @dg.job(tags={NIGHT_TAG: "2024-07-01"})
    def portfolio() -> None:
        refuses()

    with dg.DagsterInstance.ephemeral() as instance:
        failed = portfolio.execute_in_process(instance=instance, raise_on_error=False)
        context = dg.build_run_status_sensor_context(
            sensor_name="failure_sensor",
            dagster_instance=instance,
            dagster_run=failed.dagster_run,
            dagster_event=failed.get_run_failure_event(),
        ).for_run_failure()
        failure_sensor(dg.DefaultSensorStatus.STOPPED)(context)
    assert [(one["night"], one["message"]) for one in alerts_of(home)] == [
        ("2024-07-01", "The disk is full: free space.")
    ]


def land(instance: dg.DagsterInstance, table: str, late: int, night: str = "2024-07-01") -> None:
    instance.report_runless_asset_event(
        dg.AssetMaterialization(["raw", table], metadata={"night": night, "late_inputs": late})
    )


def test_build_starts_early_once_every_input_has_landed(
    home: Home, instance: dg.DagsterInstance, at: Any
) -> None:
    at("2024-07-01 17:10")
    land(instance, "polygon__daily_bars", late=3)
    land(instance, "fred__observations", late=2)
    land(instance, "cboe__index_history", late=0, night="2024-06-28")
    assert "step volatility have not landed" in str(sensed("inputs_complete_sensor", instance))
    land(instance, "cboe__index_history", late=1)
    assert "still lacks required inputs" in str(sensed("inputs_complete_sensor", instance))
    land(instance, "cboe__index_history", late=0)
    asked = sensed("inputs_complete_sensor", instance)
    assert isinstance(asked, dg.RunRequest)
    assert asked.run_key == "inputs-complete-2024-07-01"


def test_build_never_starts_before_its_decision_or_after_its_schedule(
    home: Home, instance: dg.DagsterInstance, at: Any
) -> None:
    for table in ("polygon__daily_bars", "fred__observations", "cboe__index_history"):
        land(instance, table, late=0)
    at("2024-07-01 16:29")
    assert "decision of night 2024-07-01 is not due" in str(
        sensed("inputs_complete_sensor", instance)
    )
    at("2024-07-01 17:20")
    assert "The schedule has come" in str(sensed("inputs_complete_sensor", instance))


def test_simulated_market_has_its_schedules_off_until_switched_on(home: Home) -> None:
    off, on = (
        schedules(JOBS, TIMETABLE)[0],
        schedules(JOBS, replace(TIMETABLE, switched_on="always")),
    )
    assert off.default_status == dg.DefaultScheduleStatus.STOPPED
    assert {one.default_status for one in on} == {dg.DefaultScheduleStatus.RUNNING}
