"""Gate 1 on a small real ledger: what is withheld, remembered and let go again."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.configuration import load_portfolio
from orchestration.gates import Gate, NightScope, check_landed
from orchestration.resources import REPOSITORY
from orchestration.universe import Universe
from tests.warehouse.test_ledger import bars, put
from warehouse.connection import Connection, connect
from warehouse.context import Member
from warehouse.ledger import newest_version, open_ledger
from warehouse.sessions import new_york_sessions

FIRST, SECOND = date(2017, 6, 29), date(2017, 6, 30)
EVENING = datetime(2017, 6, 30, 22, 30, tzinfo=UTC)
NEXT_EVENING = datetime(2017, 7, 3, 22, 30, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Connection]:
    """Two symbols over two sessions; the second bar of KO has no close."""
    with connect(tmp_path / "ledger.duckdb") as connection:
        open_ledger(connection, "sandbox:1", now=EVENING)
        rows = [("AAPL", FIRST, 143.0), ("AAPL", SECOND, 144.0)]
        rows += [("KO", FIRST, 44.0), ("KO", SECOND, None)]
        put(connection, EVENING, polygon__daily_bars=bars(rows, fetched_at=EVENING))
        yield connection


def judge(ledger: Connection, night: date = SECOND, *, attempt: int = 1) -> Gate:
    scope = NightScope(
        night=night,
        attempt=attempt,
        sessions=new_york_sessions(),
        universe=Universe("two", "AAPL", (Member("AAPL"), Member("KO"))),
        portfolio=load_portfolio(REPOSITORY / "config" / "portfolio.yaml"),
        is_fetching=True,
    )
    return check_landed(ledger, scope, ledger_version=newest_version(ledger))


def quarantine(ledger: Connection) -> list[tuple[Any, ...]]:
    return ledger.execute(
        "select symbol, first_date, last_date, released_at is not null from quality.quarantine "
        "order by released_at nulls first"
    ).fetchall()


def test_row_without_a_close_is_withheld_and_nothing_else(ledger: Connection) -> None:
    gate = judge(ledger)
    assert [row["symbol"] for row in gate.active_quarantine] == ["KO"]
    assert quarantine(ledger) == [("KO", SECOND, SECOND, False)]


def test_second_run_writes_the_same_quarantine_only_once(ledger: Connection) -> None:
    judge(ledger)
    judge(ledger)
    assert quarantine(ledger) == [("KO", SECOND, SECOND, False)]


def test_corrected_row_ends_the_quarantine(ledger: Connection) -> None:
    judge(ledger)
    corrected = bars([("KO", SECOND, 44.2)], fetched_at=NEXT_EVENING)
    put(ledger, NEXT_EVENING, polygon__daily_bars=corrected)
    gate = judge(ledger, date(2017, 7, 3))
    assert gate.active_quarantine == ()
    assert quarantine(ledger) == [("KO", SECOND, SECOND, False), ("KO", SECOND, SECOND, True)]


def test_quarantine_and_release_name_the_attempt_that_wrote_them(ledger: Connection) -> None:
    judge(ledger, attempt=2)
    corrected = bars([("KO", SECOND, 44.2)], fetched_at=NEXT_EVENING)
    put(ledger, NEXT_EVENING, polygon__daily_bars=corrected)
    judge(ledger, attempt=3)
    assert ledger.execute(
        "select attempt, released_at is not null from quality.quarantine order by 1"
    ).fetchall() == [(2, False), (3, True)]


def test_extent_of_a_history_is_written_when_it_changes(ledger: Connection) -> None:
    judge(ledger)
    judge(ledger)  # nothing has landed
    quote = bars([("AAPL", date(2017, 7, 3), 144.5)], fetched_at=NEXT_EVENING)
    put(ledger, NEXT_EVENING, polygon__daily_bars=quote)
    judge(ledger, date(2017, 7, 3))
    assert ledger.execute(
        "select symbol, row_count, night, ledger_version from quality.history_extents order by all"
    ).fetchall() == [("AAPL", 2, SECOND, 1), ("AAPL", 3, date(2017, 7, 3), 2), ("KO", 2, SECOND, 1)]


def test_history_that_shrank_is_told(ledger: Connection) -> None:
    judge(ledger)
    ledger.execute("update quality.history_extents set row_count = 500")
    put(
        ledger,
        NEXT_EVENING,
        polygon__daily_bars=bars([("AAPL", date(2017, 7, 3), 144.5)], fetched_at=NEXT_EVENING),
    )
    failed = {result.expectation for result in judge(ledger, date(2017, 7, 3)).outcome.failures}
    assert any("history" in name or "shr" in name for name in failed), failed


def test_verdict_that_cannot_be_recorded_whole_leaves_nothing(ledger: Connection) -> None:
    ledger.execute("alter table quality.history_extents drop column row_count")
    with pytest.raises(duckdb.Error):
        judge(ledger)
    assert quarantine(ledger) == []
