"""Massive (formerly Polygon): who may see what, and which page answers."""

import re
from collections.abc import Callable
from datetime import date, timedelta

from ingestion.sandbox.wire.columns import raw_reply
from ingestion.sandbox.wire.http import (
    BadParameterError,
    Reply,
    Request,
    json_reply,
    not_found,
    read_day,
)
from ingestion.sandbox.wire.massive_bars import grouped_page, range_page, read_window
from ingestion.sandbox.wire.massive_news import news_page
from ingestion.sandbox.wire.massive_reference import (
    dividends_page,
    old_dividends_page,
    old_splits_page,
    splits_page,
)
from ingestion.sandbox.wire.paging import request_id

AGGREGATES = re.compile(r"/v2/aggs/ticker/([^/]+)/range/(\d+)/(\w+)/([^/]+)/([^/]+)")
GROUPED = re.compile(r"/v2/aggs/grouped/locale/us/market/stocks/([^/]+)")
REFERENCE: dict[str, Callable[[Request], dict[str, object]]] = {
    "/stocks/v1/splits": splits_page,
    "/stocks/v1/dividends": dividends_page,
    "/v3/reference/splits": old_splits_page,
    "/v3/reference/dividends": old_dividends_page,
    "/v2/reference/news": news_page,
}
FREE_DAYS = 2 * 365
WRONG_TIMEFRAME = "Your plan doesn't include this data timeframe. Please upgrade your plan."


class TimeframeError(Exception):
    """The plan does not include the asked days."""


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
    except TimeframeError:
        return _error(request, 403, status="NOT_AUTHORIZED", message=WRONG_TIMEFRAME)
    except BadParameterError as error:
        return _error(request, 400, error=str(error))


def _page(request: Request) -> Reply:
    if aggregates := AGGREGATES.fullmatch(request.path):
        ticker, multiplier, timespan, *borders = aggregates.groups()
        window = read_window(*borders)
        oldest = _oldest_allowed(request, window.last)
        window = window.clipped(oldest)
        return raw_reply(range_page(request, ticker, int(multiplier), timespan, window))
    if grouped := GROUPED.fullmatch(request.path):
        day = read_day(grouped[1])
        _oldest_allowed(request, day)
        return raw_reply(grouped_page(request, day))
    if request.path in REFERENCE:
        page = REFERENCE[request.path](request)
        return json_reply({"status": "OK", "request_id": request_id(request), **page})
    return not_found()


def _oldest_allowed(request: Request, last: date) -> date:
    """The first day that the plan shows; older parts of a range are left out without a word."""
    if request.view.plan == "paid":
        return date.min
    oldest = request.view.today - timedelta(days=FREE_DAYS)
    if last >= request.view.today or last < oldest:
        raise TimeframeError
    return oldest


def _error(request: Request, code: int, *, status: str = "ERROR", **words: str) -> Reply:
    return json_reply({"status": status, "request_id": request_id(request), **words}, code)
