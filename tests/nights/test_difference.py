"""Two real nights compared: between them a row was restated, a limit tightened, a session added."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestration.dashboard import answers
from orchestration.resources import load_settings
from reports.dashboard.answers import NoAnswerError
from reports.difference import read_difference
from tests.conftest import mqp
from tests.durability.whole_night import FRIDAY
from tests.nights.conftest import QuickNight
from tests.quick_command import quick_mqp
from warehouse.connection import connect

ROOT = Path(__file__).resolve().parents[2]
MONDAY = datetime(2024, 7, 1, 22, 30, tzinfo=UTC)
RESTATED_DAY = "2024-06-05"  # older than what the next night asks for again
TIGHT_CAP = 0.02


@dataclass(frozen=True)
class TwoNights:
    """A home with the nights of 2024-06-28 and 2024-07-01, and how to call the command in it."""

    home: Path
    variables: dict[str, str]

    def run(self, *arguments: str, expect: int = 0) -> str:
        done = quick_mqp(self.home, "diff", *arguments, expect=expect, **self.variables)
        return done.stdout if expect == 0 else done.stderr

    def difference(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run("--json"))
        return found

    @property
    def stored(self) -> Path:
        return self.home / "warehouse" / "nights" / "2024-07-01" / "diff.json"


@pytest.fixture(scope="module")
def nights(
    tmp_path_factory: pytest.TempPathFactory,
    small_night: Callable[[Path], Path],
    small_universe: Path,
    quick_night: QuickNight,
) -> TwoNights:
    """The second night after KO's bar of 2024-06-05 was restated and the stock limit tightened."""
    folder = tmp_path_factory.mktemp("difference")
    home = small_night(folder)
    with connect(home / "warehouse" / "ledger.duckdb") as ledger:
        restate(ledger)
    portfolio = yaml.safe_load((ROOT / "config" / "portfolio.yaml").read_text())
    portfolio["limits"]["single_stock"] = TIGHT_CAP
    (folder / "portfolio.yaml").write_text(yaml.safe_dump(portfolio))
    variables = {
        "MQP_UNIVERSE": str(small_universe),
        "MQP_PORTFOLIO": str(folder / "portfolio.yaml"),
        "MQP_NOW": MONDAY.isoformat(),
    }
    quick_night(home, MONDAY, MQP_PORTFOLIO=variables["MQP_PORTFOLIO"])
    return TwoNights(home, variables)


def restate(ledger: Any) -> None:
    """A provider says another close of KO: a version of its own."""
    version = ledger.execute("select max(ledger_version) + 1 from ops.landings").fetchone()[0]
    inserted = ledger.execute(
        "insert into raw.polygon__daily_bars by name select * replace (close * 0.97 as close, "
        # told later than what the cache holds, or the cache would take it back
        "low * 0.97 as low, fetched_at + interval 1 hour as fetched_at, "
        f"{version} as ledger_version, 'restated' as row_hash) "
        f"from raw.polygon__daily_bars where symbol = 'KO' and session_date = '{RESTATED_DAY}'"
    ).fetchone()
    assert inserted == (1,)
    ledger.execute(
        f"insert into ops.landings select {version}, max(landed_at), 'restating', 1 "
        "from ops.landings"
    )


def test_every_part_stands_under_its_own_cause(nights: TwoNights) -> None:
    found = nights.difference()
    assert (found["earlier"]["night"], found["later"]["night"]) == ("2024-06-28", "2024-07-01")
    weights = {(row["strategy"], row["symbol"]): row for row in found["weights"]}
    held = [row for row in weights.values() if row["strategy"] == "equities" and row["before"]]
    assert held, "the night must hold a stock for this test to say anything"
    for row in weights.values():
        assert row["parts"]["code"] == row["parts"]["configuration"] == 0.0
    # KO's other close is another return, so another forecast and another scale for everything
    assert any(abs(row["parts"]["revised_rows"]) > 1e-6 for row in weights.values())
    for row in held:
        revised = row["before"] + row["parts"]["revised_rows"]
        assert row["parts"]["limits"] == pytest.approx(TIGHT_CAP - revised, abs=1e-9)
    assert any(abs(row["parts"]["new_sessions"]) > 1e-6 for row in weights.values())


