"""What a night reads of the nights before it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestration.past_decisions import past_decisions
from orchestration.record import append_night, decide
from tests.orchestration.test_record import record
from tests.warehouse.test_ledger import bars, put
from warehouse.connection import Connection, connect
from warehouse.ledger import newest_version, open_ledger

THURSDAY, FRIDAY, MONDAY = date(2017, 6, 29), date(2017, 6, 30), date(2017, 7, 3)
CLOSES = {THURSDAY: 143.0, FRIDAY: 144.0, MONDAY: 145.0}


def evening(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 22, 30, tzinfo=UTC)


def decided_at(day: date) -> datetime:
    return evening(day) - timedelta(hours=2)


def land(ledger: Connection, upto: date, *, moment: date | None = None, **changed: float) -> None:
    closes = {day: close for day, close in CLOSES.items() if day <= upto}
    closes |= {date.fromisoformat(day[1:].replace("_", "-")): v for day, v in changed.items()}
    rows = [("AAPL", day, close) for day, close in closes.items()]
    now = evening(moment or upto)
    put(ledger, now, polygon__daily_bars=bars(rows, fetched_at=now))


def decide_on(ledger: Connection, night: date, weight: float) -> None:
    ledger.execute(
        "insert into analytics.decisions values (?, 'AAPL', 'equities', 0.05, ?, 'hold', ?, ?, ?, "
        "?, ?)",
        [night, weight, decided_at(night), night, evening(night), newest_version(ledger), "c1"],
    )


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Connection]:
    """Thursday and Friday decided at versions 1 and 2, Monday landed as version 3."""
    with connect(tmp_path / "ledger.duckdb") as connection:
        open_ledger(connection, "sandbox:1", now=evening(THURSDAY))
        for night in (THURSDAY, FRIDAY):
            land(connection, night)
            append_night(connection, record(night))
            decide_on(connection, night, 0.05)
        land(connection, MONDAY)
        yield connection


def nights(ledger: Connection, night: date = MONDAY) -> list[tuple[Any, ...]]:
    past = past_decisions(ledger, night, decided_at(night), newest_version(ledger))
    rows = past.nights.astype(object).where(past.nights.notna(), None)
    return [(row.night.date(), *row[2:]) for row in rows.itertuples()]


def test_only_earlier_nights_are_read(ledger: Connection) -> None:
    decide_on(ledger, MONDAY, 0.09)
    past = past_decisions(ledger, MONDAY, decided_at(MONDAY), 3)
    assert past.decisions["night"].dt.date.tolist() == [THURSDAY, FRIDAY]
    assert past_decisions(ledger, THURSDAY, decided_at(THURSDAY), 1).decisions.empty


def test_night_without_news_about_its_rows_has_none_restated(ledger: Connection) -> None:
    assert nights(ledger) == [
        (THURSDAY, "CLEAN", "c1", "config", 0),
        (FRIDAY, "CLEAN", "c1", "config", 0),
    ]


def test_row_restated_later_counts_for_every_night_that_had_read_it(ledger: Connection) -> None:
    land(ledger, MONDAY, d2017_06_29=143.5)
    land(ledger, MONDAY, d2017_06_29=143.6, d2017_06_30=144.1)
    # Thursday's bar was replaced twice and counts once; Friday's was not known on Thursday
    assert [row[-1] for row in nights(ledger)] == [1, 2]


def test_row_restated_before_the_decision_does_not_count(tmp_path: Path) -> None:
    with connect(tmp_path / "ledger.duckdb") as ledger:
        open_ledger(ledger, "sandbox:1", now=evening(THURSDAY))
        land(ledger, THURSDAY)
        append_night(ledger, record(THURSDAY))
        decide_on(ledger, THURSDAY, 0.05)
        land(ledger, FRIDAY, d2017_06_29=143.5)
        append_night(ledger, record(FRIDAY))
        decide_on(ledger, FRIDAY, 0.05)
        assert [row[-1] for row in nights(ledger)] == [1, 0]


def test_status_is_how_the_night_ended_and_configuration_of_the_attempt_that_decided(
    ledger: Connection,
) -> None:
    append_night(ledger, record(FRIDAY, attempt=2, status="FAILED"))
    append_night(ledger, record(FRIDAY, attempt=3, status="DEGRADED"))
    ledger.execute("update ops.nights set config_hash = 'later' where attempt > 1")
    append_night(ledger, record(date(2017, 6, 28), status="FAILED"))
    append_night(ledger, record(date(2017, 6, 27), attempt=0, status="MISSED"))
    assert nights(ledger) == [
        (date(2017, 6, 27), "MISSED", None, None, 0),
        (date(2017, 6, 28), "FAILED", None, None, 0),
        (THURSDAY, "CLEAN", "c1", "config", 0),
        (FRIDAY, "DEGRADED", "c1", "config", 0),
    ]


@pytest.mark.parametrize(("override", "is_frozen"), [("no_bar", True), (None, False)])
def test_frozen_decision_is_read_back_as_none(
    tmp_path: Path, override: str | None, is_frozen: bool
) -> None:
    """What `decide` writes about a frozen symbol is what the record understands."""
    from analytics.record import decided_from_frame
    from tests.analytics.past import calendar_of
    from tests.analytics.toy import toy_market

    with connect(tmp_path / "ledger.duckdb") as ledger:
        open_ledger(ledger, "sandbox:1", now=evening(FRIDAY))
        ledger.execute(
            "create table analytics.target_weights as select date '2017-06-30' as session_date, "
            "'AAPL' as symbol, 'equities' as strategy, 0.5 as sleeve_target_weight, "
            "0.1 as final_weight, 'enter' as signal_reason, ?::varchar as override_reason, "
            "?::timestamptz as decided_at, date '2017-07-03' as effective_session",
            [override, decided_at(FRIDAY)],
        )
        decide(ledger, FRIDAY, 1, recorded_at=evening(FRIDAY))
        past = past_decisions(ledger, MONDAY, decided_at(MONDAY), 1)
    market = toy_market({"AAPL": [144.0, 145.0]}, first="2017-06-30")
    decided = decided_from_frame(past.decisions, market=market, calendar=calendar_of(market))
    assert decided is not None
    assert (decided.targets[0, 0] != 0.1) == is_frozen
