"""Massive (formerly Polygon): daily bars, the grouped day, corporate actions, news."""

import hashlib
import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from ingestion.sandbox.view import Bar
from ingestion.sandbox.wire.http import (
    BadParameterError,
    Reply,
    Request,
    json_reply,
    not_found,
    read_day,
)
from ingestion.sandbox.wire.massive_reference import dividends_page, news_page, splits_page
from ingestion.sandbox.wire.paging import asked, page_of
from warehouse.sessions import NEW_YORK

AGGREGATES = re.compile(r"/v2/aggs/ticker/([^/]+)/range/(\d+)/(\w+)/([^/]+)/([^/]+)")
GROUPED = re.compile(r"/v2/aggs/grouped/locale/us/market/stocks/([^/]+)")
REFERENCE: dict[str, Callable[[Request], dict[str, object]]] = {
    "/stocks/v1/splits": splits_page,
    "/stocks/v1/dividends": dividends_page,
    "/v2/reference/news": news_page,
}
SHARES_PER_TRADE = 150
MIDNIGHT, CLOSING_HOUR = 0, 16  # New York hours of the two kinds of stamp


def answer_massive(request: Request) -> Reply:
    """Serve one page; the key comes in a header or in the query."""
    authorization = request.headers.get("authorization", "")
    key = authorization.removeprefix("Bearer ") or request.query.get("apiKey", "")
    if not key:
        return _error(request, 401, error="API Key was not provided")
    if key != request.key:
        return _error(request, 401, error="Unknown API Key")
    try:
        return _page(request)
    except BadParameterError as error:
        return _error(request, 400, error=str(error))


def _page(request: Request) -> Reply:
    if aggregates := AGGREGATES.fullmatch(request.path):
        ticker, multiplier, timespan, first, last = aggregates.groups()
        if (multiplier, timespan) != ("1", "day"):
            message = "You are not entitled to this data. The sandbox has daily bars only."
            return _error(request, 403, status="NOT_AUTHORIZED", message=message)
        return _aggregates(request, ticker, _range_day(first), _range_day(last))
    if grouped := GROUPED.fullmatch(request.path):
        return _grouped(request, read_day(grouped[1]))
    if request.path in REFERENCE:
        page = REFERENCE[request.path](request)
        return json_reply({"status": "OK", "request_id": _request_id(request), **page})
    return not_found()


def _error(request: Request, code: int, *, status: str = "ERROR", **words: str) -> Reply:
    return json_reply({"status": status, "request_id": _request_id(request), **words}, code)


def _request_id(request: Request) -> str:
    query = sorted((name, text) for name, text in request.query.items() if name != "apiKey")
    return hashlib.sha256(f"{request.path}{query}".encode()).hexdigest()[:32]


def _range_day(text: str) -> date:
    """A border of the range: a date, or epoch milliseconds."""
    if text.isdigit():
        return datetime.fromtimestamp(int(text) / 1000, NEW_YORK).date()
    return read_day(text)


def _aggregates(request: Request, ticker: str, first: date, last: date) -> Reply:
    """Daily bars, stamped at the New York midnight that begins their day."""
    if last < first:
        raise BadParameterError("The parameter 'to' cannot be a time that occurs before 'from'")
    query = asked(request)
    is_adjusted = query.get("adjusted", "true") != "false"
    bars = request.view.bars(ticker, first, last)
    if query.get("sort") == "desc":
        bars.reverse()
    size = _page_size(query.get("limit", "5000"))
    page, following = page_of(bars, request, query, size=size)
    results = _results(request, ticker, page, MIDNIGHT, is_adjusted=is_adjusted)
    head: dict[str, object] = {"ticker": ticker, "queryCount": len(results)}
    return _bars_reply(request, head, results, following, is_adjusted=is_adjusted)


def _page_size(text: str) -> int:
    if not text.isdigit():
        raise BadParameterError("limit is not a whole number")
    return min(max(int(text), 1), 50_000)


def _grouped(request: Request, day: date) -> Reply:
    """The whole market on one day, stamped at the 16:00 close, unlike the range page."""
    is_adjusted = request.query.get("adjusted", "true") != "false"
    results = []
    for ticker in request.view.symbols:
        bars = request.view.bars(ticker, day, day)
        rows = _results(request, ticker, bars, CLOSING_HOUR, is_adjusted=is_adjusted)
        results += [{"T": ticker, **row} for row in rows]
    head: dict[str, object] = {"queryCount": len(results)}
    return _bars_reply(request, head, results, {}, is_adjusted=is_adjusted)


def _bars_reply(
    request: Request,
    head: dict[str, object],
    results: list[dict[str, Any]],
    following: dict[str, str],
    *,
    is_adjusted: bool,
) -> Reply:
    """The envelope; an empty answer has no `results` at all."""
    payload = {**head, "resultsCount": len(results), "adjusted": is_adjusted}
    if results:
        payload |= {"results": results, "count": len(results)}
    return json_reply(payload | {"status": "OK", "request_id": _request_id(request)} | following)


def _results(
    request: Request, ticker: str, bars: Sequence[Bar], hour: int, *, is_adjusted: bool
) -> list[dict[str, Any]]:
    """Rows on the wire. Adjusted ones count today's shares: splits only, never dividends."""
    view = request.view
    midnights = view.market.midnights
    splits = view.splits(ticker) if is_adjusted else []
    rows = []
    for bar in bars:
        factor = 1.0
        for split in splits:
            if split.at > bar.at:
                factor *= split.shares_before / split.shares_after
        shown = bar if factor == 1.0 else _adjusted(bar, factor)
        # no session begins on a day that changes its clocks, so hours can be added
        rows.append(_row(shown, (midnights[bar.at] + hour * 3600) * 1000))
    return rows


def _adjusted(bar: Bar, factor: float) -> Bar:
    return bar._replace(
        open=round(bar.open * factor, 4),
        high=round(bar.high * factor, 4),
        low=round(bar.low * factor, 4),
        close=None if bar.close is None else round(bar.close * factor, 4),
        volume=round(bar.volume / factor, 4),
    )


def _row(bar: Bar, stamp: int) -> dict[str, Any]:
    return {
        "v": float(bar.volume),
        "vw": round((bar.high + bar.low + 2 * bar.open) / 4, 4),
        "o": bar.open,
        "c": bar.close,
        "h": bar.high,
        "l": bar.low,
        "t": stamp,
        "n": int(bar.volume) // SHARES_PER_TRADE + 1,
    }
