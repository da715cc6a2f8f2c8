from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from tests.warehouse.conftest import NOW
from warehouse.availability import RAW_TABLES, RULES, STAMP_RULES
from warehouse.connection import Connection
from warehouse.errors import WorldMismatchError
from warehouse.ledger import Landing, land, newest_version, open_ledger
from warehouse.sessions import new_york_sessions

STAMP = pa.timestamp("us", tz="UTC")


def bars(rows: Sequence[tuple[str, date, float | None]], *, fetched_at: datetime = NOW) -> pa.Table:
    """Daily bars with open = high = low = close."""
    closes = [row[2] for row in rows]
    return pa.table(
        {
            "symbol": [row[0] for row in rows],
            "session_date": pa.array([row[1] for row in rows], pa.date32()),
            **{name: pa.array(closes, pa.float64()) for name in ("open", "high", "low", "close")},
            "volume": pa.array([100.0] * len(rows)),
            "vwap": pa.array(closes, pa.float64()),
            "transactions": pa.array([1] * len(rows), pa.int64()),
            "adjustment_mode": ["none"] * len(rows),
            "fetched_at": pa.array([fetched_at] * len(rows), STAMP),
            "response_hash": ["aa"] * len(rows),
        }
    )


def observations(value: float, *, fetched_at: datetime) -> pa.Table:
    """One observation of the high-yield spread of 2017-06-29."""
    return pa.table(
        {
            "series_id": ["BAMLH0A0HYM2"],
            "observed_date": pa.array([date(2017, 6, 29)], pa.date32()),
            "value": [value],
            "source_endpoint": ["api"],
            "fetched_at": pa.array([fetched_at], STAMP),
            "response_hash": ["bb"],
        }
    )


def put(ledger: Connection, now: datetime = NOW, **tables: pa.Table) -> Landing:
    named = {f"raw.{name}": rows for name, rows in tables.items()}
    return land(ledger, named, sessions=new_york_sessions(), run_id="run", now=now)


def stored(ledger: Connection, columns: str, table: str) -> list[tuple[Any, ...]]:
    return ledger.execute(f"select {columns} from raw.{table} order by all").fetchall()


def test_landing_twice_adds_nothing(ledger: Connection) -> None:
    rows = bars([("AAPL", date(2017, 6, 30), 144.0)])
    first = put(ledger, polygon__daily_bars=rows)
    second = put(ledger, polygon__daily_bars=rows)
    assert first.new_rows == {"raw.polygon__daily_bars": 1}
    assert second.new_rows == {"raw.polygon__daily_bars": 0}
    assert (first.ledger_version, second.ledger_version, newest_version(ledger)) == (1, 1, 1)


def test_ledger_of_an_earlier_release_gains_the_columns_it_lacks(ledger: Connection) -> None:
    put(ledger, polygon__daily_bars=bars([("AAPL", date(2017, 6, 29), 143.0)]))
    ledger.execute("alter table raw.polygon__daily_bars drop column adjustment_mode")
    open_ledger(ledger, "sandbox:1", now=NOW)
    both = [("AAPL", date(2017, 6, 29), 143.0), ("AAPL", date(2017, 6, 30), 144.0)]
    put(ledger, polygon__daily_bars=bars(both))
    assert stored(ledger, "ledger_version, close, adjustment_mode", "polygon__daily_bars") == [
        (1, 143.0, "none"),
        (2, 144.0, "none"),
    ]


def test_value_that_changes_and_changes_back_is_three_versions(ledger: Connection) -> None:
    for close in (144.0, 144.5, 144.0):
        put(ledger, polygon__daily_bars=bars([("AAPL", date(2017, 6, 30), close)]))
    assert stored(ledger, "ledger_version, close", "polygon__daily_bars") == [
        (1, 144.0),
        (2, 144.5),
        (3, 144.0),
    ]


def test_restated_bar_keeps_the_moment_of_its_observation(ledger: Connection) -> None:
    put(ledger, polygon__daily_bars=bars([("AAPL", date(2017, 6, 30), 144.0)]))
    later = NOW + timedelta(days=3)
    put(ledger, polygon__daily_bars=bars([("AAPL", date(2017, 6, 30), 145.0)], fetched_at=later))
    moments = {row[0] for row in stored(ledger, "available_at", "polygon__daily_bars")}
    assert moments == {datetime(2017, 6, 30, 20, 15, tzinfo=UTC)}


def test_revised_observation_is_known_from_its_own_fetch(ledger: Connection) -> None:
    later = NOW + timedelta(days=3)
    put(ledger, fred__observations=observations(3.77, fetched_at=NOW))
    put(ledger, fred__observations=observations(3.81, fetched_at=later))
    assert stored(ledger, "available_at, value", "fred__observations") == [
        (datetime(2017, 6, 30, 13, 0, tzinfo=UTC), 3.77),  # 09:00 New York of the next session
        (later, 3.81),
    ]


