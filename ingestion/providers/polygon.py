"""Massive (formerly Polygon.io): unadjusted daily bars, splits, dividends, news."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from ingestion.errors import (
    AuthError,
    BadPayloadError,
    EntitlementError,
    IngestionError,
    NotFoundError,
    TransientError,
)
from ingestion.limits import Allowance
from ingestion.profile import ProviderProfile, Reply
from ingestion.responses import ResponseLabel
from ingestion.source import Answer, Source
from ingestion.symbols import path_segment
from ingestion.tables import UNADJUSTED, day_of, merged, new_york_day, plain_text, typed_rows
from ingestion.windows import check_days, check_moments, is_announced, is_finished

BARS, SPLITS, DIVIDENDS, NEWS = (
    "raw.polygon__daily_bars",
    "raw.polygon__splits",
    "raw.polygon__dividends",
    "raw.polygon__news",
)
BASE_BARS_PER_PAGE = "50000"  # `limit` counts the days scanned, not the bars returned
ROWS_PER_PAGE = "5000"
STORIES_PER_PAGE = "1000"
MOST_PAGES = 200
SYMBOLS_PER_REQUEST = 100  # keeps the address below 1,000 characters
EVERYTHING = "*"
_BAR_FIELDS = ("o", "h", "l", "c", "v")


def refusal(reply: Reply) -> IngestionError | None:
    """The error behind an answer; the text sits in `error` or in `message`."""
    lowered, told = reply.error_text.lower(), reply.told
    if reply.status == 401 or "unknown api key" in lowered or "api key was not" in lowered:
        return AuthError(told)
    if '"not_authorized"' in lowered or (reply.status == 403 and not reply.is_html):
        return EntitlementError(told, scope="window" if "timeframe" in lowered else "endpoint")
    if '"not_found"' in lowered:
        return NotFoundError(told)
    if "exceeded the maximum requests" in lowered:
        return TransientError(told)
    if reply.status == 200 and '"status":"error"' in lowered.replace(" ", ""):
        return BadPayloadError(told)
    return None


PROFILE = ProviderProfile(
    name="polygon",
    refusal=refusal,
    allowances=(Allowance(5, 60.0),),
    key_header="Authorization",
    key_prefix="Bearer ",
    sibling_hosts=frozenset({"api.massive.com", "api.polygon.io"}),
    # a window of five calls a minute may open a whole minute late, several times
    patience_seconds=300.0,
)


def fetch_daily_bars(source: Source, symbol: str, first: date, last: date) -> pa.Table:
    """Raw daily bars of one symbol, the session that is not over left out."""

    def parse(reply: Reply) -> Answer:
        payload, rows = _results(reply)
        if payload.get("ticker", symbol) != symbol or payload.get("adjusted"):
            raise BadPayloadError(f"polygon sent bars of another symbol or adjusted ones: {symbol}")
        days = [new_york_day(int(row["t"])) for row in rows]
        check_days(days, first, last, reply)
        done = [
            (symbol, day, *_bar(row))
            for day, row in zip(days, rows, strict=True)
            if is_finished(day, reply)
        ]
        return Answer(typed_rows(BARS, done, reply), next_url=_next_url(payload))

    path = f"/v2/aggs/ticker/{path_segment(symbol)}/range/1/day/{first}/{last}"
    params = {"adjusted": "false", "sort": "asc", "limit": BASE_BARS_PER_PAGE}
    label = ResponseLabel("daily_bars", symbol, first, last)
    return merged(BARS, [page.table for page in _pages(source, path, params, label, parse)])


def fetch_grouped_day(source: Source, symbols: Sequence[str], day: date) -> Answer:
    """Raw bars of one session for many symbols in one request.

    The stamps are those of the close here, so the asked day counts and a stamp of another New York
    date refuses the row. A bad row refuses its own symbol only.
    """
    wanted = set(symbols)

    def parse(reply: Reply) -> Answer:
        _, rows = _results(reply)
        done, refused = {}, {}
        for row in rows:
            symbol = row.get("T")
            if symbol not in wanted:
                continue
            try:
                if new_york_day(int(row["t"])) != day:
                    raise ValueError("stamped with another day")
                done[symbol] = (symbol, day, *_bar(row))
            except (KeyError, TypeError, ValueError) as err:
                refused[symbol] = f"unusable bar of {day}, {_why(err)}"
        usable = [bar for symbol, bar in done.items() if symbol not in refused]
        if not is_finished(day, reply):
            usable = []
        return Answer(typed_rows(BARS, usable, reply), refused=refused)

    path = f"/v2/aggs/grouped/locale/us/market/stocks/{day}"
    label = ResponseLabel("daily_bars", EVERYTHING, day, day)
    return source.ask(path, label, parse, params={"adjusted": "false"})


def fetch_splits(source: Source, symbols: Sequence[str], first: date) -> Answer:
    """Splits of many symbols from a day on, announced ones left out."""

    def values(row: Mapping[str, Any]) -> tuple[Any, ...]:
        if not (row["split_from"] > 0 and row["split_to"] > 0):
            raise ValueError("a split ratio is not positive")
        return row["split_from"], row["split_to"]

    return _actions(source, "splits", SPLITS, "execution_date", symbols, first, values)


def fetch_dividends(source: Source, symbols: Sequence[str], first: date) -> Answer:
    """Dividends per share as traded, of many symbols from a day on; announced ones left out."""

    def values(row: Mapping[str, Any]) -> tuple[Any, ...]:
        amount = float(row["cash_amount"])
        return str(row["id"]), amount, row.get("currency"), row.get("distribution_type")

    return _actions(source, "dividends", DIVIDENDS, "ex_dividend_date", symbols, first, values)


def fetch_news(
    source: Source, symbols: Sequence[str], first: date, last: date, *, most_pages: int
) -> tuple[pa.Table, bool]:
    """Stories since a day, newest first, one row per story and asked symbol.

    One symbol is asked for by name; several share one request for the whole market's news.

    Returns
    -------
    The rows, and whether `most_pages` sufficed to reach `first`.
    """
    wanted, tables, is_complete = set(symbols), [], False

    def parse(reply: Reply) -> Answer:
        payload, stories = _results(reply)
        moments = [datetime.fromisoformat(story["published_utc"]) for story in stories]
        check_moments(moments, first, last, reply)
        done = [
            _story(story, symbol, moment)
            for story, moment in zip(stories, moments, strict=True)
            for symbol in story["tickers"]
            if symbol in wanted
        ]
        return Answer(typed_rows(NEWS, done, reply), next_url=_next_url(payload))

    params = {"published_utc.gte": first.isoformat(), "order": "desc", "sort": "published_utc"}
    params |= {"limit": STORIES_PER_PAGE}
    if len(symbols) == 1:
        params["ticker"] = symbols[0]
    label = ResponseLabel("news", symbols[0] if len(symbols) == 1 else EVERYTHING, first, last)
    pages = _pages(source, "/v2/reference/news", params, label, parse)
    for _, page in zip(range(most_pages), pages, strict=False):
        tables.append(page.table)
        is_complete = not page.next_url
    return merged(NEWS, tables), is_complete


def _pages(
    source: Source,
    path: str,
    params: Mapping[str, str],
    label: ResponseLabel,
    parse: Callable[[Reply], Answer],
) -> Iterator[Answer]:
    """Every page; the addresses of the later ones come from the provider and carry no key."""
    target, asked, query = path, set[str](), dict(params)
    while target:
        if target in asked or len(asked) >= MOST_PAGES:
            raise BadPayloadError(f"polygon's pages of {label.dataset} do not end")
        asked.add(target)
        answer = source.ask(target, label, parse, params=query)
        yield answer
        target, query = answer.next_url, {}


def _results(reply: Reply) -> tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]:
    """The envelope and its rows; an empty answer has no `results`, or null."""
    payload = reply.json()
    if payload.get("status") not in ("OK", "DELAYED"):
        raise BadPayloadError(f"polygon sent the status {str(payload.get('status'))[:20]!r}")
    rows = payload.get("results") or []
    if not isinstance(rows, list):
        raise BadPayloadError("polygon sent results that are no list")
    return payload, rows


def _next_url(payload: Mapping[str, Any]) -> str:
    return str(payload.get("next_url") or "")


def _bar(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Open to transactions of one bar; a null price is landed for the gate to judge."""
    values = [row[field] for field in _BAR_FIELDS] + [row.get("vw"), row.get("n")]
    if not all(value is None or type(value) in (int, float) for value in values):
        raise ValueError("a price or volume is no number")
    return (*values, UNADJUSTED)


