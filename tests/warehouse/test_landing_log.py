"""The log beside the responses that tells how a ledger came to be."""

from datetime import date
from pathlib import Path

from tests.warehouse.conftest import NOW
from tests.warehouse.test_ledger import bars, put
from warehouse.connection import Connection
from warehouse.landing_log import append_to_log, read_log
from warehouse.ledger import open_ledger


def test_digest_does_not_depend_on_the_order_of_the_columns(
    ledger: Connection, tmp_path: Path
) -> None:
    def logged(folder: Path) -> str:
        append_to_log(ledger, folder)
        (entry,) = read_log(folder).landings
        return entry.tables["raw.polygon__daily_bars"].digest

    put(ledger, polygon__daily_bars=bars([("AAPL", date(2017, 6, 30), 144.0)]))
    fresh = logged(tmp_path / "fresh")
    # what a ledger begun before the column looks like today
    ledger.execute("alter table raw.polygon__daily_bars drop column adjustment_mode")
    open_ledger(ledger, "sandbox:1", now=NOW)

    assert logged(tmp_path / "old") == fresh
