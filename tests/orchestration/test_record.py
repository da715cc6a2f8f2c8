from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from orchestration.record import (
    NightRecord,
    append_night,
    append_published,
    append_validation_results,
    catch_up_with_published,
    copy_record_into_build,
    next_attempt,
    record_missed_sessions,
)
from warehouse.connection import Connection, connect, count_rows
from warehouse.home import Home
from warehouse.ledger import open_ledger
from warehouse.sessions import new_york_sessions

NOW = datetime(2017, 7, 6, 1, tzinfo=UTC)
NIGHT = date(2017, 6, 30)


def record(night: date, *, attempt: int = 1, status: str = "CLEAN") -> NightRecord:
    return NightRecord(
        night=night,
        attempt=attempt,
        status=status,
        run_id=f"run-{night}-{attempt}",
        started_at=NOW,
        finished_at=NOW,
        as_of_at=NOW,
        ledger_version=1,
        code_hash="code",
        config_hash="config",
        world="sandbox:1",
        manifest_hash="m",
    )


def add_decision(connection: Connection, night: date, weight: float) -> None:
    connection.execute(
        "insert into analytics.decisions "
        "values (?, 'AAPL', 'equities', 0.05, ?, 'hold', ?, ?, ?, 1, 'c')",
        [night, weight, NOW, night, NOW],
    )


def claim(attempt: int) -> tuple[object, ...]:
    return (NIGHT, attempt, 1, "bars", "closes are positive", "raw.x", True, 0, "block", None)


def publish(home: Home, *, weight: float, attempt: int = 1) -> None:
    """A published file with one decision and its own night row, as a run leaves it."""
    with connect(home.ledger) as ledger:
        open_ledger(ledger, "sandbox:1", now=NOW)
    home.published.unlink(missing_ok=True)
    with connect(home.published) as build:
        build.execute("create schema ops")
        build.execute("create table ops.build_context as select date '2017-06-30' as night")
        copy_record_into_build(home.ledger, build)
        append_night(build, record(NIGHT, attempt=attempt))
        append_validation_results(build, [claim(attempt)])
        add_decision(build, NIGHT, weight)


def test_attempts_of_a_night_are_counted(tmp_path: Path) -> None:
    with connect(tmp_path / "ledger.duckdb") as ledger:
        open_ledger(ledger, "sandbox:1", now=NOW)
        assert next_attempt(ledger, NIGHT) == 1
        append_night(ledger, record(NIGHT, status="FAILED"))
        assert next_attempt(ledger, NIGHT) == 2


def test_sessions_without_a_run_become_missed_rows_once(tmp_path: Path) -> None:
    sessions = new_york_sessions()
    with connect(tmp_path / "ledger.duckdb") as ledger:
        open_ledger(ledger, "sandbox:1", now=NOW)
        append_night(ledger, record(NIGHT))
        for _ in range(2):
            record_missed_sessions(
                ledger, date(2017, 7, 6), sessions, run_id="r", world="sandbox:1", now=NOW
            )
        rows = ledger.execute("select night, status from ops.nights order by night").fetchall()
    assert rows == [
        (NIGHT, "CLEAN"),
        (date(2017, 7, 3), "MISSED"),
        (date(2017, 7, 5), "MISSED"),
    ]


def test_first_night_misses_nothing(tmp_path: Path) -> None:
    with connect(tmp_path / "ledger.duckdb") as ledger:
        open_ledger(ledger, "sandbox:1", now=NOW)
        missed = record_missed_sessions(
            ledger, NIGHT, new_york_sessions(), run_id="r", world="sandbox:1", now=NOW
        )
    assert missed == ()


def test_decisions_are_written_once_and_never_changed(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.make_folders()
    for weight in (0.05, 0.09):
        publish(home, weight=weight)
        with connect(home.ledger) as ledger:
            append_published(ledger, home.published)
    with connect(home.ledger, read_only=True) as ledger:
        found = ledger.execute("select night, final_weight from analytics.decisions").fetchall()
    assert found == [(NIGHT, 0.05)]


def test_next_run_completes_the_record_of_a_killed_one(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.make_folders()
    publish(home, weight=0.05)  # killed between the swap and the ledger
    with connect(home.ledger) as ledger:
        for _ in range(2):
            catch_up_with_published(ledger, home)
        assert ledger.execute("select night, attempt from ops.nights").fetchall() == [(NIGHT, 1)]
        assert ledger.execute("select count(*) from analytics.decisions").fetchone() == (1,)
        assert ledger.execute("select attempt from quality.validation_results").fetchall() == [(1,)]


def test_published_attempt_is_recorded_whole_or_not_at_all(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.make_folders()
    publish(home, weight=0.05)
    with connect(home.published) as published:
        published.execute("alter table analytics.decisions drop column final_weight")
    with connect(home.ledger) as ledger:
        with pytest.raises(duckdb.Error):
            append_published(ledger, home.published)
        for table in ("ops.nights", "quality.validation_results", "analytics.decisions"):
            assert count_rows(ledger, table) == 0, table
