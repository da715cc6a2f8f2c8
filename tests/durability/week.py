"""`python -m tests.durability.week`: two weeks of November 2024, every run a real one.

The clocks change on Sunday the 3rd; Thanksgiving is on the 28th, and the 29th closes early. On the
4th the build is killed; nobody is there until the 26th, and then too late for its steps; on the
27th no provider answers. Every run is a forked process with the jobs of the definitions, on the
small world of `whole_night`. `test_week.py` lives through the same days with stand-ins for nights.
"""

import json
import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import nullcontext, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import dagster as dg

from tests.durability.boundaries import Boundary, before
from tests.durability.torture import PROVENANCE, process_factory
from tests.durability.virtual_daemon import Run, Stretch, VirtualDaemon, opened
from tests.durability.whole_night import (
    NightOrder,
    Stage,
    night_environment,
    parsed_project,
    prepared_home,
    set_stage,
)
from tests.orchestration.alerts.receiver import OK, Receiver, serving
from warehouse.connection import connect
from warehouse.home import Home
from warehouse.landed_rows import raw_tables

EVENING = (time(17, 12), time(18, 10), time(20, 10))
STRETCHES = (
    Stretch(date(2024, 11, 1), date(2024, 11, 3), EVENING),
    Stretch(
        date(2024, 11, 4),
        date(2024, 11, 4),
        (time(17, 12), time(17, 17), *EVENING[1:]),
        killed={"portfolio": before("orchestration.night:compute_analytics")},
    ),
    Stretch(date(2024, 11, 26), date(2024, 11, 26), EVENING, begins=time(20, 0)),
    Stretch(date(2024, 11, 27), date(2024, 11, 27), EVENING, is_out=True),
    Stretch(date(2024, 11, 28), date(2024, 11, 29), EVENING),
)
LEFT_OUT = frozenset({"restore_drill"})
"""It has its own tests; that its Sunday comes, at ten by the new clock, is seen."""

TOLD = [
    "11-01 20:10 warm_up: warm_up of 10-31 SUCCESS",
    "11-01 20:15 equities: equities of 11-01 SUCCESS",
    "11-01 20:45 credit: credit of 11-01 SUCCESS",
    "11-01 21:05 volatility: volatility of 11-01 SUCCESS",
    "11-01 21:12 inputs_complete_sensor: portfolio of 11-01 SUCCESS",
    "11-01 21:35 reports: reports of 11-01 SUCCESS",
    "11-02 13:00 oos_registry: oos_registry of 11-01 SUCCESS",
    "11-03 15:00 restore_drill: restore_drill of 11-01 left out",
    "11-04 21:10 warm_up: warm_up of 11-01 SUCCESS",
    "11-04 21:15 equities: equities of 11-04 SUCCESS",
    "11-04 21:45 credit: credit of 11-04 SUCCESS",
    "11-04 22:05 volatility: volatility of 11-04 SUCCESS",
    "11-04 22:12 inputs_complete_sensor: portfolio of 11-04 killed",
    "11-04 22:17 retry: portfolio of 11-04 SUCCESS",
    "11-04 22:35 reports: reports of 11-04 SUCCESS",
    "11-27 01:10 catch_up_sensor: nightly of 11-26 SUCCESS",
    "11-27 21:10 warm_up: warm_up of 11-26 SUCCESS",
    "11-27 21:15 equities: equities of 11-27 SUCCESS",
    "11-27 21:45 credit: credit of 11-27 SUCCESS",
    "11-27 22:05 volatility: volatility of 11-27 SUCCESS",
    "11-27 22:20 portfolio: portfolio of 11-27 SUCCESS",
    "11-27 22:35 reports: reports of 11-27 SUCCESS",
    "11-29 21:10 warm_up: warm_up of 11-27 SUCCESS",
    "11-29 21:15 equities: equities of 11-29 SUCCESS",
    "11-29 21:45 credit: credit of 11-29 SUCCESS",
    "11-29 22:05 volatility: volatility of 11-29 SUCCESS",
    "11-29 22:12 inputs_complete_sensor: portfolio of 11-29 SUCCESS",
    "11-29 22:35 reports: reports of 11-29 SUCCESS",
]
"""Every run, in UTC: an hour later after the change, none on the holiday."""

