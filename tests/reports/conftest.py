"""Published files to report on, and run statuses to report with."""

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reports.night import Night, read_night
from reports.queries import open_published
from reports.status import RunStatus
from tests.reports.market import FUNDS, NIGHT, STOCKS, Market
from tests.reports.published import write_published
from warehouse.connection import connect

Build = Callable[..., Path]
TWO_YEARS = 504


@pytest.fixture(scope="session")
def build_published(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Write a published file: `build(world=, stocks=, count=, without=, sql=)`.

    `without` names tables to leave out; `sql` runs on the file when it is written.
    """
    whole: dict[tuple[tuple[str, ...], int], Path] = {}

    def build(
        *,
        world: str = "live",
        stocks: tuple[str, ...] = STOCKS,
        count: int = TWO_YEARS,
        without: tuple[str, ...] = (),
        sql: tuple[str, ...] = (),
    ) -> Path:
        path = tmp_path_factory.mktemp("published") / "quant.duckdb"
        if (stocks, count) not in whole:
            whole[stocks, count] = tmp_path_factory.mktemp("whole") / "quant.duckdb"
            write_published(whole[stocks, count], Market(stocks, count), world="live")
        shutil.copy(whole[stocks, count], path)
        with connect(path) as connection:
            connection.execute("update ops.build_context set world = ?", [world])
            for statement in (*(f"drop table {name}" for name in without), *sql):
                connection.execute(statement)
        return path

    return build


@pytest.fixture(scope="session")
def published(build_published: Build) -> Path:
    """Two years, six stocks, world live: shared, read-only."""
    return build_published()


def make_status(**changes: Any) -> RunStatus:
    start = datetime(2017, 7, 1, 1, 0, tzinfo=UTC)
    freshness = tuple(
        {"dataset": "daily bars", "symbol": symbol, "provider": "polygon",
         "last_observation": NIGHT, "expected_observation": NIGHT, "age_sessions": 0,
         "is_required": True, "served_from": "network"}
        for symbol in (*STOCKS, *FUNDS)
    )  # fmt: skip
    fields: dict[str, Any] = {
        "night": NIGHT, "status": "CLEAN", "attempt": 1, "run_id": "run-1", "world": "live",
        "as_of_at": datetime(2017, 6, 30, 20, 30, tzinfo=UTC), "started_at": start,
        "finished_at": start + timedelta(seconds=61), "ledger_version": 7, "code_hash": "c0de",
        "config_hash": "c0f1", "freshness": freshness, "requests": {"polygon": 14, "cboe": 5},
    }  # fmt: skip
    return RunStatus(**{**fields, **changes})


@pytest.fixture(scope="session")
def status_of() -> Callable[..., RunStatus]:
    """Make a run status, clean unless told otherwise."""
    return make_status


@pytest.fixture(scope="module")
def night(published: Path, status_of: Callable[..., RunStatus]) -> Iterator[Night]:
    """The shared file as its readers see it."""
    with open_published(published) as tables:
        yield read_night(tables, status_of())
