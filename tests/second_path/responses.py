"""Stored provider responses to frames: one reader per shape of the provider contracts."""

import csv
import gzip
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pandas as pd

from tests.second_path.exchange import BAR_READY, NEW_YORK


@dataclass(frozen=True)
class Response:
    """One stored answer: what was asked, when, and the bytes that came back."""

    meta: dict[str, Any]
    body: bytes

    @property
    def fetched_at(self) -> datetime:
        moment = datetime.fromisoformat(self.meta["fetched_at"])
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    @property
    def path(self) -> str:
        return urlsplit(self.meta["url"]).path

    def asked_for(self, parameter: str) -> str:
        """A query parameter of the request, else the symbol that the request was about."""
        return parse_qs(urlsplit(self.meta["url"]).query).get(parameter, [self.meta["symbol"]])[0]

    def json(self) -> Any:
        return json.loads(self.body)

    def csv_rows(self) -> list[list[str]]:
        text = self.body.decode("utf-8-sig")
        return [row for row in csv.reader(text.splitlines()) if row][1:]


def read_responses(raw: Path) -> list[Response]:
    """Every successful response kept under a raw folder, oldest fetch first."""
    found = []
    for file in sorted(raw.glob("*/*/*.gz")):
        first_line, _, body = gzip.decompress(file.read_bytes()).partition(b"\n")
        meta = json.loads(first_line)
        if int(meta["status"]) == 200:
            found.append(Response(meta, body))
    return sorted(found, key=lambda response: response.fetched_at)


def select(responses: Iterable[Response], provider: str, path_pattern: str) -> Iterator[Response]:
    for response in responses:
        if response.meta["provider"] == provider and re.search(path_pattern, response.path):
            yield response


def _newest(rows: list[dict[str, Any]], columns: list[str], key: list[str]) -> pd.DataFrame:
    """One row per key: the one fetched last (rows come in the order of their fetches)."""
    frame = pd.DataFrame(rows, columns=[*columns, "fetched_at"])
    return frame.drop_duplicates(key, keep="last").sort_values(key, ignore_index=True)


def _results(response: Response) -> list[dict[str, Any]]:
    return response.json().get("results") or []


def _bar(symbol: str, day: date, row: dict[str, Any], response: Response) -> dict[str, Any]:
    return {
        "symbol": symbol, "session_date": day, "open": row.get("o"), "high": row.get("h"),
        "low": row.get("l"), "close": row.get("c"), "volume": row.get("v"),
        "fetched_at": response.fetched_at,
    }  # fmt: skip


def daily_bars(responses: list[Response], symbols: Iterable[str]) -> pd.DataFrame:
    """Raw bars of the wanted symbols, from ticker ranges and from grouped days alike."""
    wanted, rows = set(symbols), []
    for response in select(responses, "polygon", r"/v2/aggs/(ticker/[^/]+/range/1/day|grouped)/"):
        body = response.json()
        if body.get("adjusted"):
            raise ValueError(f"bars adjusted by the vendor: {response.meta['url']}")
        grouped = re.search(r"/grouped/.*/(\d{4}-\d\d-\d\d)$", response.path)
        for row in body.get("results") or []:
            symbol = row["T"] if grouped else body["ticker"]
            begun = datetime.fromtimestamp(row["t"] / 1000, NEW_YORK).date()
            day = date.fromisoformat(grouped.group(1)) if grouped else begun
            if symbol in wanted:
                rows.append(_bar(symbol, day, row, response))
    columns = ["symbol", "session_date", "open", "high", "low", "close", "volume"]
    return _newest(rows, columns, ["symbol", "session_date"])


def splits(responses: list[Response]) -> pd.DataFrame:
    """Shares after for each share before, by symbol and day."""
    rows = [
        {
            "symbol": row["ticker"],
            "day": date.fromisoformat(row["execution_date"]),
            "ratio": row["split_to"] / row["split_from"],
            "fetched_at": response.fetched_at,
        }
        for response in select(responses, "polygon", r"/splits$")
        for row in _results(response)
    ]
    return _newest(rows, ["symbol", "day", "ratio"], ["symbol", "day"])


def dividends(responses: list[Response]) -> pd.DataFrame:
    """Cash per share as traded on the ex-date, all payments of one day together."""
    rows = [
        {
            "symbol": row["ticker"],
            "day": date.fromisoformat(row["ex_dividend_date"]),
            "id": row["id"],
            "cash": row["cash_amount"],
            "fetched_at": response.fetched_at,
        }
        for response in select(responses, "polygon", r"/dividends$")
        for row in _results(response)
    ]
    single = _newest(rows, ["symbol", "day", "id", "cash"], ["symbol", "day", "id"])
    return single.groupby(["symbol", "day"], as_index=False)["cash"].sum()


