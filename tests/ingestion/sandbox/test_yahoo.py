"""Yahoo's chart over real HTTP."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from ingestion.sandbox.market import Market
from tests.ingestion.sandbox.conftest import Client
from warehouse.sessions import NEW_YORK

IN_SESSION = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)


def _stamp(day: date) -> int:
    return int(datetime.combine(day, time(), NEW_YORK).timestamp())


def _chart(client: Client, symbol: str, first: date, last: date, **query: Any) -> dict[str, Any]:
    """The chart from a day up to another, the second left out."""
    asked = {"period1": _stamp(first), "period2": _stamp(last), "interval": "1d", **query}
    (result,) = client.get("yahoo", f"/v8/finance/chart/{symbol}", **asked).json()["chart"][
        "result"
    ]
    return result


def test_chart_has_the_real_shape(client: Client) -> None:
    found = _chart(client, "KO", date(2026, 11, 16), date(2026, 11, 21))
    assert set(found) == {"meta", "timestamp", "indicators"}
    (quote,) = found["indicators"]["quote"]
    assert set(quote) == {"open", "high", "low", "close", "volume"}
    assert {len(column) for column in quote.values()} == {len(found["timestamp"])} == {5}
    assert found["meta"]["exchangeTimezoneName"] == "America/New_York"
    assert (found["meta"]["symbol"], found["meta"]["gmtoffset"]) == ("KO", -5 * 3600)


def test_stamps_are_openings_across_the_clock_change(client: Client) -> None:
    found = _chart(client, "KO", date(2026, 3, 6), date(2026, 3, 10))
    assert [datetime.fromtimestamp(stamp, UTC) for stamp in found["timestamp"]] == [
        datetime(2026, 3, 6, 14, 30, tzinfo=UTC),
        datetime(2026, 3, 9, 13, 30, tzinfo=UTC),
    ]


def test_closes_are_fmps_full_ones_but_for_nulls(client: Client) -> None:
    found = _chart(client, "AAPL", date(2012, 1, 1), date(2026, 11, 21))
    window = {"from": "2012-01-01", "to": "2026-11-20"}
    rows = client.get("fmp", "/historical-price-eod/full", symbol="AAPL", **window).json()[::-1]
    closes = found["indicators"]["quote"][0]["close"]
    pairs = list(zip(closes, [row["close"] for row in rows], strict=True))
    assert all(close is None or close == full for close, full in pairs)
    assert 0.0005 < sum(close is None for close in closes) / len(closes) < 0.006


def test_adjusted_close_is_fmps_dividend_adjusted_one(client: Client) -> None:
    found = _chart(client, "KO", date(2020, 1, 1), date(2026, 11, 21))
    window = {"from": "2020-01-01", "to": "2026-11-20"}
    path = "/historical-price-eod/dividend-adjusted"
    rows = client.get("fmp", path, symbol="KO", **window).json()[::-1]
    adjusted = found["indicators"]["adjclose"][0]["adjclose"]
    assert all(
        close is None or close == pytest.approx(row["adjClose"], abs=1e-4)
        for close, row in zip(adjusted, rows, strict=True)
    )


def test_events_come_when_asked_and_count_todays_shares(client: Client, market: Market) -> None:
    split = market.history("AAPL").splits[-1]
    day = market.days[split.at]
    window = (date(2010, 1, 1), date(2026, 11, 21))
    events = _chart(client, "AAPL", *window, events="div,splits")["events"]
    (row,) = [row for row in events["splits"].values() if row["date"] == max(
        other["date"] for other in events["splits"].values()
    )]  # fmt: skip
    assert datetime.fromtimestamp(row["date"], NEW_YORK).date() == day
    assert row["splitRatio"] == f"{split.shares_after}:{split.shares_before}"
    fmp = client.get("fmp", "/dividends", symbol="AAPL").json()
    paid = sorted(events["dividends"].values(), key=lambda event: event["date"], reverse=True)
    assert [event["amount"] for event in paid] == [row["adjDividend"] for row in fmp]
    assert "events" not in _chart(client, "AAPL", *window)
    assert set(_chart(client, "AAPL", *window, events="splits")["events"]) == {"splits"}


def test_session_in_progress_comes_twice(client_at: Callable[..., Client]) -> None:
    then = client_at(IN_SESSION, ("KO",))
    found = _chart(then, "KO", date(2026, 11, 18), date(2026, 11, 21))
    assert len(found["timestamp"]) == 4
    assert found["timestamp"][-1] == int(IN_SESSION.timestamp())
    for column in found["indicators"]["quote"][0].values():
        assert column[-1] == column[-2]


def test_empty_window_has_no_timestamp(client: Client) -> None:
    found = _chart(client, "KO", date(2026, 11, 21), date(2026, 11, 22))
    assert "timestamp" not in found
    assert found["indicators"]["quote"] == [{}]


@pytest.mark.parametrize(("length", "count"), [("5d", 5), ("1mo", 22), ("1y", 252)])
def test_range_reaches_back_from_now(client: Client, length: str, count: int) -> None:
    reply = client.get("yahoo", "/v8/finance/chart/KO", range=length, interval="1d").json()
    assert abs(len(reply["chart"]["result"][0]["timestamp"]) - count) <= 2


def test_class_share_has_a_hyphen(client_at: Callable[..., Client]) -> None:
    then = client_at(IN_SESSION, ("BRK.B", "BF-B"))
    hyphen = then.get("yahoo", "/v8/finance/chart/BRK-B", range="1mo", interval="1d")
    dot = then.get("yahoo", "/v8/finance/chart/BRK.B", range="1mo", interval="1d")
    assert (hyphen.status_code, dot.status_code) == (200, 404)
    assert hyphen.json()["chart"]["result"][0]["meta"]["symbol"] == "BRK-B"
    assert then.get("yahoo", "/v8/finance/chart/BF-B").status_code == 200


@pytest.mark.parametrize(
    ("symbol", "query", "status", "code"),
    [
        ("NOPE", {}, 404, "Not Found"),
        ("KO", {"interval": "1m"}, 422, "Unprocessable Entity"),
        ("KO", {"range": "soon"}, 422, "Unprocessable Entity"),
        ("KO", {"period1": "x", "period2": "y"}, 422, "Unprocessable Entity"),
    ],
)
def test_refusal_has_the_envelope_of_a_chart(
    client: Client, symbol: str, query: dict[str, str], status: int, code: str
) -> None:
    reply = client.get("yahoo", f"/v8/finance/chart/{symbol}", **query)
    assert reply.status_code == status
    assert reply.json()["chart"]["result"] is None
    assert reply.json()["chart"]["error"]["code"] == code


def test_other_pages_do_not_exist(client: Client) -> None:
    assert client.get("yahoo", "/v7/finance/quote").status_code == 404


def test_earlier_rows_stay_where_no_action_came_between(
    client: Client, client_at: Callable[..., Client]
) -> None:
    earlier = client_at(datetime(2026, 7, 10, 22, 30, tzinfo=UTC), ("KO", "JPM", "HYG"))
    window = (date(2015, 1, 1), date(2026, 7, 1))
    old, new = (_chart(asked, "JPM", *window) for asked in (earlier, client))
    assert old["timestamp"] == new["timestamp"]
    assert old["indicators"]["quote"] == new["indicators"]["quote"]
