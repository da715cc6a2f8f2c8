from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from orchestration.freshness import expected_observation, measure_freshness
from tests.warehouse.test_ledger import bars, put
from warehouse.connection import connect
from warehouse.ledger import open_ledger
from warehouse.sessions import new_york_sessions


@pytest.mark.parametrize(
    ("series", "night", "expected"),
    [
        ("BAMLH0A0HYM2", date(2017, 6, 30), date(2017, 6, 29)),
        ("DGS3MO", date(2017, 6, 30), date(2017, 6, 28)),  # its 29th comes at 18:00, too late
        ("BAMLC0A0CM", date(2017, 7, 5), date(2017, 7, 3)),  # over a holiday
        ("BAMLC0A0CM", date(2017, 10, 10), date(2017, 10, 6)),  # Columbus Day: no bond prices
    ],
)
def test_newest_observation_that_a_decision_can_know(
    series: str, night: date, expected: date
) -> None:
    assert expected_observation(series, night, new_york_sessions()) == expected


def test_age_counts_sessions_of_the_datas_own_date(tmp_path: Path) -> None:
    now = datetime(2017, 7, 6, 1, tzinfo=UTC)
    rows = bars(
        [
            ("AAPL", date(2017, 7, 5), 144.0),
            ("EBAY", date(2017, 6, 30), 35.0),
            ("KO", date(2017, 7, 3), 44.0),
            ("KO", date(2017, 7, 5), None),  # a bar without a close is not fresh
        ],
        fetched_at=now,
    )
    with connect(tmp_path / "ledger.duckdb") as ledger:
        open_ledger(ledger, "sandbox:1", now=now)
        put(ledger, now, polygon__daily_bars=rows)
        found = measure_freshness(
            ledger,
            date(2017, 7, 5),
            new_york_sessions(),
            bar_symbols=("AAPL", "EBAY", "KO", "PG"),
            required_symbols=("AAPL", "EBAY", "PG"),
        )
    ages = {item.symbol: (item.age_sessions, item.is_late) for item in found[:4]}
    assert ages == {
        "AAPL": (0, False),
        "EBAY": (2, True),
        "KO": (1, False),
        "PG": (None, True),
    }
    assert found[1].sentence == (
        "daily bars of EBAY ends 2017-06-30, 2 session(s) before the 2017-07-05 that was due"
    )
