"""The trial registry: what was ever evaluated, once, and what a night counts of it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestration.record import append_published, copy_record_into_build
from orchestration.trials import append_trials, register_night, trials_before
from tests.orchestration.test_record import publish
from warehouse.connection import Connection, connect
from warehouse.home import Home
from warehouse.ledger import open_ledger

NOW = datetime(2017, 7, 6, 1, tzinfo=UTC)
VARIANTS = """
    create schema marts;
    create table marts.dim_variants as from (values
        ('credit', 'zscore', '{"z":1}'), ('credit', 'other', '{"z":2}'), ('intraday', 'x', '{}')
    ) as t(strategy, variant, parameters);
    create table analytics.backtest_daily as
    select 'credit' as strategy, variant
    from (values ('zscore'), ('other'), ('walk_forward')) as v(variant), range(100);
    create table analytics.backtest_metrics as from (values
        ('credit', 'zscore', 'full', 'sharpe', sqrt(252) / 10),
        ('credit', 'zscore', 'oos', 'sharpe', 7.0),
        ('credit', 'zscore', 'full', 'cagr', 7.0),
        ('credit', 'other', 'full', 'sharpe', null)
    ) as t(strategy, variant, sample, metric, value);
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.make_folders()
    with connect(home.ledger) as ledger:
        open_ledger(ledger, "sandbox:1", now=NOW)
    return home


@pytest.fixture
def build(home: Home) -> Iterator[Connection]:
    with connect(home.build) as build:
        build.execute("create schema ops")
        copy_record_into_build(home.ledger, build)
        build.execute(VARIANTS)
        yield build


def registered(connection: Connection) -> list[tuple[object, ...]]:
    return connection.execute(
        "select strategy, parameters, variant, sharpe_per_session, session_count, "
        "first_ledger_version from analytics.trials order by all"
    ).fetchall()


FOUND = [("credit", '{"z":1}', "zscore", 0.1, 100, 5), ("credit", '{"z":2}', "other", None, 100, 5)]


def test_night_registers_what_it_backtested(build: Connection) -> None:
    register_night(build, 5, evaluated_at=NOW)
    assert registered(build) == [
        (*FOUND[0][:3], pytest.approx(0.1, rel=1e-12), *FOUND[0][4:]),
        FOUND[1],
    ]


def test_second_night_registers_none(home: Home, build: Connection) -> None:
    register_night(build, 5, evaluated_at=NOW)
    before = registered(build)
    register_night(build, 6, evaluated_at=NOW)
    assert registered(build) == before


def test_same_parameters_under_another_name_are_no_new_trial(build: Connection) -> None:
    register_night(build, 5, evaluated_at=NOW)
    build.execute("update marts.dim_variants set variant = 'renamed' where variant = 'zscore'")
    build.execute("update analytics.backtest_daily set variant = 'renamed' where variant='zscore'")
    register_night(build, 6, evaluated_at=NOW)
    assert [row[2] for row in registered(build)] == ["zscore", "other"]


def test_ledger_takes_new_trials_and_keeps_the_first_evaluation(home: Home) -> None:
    with connect(home.ledger) as ledger:
        for version, source in ((3, "first"), (9, "second")):
            ledger.execute(
                "create or replace temp table own as select 'credit' as strategy, '{}' as "
                "parameters, 'v' as variant, ? as evaluated_by, 0.1 as sharpe_per_session, "
                "9 as session_count, ? as first_ledger_version, 'c' as first_code_hash, "
                "now() as first_evaluated_at",
                [source, version],
            )
            append_trials(ledger, "own")
        assert registered(ledger) == [("credit", "{}", "v", 0.1, 9, 3)]


def test_night_counts_only_what_was_evaluated_before_its_version(home: Home) -> None:
    with connect(home.ledger) as ledger:
        ledger.execute(
            "insert into analytics.trials select 'credit', 'p' || n, 'v', 'command', null, 9, n, "
            "'c', now() from range(1, 5) as t(n)"
        )
        assert trials_before(ledger, 3)["parameters"].tolist() == ["p1", "p2"]


def test_published_file_of_an_earlier_release_has_no_registry(home: Home) -> None:
    publish(home, weight=0.05)
    with connect(home.published) as published:
        published.execute("drop table analytics.trials")
    with connect(home.ledger) as ledger:
        append_published(ledger, home.published)
        assert registered(ledger) == []
        assert ledger.execute("select count(*) from analytics.decisions").fetchone() == (1,)
