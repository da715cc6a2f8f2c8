"""The trial registry: what was ever evaluated, once, and what a night counts of it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from orchestration.trials import LOG, known_trials, register_trials, restore_trials
from warehouse.connection import Connection, connect
from warehouse.home import Home
from warehouse.ledger import open_ledger

NOW = datetime(2017, 7, 6, 1, tzinfo=UTC)
GRID = pd.DataFrame(
    [("credit", '{"z":1}', "zscore", 0.1, 100), ("credit", '{"z":2}', "other", float("nan"), 100)],
    columns=["strategy", "parameters", "variant", "sharpe_per_session", "session_count"],
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.make_folders()
    return home


@pytest.fixture
def ledger(home: Home) -> Iterator[Connection]:
    with connect(home.ledger) as ledger:
        open_ledger(ledger, "sandbox:1", now=NOW)
        yield ledger


def land(ledger: Connection, version: int) -> None:
    ledger.execute("insert into ops.landings values (?, ?, 'r', 1)", [version, NOW])


def registered(connection: Connection) -> list[tuple[object, ...]]:
    return connection.execute(
        "select strategy, parameters, variant, sharpe_per_session, session_count, "
        "first_ledger_version, evaluated_by from analytics.trials order by all"
    ).fetchall()


FOUND = [
    ("credit", '{"z":1}', "zscore", 0.1, 100, 5, "night"),
    ("credit", '{"z":2}', "other", None, 100, 5, "night"),
]


def test_night_registers_its_grid_once(home: Home, ledger: Connection) -> None:
    land(ledger, 5)
    assert register_trials(ledger, GRID, home=home, by="night", at=NOW) == 2
    land(ledger, 6)
    later = GRID.assign(sharpe_per_session=0.9)
    assert register_trials(ledger, later, home=home, by="night", at=NOW) == 0
    assert registered(ledger) == FOUND
    assert len((home.data / LOG).read_text().splitlines()) == 2


def test_same_parameters_under_another_name_are_no_new_trial(
    home: Home, ledger: Connection
) -> None:
    land(ledger, 5)
    register_trials(ledger, GRID, home=home, by="night", at=NOW)
    renamed = GRID.assign(variant="renamed")
    assert register_trials(ledger, renamed, home=home, by="mqp credit", at=NOW) == 0
    assert registered(ledger) == FOUND


def test_night_counts_only_what_was_evaluated_before_its_version(
    home: Home, ledger: Connection
) -> None:
    for version in (3, 4):
        land(ledger, version)
        own = GRID.iloc[[0]].assign(parameters=f"p{version}")
        register_trials(ledger, own, home=home, by="mqp credit", at=NOW)
    assert known_trials(ledger, before=4)["parameters"].tolist() == ["p3"]
    assert known_trials(ledger, before=5)["parameters"].tolist() == ["p3", "p4"]


def test_lost_ledger_gets_every_trial_back(home: Home, ledger: Connection) -> None:
    land(ledger, 5)
    register_trials(ledger, GRID, home=home, by="night", at=NOW)
    told: list[str] = []
    with connect(home.root / "again.duckdb") as again:
        open_ledger(again, "sandbox:1", now=NOW)
        for _ in range(2):
            restore_trials(again, home, told.append)
        assert registered(again) == FOUND
    assert told == []


def test_torn_line_costs_itself_only_and_is_told(home: Home, ledger: Connection) -> None:
    land(ledger, 5)
    register_trials(ledger, GRID.iloc[[0]], home=home, by="night", at=NOW)
    path = home.data / LOG
    path.write_text(path.read_text() + '{"strategy": "cre')  # a kill in the middle of a write
    register_trials(ledger, GRID, home=home, by="night", at=NOW)
    told: list[str] = []
    with connect(home.root / "again.duckdb") as again:
        open_ledger(again, "sandbox:1", now=NOW)
        restore_trials(again, home, told.append)
        assert registered(again) == FOUND
    assert [line.split(" cannot")[0].split(" of ")[0] for line in told] == ["1 lines"]


def test_home_without_a_log_says_what_is_lost(home: Home, ledger: Connection) -> None:
    told: list[str] = []
    restore_trials(ledger, home, told.append)
    assert "trials" in told[0]
