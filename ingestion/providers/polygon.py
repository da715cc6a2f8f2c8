"""Massive (formerly Polygon.io): unadjusted daily and intraday bars, and how it pages."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
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
from ingestion.tables import UNADJUSTED, merged, new_york_day, typed_columns, typed_rows
from ingestion.windows import (
    BAR_INTERVAL,
    BAR_MINUTES,
    RegularHours,
    check_days,
    finished_through,
    is_finished,
)

BARS, INTRADAY = "raw.polygon__daily_bars", "raw.polygon__intraday_bars"
BASE_BARS_PER_PAGE = "50000"  # `limit` counts days or minutes scanned, not the bars returned
MOST_PAGES = 200
EVERYTHING = "*"
_BAR_FIELDS, _OPTIONAL_FIELDS = ("o", "h", "l", "c", "v"), ("vw", "n")
_NUMBERS = {int, float, type(None)}


def refusal(reply: Reply) -> IngestionError | None:
    """The error behind an answer; the text sits in `error` or in `message`."""
    lowered, told = reply.error_text.lower(), reply.told
    if reply.status == 200 and '"status":"error"' not in lowered.replace(" ", ""):
        return None  # data: a headline may speak of keys and limits
    if reply.status == 401 or "unknown api key" in lowered or "api key was not" in lowered:
        return AuthError(told)
    if '"not_authorized"' in lowered or (reply.status == 403 and not reply.is_html):
        return EntitlementError(told, scope="window" if "timeframe" in lowered else "endpoint")
    if '"not_found"' in lowered:
        return NotFoundError(told)
    if "exceeded the maximum requests" in lowered:
        return TransientError(told)
    return BadPayloadError(told) if reply.status == 200 else None


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
        payload, rows = envelope(reply)
        if payload.get("ticker", symbol) != symbol or payload.get("adjusted"):
            raise BadPayloadError(f"polygon sent bars of another symbol or adjusted ones: {symbol}")
        days = [new_york_day(int(row["t"])) for row in rows]
        check_days(days, first, last, reply)
        through = finished_through(reply)
        done = [row for day, row in zip(days, rows, strict=True) if day <= through]
        days = [day for day in days if day <= through]
        columns: list[list[Any]] = [[symbol] * len(done), days, *_bar_columns(done)]
        return Answer(typed_columns(BARS, columns, reply), next_url=next_page(payload))

    path = f"/v2/aggs/ticker/{path_segment(symbol)}/range/1/day/{first}/{last}"
    params = {"adjusted": "false", "sort": "asc", "limit": BASE_BARS_PER_PAGE}
    label = ResponseLabel("daily_bars", symbol, first, last)
    return merged(BARS, [page.table for page in ask_pages(source, path, params, label, parse)])


def fetch_intraday_bars(
    source: Source, symbol: str, first: date, last: date, hours: RegularHours
) -> pa.Table:
    """Raw 5-minute bars of one symbol, regular hours only; an unfinished bar is left out.

    Hour bars are not asked for: the provider's begin on the clock's hour and mix the minutes before
    the opening into the first one, while twelve of these make an hour of the session exactly.
    """

    def parse(reply: Reply) -> Answer:
        payload, rows = envelope(reply)
        if payload.get("ticker", symbol) != symbol or payload.get("adjusted"):
            raise BadPayloadError(f"polygon sent bars of another symbol or adjusted ones: {symbol}")
        starts = [int(row["t"]) // 1000 for row in rows]
        check_days([new_york_day(start * 1000) for start in starts], first, last, reply)
        done = [
            (symbol, BAR_INTERVAL, end, *_bar(row))
            for start, row in zip(starts, rows, strict=True)
            if (end := hours.bar_end(start)) and end <= reply.fetched_at
        ]
        return Answer(typed_rows(INTRADAY, done, reply), next_url=next_page(payload))

    path = f"/v2/aggs/ticker/{path_segment(symbol)}/range/{BAR_MINUTES}/minute/{first}/{last}"
    params = {"adjusted": "false", "sort": "asc", "limit": BASE_BARS_PER_PAGE}
    label = ResponseLabel("intraday_bars", symbol, first, last)
    return merged(INTRADAY, [page.table for page in ask_pages(source, path, params, label, parse)])


def fetch_grouped_day(source: Source, symbols: Sequence[str], day: date) -> Answer:
    """Raw bars of one session for many symbols in one request.

    The stamps are those of the close here, so the asked day counts and a stamp of another New York
    date refuses the row. A bad row refuses its own symbol only.
    """
    wanted = set(symbols)

    def parse(reply: Reply) -> Answer:
        _, rows = envelope(reply)
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
                refused[symbol] = f"unusable bar of {day}, {row_fault(err)}"
        usable = [bar for symbol, bar in done.items() if symbol not in refused]
        if not is_finished(day, reply):
            usable = []
        return Answer(typed_rows(BARS, usable, reply), refused=refused)

    path = f"/v2/aggs/grouped/locale/us/market/stocks/{day}"
    label = ResponseLabel("daily_bars", EVERYTHING, day, day)
    return source.ask(path, label, parse, params={"adjusted": "false"})


def ask_pages(
    source: Source,
    path: str,
    params: Mapping[str, str],
    label: ResponseLabel,
    parse: Callable[[Reply], Answer],
) -> Iterator[Answer]:
    """Every page, asked for one by one; the provider gives the addresses, without the key."""
    target, asked, query = path, set[str](), dict(params)
    while target:
        if target in asked or len(asked) >= MOST_PAGES:
            raise BadPayloadError(f"polygon's pages of {label.dataset} do not end")
        asked.add(target)
        answer = source.ask(target, label, parse, params=query)
        yield answer
        target, query = answer.next_url, {}


def envelope(reply: Reply) -> tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]:
    """The envelope and its rows; an empty answer has no `results`, or null."""
    payload = reply.json()
    if payload.get("status") not in ("OK", "DELAYED"):
        raise BadPayloadError(f"polygon sent the status {str(payload.get('status'))[:20]!r}")
    rows = payload.get("results") or []
    if not isinstance(rows, list):
        raise BadPayloadError("polygon sent results that are no list")
    return payload, rows


def next_page(payload: Mapping[str, Any]) -> str:
    """Where the next page is, nothing on the last one."""
    return str(payload.get("next_url") or "")


def _bar(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Open to transactions of one bar, and how it was adjusted."""
    return tuple(column[0] for column in _bar_columns([row]))


def _bar_columns(rows: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    """Open to transactions of many bars; a null price is landed for the gate to judge."""
    columns = [[row[field] for row in rows] for field in _BAR_FIELDS]
    columns += [[row.get(field) for row in rows] for field in _OPTIONAL_FIELDS]
    if any(set(map(type, column)) - _NUMBERS for column in columns):
        raise ValueError("a price or volume is no number")
    return [*columns, [UNADJUSTED] * len(rows)]


def row_fault(err: Exception) -> str:
    """What was wrong with one row."""
    return f"the field {err} is missing" if isinstance(err, KeyError) else str(err)
