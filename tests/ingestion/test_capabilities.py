"""What a plan refuses is not asked again for a week."""

from datetime import UTC, date, datetime, timedelta

import pytest

from ingestion.capabilities import TODAY, WHOLE_ENDPOINT, Capabilities, DailyCalls
from ingestion.database import CacheDatabase
from ingestion.errors import QuotaError

NOW = datetime(2026, 1, 5, 22, tzinfo=UTC)


@pytest.fixture
def database(tmp_path):
    opened = CacheDatabase(tmp_path, "live")
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("subject", "asked", "scope"),
    [
        ("ZZR", "ZZR", "symbol"),
        (WHOLE_ENDPOINT, "ZZR", "endpoint"),
        (TODAY, TODAY, "window"),
        ("ZZQ", "ZZR", None),
    ],
)
def test_refusal_is_remembered_for_what_was_refused(database, subject, asked, scope):
    table = Capabilities(database)
    table.remember("fmp", "splits", subject, at=NOW, message="not in plan")
    found = table.refusal("fmp", "splits", asked, now=NOW)

    assert (found.scope if found else None) == scope
    assert table.refusal("fmp", "dividends", asked, now=NOW) is None


def test_refusal_is_forgotten_after_a_week(database):
    table = Capabilities(database)
    table.remember("fmp", "splits", "ZZR", at=NOW, message="not in plan")
    week = timedelta(days=7)

    assert "2026-01-05" in str(table.refusal("fmp", "splits", "ZZR", now=NOW + week * 0.99))
    assert table.refusal("fmp", "splits", "ZZR", now=NOW + week) is None


def test_rows_list_every_refusal(database):
    table = Capabilities(database)
    table.remember("fmp", "splits", "ZZR", at=NOW, message="not in plan")

    assert table.rows() == [("fmp", "splits", "ZZR", NOW.isoformat(), "not in plan")]


def test_calls_of_a_day_end_at_its_limit(database):
    calls = DailyCalls(database)
    for _ in range(3):
        calls.spend("fmp", date(2026, 1, 5), limit=3)
    with pytest.raises(QuotaError, match="3 calls of 2026-01-05"):
        calls.spend("fmp", date(2026, 1, 5), limit=3)

    assert calls.spent("fmp", date(2026, 1, 5)) == 3
    assert calls.spent("fmp", date(2026, 1, 6)) == 0
