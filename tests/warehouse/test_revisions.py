"""What providers said differently, or late, between two versions of the ledger."""

from datetime import date, datetime

import pyarrow as pa
import pytest

from tests.warehouse.conftest import NOW
from tests.warehouse.test_ledger import STAMP, bars, observations, put
from warehouse.connection import Connection
from warehouse.revisions import (
    Restatement,
    RevisedRows,
    WithheldChange,
    is_unrevised,
    revisions_between,
    withheld_between,
)
from warehouse.sessions import new_york_sessions

SESSIONS = new_york_sessions()
A, B = date(2017, 6, 29), date(2017, 6, 30)
DECIDED_A, DECIDED_B = SESSIONS.decided_at(A), SESSIONS.decided_at(B)
EVENING_A = datetime(2017, 6, 29, 22, 30, tzinfo=NOW.tzinfo)


def story(headline: str, day: date = A, *, fetched_at: datetime = NOW) -> pa.Table:
    """One story of noon New York."""
    noon = datetime(day.year, day.month, day.day, 16, tzinfo=NOW.tzinfo)
    return pa.table(
        {
            "story_id": ["1"],
            "symbol": ["AAPL"],
            "published_at": pa.array([noon], STAMP),
            "headline": [headline],
            "summary": pa.array([None], pa.string()),
            "publisher": ["wire"],
            "url": pa.array([None], pa.string()),
            "fetched_at": pa.array([fetched_at], STAMP),
            "response_hash": ["cc"],
        }
    )


def groups(ledger: Connection) -> tuple[RevisedRows, ...]:
    return revisions_between(ledger, 1, 2, decided_at=DECIDED_A).groups


def unrevised(ledger: Connection, later: int = 2) -> bool:
    return is_unrevised(ledger, 1, later, decided_at=DECIDED_A, recorded=(DECIDED_A, DECIDED_B))


def test_restated_bars_of_a_symbol_are_one_group_with_its_largest_change(
    ledger: Connection,
) -> None:
    days = [date(2017, 6, 27), date(2017, 6, 28), A]
    put(ledger, polygon__daily_bars=bars([("AAPL", day, 100.0) for day in days]))
    put(
        ledger,
        polygon__daily_bars=bars(list(zip(["AAPL"] * 3, days, [100.0, 102.0, 101.0], strict=True))),
    )
    assert groups(ledger) == (
        RevisedRows(
            kind="restated",
            table="raw.polygon__daily_bars",
            subject="AAPL",
            rows=2,
            known_rows=2,
            first_day=date(2017, 6, 28),
            last_day=A,
            columns=("close", "high", "low", "open", "vwap"),
            largest=Restatement(date(2017, 6, 28), "close", "100.0", "102.0"),
        ),
    )
    assert not unrevised(ledger)


def test_row_that_came_after_the_decision_it_was_available_for_is_late(ledger: Connection) -> None:
    put(ledger, polygon__daily_bars=bars([("AAPL", A, 100.0)]))
    put(ledger, polygon__daily_bars=bars([("MSFT", A, 70.0), ("AAPL", B, 101.0)]))
    found = revisions_between(ledger, 1, 2, decided_at=DECIDED_A)
    assert [(group.kind, group.subject, group.rows, group.largest) for group in found.groups] == [
        ("late", "MSFT", 1, None)
    ]
    assert found.new_rows == 1  # the bar of the session after
    assert not unrevised(ledger)


def test_new_sessions_are_no_revision(ledger: Connection) -> None:
    put(ledger, polygon__daily_bars=bars([("AAPL", A, 100.0)]))
    put(ledger, polygon__daily_bars=bars([("AAPL", B, 101.0)]))
    found = revisions_between(ledger, 1, 2, decided_at=DECIDED_A)
    assert (found.groups, found.new_rows) == ((), 1)
    assert unrevised(ledger)


