"""Finnhub's and Cboe's pages over real HTTP."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from ingestion.sandbox.catalogue import INDEX_STARTS
from ingestion.sandbox.market import Market
from tests.ingestion.sandbox.conftest import EVENING, Client

FILES = "/api/global/us_indices/daily_prices"
QUOTES = "/api/global/delayed_quotes/quotes"


def test_company_news_has_the_real_shape(client: Client) -> None:
    window = {"from": "2026-10-01", "to": "2026-10-31"}
    stories = client.get("finnhub", "/company-news", symbol="AAPL", **window).json()
    assert set(stories[0]) == {
        "category", "datetime", "headline", "id", "image", "related", "source", "summary", "url",
    }  # fmt: skip
    days = [datetime.fromtimestamp(story["datetime"], UTC).date() for story in stories]
    assert days == sorted(days, reverse=True)
    assert date(2026, 10, 1) <= days[-1] <= days[0] <= date(2026, 10, 31)


def test_company_news_window_includes_both_days(client: Client, market: Market) -> None:
    story = market.stories("AAPL")[-200]
    day = story.published_at.date().isoformat()
    found = client.get("finnhub", "/company-news", symbol="AAPL", **{"from": day, "to": day})
    assert story.story_id in {row["id"] for row in found.json()}


def test_company_news_is_cut_at_250_newest_without_a_word(client: Client) -> None:
    window = {"from": "2010-01-01", "to": "2026-11-20"}
    stories = client.get("finnhub", "/company-news", symbol="AAPL", **window).json()
    assert len(stories) == 250
    assert datetime.fromtimestamp(stories[0]["datetime"], UTC) > datetime(2026, 11, 10, tzinfo=UTC)


def test_company_news_of_an_unknown_name_is_empty(client: Client) -> None:
    window = {"from": "2026-10-01", "to": "2026-10-31"}
    reply = client.get("finnhub", "/company-news", symbol="NOPE", **window)
    assert (reply.status_code, reply.json()) == (200, [])


def test_both_news_providers_tell_the_same_stories(client: Client) -> None:
    window = {"from": "2026-10-01", "to": "2026-10-31"}
    finnhub = client.get("finnhub", "/company-news", symbol="PG", **window).json()
    massive = client.get(
        "polygon", "/v2/reference/news", ticker="PG", limit=1000,
        published_utc__gte="2026-10-01", published_utc__lt="2026-11-01",
    ).json()["results"]  # fmt: skip
    assert [story["headline"] for story in finnhub] == [story["title"] for story in massive]


def test_quote_is_the_last_session(client: Client, market: Market) -> None:
    at = market.session_number(date(2026, 11, 20))
    history = market.history("SPY")
    quote = client.get("finnhub", "/quote", symbol="SPY").json()
    assert quote["pc"] == history.close[at - 1]
    assert quote["d"] == pytest.approx(quote["c"] - quote["pc"], abs=1e-4)
    assert quote["t"] == int(datetime(2026, 11, 20, 21, tzinfo=UTC).timestamp())


def test_quote_of_an_open_session_is_its_open(client_at: Callable[..., Client]) -> None:
    now = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
    client = client_at(now, ("SPY",))
    quote = client.get("finnhub", "/quote", symbol="SPY").json()
    assert quote["c"] == quote["h"] == quote["l"] == quote["o"]
    assert quote["t"] == int(now.timestamp())
    assert "results" not in client.bars("SPY", "2026-11-20", "2026-11-20")


def test_quote_of_an_unknown_name_is_zeros(client: Client) -> None:
    quote = client.get("finnhub", "/quote", symbol="NOPE").json()
    assert quote == {"c": 0, "h": 0, "l": 0, "o": 0, "pc": 0, "t": 0, "d": None, "dp": None}


@pytest.mark.parametrize(
    ("path", "key", "query", "status", "fragment"),
    [
        ("/quote", None, {"symbol": "SPY"}, 401, "Please use an API key"),
        ("/quote", "wrong", {"symbol": "SPY"}, 401, "Invalid API key"),
        ("/stock/candle", "right", {"symbol": "SPY"}, 422, "from"),
        ("/quote", "right", {}, 422, "symbol"),
        ("/company-news", "right", {"symbol": "SPY"}, 422, "from, to"),
        ("/company-news", "right", {"symbol": "SPY", "from": "x", "to": "y"}, 422, "not a date"),
    ],
)
def test_finnhub_refusals(
    client: Client, path: str, key: str | None, query: dict[str, str], status: int, fragment: str
) -> None:
    reply = client.get("finnhub", path, key=key, **query)
    assert reply.status_code == status
    assert fragment in reply.json()["error"]


@pytest.mark.parametrize("name", sorted(INDEX_STARTS))
def test_index_file_has_the_real_shape(client: Client, name: str) -> None:
    reply = client.get("cboe", f"{FILES}/{name}_History.csv")
    header, first, *_, last = reply.text.splitlines()
    assert header == ("DATE,VVIX" if name == "VVIX" else "DATE,OPEN,HIGH,LOW,CLOSE")
    assert datetime.strptime(first.split(",")[0], "%m/%d/%Y").date() == INDEX_STARTS[name]  # noqa: DTZ007  # a date without a time
    assert last.startswith("11/19/2026,")  # the file of the 20th comes at 20:30
    assert all(len(price.split(".")[1]) == 6 for price in last.split(",")[1:])


def test_unchanged_index_file_is_a_304(client: Client) -> None:
    path = f"{FILES}/VIX_History.csv"
    first = client.get("cboe", path)
    by_tag = client.get("cboe", path, headers={"If-None-Match": first.headers["ETag"]})
    by_date = client.get(
        "cboe", path, headers={"If-Modified-Since": first.headers["Last-Modified"]}
    )
    assert (by_tag.status_code, by_tag.content) == (304, b"")
    assert by_date.status_code == 304


def test_changed_index_file_is_sent_again(client: Client, client_at: Callable[..., Client]) -> None:
    path = f"{FILES}/VIX_History.csv"
    earlier = client_at(datetime(2026, 7, 10, 22, 30, tzinfo=UTC), ("KO", "JPM", "HYG"))
    old = earlier.get("cboe", path)
    for condition in (
        {"If-None-Match": old.headers["ETag"]},
        {"If-Modified-Since": old.headers["Last-Modified"]},
        {"If-Modified-Since": "yesterday"},
    ):
        assert client.get("cboe", path, headers=condition).status_code == 200
    assert client.get("cboe", path).text.startswith(old.text)


def test_delayed_quote_has_the_session_just_closed(client: Client, market: Market) -> None:
    at = market.session_number(date(2026, 11, 20))
    reply = client.get("cboe", f"{QUOTES}/_VIX.json").json()
    assert reply["symbol"] == "_VIX"
    assert reply["timestamp"] == f"{EVENING:%Y-%m-%d %H:%M:%S}"
    assert reply["data"]["last_trade_time"] == "2026-11-20T16:15:00"
    assert reply["data"]["close"] == market.index("VIX").close[at]
    assert reply["data"]["prev_day_close"] == market.index("VIX").close[at - 1]


@pytest.mark.parametrize("path", [f"{FILES}/NOPE_History.csv", f"{QUOTES}/_NOPE.json"])
def test_unknown_index_is_a_403_in_xml(client: Client, path: str) -> None:
    reply = client.get("cboe", path)
    assert (reply.status_code, "AccessDenied" in reply.text) == (403, True)
