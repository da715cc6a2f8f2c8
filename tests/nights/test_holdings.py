"""A night from what a person really holds, published, exported, and built again later."""

import csv
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import NightHome, mqp
from tests.nights.conftest import QuickNight
from tests.quick_command import quick_mqp
from warehouse.connection import connect
from warehouse.home import Home

MONDAY = "2024-07-01"
MONDAY_EVENING = "2024-07-01T22:30:00Z"
HELD = "symbol,quantity_shares\nCASH,40000\nKO,150.5\nSPY,20\nAAPL,0\n"


@pytest.fixture(scope="module")
def home(
    tmp_path_factory: pytest.TempPathFactory,
    small_night: Callable[[Path], Path],
    quick_night: QuickNight,
) -> NightHome:
    """Friday from the simulated book, Monday from a holdings file that has changed since."""
    folder = small_night(tmp_path_factory.mktemp("holdings"))
    file = folder / "config" / "holdings.csv"
    file.parent.mkdir()
    file.write_text(HELD)
    quick_night(folder, datetime.fromisoformat(MONDAY_EVENING))
    file.write_text("symbol,quantity_shares\nCASH,1\n")
    return NightHome(folder, "")


def rows(home: NightHome, query: str) -> list[dict[str, Any]]:
    with connect(home.published, read_only=True) as connection:
        cursor = connection.execute(query)
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def test_orders_start_from_the_file_and_stay_within_its_cash(home: NightHome) -> None:
    held = {row["symbol"]: row for row in rows(home, "from analytics.holdings")}
    assert (held["CASH"]["quantity_shares"], held["KO"]["quantity_shares"]) == (40_000.0, 150.5)
    equity = sum(row["value_usd"] for row in held.values())
    assert held["KO"]["current_weight"] == pytest.approx(held["KO"]["value_usd"] / equity)
    assert held["SPY"]["reason"] == "unmanaged"
    orders = rows(home, "from analytics.orders")
    assert orders
    assert "SPY" not in {row["symbol"] for row in orders}
    assert held["CASH"]["planned_weight"] >= 0.0


def test_file_for_the_broker_agrees_with_the_table(home: NightHome) -> None:
    with (home.home / "reports" / "orders.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    orders = rows(home, "from analytics.orders order by symbol")
    assert [(line["symbol"], line["side"]) for line in lines] == [
        (row["symbol"], row["side"]) for row in orders
    ]
    for line, row in zip(lines, orders, strict=True):
        assert float(line["quantity"]) == pytest.approx(row["quantity_shares"], abs=1e-9)
        assert float(line["notional_usd"]) == pytest.approx(row["notional_usd"], abs=0.005)
        assert line["session_date"] == row["effective_session"].isoformat() == "2024-07-02"
        assert (line["order_type"], line["world"]) == ("market_on_open", "sandbox:7")


def test_status_says_what_the_orders_start_from(home: NightHome) -> None:
    told = json.loads((home.home / "reports" / "run_status.json").read_text())
    assert (told["status"], told["orders"]["holdings"]) == ("CLEAN", "file")
    assert told["orders"]["cash_usd"] == 40_000.0
    assert told["orders"]["planned_cash_usd"] >= 0.0
    assert any("unmanaged): SPY" in sentence for sentence in told["orders"]["warnings"])


def test_night_is_identical_though_the_file_has_changed_since(home: NightHome) -> None:
    said = quick_mqp(home.home, "replay", MONDAY, "--verify", "--json", MQP_NOW=MONDAY_EVENING)
    assert json.loads(said.stdout)["outcome"] == "identical"


def test_night_before_there_was_a_file_is_identical_too(home: NightHome) -> None:
    said = quick_mqp(
        home.home, "replay", "2024-06-28", "--verify", "--json", MQP_NOW=MONDAY_EVENING
    )
    assert json.loads(said.stdout)["outcome"] == "identical"
    hashes = rows(home, "select count(distinct config_hash) as found from ops.nights")
    assert hashes == [{"found": 2}]


def test_wrong_file_is_refused_before_anything_is_fetched(home: NightHome, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("symbol,quantity_shares\nCASH,1\nAAPL,ten\n")
    before = sorted((path, path.stat().st_mtime_ns) for path in _written(home))
    said = mqp(home.home, "nightly", expect=2, MQP_NOW=MONDAY_EVENING, MQP_HOLDINGS=str(file))
    assert said.stderr.count("\n") == 1
    assert f"{file}, line 3: quantity_shares must be a plain number" in said.stderr
    assert sorted((path, path.stat().st_mtime_ns) for path in _written(home)) == before


def test_wrong_file_does_not_keep_a_past_night_from_being_built(
    home: NightHome, small_universe: Path, tmp_path: Path
) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("symbol,quantity_shares\nCASH,1\nAAPL,ten\n")
    variables = {"MQP_NOW": MONDAY_EVENING, "MQP_HOLDINGS": str(file)}
    variables["MQP_UNIVERSE"] = str(small_universe)
    words = ("nightly", "--as-of", "2024-06-28", "--dry-run", "--json")
    said = json.loads(quick_mqp(home.home, *words, **variables).stdout)
    assert (said["night"], said["status"]) == ("2024-06-28", "CLEAN")


def _written(home: NightHome) -> list[Path]:
    return [path for path in Home(home.home).root.rglob("*") if path.is_file()]
