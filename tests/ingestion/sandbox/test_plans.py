"""What the free plans refuse, clip or keep back, in the providers' own words."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.ingestion.sandbox.conftest import EVENING, Client

GROUPED = "/v2/aggs/grouped/locale/us/market/stocks"
KO = "/v2/aggs/ticker/KO/range"


@pytest.fixture
def free(client_at: Callable[..., Client]) -> Client:
    return client_at(EVENING, None, plan="free")


@pytest.mark.parametrize(
    "path",
    [
        f"{KO}/1/day/2026-11-16/2026-11-20",  # today, although its bar is out
        f"{KO}/1/day/2026-11-16/2026-12-31",
        f"{KO}/5/minute/2026-11-20/2026-11-20",
        f"{KO}/1/day/2010-01-04/2024-11-01",
        f"{KO}/1/hour/2024-10-01/2024-11-01",
        f"{GROUPED}/2026-11-20",
        f"{GROUPED}/2024-11-01",
    ],
)
def test_massive_refuses_today_and_what_is_older_than_two_years(free: Client, path: str) -> None:
    reply = free.get("polygon", path)
    assert (reply.status_code, reply.json()["status"]) == (403, "NOT_AUTHORIZED")
    assert "timeframe" in reply.json()["message"]


def test_massive_clips_a_partly_older_range_without_a_word(free: Client, client: Client) -> None:
    clipped = free.bars("KO", "2010-01-04", "2026-11-19", limit=50000)["results"]
    whole = client.bars("KO", "2010-01-04", "2026-11-19", limit=50000)["results"]
    assert 490 < len(clipped) < 510
    assert clipped == whole[-len(clipped) :]


def test_massive_serves_the_last_finished_sessions(free: Client) -> None:
    assert free.bars("KO", "2026-11-16", "2026-11-19")["resultsCount"] == 4
    assert free.get("polygon", f"{GROUPED}/2026-11-19").json()["resultsCount"] > 20
    assert free.get("polygon", f"{KO}/5/minute/2026-11-19/2026-11-19").status_code == 200


def test_massive_keeps_new_lists_whole_and_old_ones_to_two_years(free: Client) -> None:
    new = free.get("polygon", "/stocks/v1/dividends", ticker="KO", limit=5000).json()["results"]
    old = free.get("polygon", "/v3/reference/dividends", ticker="KO", limit=1000).json()["results"]
    news = free.get("polygon", "/v2/reference/news", ticker="AAPL", order="asc", limit=1).json()
    assert (new[-1]["ex_dividend_date"][:4], len(old)) == ("2010", 8)
    assert news["results"][0]["published_utc"] >= "2024-11-20"


@pytest.mark.parametrize(
    ("path", "query", "fragments"),
    [
        ("/news/stock", {"symbols": "AAPL"}, ("Restricted Endpoint",)),
        (
            "/historical-price-eod/full", {"symbol": "PG"},
            ("Premium Query Parameter", "Special Endpoint", "'symbol'"),
        ),
        ("/profile", {"symbol": "HYG"}, ("Premium Query Parameter", "'symbol'")),
        (
            "/key-metrics", {"symbol": "AAPL", "period": "quarter"},
            ("Premium Query Parameter", "Special Endpoint", "'period'"),
        ),
        (
            "/income-statement", {"symbol": "AAPL", "limit": 6},
            ("Premium Query Parameter", "Special Parameters", "'limit' must be between 0 and 5"),
        ),
    ],
)  # fmt: skip
def test_fmp_refuses_in_plain_text(
    free: Client, client: Client, path: str, query: dict[str, Any], fragments: tuple[str, ...]
) -> None:
    reply = free.get("fmp", path, **query)
    assert reply.status_code == 402
    assert reply.headers["Content-Type"].startswith("text/plain")
    assert all(fragment in reply.text for fragment in fragments)
    assert client.get("fmp", path, **query).status_code == 200


def test_fmp_serves_five_years_and_five_reports_of_the_sample(free: Client) -> None:
    prices = free.get("fmp", "/historical-price-eod/full", symbol="AAPL").json()
    assert 1250 < len(prices) < 1260
    assert len(free.get("fmp", "/key-metrics", symbol="AAPL", limit=5).json()) == 5
    assert len(free.get("fmp", "/key-metrics", symbol="AAPL").json()) == 5
    assert free.get("fmp", "/splits", symbol="AAPL").status_code == 200
    assert free.get("fmp", "/profile", symbol="NOPE").json() == []
    assert free.get("fmp", "/treasury-rates").status_code == 200


@pytest.mark.parametrize(
    "path", ["/stock/candle", "/stock/split", "/stock/dividend", "/news-sentiment"]
)
def test_finnhub_refuses_paid_pages(free: Client, path: str) -> None:
    reply = free.get("finnhub", path, symbol="AAPL")
    assert reply.status_code == 403
    assert "You don't have access" in reply.json()["error"]


def test_finnhub_serves_a_year_of_news_and_its_free_pages(free: Client) -> None:
    old = {"from": "2025-10-01", "to": "2025-10-31"}
    assert free.get("finnhub", "/company-news", symbol="AAPL", **old).json() == []
    assert free.get("finnhub", "/quote", symbol="AAPL").json()["c"] > 0
    assert free.get("finnhub", "/stock/metric", symbol="AAPL").json()["metric"]


def test_fred_keeps_three_years_of_credit_spreads_only(client_at: Callable[..., Client]) -> None:
    short = client_at(EVENING, None, baml_years=3)
    for series_id, first in (("BAMLH0A0HYM2", "2023-11-20"), ("DGS10", "2010-01-04")):
        every = short.observations(
            series_id, realtime_start="1776-07-04", realtime_end="9999-12-31"
        )
        graph = short.get("fred_graph", "/fredgraph.csv", id=series_id).text.splitlines()[1]
        assert short.observations(series_id)[0]["date"] == every[0]["date"] == first
        assert graph.startswith(first)


def test_credit_spread_window_rolls_over_a_leap_day(client_at: Callable[..., Client]) -> None:
    leap = client_at(datetime(2024, 2, 29, 22, 30, tzinfo=UTC), ("KO",), baml_years=3)
    # a Sunday, on which a month ended
    assert leap.observations("BAMLC0A0CM")[0]["date"] == "2021-02-28"
