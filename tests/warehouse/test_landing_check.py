"""A ledger beside the log of what landed in it."""

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from warehouse.connection import Connection, connect
from warehouse.landing_check import changed_landings
from warehouse.landing_log import NAME, append_to_log
from warehouse.ledger import land, open_ledger
from warehouse.sessions import new_york_sessions

NOW = datetime(2017, 7, 1, 1, tzinfo=UTC)
TABLE = "raw.cboe__index_history"


def rows(day: date, close: float) -> dict[str, pa.Table]:
    values = {"index_name": ["VIX"], "session_date": [day]}
    values |= {name: [close] for name in ("open", "high", "low", "close")}
    stamps = {"fetched_at": pa.array([NOW], pa.timestamp("us", tz="UTC")), "response_hash": ["r"]}
    return {TABLE: pa.table(values | stamps)}


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """Two landings of one close each, with their log beside it."""
    path = tmp_path / "ledger.duckdb"
    with connect(path) as connection:
        open_ledger(connection, "custom:check", now=NOW)
        for number, day in enumerate((date(2017, 6, 29), date(2017, 6, 30))):
            land(
                connection,
                rows(day, 11.0 + number),
                sessions=new_york_sessions(),
                run_id=f"run-{number}",
                now=NOW,
            )
        append_to_log(connection, tmp_path)
    return path


def changed(ledger: Path, version: int = 2) -> tuple[str, ...] | None:
    with connect(ledger, read_only=True) as connection:
        return changed_landings(connection, ledger.parent, version)


def spoil(ledger: Path, statement: str) -> None:
    connection: Connection
    with connect(ledger) as connection:
        connection.execute(statement)


def test_ledger_as_it_landed_has_no_changes(ledger: Path) -> None:
    assert changed(ledger) == ()


def test_altered_row_is_found_in_its_version(ledger: Path) -> None:
    spoil(ledger, f"update {TABLE} set close = 99.0 where ledger_version = 2")
    assert changed(ledger) == (f"version 2 of {TABLE} is not as it landed (1 rows then, 1 now)",)


def test_later_versions_are_not_looked_at(ledger: Path) -> None:
    spoil(ledger, f"update {TABLE} set close = 99.0 where ledger_version = 2")
    assert changed(ledger, version=1) == ()


def test_missing_and_added_rows_are_found(ledger: Path) -> None:
    spoil(ledger, f"delete from {TABLE} where ledger_version = 1")
    spoil(ledger, f"insert into {TABLE} select * from {TABLE}")
    assert changed(ledger) == (
        f"version 1 of {TABLE} is not as it landed (1 rows then, 0 now)",
        f"version 2 of {TABLE} is not as it landed (1 rows then, 2 now)",
    )


def test_rows_removed_on_purpose_are_no_change(ledger: Path) -> None:
    spoil(ledger, f"delete from {TABLE} where ledger_version = 1")
    with connect(ledger) as connection:
        connection.execute(
            f"insert into ops.tombstones values (?, 'cboe', '{TABLE}', 'VIX', 1, 1, 1, 'terms')",
            [NOW],
        )
        append_to_log(connection, ledger.parent)
    assert changed(ledger) == ()


def test_without_its_log_nothing_can_be_said(ledger: Path) -> None:
    (ledger.parent / NAME).unlink()
    assert changed(ledger) is None


def test_log_of_another_ledger_says_nothing_of_this_one(ledger: Path) -> None:
    spoil(ledger, "update ops.landings set run_id = 'another'")
    assert changed(ledger) is None
