"""Massive's deprecated lists, and its own reading of the news."""

from itertools import groupby

import pytest

from ingestion.sandbox.market import Market
from tests.ingestion.sandbox.conftest import Client

SPLITS, DIVIDENDS = "/v3/reference/splits", "/v3/reference/dividends"


def test_old_split_counts_whole_shares(client: Client) -> None:
    row = client.get("polygon", SPLITS, ticker="VXX").json()["results"][0]
    assert set(row) == {"id", "ticker", "execution_date", "split_from", "split_to"}
    assert (row["split_from"], row["split_to"]) == (4, 1)
    assert isinstance(row["split_from"], int)


def test_old_dividend_says_what_kind_it_is(client: Client) -> None:
    rows = client.get("polygon", DIVIDENDS, ticker="CSCO", limit=1000).json()["results"]
    assert set(rows[0]) == {
        "id", "ticker", "cash_amount", "currency", "declaration_date", "ex_dividend_date",
        "record_date", "pay_date", "frequency", "dividend_type",
    }  # fmt: skip
    assert {(row["dividend_type"], row["frequency"]) for row in rows} == {("CD", 4), ("SC", 0)}


@pytest.mark.parametrize(
    ("old", "new", "day"),
    [
        (SPLITS, "/stocks/v1/splits", "execution_date"),
        (DIVIDENDS, "/stocks/v1/dividends", "ex_dividend_date"),
    ],
)
def test_old_lists_agree_with_new_ones(client: Client, old: str, new: str, day: str) -> None:
    reply = client.get("polygon", old, sort=day, order="asc", ticker="AAPL", limit=7).json()
    found = [row for page in client.pages(reply) for row in page]
    query = {"ticker": "AAPL", "sort": f"{day}.asc", "limit": 5000}
    rows = client.get("polygon", new, **query).json()["results"]
    shared = set(found[0]) & set(rows[0])
    assert [{name: row[name] for name in shared} for row in found] == [
        {name: row[name] for name in shared} for row in rows
    ]


def test_old_lists_give_ten_rows_by_default_and_filter_by_date(client: Client) -> None:
    window = {"ex_dividend_date__gte": "2026-01-01", "ex_dividend_date__lt": "2026-04-01"}
    assert len(client.get("polygon", DIVIDENDS).json()["results"]) == 10
    rows = client.get("polygon", DIVIDENDS, limit=1000, **window).json()["results"]
    assert rows
    assert all("2026-01-01" <= row["ex_dividend_date"] < "2026-04-01" for row in rows)


def test_insights_read_each_ticker_of_newer_stories(client: Client) -> None:
    query = {"ticker": "AAPL", "order": "asc", "limit": 1000}
    old = client.get(
        "polygon", "/v2/reference/news", published_utc__lt="2024-01-01", **query
    ).json()["results"]
    new = client.get(
        "polygon", "/v2/reference/news", published_utc__gte="2024-01-02", **query
    ).json()["results"]
    assert not any("insights" in story for story in old)
    assert all([row["ticker"] for row in story["insights"]] == story["tickers"] for story in new)
    assert set(new[0]["insights"][0]) == {"ticker", "sentiment", "sentiment_reasoning"}


def test_insights_mostly_find_the_tone(client: Client, market: Market) -> None:
    tones = {story.headline: story.tone for story in market.stories("AAPL")}
    stories = client.get(
        "polygon", "/v2/reference/news", ticker="AAPL", limit=500,
        published_utc__gte="2024-06-01",
    ).json()["results"]  # fmt: skip
    right = [story["insights"][0]["sentiment"] == tones[story["title"]] for story in stories]
    counted = {is_right: len(list(group)) for is_right, group in groupby(sorted(right))}
    assert 0.80 < counted[True] / len(right) < 0.98
