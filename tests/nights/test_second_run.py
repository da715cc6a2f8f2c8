"""A night that is run once more."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.quick_command import quick_mqp
from warehouse.connection import connect, count_rows
from warehouse.home import Home


def test_second_run_adds_its_own_attempt_and_nothing_else(
    tmp_path: Path, small_night: Callable[[Path], Path], small_universe: Path
) -> None:
    home = Home(small_night(tmp_path))
    before, manifest = _ledger_counts(home), _manifest(home)
    quick_mqp(home.root, "nightly", MQP_UNIVERSE=str(small_universe))
    after = _ledger_counts(home)
    added = {name: count - before[name] for name, count in after.items() if count != before[name]}
    checks = added.pop("quality.validation_results")
    assert added == {"ops.nights": 1}
    assert checks == before["quality.validation_results"]  # each attempt's checks are its own
    status = json.loads((home.reports / "run_status.json").read_text())
    assert (status["attempt"], status["requests"]) == (2, {})
    assert _manifest(home) == manifest  # same ledger, same code: equal content hashes


def _ledger_counts(home: Home) -> dict[str, int]:
    with connect(home.ledger, read_only=True) as ledger:
        names = ledger.execute(
            "select schema_name || '.' || table_name from duckdb_tables() order by 1"
        ).fetchall()
        return {name: count_rows(ledger, name) for (name,) in names}


def _manifest(home: Home) -> dict[str, Any]:
    path = home.warehouse / "nights" / "2024-06-28" / "manifest.json"
    return dict(json.loads(path.read_text())["tables"])