def test_half_made_bar_of_today_is_not_landed(ledger: Connection) -> None:
    noon = datetime(2017, 6, 30, 16, tzinfo=UTC)
    rows = bars([("AAPL", date(2017, 6, 29), 143.0), ("AAPL", date(2017, 6, 30), 144.0)])
    rows = rows.set_column(10, "fetched_at", pa.array([noon, noon], STAMP))
    landing = put(ledger, polygon__daily_bars=rows)
    assert landing.dropped_rows == {"raw.polygon__daily_bars": 1}
    assert stored(ledger, "session_date", "polygon__daily_bars") == [(date(2017, 6, 29),)]


def test_split_announced_for_a_later_day_is_not_landed_before_it(ledger: Connection) -> None:
    def splits(fetched_at: datetime) -> pa.Table:
        return pa.table(
            {
                "symbol": ["AAPL"],
                "execution_date": pa.array([date(2017, 7, 3)], pa.date32()),
                "split_from": [1.0],
                "split_to": [7.0],
                "fetched_at": pa.array([fetched_at], STAMP),
                "response_hash": ["cc"],
            }
        )

    assert put(ledger, polygon__splits=splits(NOW)).new_rows == {"raw.polygon__splits": 0}
    opened = datetime(2017, 7, 3, 13, 30, tzinfo=UTC)
    assert put(ledger, polygon__splits=splits(opened)).new_rows == {"raw.polygon__splits": 1}


def test_row_repeated_in_one_batch_lands_once_and_the_last_counts(ledger: Connection) -> None:
    day = date(2017, 6, 30)
    put(ledger, polygon__daily_bars=bars([("AAPL", day, 1.0), ("AAPL", day, 2.0)]))
    assert stored(ledger, "close", "polygon__daily_bars") == [(2.0,)]


def test_bar_without_a_close_lands_for_the_gate_to_see(ledger: Connection) -> None:
    put(ledger, polygon__daily_bars=bars([("AAPL", date(2017, 6, 30), None)]))
    assert stored(ledger, "symbol, close", "polygon__daily_bars") == [("AAPL", None)]


def test_absent_row_never_deletes_a_stored_one(ledger: Connection) -> None:
    put(ledger, polygon__daily_bars=bars([("AAPL", date(2017, 6, 29), 143.0)]))
    put(ledger, polygon__daily_bars=bars([("AAPL", date(2017, 6, 30), 144.0)]))
    assert len(stored(ledger, "close", "polygon__daily_bars")) == 2


def test_older_fetch_does_not_replace_a_newer_version(ledger: Connection) -> None:
    put(ledger, polygon__daily_bars=bars([("AAPL", date(2017, 6, 30), 144.0)]))
    older = bars([("AAPL", date(2017, 6, 30), 145.0)], fetched_at=NOW - timedelta(hours=2))
    assert put(ledger, polygon__daily_bars=older).new_rows == {"raw.polygon__daily_bars": 0}


def test_same_value_by_another_way_is_no_new_version(ledger: Connection) -> None:
    first = observations(3.77, fetched_at=NOW)
    put(ledger, fred__observations=first)
    by_graph = first.set_column(3, "source_endpoint", pa.array(["graph"]))
    assert put(ledger, fred__observations=by_graph).new_rows == {"raw.fred__observations": 0}


def test_failed_landing_leaves_nothing_behind(ledger: Connection) -> None:
    broken = bars([("AAPL", date(2017, 6, 30), 144.0)]).drop_columns(["volume"])
    with pytest.raises(KeyError):
        put(
            ledger, fred__observations=observations(3.7, fetched_at=NOW), polygon__daily_bars=broken
        )
    assert stored(ledger, "value", "fred__observations") == []
    assert newest_version(ledger) == 0


def test_other_world_is_refused_in_one_sentence(ledger: Connection) -> None:
    with pytest.raises(WorldMismatchError, match=r"'sandbox:1'.*'live'.*MQP_HOME"):
        open_ledger(ledger, "live", now=NOW)


def test_every_raw_table_of_the_ledger_has_an_availability_rule(ledger: Connection) -> None:
    tables = {
        f"raw.{row[0]}"
        for row in ledger.execute(
            "select table_name from duckdb_tables() where schema_name = 'raw'"
        ).fetchall()
    }
    assert tables - {"raw.mqp__headline_scores"} == {table.name for table in RAW_TABLES}
    named = {table.rule for table in RAW_TABLES} - {"by series"}
    assert named <= set(RULES) | set(STAMP_RULES)
