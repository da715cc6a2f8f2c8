"""A rebuilt past night leaves the record alone; a broken published file is built again."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import NightHome
from tests.quick_command import quick_mqp
from warehouse.connection import connect
from warehouse.home import Home

RECORD = "select night, attempt, status from ops.nights order by all"
DECISIONS = "select distinct night from analytics.decisions"
REBUILT = (
    "quant.duckdb was built again from the ledger: night 2024-06-28, with the content "
    "that was published; the damaged file is quant.duckdb.damaged now."
)


@pytest.fixture(scope="module")
def home(
    tmp_path_factory: pytest.TempPathFactory, small_night: Callable[[Path], Path]
) -> NightHome:
    """Night 2024-06-28 published once."""
    return NightHome(small_night(tmp_path_factory.mktemp("past")), "")


def ledger(night: NightHome, query: str) -> list[tuple[Any, ...]]:
    with connect(night.home / "warehouse" / "ledger.duckdb", read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_past_night_is_built_without_fetching_and_leaves_no_trace_in_the_record(
    home: NightHome, small_universe: Path
) -> None:
    tables = ("ops.nights", "ops.fetches", "quality.quarantine", "quality.validation_results")
    counts = [f"(select count(*) from {table})" for table in (*tables, "analytics.decisions")]
    before = ledger(home, "select " + ", ".join(counts))
    quick_mqp(home.home, "nightly", "--as-of", "2024-06-27", MQP_UNIVERSE=str(small_universe))
    with connect(home.published, read_only=True) as published:
        assert published.execute("select night from ops.build_context").fetchall() == [
            (date(2024, 6, 27),)
        ]
        assert published.execute("select max(session_date) from marts.fct_prices").fetchall() == [
            (date(2024, 6, 27),)
        ]
    assert ledger(home, "select " + ", ".join(counts)) == before


def test_future_moment_is_wrong_usage(home: NightHome) -> None:
    done = quick_mqp(home.home, "nightly", "--as-of", "2030-01-02", expect=1)
    assert "in the future" in done.stderr


def test_damaged_published_file_is_noticed_kept_and_built_again(
    tmp_path: Path, small_night: Callable[[Path], Path], small_universe: Path
) -> None:
    home = Home(small_night(tmp_path))
    content = bytearray(home.published.read_bytes())
    content[len(content) // 2] ^= 0xFF  # in the middle of a block, which nothing opens at once
    home.published.write_bytes(content)
    quick_mqp(home.root, "health", expect=1, MQP_UNIVERSE=str(small_universe))
    done = quick_mqp(home.root, "nightly", MQP_UNIVERSE=str(small_universe))
    rebuilt, landed = (done.stderr.index(text) for text in (REBUILT, "Landed"))
    assert rebuilt < landed  # readers have the old night again before the new one begins
    assert home.published.with_name("quant.duckdb.damaged").read_bytes() == bytes(content)
    night = NightHome(home.root, "")
    assert ledger(night, RECORD)[-1] == (date(2024, 6, 28), 2, "CLEAN")
    assert ledger(night, DECISIONS) == [(date(2024, 6, 28),)]
    quick_mqp(home.root, "health", MQP_UNIVERSE=str(small_universe))