def test_parts_sum_to_every_change(nights: TwoNights) -> None:
    found = nights.difference()
    for row in [*found["weights"], *found["metrics"]]:
        if row["parts"] is not None:
            rest = math.fsum((*row["parts"].values(), row["before"], -row["after"]))
            assert abs(rest) <= 1e-12, row
    for row in found["weights"]:
        rest = math.fsum((*row["steps"].values(), -row["parts"]["new_sessions"]))
        assert abs(rest) <= 1e-12, row
    assert {row["subject"] for row in found["metrics"]} == {
        "portfolio", "equities", "credit", "volatility",
    }  # fmt: skip


def test_restated_row_is_listed_with_both_values(nights: TwoNights) -> None:
    restated = [row for row in nights.difference()["rows"] if row["kind"] == "restated"]
    (row,) = [row for row in restated if row["table"] == "raw.polygon__daily_bars"]
    assert (row["subject"], row["rows"], row["known_rows"]) == ("KO", 1, 1)
    assert row["day"] == RESTATED_DAY
    assert set(row["columns"]) == {"close", "low"}
    assert float(row["after"]) == pytest.approx(0.97 * float(row["before"]))


def test_ends_are_what_the_nights_published(nights: TwoNights) -> None:
    found = nights.difference()
    folder = nights.home / "warehouse" / "nights"
    for night, side in (("2024-06-28", "before"), ("2024-07-01", "after")):
        with connect(":memory:") as connection:
            published = connection.execute(
                "select strategy, symbol, final_weight from "
                f"'{folder / night / 'analytics.target_weights.parquet'}' "
                f"where session_date = '{night}'"
            ).fetchall()
        weights = {(strategy, symbol): weight for strategy, symbol, weight in published}
        for row in found["weights"]:
            assert row[side] == weights.get((row["strategy"], row["symbol"]), 0.0)


def test_report_and_terminal_show_what_the_night_stored(nights: TwoNights) -> None:
    report = (nights.home / "reports" / "latest.html").read_text()
    assert "What changed since last night" in report
    assert "New limits" in report
    text = mqp(nights.home, "diff", **nights.variables).stdout
    assert "From night 2024-06-28 to 2024-07-01, 1 session  SIMULATED DATA (sandbox:7)" in text
    assert "revised rows" in text
    assert "The parts sum to every change." in text


def test_dashboard_shows_what_the_night_stored(nights: TwoNights) -> None:
    asked = answers(load_settings({"MQP_HOME": str(nights.home), "MQP_SOURCES": "sandbox",
                                   **nights.variables}))  # fmt: skip
    found = asked.stored_difference(FRIDAY.date(), MONDAY.date())
    assert found is not None
    assert found == read_difference(nights.stored)
    with pytest.raises(NoAnswerError, match="Night 2024-06-27 was never published here"):
        asked.stored_difference(date(2024, 6, 27), MONDAY.date())


def test_rebuilding_every_state_gives_the_same_parts(nights: TwoNights) -> None:
    """Nothing stored, nothing published, other code: then each state is built from the ledger."""
    quick = nights.difference()
    stored, published = nights.stored, nights.home / "warehouse" / "quant.duckdb"
    manifest = nights.home / "warehouse" / "nights" / "2024-06-28" / "manifest.json"
    said, before = stored.read_text(), manifest.read_text()
    hidden = published.rename(published.with_suffix(".hidden"))
    try:
        stored.unlink()
        manifest.write_text(json.dumps({**json.loads(before), "code_hash": "an older release"}))
        slow = nights.difference()
    finally:
        hidden.rename(published)
        stored.write_text(said)
        manifest.write_text(before)
    assert slow["signals"] == quick["signals"]
    assert slow["rows"] == quick["rows"]
    for kind, key in (("weights", "symbol"), ("metrics", "metric")):
        pairs = list(zip(slow[kind], quick[kind], strict=True))
        assert pairs
        for mine, other in pairs:
            assert mine[key] == other[key]
            assert mine["parts"] == pytest.approx(other["parts"], abs=1e-9)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("2024-06-27",), "Night 2024-06-27 was never published here"),
        (("2024-06-28",), "There is no published night to compare with before night 2024-06-28"),
        (("yesterday",), "'yesterday' is no night"),
        (("2024-06-28", "2024-07-01", "2024-07-02"), "Give two nights at most"),
    ],
)
def test_wrong_nights_are_wrong_usage(
    nights: TwoNights, arguments: tuple[str, ...], sentence: str
) -> None:
    said = nights.run(*arguments, expect=2)
    assert sentence in said
    assert said.count("\n") == 1
