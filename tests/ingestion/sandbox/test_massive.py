"""Massive's pages over real HTTP."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from ingestion.sandbox.catalogue import DEFAULT_SYMBOLS
from ingestion.sandbox.market import Market
from tests.ingestion.sandbox.conftest import EVENING, SEED, Client

SPLITS, DIVIDENDS, NEWS = "/stocks/v1/splits", "/stocks/v1/dividends", "/v2/reference/news"
GROUPED = "/v2/aggs/grouped/locale/us/market/stocks"


def test_daily_bars_have_the_real_shape(client: Client) -> None:
    reply = client.bars("KO", "2026-11-19", "2026-11-20")
    assert set(reply) == {
        "ticker", "queryCount", "resultsCount", "adjusted", "results", "count", "status",
        "request_id",
    }  # fmt: skip
    assert (reply["ticker"], reply["resultsCount"], reply["status"]) == ("KO", 2, "OK")
    assert list(reply["results"][0]) == ["v", "vw", "o", "c", "h", "l", "t", "n"]


def test_daily_bars_are_stamped_at_new_york_midnight_across_the_clock_change(
    client: Client,
) -> None:
    stamps = [bar["t"] for bar in client.bars("KO", "2026-03-06", "2026-03-09")["results"]]
    moments = [datetime.fromtimestamp(stamp / 1000, UTC) for stamp in stamps]
    assert moments == [
        datetime(2026, 3, 6, 5, tzinfo=UTC),
        datetime(2026, 3, 9, 4, tzinfo=UTC),
    ]


def test_daily_bars_can_be_asked_for_in_milliseconds_and_backwards(client: Client) -> None:
    plain = client.bars("KO", "2026-11-16", "2026-11-20")["results"]
    stamps = str(plain[0]["t"]), str(plain[-1]["t"])
    assert client.bars("KO", *stamps, sort="desc")["results"] == plain[::-1]


@pytest.mark.parametrize(
    ("symbol", "first", "last"),
    [
        ("KO", "2026-11-21", "2026-11-22"),  # a weekend
        ("NOPE", "2026-11-01", "2026-11-20"),
        ("ZZDL", "2026-11-01", "2026-11-20"),  # delisted
        ("VXX", "2019-02-01", "2019-04-30"),
        ("KO", "2026-11-23", "2026-12-31"),  # still to come
    ],
)
def test_empty_answer_has_no_results_key(
    client: Client, symbol: str, first: str, last: str
) -> None:
    reply = client.bars(symbol, first, last)
    assert "results" not in reply
    assert (reply["status"], reply["resultsCount"], reply["queryCount"]) == ("OK", 0, 0)


def test_adjusted_bars_divide_by_later_splits_only(client: Client, market: Market) -> None:
    symbol, split = next(
        (name, market.history(name).splits[-1])
        for name in ("AAPL", "MSFT", "AMZN", "EBAY")
        if market.history(name).splits
        and market.days[market.history(name).splits[-1].at] <= date(2026, 11, 20)
    )
    days = [market.days[split.at - 1].isoformat(), market.days[split.at].isoformat()]
    before, after = client.bars(symbol, *days)["results"]
    adjusted_before, adjusted_after = client.bars(symbol, *days, adjusted="true")["results"]
    assert adjusted_before["c"] == pytest.approx(before["c"] / split.shares_after, abs=1e-4)
    assert adjusted_before["v"] == pytest.approx(before["v"] * split.shares_after, rel=1e-6)
    assert adjusted_after == after


def test_bars_page_through_next_url_without_a_key(client: Client) -> None:
    whole = client.bars("KO", "2026-11-02", "2026-11-20")["results"]
    reply = client.bars("KO", "2026-11-02", "2026-11-20", limit=6)
    assert reply["next_url"].startswith(client.sandbox.base_urls["polygon"] + "/v2/aggs/")
    pages = client.pages(reply)
    assert [len(page) for page in pages] == [6, 6, 3]
    assert [bar for page in pages for bar in page] == whole


def test_grouped_day_is_stamped_at_the_close(client: Client) -> None:
    reply = client.get("polygon", f"{GROUPED}/2026-11-20", adjusted="false").json()
    alone = client.bars("KO", "2026-11-20", "2026-11-20")["results"][0]
    rows = {row.pop("T"): row for row in reply["results"]}
    assert set(rows) == set(DEFAULT_SYMBOLS) - {"ZZDL"}
    close = datetime(2026, 11, 20, 21, tzinfo=UTC)
    assert rows["KO"] == {**alone, "t": int(close.timestamp()) * 1000}


def test_grouped_weekend_is_empty(client: Client) -> None:
    reply = client.get("polygon", f"{GROUPED}/2026-11-21").json()
    assert ("results" not in reply, reply["resultsCount"]) == (True, 0)


def test_bars_agree_with_the_market(client: Client, market: Market) -> None:
    at = market.session_number(date(2020, 5, 6))
    history = market.history("AMZN")
    bar = client.bars("AMZN", "2020-05-06", "2020-05-06")["results"][0]
    columns = (history.open, history.high, history.low, history.close, history.volume)
    assert [bar[name] for name in "ohlcv"] == [column[at] for column in columns]


def test_split_row_has_the_real_shape(client: Client) -> None:
    reply = client.get("polygon", SPLITS, ticker="VXX", sort="execution_date.asc").json()
    first, last = reply["results"][0], reply["results"][-1]
    assert set(first) == {
        "id", "ticker", "execution_date", "split_from", "split_to", "adjustment_type",
        "historical_adjustment_factor",
    }  # fmt: skip
    assert (last["split_from"], last["split_to"]) == (4.0, 1.0)
    assert last["adjustment_type"] == "reverse_split"
    assert last["historical_adjustment_factor"] == 4.0
    assert first["historical_adjustment_factor"] == 4.0 ** len(reply["results"])


def test_dividend_row_has_the_real_shape(client: Client, market: Market) -> None:
    reply = client.get("polygon", DIVIDENDS, ticker="KO", limit=1).json()
    row = reply["results"][0]
    assert set(row) == {
        "id", "ticker", "cash_amount", "split_adjusted_cash_amount", "currency",
        "declaration_date", "ex_dividend_date", "record_date", "pay_date", "frequency",
        "distribution_type", "historical_adjustment_factor",
    }  # fmt: skip
    assert (row["currency"], row["frequency"], row["distribution_type"]) == ("USD", 4, "recurring")
    at = market.session_number(date.fromisoformat(row["ex_dividend_date"]))
    before = market.history("KO").close[at - 1]
    assert row["historical_adjustment_factor"] == round(1 - row["cash_amount"] / before, 6)


def test_dividends_of_one_day_keep_their_own_ids(client: Client) -> None:
    rows = client.get(
        "polygon", DIVIDENDS, ticker="CSCO",
        ex_dividend_date__gte="2019-01-01", ex_dividend_date__lt="2020-01-01",
    ).json()["results"]  # fmt: skip
    assert sorted(row["distribution_type"] for row in rows) == ["recurring"] * 4 + ["special"]
    assert len({row["id"] for row in rows}) == 5
    assert len({row["ex_dividend_date"] for row in rows}) == 4


def test_actions_filter_by_names_and_dates_and_page(client: Client) -> None:
    asked: dict[str, Any] = {
        "ticker__any_of": "KO,HYG",
        "ex_dividend_date__gte": "2026-01-01",
        "ex_dividend_date__lte": "2026-06-30",
        "sort": "ex_dividend_date.asc",
    }
    whole = client.get("polygon", DIVIDENDS, **asked).json()["results"]
    assert {row["ticker"] for row in whole} == {"KO", "HYG"}
    assert [row["ex_dividend_date"] for row in whole] == sorted(
        row["ex_dividend_date"] for row in whole
    )
    reply = client.get("polygon", DIVIDENDS, limit=3, **asked).json()
    assert [row for page in client.pages(reply) for row in page] == whole


def test_actions_without_a_match_are_an_empty_list(client: Client) -> None:
    reply = client.get("polygon", SPLITS, ticker="HYG").json()
    assert (reply["status"], reply["results"]) == ("OK", [])


def test_story_has_the_real_shape(client: Client) -> None:
    reply = client.get("polygon", NEWS, ticker="KO", limit=1).json()
    story = reply["results"][0]
    assert set(story) >= {"id", "publisher", "title", "published_utc", "article_url", "tickers"}
    assert set(story["publisher"]) == {"name", "homepage_url", "logo_url", "favicon_url"}
    assert datetime.fromisoformat(story["published_utc"]) <= EVENING
    assert "KO" in story["tickers"]
    assert reply["count"] == 1


def test_news_filters_by_time_and_pages_in_both_orders(client: Client) -> None:
    asked = {
        "ticker": "AAPL",
        "published_utc__gte": "2026-10-01",
        "published_utc__lt": "2026-11-01",
    }
    whole = client.get("polygon", NEWS, order="asc", limit=1000, **asked).json()["results"]
    stamps = [story["published_utc"] for story in whole]
    assert stamps == sorted(stamps)
    assert "2026-10-01" <= stamps[0] < stamps[-1] < "2026-11-01"
    reply = client.get("polygon", NEWS, order="desc", limit=4, **asked).json()
    assert [story for page in client.pages(reply) for story in page] == whole[::-1]


def test_shared_story_is_listed_once_with_both_tickers(client: Client) -> None:
    stories = client.get("polygon", NEWS, limit=1000).json()["results"]
    assert len({story["id"] for story in stories}) == len(stories) == 1000
    assert {len(story["tickers"]) for story in stories} == {1, 2}


@pytest.mark.parametrize(
    ("key", "fragment"), [(None, "API Key was not provided"), ("wrong", "Unknown API Key")]
)
@pytest.mark.parametrize("path", [SPLITS, NEWS, f"{GROUPED}/2026-11-20"])
def test_key_is_required(client: Client, path: str, key: str | None, fragment: str) -> None:
    reply = client.get("polygon", path, key=key)
    assert (reply.status_code, reply.json()["status"]) == (401, "ERROR")
    assert reply.json()["error"] == fragment


def test_key_may_come_in_the_query(client: Client) -> None:
    reply = client.get("polygon", SPLITS, key=None, apiKey=client.sandbox.api_keys["polygon"])
    assert reply.status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/v2/aggs/ticker/KO/range/1/day/yesterday/2026-11-20",
        "/v2/aggs/ticker/KO/range/1/day/2026-11-20/2026-11-19",
        "/v2/aggs/ticker/KO/range/1/week/2026-11-01/2026-11-19",
        f"/v2/aggs/ticker/KO/range/1/day/2026-11-01/{10**18}",
        "/v2/aggs/ticker/KO/range/0/minute/2026-11-01/2026-11-19",
        f"{GROUPED}/20-11-2026",
    ],
)
def test_bad_parameter_is_a_400(client: Client, path: str) -> None:
    reply = client.get("polygon", path)
    assert (reply.status_code, reply.json()["status"]) == (400, "ERROR")


@pytest.mark.parametrize("query", [{"limit": "many"}, {"cursor": "!"}, {"sort": "price.asc"}])
def test_bad_list_parameter_is_a_400(client: Client, query: dict[str, str]) -> None:
    assert client.get("polygon", SPLITS, **query).status_code == 400


def test_earlier_answers_are_a_prefix_of_later_ones(
    client: Client, client_at: Callable[..., Client], market: Market
) -> None:
    """Two servers four months apart: the past differs in corrected bars only."""
    earlier = client_at(datetime(2026, 7, 10, 22, 30, tzinfo=UTC), ("KO", "JPM", "HYG"))
    assert earlier.sandbox.view.market.seed == SEED
    for symbol in ("KO", "JPM", "HYG"):
        old = earlier.bars(symbol, "2010-01-04", "2026-12-31")["results"]
        new = client.bars(symbol, "2010-01-04", "2026-12-31")["results"]
        pending = [
            number for number, (was, now) in enumerate(zip(old, new, strict=False)) if was != now
        ]
        assert len(new) > len(old)
        assert all(number >= len(old) - 4 for number in pending)
        assert len(pending) <= 1
    for path, date_field in ((DIVIDENDS, "ex_dividend_date"), (NEWS, "published_utc")):
        query = {"ticker": "KO", "limit": 1000, f"{date_field}__lt": "2026-07-10"}
        factor = "historical_adjustment_factor"  # counts up to today, so it moves
        old, new = (
            [{k: v for k, v in row.items() if k != factor} for row in
             asked.get("polygon", path, **query).json()["results"]]
            for asked in (earlier, client)
        )  # fmt: skip
        assert old == new
        assert old
