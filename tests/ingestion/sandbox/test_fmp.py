"""FMP's prices, actions, news and rates over real HTTP."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest

from ingestion.sandbox.market import Market
from tests.ingestion.sandbox.conftest import EVENING, Client

PRICES = "/historical-price-eod"
IN_SESSION = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)


def _prices(
    client: Client, flavour: str, symbol: str, first: str, last: str
) -> list[dict[str, Any]]:
    window = {"from": first, "to": last}
    return client.get("fmp", f"{PRICES}/{flavour}", symbol=symbol, **window).json()


@pytest.fixture(scope="module")
def split_days(market: Market) -> tuple[str, float, str, str]:
    """A name, the ratio of its last split, the session before it and the session itself."""
    split = market.history("AAPL").splits[-1]
    days = market.days[split.at - 1].isoformat(), market.days[split.at].isoformat()
    return ("AAPL", split.shares_after / split.shares_before, *days)


@pytest.mark.parametrize(
    ("flavour", "fields"),
    [
        ("full", "symbol date open high low close volume change changePercent vwap"),
        ("light", "symbol date price volume"),
        ("dividend-adjusted", "symbol date adjOpen adjHigh adjLow adjClose volume"),
        ("non-split-adjusted", "symbol date adjOpen adjHigh adjLow adjClose volume"),
    ],
)
def test_prices_have_the_real_shape_newest_first(client: Client, flavour: str, fields: str) -> None:
    rows = _prices(client, flavour, "KO", "2026-11-16", "2026-11-20")
    assert list(rows[0]) == fields.split()
    assert [row["date"][-2:] for row in rows] == ["20", "19", "18", "17", "16"]


def test_raw_prices_are_those_of_massive(client: Client) -> None:
    bars = client.bars("EBAY", "2012-01-01", "2026-11-20")["results"]
    rows = _prices(client, "non-split-adjusted", "EBAY", "2012-01-01", "2026-11-20")[::-1]
    assert [[row["adjOpen"], row["adjHigh"], row["adjLow"], row["adjClose"], row["volume"]]
            for row in rows] == [[bar[name] for name in "ohlcv"] for bar in bars]  # fmt: skip


def test_full_prices_are_raw_ones_divided_by_later_splits(
    client: Client, split_days: tuple[str, float, str, str]
) -> None:
    symbol, ratio, *days = split_days
    raw_after, raw_before = _prices(client, "non-split-adjusted", symbol, *days)
    after, before = _prices(client, "full", symbol, *days)
    assert before["close"] == pytest.approx(raw_before["adjClose"] / ratio, abs=1e-4)
    assert before["volume"] == pytest.approx(raw_before["volume"] * ratio)
    assert after["close"] == raw_after["adjClose"]
    assert after["change"] == pytest.approx(after["close"] - after["open"], abs=1e-4)


def test_light_price_is_the_full_close(client: Client) -> None:
    window = ("AAPL", "2015-01-01", "2026-11-20")
    assert [row["price"] for row in _prices(client, "light", *window)] == [
        row["close"] for row in _prices(client, "full", *window)
    ]


def test_dividend_adjusted_returns_are_total_returns(client: Client, market: Market) -> None:
    paid = market.history("KO").dividends[-8]
    days = [market.days[paid.at - 1].isoformat(), market.days[paid.at].isoformat()]
    after, before = _prices(client, "dividend-adjusted", "KO", *days)
    raw_after, raw_before = _prices(client, "non-split-adjusted", "KO", *days)
    share_kept = 1 - paid.cash_usd / raw_before["adjClose"]
    expected = raw_after["adjClose"] / raw_before["adjClose"] / share_kept
    assert after["adjClose"] / before["adjClose"] == pytest.approx(expected, rel=1e-4)


def test_dividend_adjustment_changes_nothing_without_dividends(client: Client) -> None:
    window = ("AMZN", "2012-01-01", "2026-11-20")
    adjusted = _prices(client, "dividend-adjusted", *window)
    assert [row["adjClose"] for row in adjusted] == [
        row["close"] for row in _prices(client, "full", *window)
    ]


def test_session_in_progress_shows_in_full_and_light_only(
    client: Client, client_at: Callable[..., Client]
) -> None:
    then = client_at(IN_SESSION, ("KO",))
    newest = {
        flavour: _prices(then, flavour, "KO", "2026-11-18", "2026-11-20")[0]
        for flavour in ("full", "light", "dividend-adjusted", "non-split-adjusted")
    }
    final = _prices(client, "full", "KO", "2026-11-20", "2026-11-20")[0]
    assert [row["date"] for row in newest.values()] == [
        "2026-11-20", "2026-11-20", "2026-11-19", "2026-11-19",
    ]  # fmt: skip
    assert newest["full"]["open"] == final["open"]
    assert newest["full"]["volume"] < final["volume"]
    assert final["low"] <= newest["full"]["low"] <= newest["full"]["high"] <= final["high"]


def test_actions_have_the_real_shape(
    client: Client, split_days: tuple[str, float, str, str]
) -> None:
    symbol, ratio, _, day = split_days
    split = client.get("fmp", "/splits", symbol=symbol).json()[0]
    assert split == {"symbol": symbol, "date": day, "numerator": ratio, "denominator": 1}
    rows = client.get("fmp", "/dividends", symbol="CSCO", limit=100).json()
    assert set(rows[0]) == {
        "symbol", "date", "recordDate", "paymentDate", "declarationDate", "adjDividend",
        "dividend", "yield", "frequency",
    }  # fmt: skip
    assert {row["frequency"] for row in rows} == {"Quarterly", "Special"}
    assert [row["declarationDate"] for row in rows if row["frequency"] == "Special"] == [""]
    assert [row["date"] for row in rows] == sorted((row["date"] for row in rows), reverse=True)


def test_dividends_are_paid_in_the_shares_of_their_day(client: Client, market: Market) -> None:
    splits = market.history("AAPL").splits
    rows = client.get("fmp", "/dividends", symbol="AAPL").json()
    for row in rows:
        later = [s for s in splits if market.days[s.at].isoformat() > row["date"]]
        ratio = np.prod([s.shares_after / s.shares_before for s in later])
        assert row["adjDividend"] == pytest.approx(row["dividend"] / ratio, abs=1e-6)


def test_actions_agree_with_massive(client: Client) -> None:
    massive = client.get("polygon", "/stocks/v1/dividends", ticker="XOM", limit=5000).json()
    fmp = client.get("fmp", "/dividends", symbol="XOM").json()
    assert [(row["date"], row["dividend"]) for row in fmp] == [
        (row["ex_dividend_date"], row["cash_amount"]) for row in massive["results"]
    ]


def test_news_page_newest_first_in_new_york_time(client: Client, market: Market) -> None:
    asked = {"symbols": "KO,PG", "from": "2026-10-01", "to": "2026-11-20"}
    whole = client.get("fmp", "/news/stock", limit=250, **asked).json()
    assert set(whole[0]) == {
        "symbol", "publishedDate", "publisher", "title", "image", "site", "text", "url",
    }  # fmt: skip
    stamps = [row["publishedDate"] for row in whole]
    assert stamps == sorted(stamps, reverse=True)
    assert {row["symbol"] for row in whole} == {"KO", "PG"}
    pages = [client.get("fmp", "/news/stock", limit=10, page=page, **asked).json()
             for page in range(len(whole) // 10 + 2)]  # fmt: skip
    assert [row for page in pages for row in page] == whole
    assert pages[-1] == []
    headlines = [s.headline for s in market.stories("KO") if s.published_at <= EVENING]
    newest = next(row for row in whole if row["symbol"] == "KO")
    assert newest["title"] == headlines[-1]


def test_news_gives_20_rows_by_default_and_250_at_most(client: Client) -> None:
    asked = {"symbols": "AAPL", "from": "2020-01-01"}
    assert len(client.get("fmp", "/news/stock", **asked).json()) == 20
    assert len(client.get("fmp", "/news/stock", limit=1000, **asked).json()) == 250


def test_treasury_rates_are_freds_and_reach_90_days(client: Client) -> None:
    window = {"from": "2026-01-01", "to": "2026-11-20"}
    rows = client.get("fmp", "/treasury-rates", **window).json()
    note = {row["date"]: row["value"] for row in client.observations("DGS10")}
    bill = {row["date"]: row["value"] for row in client.observations("DGS3MO")}
    assert rows[0]["date"] == "2026-11-19"
    assert date(2026, 11, 20).toordinal() - date.fromisoformat(rows[-1]["date"]).toordinal() <= 90
    assert len(rows) > 55
    assert all(
        (row["year10"], row["month3"]) == (float(note[row["date"]]), float(bill[row["date"]]))
        for row in rows
    )
    assert list(rows[0]) == [
        "date", "month1", "month2", "month3", "month6", "year1", "year2", "year3", "year5",
        "year7", "year10", "year20", "year30",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "page",
    [f"{PRICES}/full", f"{PRICES}/light", f"{PRICES}/dividend-adjusted",
     f"{PRICES}/non-split-adjusted", "/splits", "/dividends", "/profile", "/key-metrics",
     "/ratios", "/income-statement"],
)  # fmt: skip
def test_unknown_name_is_an_empty_list(client: Client, page: str) -> None:
    reply = client.get("fmp", page, symbol="NOPE")
    assert (reply.status_code, reply.json()) == (200, [])


@pytest.mark.parametrize(
    ("path", "key", "status", "fragment"),
    [
        ("/splits", None, 401, "Invalid API KEY"),
        ("/splits", "demo", 401, "Invalid API KEY"),
        ("/api/v3/historical-price-full/KO", "right", 403, "Legacy Endpoint"),
        ("/splits", "right", 400, "symbol"),
        ("/news/stock", "right", 400, "symbols"),
        ("/key-metrics?symbol=KO&period=decade", "right", 400, "period"),
    ],
)
def test_refusals_are_objects_with_one_key(
    client: Client, path: str, key: str | None, status: int, fragment: str
) -> None:
    reply = client.get("fmp", path, key=key)
    assert reply.status_code == status
    assert fragment in reply.json()["Error Message"]


def test_key_may_come_in_the_query_and_a_wrong_path_is_a_404(client: Client) -> None:
    key = client.sandbox.api_keys["fmp"]
    assert client.get("fmp", "/splits", key=None, symbol="KO", apikey=key).status_code == 200
    assert client.get("fmp", "/nowhere").status_code == 404