def _why(err: Exception) -> str:
    return f"the field {err} is missing" if isinstance(err, KeyError) else str(err)


def _actions(
    source: Source,
    dataset: str,
    table: str,
    date_column: str,
    symbols: Sequence[str],
    first: date,
    values: Callable[[Mapping[str, Any]], tuple[Any, ...]],
) -> Answer:
    """Splits or dividends in as few requests as the length of an address allows."""
    tables: list[pa.Table] = []
    refused: dict[str, str] = {}
    for start in range(0, len(symbols), SYMBOLS_PER_REQUEST):
        chunk = symbols[start : start + SYMBOLS_PER_REQUEST]

        def parse(reply: Reply, asked: Sequence[str] = chunk) -> Answer:
            payload, rows = _results(reply)
            done = []
            for row in rows:
                symbol = row["ticker"]
                if symbol not in asked:
                    raise BadPayloadError(f"polygon sent {dataset} of a symbol not asked for")
                try:
                    day = day_of(row[date_column], reply)
                    if day < first:
                        raise ValueError(f"a row of {day}, asked was from {first} on")
                    if not is_announced(day, reply):
                        done.append((symbol, day, *values(row)))
                except (KeyError, TypeError, ValueError, BadPayloadError) as err:
                    refused[symbol] = f"unusable row in {dataset}, {_why(err)}"
            done = [row for row in done if row[0] not in refused]
            answer = typed_rows(table, done, reply)
            return Answer(answer, next_url=_next_url(payload), refused=dict(refused))

        params = {
            "ticker.any_of": ",".join(chunk),
            f"{date_column}.gte": first.isoformat(),
            "sort": f"{date_column}.asc",
            "limit": ROWS_PER_PAGE,
        }
        label = ResponseLabel(dataset, EVERYTHING, first)
        pages = _pages(source, f"/stocks/v1/{dataset}", params, label, parse)
        tables.extend(page.table for page in pages)
    return Answer(merged(table, tables), refused=refused)


def _story(story: Mapping[str, Any], symbol: str, moment: datetime) -> tuple[Any, ...]:
    publisher = story.get("publisher") or {}
    return (
        str(story["id"]),
        symbol,
        moment,
        plain_text(story["title"]),
        plain_text(story.get("description")),
        plain_text(publisher.get("name")),
        plain_text(story.get("article_url")),
    )
