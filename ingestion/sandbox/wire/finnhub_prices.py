"""Finnhub's paid pages: candles, splits, dividends."""

from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from ingestion.sandbox.bars import Bars
from ingestion.sandbox.intraday import chained
from ingestion.sandbox.streams import Floats, Integers
from ingestion.sandbox.view import View
from ingestion.sandbox.wire.adjusted import shares_since, split_adjusted
from ingestion.sandbox.wire.columns import object_text, raw_reply, value_array
from ingestion.sandbox.wire.http import (
    BadParameterError,
    Reply,
    Request,
    asked_symbol,
    json_reply,
)
from warehouse.sessions import NEW_YORK

INTRADAY_MINUTES = {"1": 1, "5": 5, "15": 15, "30": 30, "60": 60}
LONGEST_INTRADAY = timedelta(days=31)
FREQUENCY_CODES = {0: "4", 4: "2", 12: "1"}  # payments a year: other, quarterly, monthly
LATEST_STAMP = 32_503_680_000  # the year 3000


def candles(request: Request) -> Reply:
    """`/stock/candle`: parallel arrays; days, weeks and months split-adjusted, minutes as traded.

    An intraday window that is longer than a month is cut to the month before its end.
    """
    symbol, view = asked_symbol(request), request.view
    since, until = _stamp(request, "from"), _stamp(request, "to")
    resolution = request.query.get("resolution", "")
    if resolution in INTRADAY_MINUTES:
        length = INTRADAY_MINUTES[resolution]
        since = max(since, until - int(LONGEST_INTRADAY.total_seconds()))
        stamps, prices = _intraday(view, symbol, length, since, until)
    elif resolution in ("D", "W", "M"):
        stamps, prices = _days(view, symbol, resolution, since, until)
    else:
        raise BadParameterError("resolution")
    inside = (stamps >= since) & (stamps <= until)
    if not inside.any():
        return json_reply({"s": "no_data"})
    members = {
        name: value_array(column[inside]) for name, column in zip("ohlcv", prices, strict=True)
    }
    return raw_reply(object_text({"s": "ok"}, {**members, "t": value_array(stamps[inside])}))


def _stamp(request: Request, name: str) -> int:
    if name not in request.query:
        raise BadParameterError(name)
    return request.number(name, 0, lowest=0, highest=LATEST_STAMP)


def _intraday(
    view: View, symbol: str, length: int, since: int, until: int
) -> tuple[Integers, tuple[Floats | Integers, ...]]:
    """Raw bars of so many minutes, those of an unfinished one so far included."""
    first, last = (datetime.fromtimestamp(stamp, NEW_YORK).date() for stamp in (since, until))
    at, _ = view.minute_counts(symbol, first, last)
    midnights = view.market.midnights
    found = chained(
        [view.minutes(symbol, one).joined(int(midnights[one]), length) for one in at.tolist()]
    )
    return found.start, (found.open, found.high, found.low, found.close, found.volume)


def _days(
    view: View, symbol: str, resolution: str, since: int, until: int
) -> tuple[Integers, tuple[Floats, ...]]:
    """Split-adjusted bars at 00:00 UTC of their date; a week or month at that of its first day."""
    first, last = (datetime.fromtimestamp(stamp, UTC).date() for stamp in (since, until))
    bars = split_adjusted(view, symbol, view.columns(symbol, first, last))
    dates = [_period_start(view.market.days[at], resolution) for at in bars.at.tolist()]
    stamps = np.array(
        [int(datetime.combine(day, time(), UTC).timestamp()) for day in dates], dtype=np.int64
    )
    if resolution == "D" or not len(stamps):
        return stamps, bars[1:]
    return _periods(stamps, bars)


def _period_start(day: date, resolution: str) -> date:
    if resolution == "W":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if resolution == "M" else day


def _periods(stamps: Integers, bars: Bars) -> tuple[Integers, tuple[Floats, ...]]:
    begins = np.flatnonzero(np.diff(stamps, prepend=stamps[0] - 1))
    ends = np.append(begins[1:], len(stamps)) - 1
    return stamps[begins], (
        bars.open[begins],
        np.maximum.reduceat(bars.high, begins),
        np.minimum.reduceat(bars.low, begins),
        bars.close[ends],
        np.add.reduceat(bars.volume, begins),
    )


def splits(request: Request) -> Reply:
    """`/stock/split`: shares before and after, oldest first."""
    symbol, view = asked_symbol(request), request.view
    first, last = request.day("from", date.min), request.day("to", date.max)
    return json_reply(
        [
            {
                "symbol": symbol,
                "date": view.market.days[split.at].isoformat(),
                "fromFactor": split.shares_before,
                "toFactor": split.shares_after,
            }
            for split in view.splits(symbol)
            if first <= view.market.days[split.at] <= last
        ]
    )


def dividends(request: Request) -> Reply:
    """`/stock/dividend`: as paid, and in today's shares, oldest first."""
    symbol, view = asked_symbol(request), request.view
    first, last = request.day("from", date.min), request.day("to", date.max)
    rows = []
    for paid in view.dividends(symbol):
        ex_date = view.market.days[paid.at]
        if not first <= ex_date <= last:
            continue
        rows.append(
            {
                "symbol": symbol,
                "date": ex_date.isoformat(),
                "amount": paid.cash_usd,
                "adjustedAmount": round(paid.cash_usd / shares_since(view, symbol, paid.at), 6),
                "payDate": (ex_date + timedelta(days=16)).isoformat(),
                "recordDate": view.market.sessions.next_session(ex_date).isoformat(),
                "declarationDate": (ex_date - timedelta(days=24)).isoformat(),
                "currency": "USD",
                "freq": FREQUENCY_CODES[paid.payments_per_year],
            }
        )
    return json_reply(rows)