def test_vintage_says_that_the_old_value_stands_for_the_decision(ledger: Connection) -> None:
    put(ledger, EVENING_A, fred__observations=observations(3.8, fetched_at=NOW))
    put(ledger, NOW, fred__observations=observations(3.9, fetched_at=NOW))
    after_it = SESSIONS.decided_at(date(2017, 7, 3))
    (group,) = revisions_between(ledger, 1, 2, decided_at=after_it).groups
    assert (group.kind, group.subject, group.counts_from_fetch) == (
        "restated", "BAMLH0A0HYM2", True,
    )  # fmt: skip
    assert group.largest == Restatement(A, "value", "3.8", "3.9")


def test_value_that_went_and_came_back_is_no_restatement(ledger: Connection) -> None:
    for close in (100.0, 102.0, 100.0):
        put(ledger, polygon__daily_bars=bars([("AAPL", A, close)]))
    assert revisions_between(ledger, 1, 3, decided_at=DECIDED_A).groups == ()


def test_only_what_landed_in_between_counts(ledger: Connection) -> None:
    for close in (100.0, 102.0, 104.0):
        put(ledger, polygon__daily_bars=bars([("AAPL", A, close)]))
    (group,) = groups(ledger)
    assert group.largest == Restatement(A, "close", "100.0", "102.0")


def test_changed_text_is_shown_short(ledger: Connection) -> None:
    put(ledger, finnhub__company_news=story("Apple rises"))
    put(ledger, finnhub__company_news=story("Apple falls " * 50))
    (group,) = groups(ledger)
    assert group.columns == ("headline",)
    assert group.largest == Restatement(A, "headline", "Apple rises", ("Apple falls " * 50)[:80])


def test_score_made_anew_is_a_revision_and_a_first_score_is_none(ledger: Connection) -> None:
    put(ledger, polygon__daily_bars=bars([("AAPL", A, 100.0)]))
    put(ledger, polygon__daily_bars=bars([("AAPL", B, 101.0)]))
    score = "insert into raw.mqp__headline_scores values (?, ?, 0.5, ?, 'h')"
    ledger.execute(score, ["old text", "one", 1])
    ledger.execute(score, ["new text", "one", 2])
    assert unrevised(ledger)
    ledger.execute(score, ["old text", "two", 2])
    assert not unrevised(ledger)


@pytest.mark.parametrize(("later", "expected"), [(2, True), (3, False)])
def test_quarantine_of_later_rows_is_a_revision(
    ledger: Connection, later: int, expected: bool
) -> None:
    put(ledger, polygon__daily_bars=bars([("AAPL", A, 100.0)]))
    put(ledger, polygon__daily_bars=bars([("AAPL", B, 101.0)]))
    monday = date(2017, 7, 3)
    put(ledger, polygon__daily_bars=bars([("AAPL", monday, 9.0)]))
    ledger.execute(
        "insert into quality.quarantine values "
        "('raw.polygon__daily_bars', 'AAPL', ?, ?, 'jump', ?, ?, null, null, 3, 1)",
        [monday, monday, monday, SESSIONS.decided_at(monday)],
    )
    assert unrevised(ledger, later) is expected


def test_quarantines_and_releases_are_told_with_their_reasons(ledger: Connection) -> None:
    row = ["raw.polygon__daily_bars", "AAPL", A, A, "jump", A]
    sql = "insert into quality.quarantine values (?, ?, ?, ?, ?, ?, ?, ?, ?, 1, 1)"
    ledger.execute(sql, [*row, DECIDED_A, None, None])
    ledger.execute(sql, [*row, DECIDED_A, DECIDED_B, "corrected"])
    earlier = SESSIONS.decided_at(date(2017, 6, 28))
    assert withheld_between(ledger, earlier, DECIDED_A) == (
        WithheldChange("quarantined", row[0], "AAPL", A, A, "jump"),
    )
    assert withheld_between(ledger, DECIDED_A, DECIDED_B) == (
        WithheldChange("released", row[0], "AAPL", A, A, "corrected"),
    )
