"""One symbol without a close tonight: it is quarantined and frozen, nobody else notices."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import pytest

from ingestion.sandbox.server import SandboxServer
from ingestion.settings import KEY_VARIABLES
from orchestration.resources import BASE_URLS
from tests.conftest import NightHome
from tests.nights.conftest import QuickNight
from tests.quick_command import quick_mqp
from warehouse.connection import connect

NIGHT = date(2024, 6, 28)
CLOCK = datetime(2024, 6, 28, 22, 30, tzinfo=UTC)
POISONED = "JPM"
WITHOUT_SYMBOLS = ("fct_spreads", "fct_term_structure", "dim_variants")
MARTS = (
    *("fct_prices", "fct_equity_features", "fct_sentiment", "fct_signals"),
    *("fct_intraday_signals", "fct_provider_disagreements", "dim_instruments", *WITHOUT_SYMBOLS),
)
CROSS_SECTIONAL = (
    *("sleeve_weight", "desired_weight"),  # allocation between sleeves, scale to the target
    *("symbol_bite", "liquidity_bite", "sector_bite", "stress_bite", "gross_bite", "net_bite"),
    *("turnover_bite", "final_weight", "override_reason"),
)
"""Columns of `analytics.target_weights` that depend on the whole book."""


@contextmanager
def market(**options: Any) -> Iterator[dict[str, str]]:
    """A simulated market as a world of its own, and the environment that leads to it."""
    with SandboxServer(seed=7, now=CLOCK, **options) as server:
        urls = {BASE_URLS[name][0]: url for name, url in server.base_urls.items()}
        keys = {KEY_VARIABLES[name]: key for name, key in server.api_keys.items()}
        yield {**urls, **keys, "MQP_SOURCES": "live", "MQP_WORLD": "poison"}


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory, quick_night: QuickNight) -> NightHome:
    home = tmp_path_factory.mktemp("healthy")
    with market() as variables:
        quick_night(home, CLOCK, **variables)
    return NightHome(home, "")


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory: pytest.TempPathFactory, quick_night: QuickNight) -> NightHome:
    home = tmp_path_factory.mktemp("poisoned")
    with market(null_close=[(POISONED, NIGHT)]) as variables:
        quick_night(home, CLOCK, **variables)
    return NightHome(home, "")


def rows(night: NightHome, query: str) -> list[tuple[Any, ...]]:
    with connect(night.published, read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_poisoned_symbol_is_named_with_its_reason(poisoned: NightHome) -> None:
    status = json.loads((poisoned.home / "reports" / "run_status.json").read_text())
    assert status["status"] == "DEGRADED"
    assert [row["symbol"] for row in status["quarantined"]] == [POISONED]
    assert any(POISONED in reason and "quarantined" in reason for reason in status["reasons"])
    assert rows(poisoned, "select symbol, first_date, last_date from quality.quarantine") == [
        (POISONED, NIGHT, NIGHT)
    ]


def test_poisoned_symbol_keeps_its_target_and_gets_no_order(poisoned: NightHome) -> None:
    last = rows(
        poisoned,
        "select session_date, target_weight, signal, split_part(reason, ':', 1) "
        f"from marts.fct_signals where symbol = '{POISONED}' and strategy = 'equities' "
        "and variant = 'balanced_position' order by session_date desc limit 2",
    )
    (tonight, target, signal, reason), (_, before, signal_before, _) = last
    assert (tonight, reason) == (NIGHT, "quarantined")
    assert (target, signal) == (before, signal_before)
    assert rows(poisoned, f"select * from analytics.orders where symbol = '{POISONED}'") == []


def test_why_tells_what_froze_the_poisoned_symbol(poisoned: NightHome) -> None:
    """Down to the response with the missing close, in the provider's own words."""
    with market() as variables:
        text = quick_mqp(poisoned.home, "why", POISONED, **variables).stdout
    assert f"{POISONED} is frozen  quarantined: raw.polygon__daily_bars" in text
    assert f"quarantine of {POISONED}  raw.polygon__daily_bars" in text
    assert '"c": null' in text
    assert "last usable bar of 2024-06-27" in text
    assert "kept from the last decision" in text


@pytest.mark.parametrize("table", MARTS)
def test_every_other_symbol_is_untouched(
    healthy: NightHome, poisoned: NightHome, table: str
) -> None:
    others = "" if table in WITHOUT_SYMBOLS else f"where symbol <> '{POISONED}'"
    query = f"from marts.{table} {others} order by all"
    assert rows(healthy, query) == rows(poisoned, query)


def test_every_mart_is_compared(poisoned: NightHome) -> None:
    query = "select table_name from duckdb_tables() where schema_name = 'marts'"
    assert {name for (name,) in rows(poisoned, query)} == set(MARTS)


def test_weights_of_others_move_by_what_belongs_to_the_book_alone(
    healthy: NightHome, poisoned: NightHome
) -> None:
    """A frozen symbol is part of the book: its size, and the limits, are shared by everybody."""
    query = (
        f"select * exclude ({', '.join(CROSS_SECTIONAL)}) from analytics.target_weights "
        f"where symbol <> '{POISONED}' order by all"
    )
    assert rows(healthy, query) == rows(poisoned, query)


def test_weights_of_every_night_before_are_untouched(
    healthy: NightHome, poisoned: NightHome
) -> None:
    query = f"from analytics.target_weights where session_date < '{NIGHT}' order by all"
    assert rows(healthy, query) == rows(poisoned, query)


def test_history_of_the_poisoned_symbol_is_untouched_too(
    healthy: NightHome, poisoned: NightHome
) -> None:
    query = (
        f"from marts.fct_signals where symbol = '{POISONED}' and session_date < '{NIGHT}' "
        "order by all"
    )
    assert rows(healthy, query) == rows(poisoned, query)
