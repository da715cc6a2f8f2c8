"""Dagster's own storage under the home: telemetry off, one writing run at a time, old runs gone."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from warehouse.files import write_text
from warehouse.home import Home
from warehouse.lock import writer_lock

if TYPE_CHECKING:
    from dagster import DagsterInstance

OPENING_LOCK = ".opening.lock"
RUNS_KEPT = 60
"""A run's events take 5 MB, a hundred times what the night adds to the ledger, which remembers
every night for good."""

RUNS_FORGOTTEN_AT_ONCE = 20  # a fifth of a second each

INSTANCE_CONFIG = """\
telemetry:
  enabled: false
scheduler:
  module: dagster._core.scheduler.scheduler
  class: DagsterDaemonScheduler
  config:
    max_catchup_runs: 1  # a daemon that was off runs the latest session only
nux:
  enabled: false  # no newsletter dialog over the asset graph
run_queue:
  max_concurrent_runs: 1  # DuckDB has one writer, and so has the event log
run_monitoring:
  enabled: true  # a run that never starts, or never ends, must not hold up all others
  start_timeout_seconds: 300
  max_runtime_seconds: 21600
run_retries:
  enabled: true
  max_retries: 1
  retry_on_asset_or_op_failure: false  # a killed run begins anew; one that was refused does not
python_logs:
  managed_python_loggers: [mqp]
  python_log_level: INFO
"""


def prepare_dagster_home(home: Home) -> Path:
    """Create the instance folder with its configuration and name it in DAGSTER_HOME."""
    home.dagster.mkdir(parents=True, exist_ok=True)
    config = home.dagster / "dagster.yaml"
    if not config.exists() or config.read_text() != INSTANCE_CONFIG:
        write_text(config, INSTANCE_CONFIG)
    os.environ["DAGSTER_HOME"] = str(home.dagster)
    os.environ["MQP_HOME"] = str(home.root)
    return home.dagster


@contextmanager
def opened_instance(home: Home) -> "Iterator[DagsterInstance]":
    """Open the home's Dagster instance.

    Its storages are created where they are missing, by one process at a time: Dagster asks whether
    a table is there and then creates it, and the second of two fails.
    """
    import dagster as dg

    _keep_engines()
    with ExitStack() as stack:
        with writer_lock(home.dagster / OPENING_LOCK, announce=lambda _: None):
            instance = stack.enter_context(dg.DagsterInstance.get())
            instance.schedule_storage  # noqa: B018  opened on first use, unlike the two others
        yield instance


@cache
def _keep_engines() -> None:
    """Let Dagster's event log use one engine per file.

    It makes a new one for each of a night's 6,000 accesses, and each compiles its statements
    again: a tenth of the night's processor time. The pool still opens every connection anew.
    """
    from dagster._core.storage.event_log.sqlite import sqlite_event_log

    name = "create_engine"
    setattr(sqlite_event_log, name, _once_per_file(getattr(sqlite_event_log, name)))


def _once_per_file(create_engine: Callable[..., Any]) -> Callable[..., Any]:
    made: dict[str, Any] = {}

    def engine(address: str, **options: Any) -> Any:
        if address not in made:
            made[address] = create_engine(address, **options)
        return made[address]

    return engine


def forget_old_runs(instance: "DagsterInstance", home: Home, *, keep: int = RUNS_KEPT) -> int:
    """Delete all but the latest runs from Dagster's storage; returns how many went.

    Dagster deletes the rows of a run and leaves its files: those go here. A run that has not
    finished is left alone.
    """
    runs = instance.get_runs()[keep:]  # the latest come first
    forgotten = [run.run_id for run in reversed(runs) if run.is_finished][:RUNS_FORGOTTEN_AT_ONCE]
    for run_id in forgotten:
        instance.delete_run(run_id)
        for path in (home.dagster / "history" / "runs").glob(f"{run_id}.db*"):
            path.unlink(missing_ok=True)
        shutil.rmtree(home.dagster / "storage" / run_id, ignore_errors=True)
    return len(forgotten)


def step_seconds(instance: "DagsterInstance | None", run_id: str) -> dict[str, float]:
    """How long each finished step of a run took, by name, in the order in which they began."""
    steps = instance.get_run_step_stats(run_id) if instance else ()
    return {
        step.step_key: step.end_time - step.start_time
        for step in sorted(steps, key=lambda step: step.start_time or 0.0)
        if step.start_time and step.end_time
    }
