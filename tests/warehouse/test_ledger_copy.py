from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from warehouse.connection import Connection, connect
from warehouse.ledger import open_ledger
from warehouse.ledger_copy import LedgerCut, copy_ledger

NOON = datetime(2017, 6, 29, 12, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """Two VIX closes, the second landed later, and a quarantine and its release."""
    path = tmp_path / "ledger.duckdb"
    with connect(path) as connection:
        open_ledger(connection, "custom:copy", now=NOON)
        for day, version in ((28, 1), (29, 2)):
            connection.execute(
                "insert into raw.cboe__index_history by name select 'VIX' as index_name, "
                f"date '2017-06-{day}' as session_date, 11.0 as close, "
                f"timestamptz '2017-06-{day} 20:15:00+00' as available_at, "
                f"timestamptz '2017-06-30 01:00:00+00' as fetched_at, {version} as ledger_version, "
                f"'r' as response_hash, 'h{day}' as row_hash"
            )
        connection.execute(
            "insert into raw.mqp__headline_scores by name select 'x' as headline_hash, "
            "'m' as method, 0.5 as score, 2 as ledger_version, 'h' as row_hash"
        )
        quarantine(connection, date(2017, 6, 28), released_at=None)
        quarantine(connection, date(2017, 6, 28), released_at="2017-06-30 20:30:00+00")
        quarantine(connection, date(2017, 6, 30), released_at=None)
    return path


def quarantine(
    connection: Connection, day: date, *, released_at: str | None, attempt: int | None = None
) -> None:
    connection.execute(
        "insert into quality.quarantine values ('raw.cboe__index_history', 'VIX', ?, ?, 'bad', "
        "date '2017-06-30', timestamptz '2017-06-30 20:30:00+00', ?::timestamptz, null, 1, ?)",
        [day, day, released_at, attempt],
    )


def copied(ledger: Path, cut: LedgerCut) -> dict[str, int]:
    target = ledger.with_name("copy.duckdb")
    copy_ledger(ledger, target, cut)
    names = ("raw.cboe__index_history", "raw.mqp__headline_scores", "quality.quarantine")
    with connect(target, read_only=True) as copy:
        counts = [copy.execute(f"select count(*) from {name}").fetchone() for name in names]
    return {
        name.split("__")[-1]: count[0] for name, count in zip(names, counts, strict=True) if count
    }


def test_copy_holds_all_versions_up_to_the_one_asked_for(ledger: Path) -> None:
    assert copied(ledger, LedgerCut(2)) == {
        "index_history": 2,
        "headline_scores": 1,
        "quality.quarantine": 3,
    }
    assert copied(ledger, LedgerCut(1)) == {
        "index_history": 1,
        "headline_scores": 0,
        "quality.quarantine": 3,
    }


def test_copy_holds_nothing_known_after_its_moment(ledger: Path) -> None:
    """A quarantine stays although it was found later: it is about rows that stay."""
    cut = LedgerCut(2, known_by=datetime(2017, 6, 28, 20, 30, tzinfo=UTC))
    assert copied(ledger, cut) == {
        "index_history": 1,
        "headline_scores": 1,
        "quality.quarantine": 1,
    }


def test_copy_may_forget_the_beginning(ledger: Path) -> None:
    cut = LedgerCut(2, known_since=datetime(2017, 6, 29, tzinfo=UTC))
    assert copied(ledger, cut)["index_history"] == 1


def test_source_is_left_as_it_was(ledger: Path) -> None:
    before = ledger.read_bytes()
    copied(ledger, LedgerCut(1))
    assert ledger.read_bytes() == before


def test_copy_for_an_attempt_lacks_what_later_attempts_found(ledger: Path) -> None:
    """All of one evening have the same moment, and old rows may look bad only at last."""
    with connect(ledger) as connection:
        for attempt in (1, 2, 3):
            quarantine(connection, date(2017, 6, 27), released_at=None, attempt=attempt)
    of_second = LedgerCut(2, judged_by=(date(2017, 6, 30), 2))
    assert copied(ledger, of_second)["quality.quarantine"] == 5
    assert copied(ledger, LedgerCut(2, judged_by=(date(2017, 6, 29), 9)))["quality.quarantine"] == 3
    assert copied(ledger, LedgerCut(2, judged_by=(date(2017, 7, 3), 1)))["quality.quarantine"] == 6
