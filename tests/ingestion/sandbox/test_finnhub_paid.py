"""Finnhub's candles, actions, metrics and news scores over real HTTP."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from ingestion.sandbox.market import Market
from tests.ingestion.sandbox.conftest import EVENING, Client
from warehouse.sessions import NEW_YORK


def _candles(
    client: Client, symbol: str, resolution: str, first: date, last: date
) -> dict[str, Any]:
    begin = datetime.combine(first, time(), UTC)
    end = datetime.combine(last, time(23, 59, 59), UTC)
    window = {"from": int(begin.timestamp()), "to": int(end.timestamp())}
    query = {"symbol": symbol, "resolution": resolution, **window}
    return client.get("finnhub", "/stock/candle", **query).json()


def test_daily_candles_are_parallel_arrays_at_midnight_utc(client: Client) -> None:
    found = _candles(client, "KO", "D", date(2026, 11, 16), date(2026, 11, 20))
    assert found.pop("s") == "ok"
    assert set(found) == set("ohlcvt")
    assert {len(column) for column in found.values()} == {5}
    assert datetime.fromtimestamp(found["t"][0], UTC) == datetime(2026, 11, 16, tzinfo=UTC)


def test_daily_candles_are_split_adjusted_and_minutes_are_not(
    client: Client, market: Market
) -> None:
    split = market.history("AAPL").splits[-1]
    day, ratio = market.days[split.at - 1], split.shares_after / split.shares_before
    raw = market.history("AAPL").close[split.at - 1]
    daily = _candles(client, "AAPL", "D", day, day)
    hourly = _candles(client, "AAPL", "60", day, day)
    assert daily["c"] == [pytest.approx(raw / ratio, abs=1e-4)]
    assert hourly["c"][-1] == raw
    assert daily["v"][0] == pytest.approx(sum(hourly["v"]) * ratio)


@pytest.mark.parametrize(("resolution", "count"), [
    ("1", 390), ("5", 78), ("15", 26), ("30", 13), ("60", 7),
])  # fmt: skip
def test_intraday_candles_add_up_to_the_day(
    client: Client, market: Market, resolution: str, count: int
) -> None:
    day = date(2026, 11, 19)
    history, at = market.history("PG"), market.session_number(day)
    found = _candles(client, "PG", resolution, day, day)
    assert len(found["t"]) == count
    assert (found["o"][0], found["c"][-1]) == (history.open[at], history.close[at])
    assert (max(found["h"]), min(found["l"])) == (history.high[at], history.low[at])
    assert sum(found["v"]) == history.volume[at]


def test_intraday_candles_agree_with_massive(client: Client) -> None:
    found = _candles(client, "KO", "5", date(2026, 11, 2), date(2026, 11, 3))
    path = "/v2/aggs/ticker/KO/range/5/minute/2026-11-02/2026-11-03"
    bars = client.get("polygon", path, adjusted="false", limit=50000).json()["results"]
    assert [stamp * 1000 for stamp in found["t"]] == [bar["t"] for bar in bars]
    assert found["c"] == [bar["c"] for bar in bars]


def test_intraday_window_is_cut_to_a_month(client: Client) -> None:
    found = _candles(client, "KO", "60", date(2026, 1, 1), date(2026, 11, 20))
    first = datetime.fromtimestamp(found["t"][0], NEW_YORK).date()
    assert first == date(2026, 10, 21)


@pytest.mark.parametrize(
    ("resolution", "first"), [("W", date(2026, 8, 31)), ("M", date(2026, 9, 1))]
)
def test_longer_candles_gather_days(client: Client, resolution: str, first: date) -> None:
    window = (first, date(2026, 10, 30))
    longer = _candles(client, "KO", resolution, *window)
    daily = _candles(client, "KO", "D", *window)
    assert sum(longer["v"]) == pytest.approx(sum(daily["v"]))
    assert (max(longer["h"]), min(longer["l"])) == (max(daily["h"]), min(daily["l"]))
    assert longer["c"][-1] == daily["c"][-1]


@pytest.mark.parametrize("resolution", ["5", "D", "W"])
@pytest.mark.parametrize("symbol", ["NOPE", "ZZDL"])
def test_nothing_is_no_data_without_arrays(client: Client, symbol: str, resolution: str) -> None:
    found = _candles(client, symbol, resolution, date(2026, 11, 2), date(2026, 11, 20))
    assert found == {"s": "no_data"}


def test_unfinished_session_has_minutes_but_no_day(client_at: Callable[..., Client]) -> None:
    then = client_at(datetime(2026, 11, 20, 16, 0, tzinfo=UTC), ("KO",))
    today = date(2026, 11, 20)
    assert _candles(then, "KO", "D", today, today) == {"s": "no_data"}
    assert len(_candles(then, "KO", "1", today, today)["t"]) == 90


@pytest.mark.parametrize(
    "query",
    [{"from": 1, "to": 2}, {"resolution": "D", "from": 1}, {"resolution": "7", "from": 1, "to": 2}],
)
def test_missing_or_odd_parameter_is_a_422(client: Client, query: dict[str, Any]) -> None:
    assert client.get("finnhub", "/stock/candle", symbol="KO", **query).status_code == 422


def test_splits_and_dividends_agree_with_massive(client: Client) -> None:
    window = {"from": "2010-01-01", "to": "2026-11-20"}
    splits = client.get("finnhub", "/stock/split", symbol="AAPL", **window).json()
    paid = client.get("finnhub", "/stock/dividend", symbol="AAPL", **window).json()
    query = {"ticker": "AAPL", "limit": 5000}
    massive = client.get("polygon", "/stocks/v1/splits", sort="execution_date.asc", **query).json()
    assert [(row["date"], row["fromFactor"], row["toFactor"]) for row in splits] == [
        (row["execution_date"], row["split_from"], row["split_to"]) for row in massive["results"]
    ]
    massive = client.get(
        "polygon", "/stocks/v1/dividends", sort="ex_dividend_date.asc", **query
    ).json()
    assert [(row["date"], row["amount"], row["adjustedAmount"]) for row in paid] == [
        (row["ex_dividend_date"], row["cash_amount"], row["split_adjusted_cash_amount"])
        for row in massive["results"]
    ]
    assert {row["freq"] for row in paid} == {"2"}


def test_actions_keep_to_their_window(client: Client) -> None:
    window = {"from": "2026-01-01", "to": "2026-06-30"}
    rows = client.get("finnhub", "/stock/dividend", symbol="HYG", **window).json()
    assert len(rows) == 6
    assert all("2026-01-01" <= row["date"] <= "2026-06-30" for row in rows)
    assert {row["freq"] for row in rows} == {"1"}


def test_metric_has_a_snapshot_and_series(client: Client) -> None:
    found = client.get("finnhub", "/stock/metric", symbol="KO", metric="all").json()
    metric, series = found["metric"], found["series"]
    assert (found["metricType"], found["symbol"]) == ("all", "KO")
    (profile,) = client.get("fmp", "/profile", symbol="KO").json()
    assert metric["marketCapitalization"] == pytest.approx(profile["marketCap"] / 1e6, rel=1e-6)
    assert metric["52WeekLow"] < profile["price"] < metric["52WeekHigh"] * 1.0001
    newest = series["annual"]["roe"][0]
    fmp = client.get("fmp", "/key-metrics", symbol="KO").json()[0]
    assert newest["period"] == fmp["date"]
    assert newest["v"] == pytest.approx(fmp["returnOnEquity"], abs=1e-4)
    assert set(series["quarterly"]) == {"currentRatio", "eps", "netMargin", "roe"}


def test_metric_of_a_fund_and_of_an_unknown_name(client: Client) -> None:
    fund = client.get("finnhub", "/stock/metric", symbol="SPY", metric="all").json()
    unknown = client.get("finnhub", "/stock/metric", symbol="NOPE", metric="all").json()
    assert "52WeekHigh" in fund["metric"]
    assert fund["series"] == {}
    assert (unknown["metric"], unknown["series"]) == ({}, {})


def test_news_sentiment_scores_the_trailing_week(client: Client, market: Market) -> None:
    found = client.get("finnhub", "/news-sentiment", symbol="AAPL").json()
    week = [
        story for story in market.stories("AAPL")
        if EVENING - timedelta(weeks=1) < story.published_at <= EVENING
    ]  # fmt: skip
    positive = sum(story.tone == "positive" for story in week) / len(week)
    assert found["buzz"]["articlesInLastWeek"] == len(week)
    assert found["sentiment"]["bullishPercent"] == pytest.approx(positive, abs=1e-4)
    assert 0 <= found["companyNewsScore"] <= 1
    unknown = client.get("finnhub", "/news-sentiment", symbol="NOPE").json()
    assert (unknown["buzz"]["articlesInLastWeek"], unknown["companyNewsScore"]) == (0, 0.0)
