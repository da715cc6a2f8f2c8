"""A dead check turns the night red; live ones are written beside it."""

from datetime import date
from pathlib import Path

import pytest

from orchestration.canaries import release_canaries, write_canaries
from orchestration.configuration import load_portfolio
from orchestration.expectations.canaries.judging import CanaryResult
from orchestration.expectations.canaries.result_night import built_tables
from orchestration.gates import Gate, NightScope, check_build
from orchestration.resources import REPOSITORY
from orchestration.universe import Universe
from warehouse.connection import connect
from warehouse.context import Member
from warehouse.sessions import new_york_sessions

NIGHT = date(2018, 3, 29)
ALIVE = CanaryResult("fct_prices", "adjusted_prices_are_positive", "marts.fct_prices", "price 0")
DEAD = CanaryResult(
    "fct_equity_features",
    "rsi_lies_between_0_and_100",
    "marts.fct_equity_features",
    "rsi_14 100.1",
    "did not find rsi_14 100.1",
)


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build in which nothing is wrong."""
    path = tmp_path_factory.mktemp("build") / "build.duckdb"
    with connect(path) as connection:
        connection.execute("set timezone = 'UTC'")
        for schema in ("marts", "analytics", "quality"):
            connection.execute(f"create schema {schema}")
        for name, frame in built_tables().items():
            connection.register("rows_in", frame)
            connection.execute(f"create table {name} as select * from rows_in")
            connection.unregister("rows_in")
    return path


def judged(build: Path, *canaries: CanaryResult) -> Gate:
    scope = NightScope(
        night=NIGHT,
        attempt=1,
        sessions=new_york_sessions(),
        universe=Universe("two", "AAA", (Member("AAA"), Member("BBB"))),
        portfolio=load_portfolio(REPOSITORY / "config" / "portfolio.yaml"),
        is_fetching=True,
    )
    return check_build(build, scope, (), canaries)


def test_good_night_with_live_checks_is_not_refused(build: Path) -> None:
    gate = judged(build, ALIVE)
    assert (gate.blocking_sentence, gate.is_blocked) == ("", False)
    assert gate.canaries == (ALIVE,)


def test_dead_check_refuses_a_night_in_which_nothing_else_is_wrong(build: Path) -> None:
    gate = judged(build, ALIVE, DEAD)
    assert gate.is_blocked
    assert gate.blocking_sentence == (
        "quality.canaries: every_check_is_alive (dead: fct_equity_features: "
        "rsi_lies_between_0_and_100 did not find rsi_14 100.1)"
    )


def test_worker_finds_every_check_alive() -> None:
    assert [one for one in release_canaries().result() if not one.is_caught] == []


def test_canaries_of_an_attempt_are_written_one_row_per_check(build: Path) -> None:
    with connect(build) as connection:
        write_canaries(connection, NIGHT, 2, (ALIVE, DEAD))
        write_canaries(connection, NIGHT, 3, (ALIVE, DEAD))
        rows = connection.execute("select * from quality.canaries order by suite").fetchall()
    assert rows == [
        (NIGHT, 3, DEAD.suite, DEAD.expectation, DEAD.table_name, DEAD.planted, False),
        (NIGHT, 3, ALIVE.suite, ALIVE.expectation, ALIVE.table_name, ALIVE.planted, True),
    ]
