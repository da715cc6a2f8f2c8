"""Whole nights of a small simulated world, quick enough to be killed a hundred times.

The steps, the lock and the publication are the night's own. Three things are arranged: the history
is short, dbt and the gates run in the night's process instead of a child, and a process that is
forked from a warm one has imported everything already.
"""

import os
import pickle
import shutil
import traceback
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orchestration.dbt_session
import orchestration.gate_worker
import orchestration.inputs
from orchestration.build import dbt_arguments
from orchestration.dbt_session import MODELS_ONLY, QUIETLY, only
from orchestration.errors import CommandError
from orchestration.logs import log_to_file
from orchestration.night import NightOptions, NightRun
from orchestration.resources import load_settings
from warehouse.errors import StorageError, WarehouseError
from warehouse.home import Home
from warehouse.lock import writer_lock

FIRST_DAY = date(2023, 4, 3)  # 300 sessions and more before the nights below
THURSDAY = datetime(2024, 6, 27, 22, 30, tzinfo=UTC)
FRIDAY = datetime(2024, 6, 28, 22, 30, tzinfo=UTC)
UNIVERSE = "name: small\nbenchmark: SPY\nmembers: [AAPL, JPM, KO]\n"
STEPS = (
    *("fetch and land", "gate 1", "begin the build", "dbt", "analytics"),
    *("gate 2", "publish", "report"),
)
PUBLISH = STEPS.index("publish")
CARRIED = ("attempt", "collected", "landing", "gates", "freshness", "quarantined")
"""What a run holds before it publishes and could not begin with."""

Arranger = Callable[[], None]


