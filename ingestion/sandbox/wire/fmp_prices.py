"""FMP's end-of-day prices in four flavours, splits and dividends; newest first, no pages."""

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np

from ingestion.sandbox.actions import Dividend
from ingestion.sandbox.bars import Bars
from ingestion.sandbox.view import View
from ingestion.sandbox.wire.adjusted import (
    bars_so_far,
    dividend_adjusted,
    shares_since,
    split_adjusted,
    split_on,
)
from ingestion.sandbox.wire.columns import Column, raw_reply, row_objects
from ingestion.sandbox.wire.http import Reply, Request, asked_symbol, json_reply

MOST_RECORDS = 5000
FREE_DAYS = 5 * 365
MOST_ACTIONS = 1000
FREQUENCIES = {0: "Special", 4: "Quarterly", 12: "Monthly"}


def full_prices(request: Request) -> Reply:
    """`/historical-price-eod/full`: split-adjusted; `change` is close less open of the same day."""

    def columns(bars: Bars) -> dict[str, Column]:
        change = np.round(bars.close - bars.open, 4)
        return {
            "open": bars.open,
            "high": bars.high,
            "low": bars.low,
            "close": bars.close,
            "volume": bars.volume,
            "change": change,
            "changePercent": np.round(100 * change / bars.open, 5),
            "vwap": np.round((bars.open + bars.high + bars.low + bars.close) / 4, 4),
        }

    return _prices(request, bars_so_far, split_adjusted, columns)


def light_prices(request: Request) -> Reply:
    """`/historical-price-eod/light`: the split-adjusted close, called a price."""

    def columns(bars: Bars) -> dict[str, Column]:
        return {"price": bars.close, "volume": bars.volume}

    return _prices(request, bars_so_far, split_adjusted, columns)


def dividend_adjusted_prices(request: Request) -> Reply:
    """`/historical-price-eod/dividend-adjusted`: net of splits and dividends."""
    return _prices(request, View.columns, dividend_adjusted, _called_adjusted)


def raw_prices(request: Request) -> Reply:
    """`/historical-price-eod/non-split-adjusted`: as traded, whatever the fields are called."""
    return _prices(request, View.columns, lambda _view, _symbol, bars: bars, _called_adjusted)


def _called_adjusted(bars: Bars) -> dict[str, Column]:
    return {
        "adjOpen": bars.open,
        "adjHigh": bars.high,
        "adjLow": bars.low,
        "adjClose": bars.close,
        "volume": bars.volume,
    }


def _prices(
    request: Request,
    find: Callable[[View, str, date, date], Bars],
    adjust: Callable[[View, str, Bars], Bars],
    columns: Callable[[Bars], dict[str, Column]],
) -> Reply:
    symbol, view = asked_symbol(request), request.view
    first, last = request.day("from", date.min), request.day("to", date.max)
    if view.plan == "free":
        first = max(first, view.today - timedelta(days=FREE_DAYS))
    found = adjust(view, symbol, find(view, symbol, first, last))
    newest_first = found.chosen(slice(None, None, -1)).chosen(slice(MOST_RECORDS))
    dates = [view.market.days[at].isoformat() for at in newest_first.at.tolist()]
    head: dict[str, Column] = {"symbol": symbol, "date": dates}
    return raw_reply(f"[{row_objects({**head, **columns(newest_first)})}]")


def splits(request: Request) -> Reply:
    """`/splits`: shares after over shares before."""
    symbol, view = asked_symbol(request), request.view
    rows = [
        {
            "symbol": symbol,
            "date": view.market.days[split.at].isoformat(),
            "numerator": split.shares_after,
            "denominator": split.shares_before,
        }
        for split in reversed(view.splits(symbol))
    ]
    return json_reply(rows[: _limit(request)])


def dividends(request: Request) -> Reply:
    """`/dividends`: as paid, and in today's shares; an unknown date is an empty text."""
    symbol, view = asked_symbol(request), request.view
    paid = view.dividends(symbol)
    rows = [_dividend_row(view, symbol, number, paid) for number in range(len(paid))]
    return json_reply(rows[::-1][: _limit(request)])


def _limit(request: Request) -> int:
    return request.number("limit", MOST_ACTIONS, lowest=0, highest=MOST_ACTIONS)


def _dividend_row(view: View, symbol: str, number: int, paid: list[Dividend]) -> dict[str, object]:
    """One payment; `yield`: of a year up to it, in percent of the last close before it."""
    this = paid[number]
    ex_date = view.market.days[this.at]
    since = shares_since(view, symbol, this.at)
    year = [
        other.cash_usd / shares_since(view, symbol, other.at)
        for other in paid[: number + 1]
        if (ex_date - view.market.days[other.at]).days < 364
    ]
    close_before = float(view.market.history(symbol).close[this.at - 1])
    price = close_before / split_on(view, symbol, this.at)
    declared = (ex_date - timedelta(days=24)).isoformat() if this.payments_per_year else ""
    return {
        "symbol": symbol,
        "date": ex_date.isoformat(),
        "recordDate": view.market.sessions.next_session(ex_date).isoformat(),
        "paymentDate": (ex_date + timedelta(days=16)).isoformat(),
        "declarationDate": declared,
        "adjDividend": round(this.cash_usd / since, 6),
        "dividend": this.cash_usd,
        "yield": round(100 * sum(year) * since / price, 5),
        "frequency": FREQUENCIES[this.payments_per_year],
    }