def company_news(responses: list[Response]) -> pd.DataFrame:
    """Stories by the symbol that was asked for."""
    rows = [
        {
            "symbol": symbol,
            "story_id": str(story["id"]),
            "published_at": datetime.fromtimestamp(story["datetime"], UTC),
            "headline": story["headline"],
            "summary": story.get("summary"),
            "url": story.get("url"),
            "fetched_at": response.fetched_at,
        }
        for response in select(responses, "finnhub", r"/company-news$")
        for symbol in [response.asked_for("symbol")]
        for story in response.json()
    ]
    columns = ["symbol", "story_id", "published_at", "headline", "summary", "url"]
    return _newest(rows, columns, ["symbol", "story_id"])


def news_readings(responses: list[Response]) -> pd.DataFrame:
    """Massive's reading of stories, every version in the order of the fetches."""
    rows = [
        {
            "symbol": insight["ticker"],
            "story_id": str(story["id"]),
            "published_at": datetime.fromisoformat(story["published_utc"]),
            "tone": insight["sentiment"],
            "fetched_at": response.fetched_at,
        }
        for response in select(responses, "polygon", r"/reference/news$")
        for story in _results(response)
        for insight in story.get("insights") or []
    ]
    columns = ["symbol", "story_id", "published_at", "tone", "fetched_at"]
    return pd.DataFrame(rows, columns=columns)


def news_snapshots(responses: list[Response]) -> pd.DataFrame:
    """Finnhub's bullish less bearish share, of weeks with articles, in the order of the fetches."""
    rows = [
        {
            "symbol": body["symbol"],
            "score": body["sentiment"]["bullishPercent"] - body["sentiment"]["bearishPercent"],
            "fetched_at": response.fetched_at,
        }
        for response in select(responses, "finnhub", r"/news-sentiment$")
        for body in [response.json()]
        if body.get("sentiment") and body["buzz"]["articlesInLastWeek"]
    ]
    return pd.DataFrame(rows, columns=["symbol", "score", "fetched_at"])


def observations(responses: list[Response]) -> pd.DataFrame:
    """FRED values, from the API or the keyless graph file; blanks are not rows."""
    rows = []
    for response in select(responses, "fred", r"/series/observations$"):
        pairs = [(row["date"], row["value"]) for row in response.json()["observations"]]
        rows += _series(response.asked_for("series_id"), pairs, response)
    for response in select(responses, "fred_graph", r"/fredgraph\.csv$"):
        pairs = [(row[0], row[1]) for row in response.csv_rows()]
        rows += _series(response.asked_for("id"), pairs, response)
    return _newest(rows, ["series_id", "observed_date", "value"], ["series_id", "observed_date"])


def _series(
    series_id: str, pairs: list[tuple[str, str]], response: Response
) -> list[dict[str, Any]]:
    return [
        {
            "series_id": series_id,
            "observed_date": date.fromisoformat(day),
            "value": float(value),
            "fetched_at": response.fetched_at,
        }
        for day, value in pairs
        if value not in ("", ".")
    ]


def index_closes(responses: list[Response]) -> pd.DataFrame:
    """Cboe closes: the history file wins, the delayed quote fills the session it lacks."""
    quotes = [row for response in _quotes(responses) for row in _quote_row(response)]
    files = [row for response in _files(responses) for row in _file_rows(response)]
    columns = ["index_name", "session_date", "close"]
    return _newest(quotes + files, columns, ["index_name", "session_date"])


def _quotes(responses: list[Response]) -> Iterator[Response]:
    return select(responses, "cboe", r"/delayed_quotes/quotes/_\w+\.json$")


def _files(responses: list[Response]) -> Iterator[Response]:
    return select(responses, "cboe", r"/daily_prices/\w+_History\.csv$")


def _quote_row(response: Response) -> Iterator[dict[str, Any]]:
    data = response.json()["data"]
    traded_at = datetime.fromisoformat(data["last_trade_time"])  # New York wall clock
    if traded_at.time() >= BAR_READY:
        name = response.path.rsplit("/_", 1)[1].removesuffix(".json")
        yield _index_row(name, traded_at.date(), float(data["close"]), response)


def _file_rows(response: Response) -> Iterator[dict[str, Any]]:
    name = response.path.rsplit("/", 1)[1].removesuffix("_History.csv")
    for row in response.csv_rows():
        day = datetime.strptime(row[0], "%m/%d/%Y").replace(tzinfo=NEW_YORK).date()
        yield _index_row(name, day, float(row[-1]), response)


def _index_row(name: str, day: date, close: float, response: Response) -> dict[str, Any]:
    return {
        "index_name": name,
        "session_date": day,
        "close": close,
        "fetched_at": response.fetched_at,
    }
