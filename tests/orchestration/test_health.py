"""`mqp health` as people call it."""

from datetime import UTC, date, datetime
from pathlib import Path

from tests.conftest import mqp
from tests.warehouse.test_ledger import bars, put
from warehouse.connection import connect
from warehouse.landing_log import append_to_log
from warehouse.ledger import open_ledger

NOW = datetime(2024, 6, 28, 22, 30, tzinfo=UTC)


def test_home_without_a_night_yet_is_told_to_run_one(tmp_path: Path) -> None:
    assert "! ledger     not there yet: run `mqp nightly`" in mqp(tmp_path, "health").stdout


def test_lost_ledger_is_told_to_be_restored(tmp_path: Path) -> None:
    ledger_path = tmp_path / "warehouse" / "ledger.duckdb"
    ledger_path.parent.mkdir()
    with connect(ledger_path) as ledger:
        open_ledger(ledger, "sandbox:7", now=NOW)
        rows = bars([("KO", date(2024, 6, 28), 1.0)], fetched_at=NOW)
        put(ledger, NOW, polygon__daily_bars=rows)
        append_to_log(ledger, tmp_path / "data" / "raw")
    ledger_path.unlink()

    done = mqp(tmp_path, "health", expect=1)
    assert "✗ ledger     gone" in done.stdout
    assert "run `mqp restore --from-responses`" in done.stdout
