"""One small ledger, built once by the real dbt project for all tests of this folder."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest

from orchestration.build import DBT_BUILD
from tests.dbt.synthetic import WORLD, land_market, make_market
from warehouse.connection import Connection, connect
from warehouse.context import BuildContext, Member, begin_build
from warehouse.home import Home
from warehouse.sessions import new_york_sessions

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
MEMBERS = ("AAA", "BBB", "CCC", "DDD")
FIRST_DAY, NIGHT = date(2009, 8, 3), date(2026, 6, 30)  # 4,250 sessions


@dataclass(frozen=True)
class DbtHome:
    """A home whose ledger holds the synthetic market."""

    home: Home

    def begin(
        self,
        night: date = NIGHT,
        *,
        ledger_version: int = 1,
        as_of_at: datetime | None = None,
        members: Sequence[Member] | None = None,
    ) -> None:
        """Start a fresh build at a night."""
        sessions = new_york_sessions()
        context = BuildContext(
            night=night,
            as_of_at=as_of_at or sessions.decided_at(night),
            ledger_version=ledger_version,
            world=WORLD,
            code_hash="code",
            config_hash="config",
            universe_name="synthetic",
            benchmark="SPY",
            members=members or [Member(symbol) for symbol in MEMBERS],
        )
        begin_build(self.home.build, context, sessions)

    def dbt(self, *arguments: str, profiles: Path = PROJECT) -> str:
        """Run dbt in a process of its own; its whole output when it fails."""
        self.home.dbt_target.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            [
                str(Path(sys.executable).with_name("dbt")),
                *arguments,
                "--project-dir",
                str(PROJECT),
                "--profiles-dir",
                str(profiles),
                "--target-path",
                str(self.home.dbt_target),
                "--log-path",
                str(self.home.logs / "dbt"),
            ],
            env={**os.environ, "MQP_HOME": str(self.home.root), "DO_NOT_TRACK": "1"},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def build(self) -> str:
        """Everything that a night builds and tests."""
        return self.dbt(*DBT_BUILD)


def new_home(root: Path) -> DbtHome:
    """An empty home with its folders."""
    home = Home(root)
    home.make_folders()
    return DbtHome(home)


@pytest.fixture(scope="session")
def built_home(tmp_path_factory: pytest.TempPathFactory) -> DbtHome:
    """The synthetic market, built once at its last night."""
    fresh = new_home(tmp_path_factory.mktemp("dbt"))
    sessions = new_york_sessions()
    market = make_market(MEMBERS, sessions, sessions.between(FIRST_DAY, NIGHT))
    with connect(fresh.home.ledger) as connection:
        land_market(connection, market, sessions)
    fresh.begin()
    fresh.build()
    return fresh


@pytest.fixture
def built(built_home: DbtHome) -> Iterator[Connection]:
    """The finished build, opened for reading."""
    with connect(built_home.home.build, read_only=True) as connection:
        yield connection


def frame(connection: Connection, query: str) -> pd.DataFrame:
    """The rows of a query, dates as timestamps."""
    return connection.execute(query).to_arrow_table().to_pandas()
