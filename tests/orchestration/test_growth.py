"""What nights add to the ledger: what the providers newly said, and nothing when they said nothing.

Five sessions of a small simulated market, fetched and landed by the steps of the night.
"""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from ingestion.night import Collected, NightInputs, collect_night_inputs
from orchestration.inputs import land_inputs
from tests.durability.small_world import FIRST_DAY, SYMBOLS, WORLD, Order, sandbox
from warehouse.availability import RAW_TABLES
from warehouse.connection import connect, count_rows
from warehouse.home import Home
from warehouse.ledger import PROVENANCE_COLUMNS, opened_ledger
from warehouse.sessions import new_york_sessions

MONDAY = datetime(2024, 6, 24, 22, 30, tzinfo=UTC)
EVENINGS = [MONDAY + timedelta(days=day) for day in range(5)]
SESSIONS = new_york_sessions()
UNSAID = {"fetched_at", "response_hash", *PROVENANCE_COLUMNS}


def wanted(now: datetime) -> NightInputs:
    night = SESSIONS.latest_night(now)
    return NightInputs(
        night=night,
        decided_at=SESSIONS.decided_at(night),
        bar_symbols=SYMBOLS,
        news_symbols=SYMBOLS[:2],
        company_symbols=SYMBOLS[:1],
        series_ids=("BAMLH0A0HYM2", "DGS3MO"),
        index_names=("VIX", "VVIX"),
        first_day=FIRST_DAY,
    )


def run_night(home: Home, now: datetime, run_id: str) -> Collected:
    home.make_folders()
    with sandbox(now) as (urls, keys):
        order = Order(home.root, urls, keys, now, run_id)
        collected = collect_night_inputs(
            wanted(now), order.sources(), clock=lambda: now, run_id=run_id
        )
    with opened_ledger(home.ledger, WORLD, now=now) as ledger:
        land_inputs(
            ledger,
            collected,
            SESSIONS,
            run_id=run_id,
            now=now,
            raw_responses=home.raw_responses,
        )
    return collected


def newly_said(known: dict[str, dict[Any, Any]], tables: dict[str, pa.Table]) -> Counter[str]:
    """Count the keys of which something else is said than before, without the ledger's help."""
    news: Counter[str] = Counter()
    for table in RAW_TABLES:
        said = {}
        for row in tables[table.name].to_pylist() if table.name in tables else ():
            key = tuple(row[name] for name in table.key)
            said[key] = {name: value for name, value in row.items() if name not in UNSAID}
        before = known.setdefault(table.name, {})
        news[table.name] += sum(before.get(key) != value for key, value in said.items())
        before.update(said)
    return +news


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, list[Collected]]:
    """A home after five evenings, and what each of them collected."""
    home = Home(tmp_path_factory.mktemp("week"))
    return home, [run_night(home, now, f"run-{n}") for n, now in enumerate(EVENINGS, start=1)]


def counts(home: Home) -> dict[str, int]:
    with connect(home.ledger, read_only=True) as ledger:
        names = ledger.execute("select schema_name || '.' || table_name from duckdb_tables()")
        return {name: count_rows(ledger, name) for (name,) in names.fetchall()}


def test_rows_added_per_night_are_what_the_providers_newly_said(
    week: tuple[Home, list[Collected]],
) -> None:
    home, nights = week
    known: dict[str, dict[Any, Any]] = {}
    expected = [newly_said(known, dict(collected.tables)) for collected in nights]
    with connect(home.ledger, read_only=True) as ledger:
        rows = ledger.execute(
            "select ledger_version, table_name, row_count from ops.landed_rows "
            "where table_name <> 'raw.mqp__headline_scores'"
        ).fetchall()
    found: list[Counter[str]] = [Counter() for _ in nights]
    for version, table, count in rows:
        found[version - 1][table] = count
    assert found == expected
    assert expected[0].total() > 5_000
    for later in expected[1:]:
        assert later["raw.polygon__daily_bars"] == len(SYMBOLS)
        assert later.total() < 60


def test_second_run_of_an_evening_adds_no_row_anywhere(
    week: tuple[Home, list[Collected]],
) -> None:
    home, _ = week
    before = counts(home)
    collected = run_night(home, EVENINGS[-1], "again")
    assert collected.tables  # it has read all of it, from the cache
    assert counts(home) == before
