"""Finnhub's basic financials: today's ratios, and their history by fiscal period."""

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any

import pyarrow as pa

from ingestion.errors import BadPayloadError
from ingestion.profile import Reply
from ingestion.responses import ResponseLabel
from ingestion.source import Answer, Source
from ingestion.symbols import checked_symbol
from ingestion.tables import day_of, typed_rows
from warehouse.sessions import NEW_YORK

FUNDAMENTALS = "raw.finnhub__fundamentals"


def fetch_metrics(source: Source, symbol: str) -> pa.Table:
    """Figures of one symbol as sent (percent, millions), one row each; nothing if it is unknown.

    No figure says when it was published, so each counts from its fetch on. Those of today are dated
    by the New York date of the fetch.
    """

    def parse(reply: Reply) -> Answer:
        payload = reply.json()
        if payload["symbol"] != symbol:
            raise BadPayloadError(f"finnhub sent metrics of another symbol than {symbol}")
        return Answer(typed_rows(FUNDAMENTALS, list(_figures(symbol, payload, reply)), reply))

    params = {"symbol": checked_symbol(symbol), "metric": "all"}
    return source.ask("/stock/metric", ResponseLabel("metric", symbol), parse, params=params).table


def _figures(symbol: str, payload: Mapping[str, Any], reply: Reply) -> Iterator[tuple[Any, ...]]:
    today = reply.fetched_at.astimezone(NEW_YORK).date()
    for name, value in (payload["metric"] or {}).items():
        if not isinstance(value, str):  # dates of highs and lows
            yield symbol, today, "snapshot", name, _number(value)
    for period, series in (payload["series"] or {}).items():
        for name, points in series.items():
            for point in points:
                ended = day_of(point["period"], reply)
                if ended > today:
                    raise BadPayloadError(f"finnhub sent a fiscal period that ends on {ended}")
                yield symbol, ended, period, name, _number(point["v"])


def _number(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool):
        raise TypeError("a figure is no number")
    number = float(value)
    return number if isfinite(number) else None