MISSED = [date(2024, 11, day) for day in (5, 6, 7, 8, *range(11, 16), *range(18, 23), 25)]
NIGHTS = [
    (date(2024, 11, 1), 1, "CLEAN"),
    (date(2024, 11, 4), 1, "CLEAN"),
    *((day, 0, "MISSED") for day in MISSED),
    (date(2024, 11, 26), 1, "CLEAN"),
    (date(2024, 11, 27), 1, "DEGRADED"),
    (date(2024, 11, 29), 1, "CLEAN"),
]
ALERTS = [
    (date(2024, 11, 4), "run"),
    (date(2024, 11, 4), "recovered"),
    (date(2024, 11, 26), "overdue"),
    (date(2024, 11, 26), "recovered"),
    (date(2024, 11, 26), "missed"),
    (date(2024, 11, 27), "degraded"),
]
"""Night and check of what the webhook heard, in order; of several of a kind, one."""
UNSERVED = (date(2024, 11, 27), "feed")
"""Of a real outage also what no decision waits for."""


def alerts_heard(hook: Receiver) -> list[tuple[date, str]]:
    """Night and check of every alert that arrived; neighbours of the same kind count once."""
    told = [
        (date.fromisoformat(one["night"]), str(one["check"]))
        for got in hook.arrived
        for one in got.body["details"]["alerts"]
    ]
    return list(dict.fromkeys(told))


def nights_recorded(home: Home) -> list[tuple[date, int, str]]:
    """Every attempt at a night, in order."""
    with connect(home.ledger, read_only=True) as ledger:
        return ledger.execute(
            "select night, attempt, status from ops.nights order by night, attempt"
        ).fetchall()


def doubled_rows(home: Home) -> dict[str, int]:
    """Raw table to the number of rows that say nothing new; tables without any left out."""
    found = {}
    with connect(home.ledger, read_only=True) as ledger:
        for name in raw_tables(ledger):
            columns = {row[0] for row in ledger.execute(f"describe {name}").fetchall()}
            left_out = ", ".join(sorted(columns & {*PROVENANCE, "ledger_version", "available_at"}))
            rows = f"select * exclude ({left_out}) from {name}" if left_out else f"from {name}"
            count = ledger.execute(
                f"select (select count(*) from ({rows})) "
                f"- (select count(*) from (select distinct * from ({rows})))"
            ).fetchone()
            if count and count[0]:
                found[name] = int(count[0])
    return found


@dataclass(frozen=True)
class ForkedRuns:
    """Each run of a job in a process of its own, as under the daemon."""

    home: Home
    repository: dg.RepositoryDefinition

    def execute(self, run: Run, *, is_out: bool, place: Boundary | None) -> None:
        """Start it and wait for its end, which is SIGKILL where it dies at a place."""
        fork = multiprocessing.get_context("fork")
        process = fork.Process(target=self._run, args=(run, is_out, place))
        process.start()
        process.join()
        assert process.exitcode == (-signal.SIGKILL if place else 0), run

    def _run(self, run: Run, is_out: bool, place: Boundary | None) -> None:
        if place:
            place.arrange()
        if is_out:
            _let_every_provider_fail()
        output = (self.home.logs / "dagster.log").open("a")
        with output, redirect_stdout(output), redirect_stderr(output), opened(self.home) as records:
            self.repository.get_job(run.job).execute_in_process(
                instance=records, run_id=run.run_id, tags=dict(run.tags), raise_on_error=False
            )


