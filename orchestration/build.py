"""One private build at one ledger version: dbt's models, then the Python results on top of them."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from analytics.holdings import Holdings
from orchestration.errors import NightError
from orchestration.resources import REPOSITORY
from warehouse.connection import connect
from warehouse.disk import refuse_full_disk
from warehouse.frames import read_frame
from warehouse.home import Home

if TYPE_CHECKING:
    import pandas as pd

    from analytics.night import AnalyticsResults
    from analytics.record import PastDecisions
    from analytics.settings import PortfolioConfig

DBT_PROJECT = REPOSITORY / "dbt_project"
OF_RESULTS = "tag:results"
"""Selects the tests of what Python computes: there is nothing to test before."""
NOT_OF_MODELS = f"resource_type:unit_test {OF_RESULTS}"
"""What a night's `dbt build` leaves out: made-up rows are for developers, results come later."""
DBT_BUILD = ("build", "--exclude", NOT_OF_MODELS)

ANALYTICS_INPUTS: dict[str, str] = {
    "prices": "select * from marts.fct_prices order by symbol, session_date",
    "signals": "select * from marts.fct_signals order by strategy, variant, symbol, session_date",
    "macro": "select * from intermediate.int_macro_as_of order by session_date",
    "leverage": "select * from intermediate.int_fund_leverage order by symbol, session_date",
    "sessions": (
        "select session_date, next_session_date, decided_at from staging.stg_exchange__sessions "
        "order by session_date"
    ),
    "members": "select * from ops.universe_members order by all",
    "variants": "select * from marts.dim_variants order by strategy, variant",
}


def dbt_arguments(home: Home) -> tuple[str, ...]:
    """Where dbt finds the project and puts what it makes."""
    return (
        "--project-dir",
        str(DBT_PROJECT),
        "--profiles-dir",
        str(DBT_PROJECT),
        "--target-path",
        str(home.dbt_target),
        "--log-path",
        str(home.logs / "dbt"),
    )


def dbt_environment(home: Home) -> dict[str, str]:
    """The process environment for dbt: it reads MQP_HOME and sends no statistics."""
    return {
        **os.environ,
        "MQP_HOME": str(home.root),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }


def run_dbt(home: Home, arguments: Sequence[str]) -> None:
    """Run a dbt command on this home in a process of its own.

    Raises
    ------
    NightError
        dbt reported an error; the message holds its last lines.
    StorageError
        The disk has no room for what dbt writes.
    """
    command = [sys.executable, "-m", "dbt.cli.main", *arguments, *dbt_arguments(home)]
    done = subprocess.run(
        command, env=dbt_environment(home), capture_output=True, text=True, check=False
    )
    if done.returncode:
        refuse_full_disk(home.dbt_target, done.stdout + done.stderr)
        tail = " ".join(line.strip() for line in done.stdout.splitlines()[-12:] if line.strip())
        raise NightError(f"dbt {arguments[0]} failed: {tail or done.stderr[-500:]}")


def read_analytics_inputs(build: Path, *, threads: int | None = None) -> "dict[str, pd.DataFrame]":
    """Read the frames that the Python results start from, with as many threads as are given."""
    with connect(build, read_only=True, threads=threads) as connection:
        return {name: read_frame(connection, sql) for name, sql in ANALYTICS_INPUTS.items()}


def compute_analytics(
    build: Path,
    night: date,
    configuration: "PortfolioConfig",
    past: "PastDecisions | None" = None,
    *,
    holdings: Holdings | None = None,
    trials: "pd.DataFrame | None" = None,
    threads: int | None = None,
) -> "AnalyticsResults":
    """Backtest every variant, choose walk-forward, allocate, and size the orders of a night.

    Parameters
    ----------
    past : what earlier nights decided; without it the tables of the record stay empty.
    holdings : what a person holds; orders are the simulated portfolio's when left out.
    trials : what had been evaluated before; nothing when left out.
    threads : of DuckDB, all cores when left out; the arithmetic itself has one.
    """
    from analytics.inputs import AnalyticsInputs
    from analytics.night import run_analytics

    frames = read_analytics_inputs(build, threads=threads)
    inputs = AnalyticsInputs(
        prices=frames["prices"],
        signals=frames["signals"],
        macro=frames["macro"],
        leverage=frames["leverage"],
        sessions=frames["sessions"],
        members=frames["members"],
        variants=frames["variants"],
        portfolio_config=configuration,
        night=night,
        past=past,
        trials=trials,
        holdings=holdings,
    )
    return run_analytics(inputs)


def write_tables(build: Path, frames: "Mapping[str, pd.DataFrame]") -> None:
    """Create or replace one table of the build per frame; names carry their schema."""
    with connect(build) as connection:
        connection.execute("create schema if not exists analytics")
        for name, frame in frames.items():
            connection.register("frame", frame)
            columns = ", ".join(_column(column, kind) for column, kind in frame.dtypes.items())
            connection.execute(f"create or replace table {name} as select {columns} from frame")
            connection.unregister("frame")


def _column(name: object, kind: object) -> str:
    """A pandas date is a midnight without a zone; in the warehouse it is a date."""
    is_date = str(kind).startswith("datetime64") and "UTC" not in str(kind)
    return f'"{name}"::date as "{name}"' if is_date else f'"{name}"'
