"""A model's table is made in its place, whether or not there was one before."""

import shutil
from pathlib import Path

from tests.dbt.conftest import NIGHT, new_home
from tests.dbt.synthetic import land_market, make_market
from tests.proof.host import call_in_fork
from warehouse.connection import connect
from warehouse.home import Home
from warehouse.sessions import new_york_sessions

MODEL = "stg_exchange__sessions"
TABLES = "select table_name from duckdb_tables() where schema_name = 'staging'"
LATEST = f"select max(session_date) from staging.{MODEL}"


def build_twice(root: Path) -> list[tuple[object, ...]]:
    """Tables and latest session after a build, and after another where rows were lost."""
    from orchestration.dbt_session import DbtSession

    home = Home(root)
    session = DbtSession(home)
    found = []
    for spoil in (f"delete from staging.{MODEL}", "select 1"):
        session.build([MODEL])
        with connect(home.build) as build:
            found.append((build.execute(TABLES).fetchall(), build.execute(LATEST).fetchall()))
            build.execute(spoil)
    return found


def test_model_that_is_built_again_replaces_its_table(tmp_path: Path, project_memory: Path) -> None:
    fresh = new_home(tmp_path)
    sessions = new_york_sessions()
    with connect(fresh.home.ledger) as ledger:
        land_market(ledger, make_market(("AAA",), sessions, [NIGHT]), sessions)
    fresh.begin()
    shutil.copytree(project_memory, fresh.home.dbt_target, dirs_exist_ok=True)
    once, again = call_in_fork(build_twice, tmp_path)
    assert once == again == ([(MODEL,)], once[1])
    assert once[1] >= [(NIGHT,)]
