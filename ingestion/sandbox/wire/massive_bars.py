"""Massive's bars: ranges of minutes, hours and days, and the grouped day of the whole market."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import NamedTuple

import numpy as np

from ingestion.sandbox.bars import Bars, chained_bars
from ingestion.sandbox.intraday import Minutes, chained
from ingestion.sandbox.streams import Floats, Integers
from ingestion.sandbox.view import View
from ingestion.sandbox.wire.adjusted import split_adjusted, split_factors
from ingestion.sandbox.wire.columns import Column, object_text, row_objects
from ingestion.sandbox.wire.http import BadParameterError, Request, read_day
from ingestion.sandbox.wire.paging import asked, page_of, request_id
from warehouse.sessions import NEW_YORK

SHARES_PER_TRADE = 150
CLOSING_SECONDS = 16 * 3600  # after midnight; no session begins on a day that changes its clocks
OPENING_MINUTE = 9 * 60 + 30
MINUTES = {"minute": 1, "hour": 60}
LONGEST_BAR_MINUTES = 24 * 60


class Window(NamedTuple):
    """The asked range: days, and the epoch seconds of their borders, both included."""

    first: date
    last: date
    since: float
    until: float

    def clipped(self, oldest: date) -> "Window":
        """The part of the range from a day on."""
        return self._replace(first=max(self.first, oldest))


def read_window(first: str, last: str) -> Window:
    """Read the borders of a range, each a date or epoch milliseconds."""
    since, until = _moment(first, time()), _moment(last, time(23, 59, 59))
    if until < since:
        raise BadParameterError("The parameter 'to' cannot be a time that occurs before 'from'")
    return Window(since.date(), until.date(), since.timestamp(), until.timestamp())


def _moment(text: str, clock: time) -> datetime:
    if text.isdigit():
        try:
            return datetime.fromtimestamp(int(text) / 1000, NEW_YORK)
        except (OverflowError, ValueError) as error:
            raise BadParameterError(f"{text[:20]} is no moment in milliseconds") from error
    return datetime.combine(read_day(text), clock, NEW_YORK)


def range_page(
    request: Request, ticker: str, multiplier: int, timespan: str, window: Window
) -> str:
    """`/v2/aggs/ticker/...`: one page; `limit` counts the days or minutes scanned."""
    query = asked(request)
    is_adjusted = query.get("adjusted", "true") != "false"
    size = _page_size(query.get("limit", "5000"))
    if timespan == "day" and multiplier == 1:
        rows, count, following = _days(request, ticker, window, size)
    elif timespan in MINUTES and 0 < multiplier * MINUTES[timespan] <= LONGEST_BAR_MINUTES:
        length = multiplier * MINUTES[timespan]
        rows, count, following = _intraday(request, ticker, window, length, size)
    else:
        raise BadParameterError("The sandbox has bars of minutes, hours and one day")
    head: dict[str, object] = {
        "ticker": ticker,
        "queryCount": count,
        "request_id": request_id(request),
    }
    return _envelope(head, rows, count, is_adjusted, following)


def grouped_page(request: Request, day: date) -> str:
    """The whole market on one day, stamped at the 16:00 close, unlike the range page."""
    view, is_adjusted = request.view, request.query.get("adjusted", "true") != "false"
    tickers: list[str] = []
    found: list[Bars] = []
    for ticker in view.symbols:
        bars = view.columns(ticker, day, day)
        if len(bars.at):
            tickers.append(json.dumps(ticker)[1:-1])
            found.append(split_adjusted(view, ticker, bars) if is_adjusted else bars)
    head: dict[str, object] = {"queryCount": len(tickers), "request_id": request_id(request)}
    if not found:
        return _envelope(head, "", 0, is_adjusted, {})
    joined = chained_bars(found)
    stamps = view.market.midnights[joined.at] + CLOSING_SECONDS
    rows = row_objects({"T": tickers, **_columns(joined[1:], stamps)})
    return _envelope(head, rows, len(tickers), is_adjusted, {})


def _envelope(
    head: Mapping[str, object], rows: str, count: int, is_adjusted: bool, following: dict[str, str]
) -> str:
    """An empty answer has no `results` at all."""
    payload = {**head, "resultsCount": count, "adjusted": is_adjusted, "status": "OK"} | following
    if not count:
        return object_text(payload, {})
    return object_text({**payload, "count": count}, {"results": f"[{rows}]"})


def _page_size(text: str) -> int:
    if not text.isdigit():
        raise BadParameterError("limit is not a whole number")
    return min(max(int(text), 1), 50_000)


def _columns(prices: tuple[Floats, ...], stamps: Integers) -> dict[str, Column]:
    opens, highs, lows, closes, volumes = prices
    return {
        "v": volumes,
        "vw": np.round((highs + lows + 2 * opens) / 4, 4),
        "o": opens,
        "c": closes,
        "h": highs,
        "l": lows,
        "t": stamps * 1000,
        "n": volumes.astype(np.int64) // SHARES_PER_TRADE + 1,
    }


def _days(
    request: Request, ticker: str, window: Window, size: int
) -> tuple[str, int, dict[str, str]]:
    """Daily bars, stamped at the New York midnight that begins their day."""
    query, view = asked(request), request.view
    bars = view.columns(ticker, window.first, window.last)
    order = range(len(bars.at))
    page, following = page_of(
        order[::-1] if query.get("sort") == "desc" else order, request, query, size=size
    )
    chosen = np.fromiter(page, np.int64, len(page))
    shown = bars.chosen(chosen)
    if query.get("adjusted", "true") != "false":
        shown = split_adjusted(view, ticker, shown)
    rows = row_objects(_columns(shown[1:], view.market.midnights[shown.at]))
    return rows, len(shown.at), following


class Piece(NamedTuple):
    """Minutes of one session, by their place in it: `session` counts those in the window."""

    session: int
    first: int
    last: int


def _pages(counts: Sequence[int], length: int, size: int) -> Iterator[list[Piece]]:
    """Cut sessions of so many minutes into pages of at most `size`, and no bar in two."""
    page: list[Piece] = []
    room = size
    for session, count in enumerate(counts):
        first = 0
        while first < count:
            last = min(count, first + room)
            if last < count:
                last -= (OPENING_MINUTE + last) % length
            if last <= first and not page:  # a bar that is longer than a page
                last = min(count, first + length - (OPENING_MINUTE + first) % length)
            if last > first:
                page.append(Piece(session, first, last))
                room -= last - first
                first = last
            if first < count or room <= 0:
                yield page
                page, room = [], size
    if page:
        yield page


def _intraday(
    request: Request, ticker: str, window: Window, length: int, size: int
) -> tuple[str, int, dict[str, str]]:
    """Bars of `length` minutes, those of an unfinished one so far included."""
    query, view = asked(request), request.view
    at, counts = view.minute_counts(ticker, window.first, window.last)
    pages = list(_pages(counts.tolist(), length, size))
    is_descending = query.get("sort") == "desc"
    if is_descending:
        pages.reverse()
    page, following = page_of(pages, request, query, size=1)
    found, factors = _joined(view, ticker, at, page[0] if page else [], length)
    prices = [found.open, found.high, found.low, found.close, found.volume.astype(float)]
    if query.get("adjusted", "true") != "false":
        prices = [np.round(price * factors, 4) for price in prices[:4]]
        prices.append(np.round(found.volume / factors, 4))
    inside = np.flatnonzero((found.start >= window.since) & (found.start <= window.until))
    if is_descending:
        inside = inside[::-1]
    shown = tuple(price[inside] for price in prices)
    return row_objects(_columns(shown, found.start[inside])), len(inside), following


def _joined(
    view: View, ticker: str, at: Integers, page: Sequence[Piece], length: int
) -> tuple[Minutes, Floats]:
    """The raw bars of a page, and what each of their prices counts in today's shares."""
    parts = []
    sessions: list[Integers] = [np.empty(0, np.int64)]
    for piece in page:
        session = int(at[piece.session])
        minutes = view.minutes(ticker, session).between(piece.first, piece.last)
        parts.append(minutes.joined(int(view.market.midnights[session]), length))
        sessions.append(np.full(len(parts[-1].start), session))
    return chained(parts), split_factors(view, ticker, np.concatenate(sessions))
