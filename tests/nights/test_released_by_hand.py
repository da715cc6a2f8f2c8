"""A person releases a withheld bar after its night: the next night has it, and no past moves."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from ingestion.sandbox.server import SandboxServer
from ingestion.settings import KEY_VARIABLES
from orchestration.resources import BASE_URLS
from tests.conftest import mqp
from tests.nights.conftest import QuickNight
from warehouse.connection import connect
from warehouse.home import Home

FRIDAY, MONDAY = date(2024, 6, 28), date(2024, 7, 1)
FRIDAY_EVENING = datetime(2024, 6, 28, 22, 30, tzinfo=UTC)
LATER_THAT_EVENING = "2024-06-29T01:00:00Z"
MONDAY_EVENING = datetime(2024, 7, 1, 22, 30, tzinfo=UTC)
SYMBOL, WHY = "JPM", "halted all day: there was no close"
BAR = (
    f"from staging.stg_polygon__daily_bars where symbol = '{SYMBOL}' and session_date = '{FRIDAY}'"
)


@contextmanager
def market(now: datetime) -> Iterator[dict[str, str]]:
    """A simulated market without one close, and the environment that leads to it."""
    with SandboxServer(seed=7, now=now, null_close=[(SYMBOL, FRIDAY)]) as server:
        urls = {BASE_URLS[name][0]: url for name, url in server.base_urls.items()}
        keys = {KEY_VARIABLES[name]: key for name, key in server.api_keys.items()}
        yield {**urls, **keys, "MQP_SOURCES": "live", "MQP_WORLD": "halted"}


@pytest.fixture(scope="module")
def friday(tmp_path_factory: pytest.TempPathFactory, quick_night: QuickNight) -> Path:
    """The published file of Friday, which withheld the bar; its home is the folder's `home`."""
    folder = tmp_path_factory.mktemp("released")
    home = Home(folder / "home")
    with market(FRIDAY_EVENING) as variables:
        quick_night(home.root, FRIDAY_EVENING, **variables)
        words = ("quarantine", "release", SYMBOL, "--why", WHY)
        shutil.copy(home.published, folder / "friday.duckdb")
        told = mqp(home.root, *words, **{**variables, "MQP_NOW": LATER_THAT_EVENING}).stdout
        assert f"counts from the night of {MONDAY}" in told
    with market(MONDAY_EVENING) as variables:
        quick_night(home.root, MONDAY_EVENING, **variables)
    return folder / "friday.duckdb"


@pytest.fixture(scope="module")
def monday(friday: Path) -> Path:
    return Home(friday.parent / "home").published


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    with connect(path, read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_next_night_has_the_row_from_the_release_on(friday: Path, monday: Path) -> None:
    assert rows(friday, BAR) == []
    ((known_from, version),) = rows(monday, f"select available_at, ledger_version {BAR}")
    assert (known_from, version) == (datetime.fromisoformat(LATER_THAT_EVENING), 1)
    status = json.loads((friday.parent / "home" / "reports" / "run_status.json").read_text())
    assert (status["night"], status["quarantined"]) == (str(MONDAY), [])
    assert not [reason for reason in status["reasons"] if "quarantined" in reason]
    assert rows(monday, "select release_reason, released_at from quality.quarantine") == [
        (WHY, datetime.fromisoformat(LATER_THAT_EVENING))
    ]


@pytest.mark.parametrize(
    ("table", "known"),
    [
        ("marts.fct_prices", f"session_date <= '{FRIDAY}'"),
        ("marts.fct_equity_features", f"session_date <= '{FRIDAY}'"),
        ("marts.fct_signals", f"session_date <= '{FRIDAY}'"),
        # a spread of Friday is published on Monday
        ("marts.fct_spreads", "available_at <= '2024-06-28 20:30:00+00'"),
        ("marts.fct_term_structure", f"session_date <= '{FRIDAY}'"),
        ("analytics.target_weights", f"session_date <= '{FRIDAY}'"),
    ],
)
def test_nothing_decided_before_the_release_moves(
    friday: Path, monday: Path, table: str, known: str
) -> None:
    query = f"from {table} where {known} order by all"
    past = rows(friday, query)
    assert past
    assert rows(monday, query) == past


def test_symbol_decides_again(monday: Path) -> None:
    query = (
        "select session_date, split_part(reason, ':', 1) = 'quarantined' from marts.fct_signals "
        f"where symbol = '{SYMBOL}' and strategy = 'equities' and variant = 'balanced_position' "
        "order by session_date desc limit 2"
    )
    assert rows(monday, query) == [(MONDAY, False), (FRIDAY, True)]


@pytest.mark.parametrize("night", [FRIDAY, MONDAY])
def test_both_nights_are_built_again_as_they_were(monday: Path, night: date) -> None:
    with market(MONDAY_EVENING) as variables:
        done = mqp(
            monday.parent.parent,
            *("replay", str(night), "--verify", "--json"),
            **{**variables, "MQP_NOW": MONDAY_EVENING.isoformat()},
        )
    assert json.loads(done.stdout)["outcome"] == "identical"