def _let_every_provider_fail() -> None:
    """Every request of this process is answered 503; nobody waits for long, or a second time."""
    import orchestration.assets.ingestion
    import orchestration.night
    from ingestion.sandbox.rehearsals import REHEARSALS

    os.environ["SOURCE_PATIENCE_SECONDS"] = "1"
    orchestration.assets.ingestion.RETRY_SECONDS = 0
    orchestration.night.rehearsal_rules = lambda _: REHEARSALS["outage"].rules


@dataclass(frozen=True)
class ModelsHere:
    """Stands where dbt's own process is: the models are built in the run's."""

    stage: Stage
    context: dg.AssetExecutionContext
    process: None = None

    def stream(self) -> Iterator[Any]:
        """Build them all, and say so of each."""
        self.stage.build_models(self.context.resources.night.run)
        made = self.context.selected_asset_keys
        parents = {key: self.context.assets_def.asset_deps[key] & made for key in made}
        for key in TopologicalSorter(parents).static_order():
            yield dg.MaterializeResult(asset_key=key)

    def is_successful(self) -> bool:
        """What fails is raised above."""
        return True


def real_repository(order: NightOrder) -> dg.RepositoryDefinition:
    """The project's definitions, resolved; runs of this process build models in themselves."""
    from orchestration.manifest import mark_as_current

    home = prepared_home(order.home)
    set_stage(order)
    parsed_project().write(str(home.dbt_target / "manifest.json"))
    mark_as_current(home)  # the asset graph is made of it
    import orchestration.assets.dbt
    from orchestration.definitions import defs

    def models_here(_: Any, __: Any, *, context: dg.AssetExecutionContext, **___: Any) -> Any:
        return ModelsHere(order.stage, context)

    dbt: Any = orchestration.assets.dbt
    dbt.InstalledDbt.cli = models_here
    dbt.ended_with_us = nullcontext
    return defs.get_repository_def()


def live_through(order: NightOrder, told: Path) -> None:
    """All stretches, in a process that was forked from a warm one; tells of each run in a file."""
    with night_environment(order):
        repository, home = real_repository(order), Home(order.home)
        daemon = VirtualDaemon(
            home,
            repository.schedule_defs,
            repository.sensor_defs,
            ForkedRuns(home, repository),
            LEFT_OUT,
        )
        for stretch in STRETCHES:
            daemon.live(stretch)
            told.write_text(json.dumps(daemon.told))


def main() -> int:
    """Live through it; returns 1 where something is not as it should be."""
    hook, watcher = Receiver(plan=[OK]), Receiver(plan=[OK])
    servers = [serving(hook), serving(watcher)]
    with tempfile.TemporaryDirectory() as folder:
        home, told = Home(Path(folder) / "home"), Path(folder) / "told"
        variables = {"ALERT_WEBHOOK_URL": hook.url, "HEARTBEAT_URL": watcher.url}
        order = NightOrder(home.root, datetime(2024, 11, 1, 12, tzinfo=UTC), variables=variables)
        process = process_factory().Process(target=live_through, args=(order, told))
        process.start()
        process.join()
        found = {
            "runs": (json.loads(told.read_text()) if told.exists() else [], TOLD),
            "nights": (nights_recorded(home), NIGHTS),
            "alerts": (alerts_heard(hook), [*ALERTS, UNSERVED]),
            "alerts told twice": (len(hook.messages) - len(set(hook.messages)), 0),
            "signs of life": (len(watcher.arrived), 5),
            "doubled rows": (doubled_rows(home), {}),
        }
    for server in servers:
        server.shutdown()
    for name, (is_so, should_be) in found.items():
        rows = is_so if isinstance(is_so, list) else [is_so]
        print(f"{name}: {'as it should be' if is_so == should_be else f'NOT {should_be}'}")
        print("".join(f"    {row}\n" for row in rows), end="", flush=True)
    return int(process.exitcode != 0 or any(one != other for one, other in found.values()))


if __name__ == "__main__":
    sys.exit(main())
