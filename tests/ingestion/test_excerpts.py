"""The provider's own record is found again in every shape that providers use."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from ingestion.excerpts import LONGEST, record_of
from ingestion.profile import Reply

DAY = date(2024, 6, 28)
NEW_YORK_MIDNIGHT, UTC_MIDNIGHT, OPENING = 1_719_547_200, 1_719_532_800, 1_719_581_400


def reply(body: Any) -> Reply:
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return Reply("fred", "https://x", 200, "", {}, raw, "0", datetime(2024, 6, 28, tzinfo=UTC))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(
            {"ticker": "AAPL", "results": [
                {"c": 1.0, "t": (NEW_YORK_MIDNIGHT - 86_400) * 1000},
                {"c": 2.0, "t": NEW_YORK_MIDNIGHT * 1000},
            ]},
            {"c": 2.0, "t": NEW_YORK_MIDNIGHT * 1000},
            id="polygon, milliseconds",
        ),
        pytest.param(
            {"results": [
                {"T": "MSFT", "c": 1.0, "t": NEW_YORK_MIDNIGHT * 1000},
                {"T": "AAPL", "c": 2.0, "t": NEW_YORK_MIDNIGHT * 1000},
            ]},
            {"T": "AAPL", "c": 2.0, "t": NEW_YORK_MIDNIGHT * 1000},
            id="polygon, the whole market",
        ),
        pytest.param(
            {"observations": [{"date": "2024-06-27", "value": "1"},
                              {"date": "2024-06-28", "value": "."}]},
            {"date": "2024-06-28", "value": "."},
            id="fred",
        ),
        pytest.param(
            [{"symbol": "AAPL", "date": "2024-06-28", "close": None}],
            {"symbol": "AAPL", "date": "2024-06-28", "close": None},
            id="fmp, a missing price stays missing",
        ),
        pytest.param(
            {"c": [1.0, 2.0], "o": [3.0, 4.0], "t": [UTC_MIDNIGHT - 86_400, UTC_MIDNIGHT]},
            {"c": 2.0, "o": 4.0, "t": UTC_MIDNIGHT},
            id="finnhub, parallel arrays",
        ),
        pytest.param(
            {"chart": {"result": [{
                "meta": {"symbol": "AAPL", "regularMarketTime": OPENING},
                "timestamp": [OPENING],
                "indicators": {"quote": [{"close": [2.0], "open": [4.0]}]},
            }]}},
            {"timestamp": OPENING, "close": 2.0, "open": 4.0},
            id="yahoo, nested arrays",
        ),
        pytest.param(
            {"timestamp": "2024-06-28 22:30:00", "symbol": "_AAPL", "data": {
                "symbol": "^AAPL", "close": 13.31, "last_trade_time": "2024-06-28T16:15:00"}},
            {"symbol": "^AAPL", "close": 13.31, "last_trade_time": "2024-06-28T16:15:00"},
            id="cboe, an envelope with the same date",
        ),
    ],
)  # fmt: skip
def test_record_of_a_day_is_shown_as_it_came(body: Any, expected: dict[str, Any]) -> None:
    found = record_of(reply(body), day=DAY, symbol="AAPL")
    assert found is not None
    assert json.loads(found) == expected


@pytest.mark.parametrize(
    "text", ["DATE,OPEN\n06/27/2024,1\n06/28/2024,2\n", "\ufeffobservation_date,X\n2024-06-28,2\n"]
)
def test_line_of_a_file_is_found(text: str) -> None:
    found = record_of(reply(text), day=DAY, symbol="AAPL")
    assert found in ("06/28/2024,2", "2024-06-28,2")


def test_story_is_found_by_its_id_whatever_its_day() -> None:
    stories = [{"id": 7, "headline": "a", "datetime": 0}, {"id": 8, "headline": "b", "datetime": 0}]
    found = record_of(reply(stories), day=DAY, symbol="AAPL", story_id="8")
    assert found == '{"id": 8, "headline": "b", "datetime": 0}'


def test_record_cannot_steer_a_terminal_and_is_short() -> None:
    found = record_of(
        reply([{"date": "2024-06-28", "text": "\x1b[31m\u202e" + "x" * 999}]),
        day=DAY,
        symbol="AAPL",
    )
    assert found is not None
    assert "\x1b" not in found
    assert "\u202e" not in found
    assert len(found) == LONGEST


@pytest.mark.parametrize("body", [{"results": []}, "no such day\n", "[" * 100_000, [None, 1, True]])
def test_day_that_is_not_there_is_not_made_up(body: Any) -> None:
    assert record_of(reply(body), day=DAY, symbol="AAPL") is None
