"""`mqp cache` as people call it."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from ingestion.cache import Cache
from ingestion.database import CacheDatabase
from tests.conftest import mqp
from tests.warehouse.test_ledger import bars, put
from warehouse.connection import connect
from warehouse.ledger import open_ledger

NOW = datetime(2024, 6, 28, 22, 30, tzinfo=UTC)
WORLD = "sandbox:7"
HISTORY = ("cache", "purge", "--provider", "polygon", "--with-history")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with one cached table, one response and a ledger of two bars."""
    database = CacheDatabase(tmp_path / "data" / "cache", WORLD)
    Cache(tmp_path / "data" / "cache", database).write(
        "polygon", "daily_bars", "BRK.B", pa.table({"x": [1]}),
        start=date(2010, 1, 4), end=NOW.date(), updated_at=NOW,
    )  # fmt: skip
    database.close()
    response = tmp_path / "data" / "raw" / "polygon" / "2024-06-28" / "aa-bb.gz"
    response.parent.mkdir(parents=True)
    response.write_bytes(b"x")
    (tmp_path / "warehouse").mkdir()
    with connect(tmp_path / "warehouse" / "ledger.duckdb") as ledger:
        open_ledger(ledger, WORLD, now=NOW)
        day = date(2024, 6, 28)
        put(ledger, NOW, polygon__daily_bars=bars([("KO", day, 1.0)], fetched_at=NOW))
    return tmp_path


def test_show_before_the_first_night_says_what_fills_it(tmp_path: Path) -> None:
    assert "is empty: the first night fills it" in mqp(tmp_path, "cache", "show").stdout
    assert not (tmp_path / "data").exists()


def test_show_lists_tables_for_people_and_machines(home: Path) -> None:
    shown = mqp(home, "cache", "show").stdout
    assert "polygon" in shown
    assert "BRK.B" in shown
    found = json.loads(mqp(home, "cache", "show", "--json", "--symbol", "BRK.B").stdout)
    assert [row["entries"] for row in found["holdings"]] == [1]


@pytest.mark.parametrize("symbol", ["../../etc/passwd", "", "A" * 300, "a/../b"])
@pytest.mark.parametrize("verb", ["show", "purge"])
def test_text_that_is_no_symbol_is_wrong_usage_in_one_sentence(
    home: Path, verb: str, symbol: str
) -> None:
    done = mqp(home, "cache", verb, "--provider", "polygon", "--symbol", symbol, expect=2)
    assert done.stderr.startswith("mqp: ")
    assert "symbol" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert (home / "data" / "cache" / "polygon" / "BRK.B").exists()


@pytest.mark.parametrize("symbol", ["BRK.B", "BF-B", "^VIX", "KIMpL"])
def test_unusual_symbols_are_accepted(home: Path, symbol: str) -> None:
    done = mqp(home, "cache", "purge", "--provider", "polygon", "--symbol", symbol)
    assert f"symbol {symbol} removed" in done.stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--provider", "../fmp"), "is not a provider: choose polygon"),
        (("--provider", "fmp", "--dataset", "../x"), "is not a dataset"),
    ],
)
def test_unknown_provider_or_dataset_is_wrong_usage(
    home: Path, options: tuple[str, ...], message: str
) -> None:
    assert message in mqp(home, "cache", "purge", *options, expect=2).stderr


def test_purge_says_what_went_and_that_it_is_asked_again(home: Path) -> None:
    done = mqp(home, "cache", "purge", "--provider", "polygon")
    assert "1 file " in done.stdout
    assert "The next night asks the provider again." in done.stdout
    assert not (home / "data" / "cache" / "polygon").exists()
    assert (home / "data" / "raw" / "polygon").exists()


@pytest.mark.parametrize("options", [(), ("--yes",), ("--why", "ended"), ("--yes", "--why", " ")])
def test_history_is_not_removed_by_accident(home: Path, options: tuple[str, ...]) -> None:
    done = mqp(home, *HISTORY, *options, expect=2)
    assert "add --yes and --why" in done.stderr
    assert (home / "data" / "cache" / "polygon").exists()


def test_history_goes_from_cache_responses_and_ledger(home: Path) -> None:
    done = mqp(home, *HISTORY, "--yes", "--why", "subscription ended")
    assert "1 row of raw.polygon__daily_bars removed (ledger versions 1 to 1)" in done.stdout
    assert not (home / "data" / "raw" / "polygon").exists()
    with connect(home / "warehouse" / "ledger.duckdb", read_only=True) as ledger:
        assert ledger.execute("select why from ops.tombstones").fetchall() == [
            ("subscription ended",)
        ]
        assert ledger.execute("select count(*) from raw.polygon__daily_bars").fetchone() == (0,)