class Stage:
    """Where dbt's models and the gates' verdicts come from; here they are really made."""

    def build_models(self, run: NightRun) -> None:
        """Everything that dbt builds in a night."""
        run_dbt_here(run.settings.home)

    def judge(self, judge: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """One gate's verdict, in this process."""
        return judge(*arguments, **options)


@dataclass(frozen=True)
class NightOrder:
    """One run of one night: where, when, and from which step on; it travels to other processes.

    `progress`: a file that gets a line when a step begins. `lay_aside`: the folder in which to keep
    this run, and its home, as they are before it publishes. `resumed`: such a run, continued.
    `first_day`: where its history begins. `options`, `variables`: of the night and its environment.
    """

    home: Path
    now: datetime = FRIDAY
    run_id: str = "run"
    progress: Path | None = None
    resumed: Path | None = None
    lay_aside: Path | None = None
    stage: Stage = field(default_factory=Stage)
    first_day: date = FIRST_DAY
    options: NightOptions = field(default_factory=NightOptions)
    variables: Mapping[str, str] = field(default_factory=dict)


def run_night(order: NightOrder, arrange: Arranger | None = None) -> None:
    """Run a night as its processes do, under the writer lock.

    Parameters
    ----------
    arrange : called when everything is set up and the first step has not begun.
    """
    home = prepared_home(order.home)
    with night_environment(order):
        set_stage(order)
        if arrange is not None:
            arrange()
        with (
            log_to_file(home.logs / "signal_engine.log", order.run_id),
            writer_lock(home.writer_lock),
        ):
            run = resumed_run(order)
            try:
                _run_steps(order, run)
            except Exception as err:
                with suppress(StorageError):  # as in the job's hook, where that ends nothing
                    run.record_failure(str(err).partition("\n")[0])
                raise


def set_stage(order: NightOrder) -> None:
    """Arrange what makes a night of this process quick, and safe in one that was forked."""
    orchestration.inputs.FIRST_DAY = order.first_day
    orchestration.gate_worker._worker[:] = [GatesHere(order.stage)]
    orchestration.dbt_session._remembered = lambda _: parsed_project()


def run_night_and_tell(order: NightOrder, arrange: Arranger, told: Connection) -> None:
    """Run a night and send what a person would read: an error's sentence, or nothing.

    An error that is not meant for people comes with its traceback.
    """
    try:
        run_night(order, arrange)
        told.send("")
    except (CommandError, WarehouseError) as err:
        told.send(str(err))
    except Exception:
        told.send(traceback.format_exc())


def _run_steps(order: NightOrder, run: NightRun) -> None:
    for number in range(PUBLISH if order.resumed else 0, len(STEPS)):
        _tell(order.progress, STEPS[number])
        if number == PUBLISH and order.lay_aside:
            _lay_aside(order.lay_aside, order.home, run)
        _steps(order, run)[number]()


def prepared_home(root: Path) -> Home:
    """The home with its universe file."""
    home = Home(root)
    home.make_folders()
    universe = root / "universe.yaml"
    if not universe.exists():
        universe.write_text(UNIVERSE)
    return home


def resumed_run(order: NightOrder) -> NightRun:
    """A run that was laid aside in another home goes on in this one."""
    run = NightRun(settings=load_settings(), options=order.options, run_id=order.run_id)
    if order.resumed is not None:
        for name, value in pickle.loads(order.resumed.read_bytes()).items():
            setattr(run, name, value)
    return run


def _lay_aside(folder: Path, home: Path, run: NightRun) -> None:
    shutil.copytree(home, folder / "home")
    kept = {name: getattr(run, name) for name in CARRIED}
    (folder / "run.pickle").write_bytes(pickle.dumps(kept))


def _steps(order: NightOrder, run: NightRun) -> tuple[Callable[[], Any], ...]:
    """In the order of `STEPS`."""
    return (
        *(run.ingest, run.gate_1, run.begin_build),
        *(lambda: order.stage.build_models(run), run.analyse),
        *(run.gate_2, run.publish, run.report),
    )


@dataclass(frozen=True)
class GatesHere:
    """Stands where the worker process is: Great Expectations is imported here already."""

    stage: Stage

    def call(self, judge: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        return self.stage.judge(judge, *arguments, **options)

    def start(self, judge: Callable[[], Any]) -> "Future[Any]":
        answer: Future[Any] = Future()
        answer.set_result(asked_once(judge))
        return answer


@cache
def asked_once(judge: Callable[[], Any]) -> Any:
    """What does not depend on the night, as the canaries, is judged once per warm process."""
    return judge()


def _tell(progress: Path | None, step: str) -> None:
    """One whole write: what a killed process told stays told."""
    if progress is not None:
        with progress.open("a") as lines:
            lines.write(f"{step}\n")


@contextmanager
def night_environment(order: NightOrder) -> Iterator[None]:
    """What the settings are read from."""
    variables = {
        "MQP_HOME": str(order.home),
        "MQP_NOW": order.now.isoformat(),
        "MQP_SOURCES": "sandbox",
        "MQP_UNIVERSE": str(order.home / "universe.yaml"),
        "DO_NOT_TRACK": "1",
        **order.variables,
    }
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        _restore(before)


def _restore(before: Mapping[str, str | None]) -> None:
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def run_dbt_here(home: Home) -> None:
    """Run what a night asks of dbt in this process, and let go of the build afterwards."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    # data tests write nothing: a kill during one is a kill between two models
    arguments = ["build", *only(MODELS_ONLY), *QUIETLY, *dbt_arguments(home)]
    done = dbtRunner(manifest=parsed_project()).invoke(arguments)
    DuckDBConnectionManager.close_all_connections()
    assert done.success, done.exception or [
        (row.node.name, row.message) for row in done.result if row.status in ("error", "fail")
    ]


@cache
def parsed_project() -> Any:
    """The dbt project as parsed once per process, or once before it was forked."""
    from dbt.cli.main import dbtRunner

    with TemporaryDirectory() as folder, night_environment(NightOrder(Path(folder))):
        home = prepared_home(Path(folder))
        done = dbtRunner().invoke(["parse", *QUIETLY, *dbt_arguments(home)])
        assert done.success, done.exception
        return done.result
