"""Finnhub's candles, splits and dividends, which are for paying customers, and its free quote."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pyarrow as pa

from ingestion.adjustment import SPLIT_ADJUSTED
from ingestion.errors import BadPayloadError
from ingestion.profile import Reply
from ingestion.responses import ResponseLabel
from ingestion.source import Answer, Source
from ingestion.symbols import checked_symbol
from ingestion.tables import UNADJUSTED, day_of, empty_table, merged, new_york_day, typed_rows
from ingestion.windows import (
    BAR_INTERVAL,
    BAR_MINUTES,
    RegularHours,
    check_days,
    is_announced,
    is_finished,
)
from warehouse.sessions import NEW_YORK

CANDLES, INTRADAY = "raw.finnhub__daily_candles", "raw.finnhub__intraday_bars"
SPLITS, DIVIDENDS = "raw.finnhub__splits", "raw.finnhub__dividends"
DAYS_PER_INTRADAY_REQUEST = 30
_FIELDS = ("o", "h", "l", "c", "v")


def fetch_daily_candles(source: Source, symbol: str, first: date, last: date) -> pa.Table:
    """Daily bars of one symbol, **split-adjusted**: they land only after `undo_splits`.

    The session that is not over is left out.
    """

    def parse(reply: Reply) -> Answer:
        stamps, bars = _candles(reply)
        # a daily candle is stamped with midnight UTC of its own session date
        days = [datetime.fromtimestamp(stamp, UTC).date() for stamp in stamps]
        check_days(days, first, last, reply)
        done = [
            (symbol, day, *bar, SPLIT_ADJUSTED)
            for day, bar in zip(days, bars, strict=True)
            if is_finished(day, reply)
        ]
        return Answer(typed_rows(CANDLES, done, reply))

    label = ResponseLabel("daily_candles", symbol, first, last)
    return source.ask("/stock/candle", label, parse, params=_window(symbol, "D", first, last)).table


def fetch_intraday_bars(
    source: Source, symbol: str, first: date, last: date, hours: RegularHours
) -> pa.Table:
    """5-minute bars of one symbol as traded, regular hours only, a month per request."""
    tables, start = [], first
    while start <= last:
        end = min(last, start + timedelta(days=DAYS_PER_INTRADAY_REQUEST - 1))
        tables.append(_intraday(source, symbol, start, end, hours))
        start = end + timedelta(days=1)
    return merged(INTRADAY, tables)


def fetch_splits(source: Source, symbol: str, first: date, last: date) -> pa.Table:
    """Splits of one symbol, announced ones left out."""

    def values(row: Mapping[str, Any]) -> tuple[Any, ...]:
        if not (row["fromFactor"] > 0 and row["toFactor"] > 0):
            raise BadPayloadError("finnhub sent a split factor that is not positive")
        return row["fromFactor"], row["toFactor"]

    return _actions(source, "split", SPLITS, symbol, first, last, values)


def fetch_dividends(source: Source, symbol: str, first: date, last: date) -> pa.Table:
    """Dividends per share as traded, of one symbol; announced ones left out."""

    def values(row: Mapping[str, Any]) -> tuple[Any, ...]:
        return float(row["amount"]), row.get("currency")  # `adjustedAmount` is split-adjusted

    return _actions(source, "dividend", DIVIDENDS, symbol, first, last, values)


def fetch_quoted_day(source: Source, symbol: str) -> date | None:
    """The New York date of a symbol's last trade, None for one that the quote does not cover.

    A probe of freshness only: a quote has no volume and no closing auction, so it never lands.
    """
    found: list[date] = []

    def parse(reply: Reply) -> Answer:
        stamp = int(reply.json()["t"])
        if stamp:  # an unknown symbol is answered with zeros
            found.append(new_york_day(stamp * 1000))
        return Answer(empty_table(CANDLES))

    params = {"symbol": checked_symbol(symbol)}
    source.ask("/quote", ResponseLabel("quote", symbol), parse, params=params)
    return found[0] if found else None


def _intraday(
    source: Source, symbol: str, first: date, last: date, hours: RegularHours
) -> pa.Table:
    def parse(reply: Reply) -> Answer:
        stamps, bars = _candles(reply)
        check_days([new_york_day(stamp * 1000) for stamp in stamps], first, last, reply)
        done = [
            (symbol, BAR_INTERVAL, end, *bar, UNADJUSTED)
            for stamp, bar in zip(stamps, bars, strict=True)
            if (end := hours.bar_end(stamp)) and end <= reply.fetched_at
        ]
        return Answer(typed_rows(INTRADAY, done, reply))

    params = _window(symbol, str(BAR_MINUTES), first, last)
    # midnight to midnight of the exchange's zone
    params["from"] = str(int(datetime.combine(first, time(), NEW_YORK).timestamp()))
    params["to"] = str(int(datetime.combine(last, time(23, 59, 59), NEW_YORK).timestamp()))
    label = ResponseLabel("intraday_bars", symbol, first, last)
    return source.ask("/stock/candle", label, parse, params=params).table


def _window(symbol: str, resolution: str, first: date, last: date) -> dict[str, str]:
    return {
        "symbol": checked_symbol(symbol),
        "resolution": resolution,
        "from": str(int(datetime.combine(first, time(), UTC).timestamp())),
        "to": str(int(datetime.combine(last, time(23, 59, 59), UTC).timestamp())),
    }


def _candles(reply: Reply) -> tuple[Sequence[int], Sequence[tuple[float, ...]]]:
    """Stamps and bars of the parallel arrays; `no_data` comes without any array."""
    payload = reply.json()
    if payload["s"] == "no_data":
        return [], []
    if payload["s"] != "ok":
        raise BadPayloadError(f"finnhub sent the status {str(payload['s'])[:20]!r}")
    columns = [payload[name] for name in _FIELDS]
    if any(len(column) != len(payload["t"]) for column in columns):
        raise BadPayloadError("finnhub sent arrays of unequal lengths")
    if any(price is not None and price <= 0 for column in columns[:4] for price in column):
        raise BadPayloadError("finnhub sent a price of zero")
    return payload["t"], list(zip(*columns, strict=True))


def _actions(
    source: Source,
    kind: str,
    table: str,
    symbol: str,
    first: date,
    last: date,
    values: Callable[[Mapping[str, Any]], tuple[Any, ...]],
) -> pa.Table:
    def parse(reply: Reply) -> Answer:
        rows = reply.json()
        if not isinstance(rows, list):
            raise BadPayloadError(f"finnhub sent {kind}s that are no list")
        if any(row.get("symbol", symbol) != symbol for row in rows):
            raise BadPayloadError(f"finnhub sent {kind}s of another symbol than {symbol}")
        dated = [(day_of(row["date"], reply), row) for row in rows]
        done = [
            (symbol, day, *values(row))
            for day, row in dated
            if day >= first and not is_announced(day, reply)
        ]
        return Answer(typed_rows(table, done, reply))

    params = {"symbol": checked_symbol(symbol), "from": str(first), "to": str(last)}
    label = ResponseLabel(f"{kind}s", symbol, first, last)
    return source.ask(f"/stock/{kind}", label, parse, params=params).table
