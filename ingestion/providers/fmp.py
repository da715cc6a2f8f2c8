"""Financial Modeling Prep: daily prices in four flavours, splits, dividends."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from ingestion.adjustment import SPLIT_ADJUSTED
from ingestion.errors import (
    AuthError,
    BadPayloadError,
    EntitlementError,
    IngestionError,
    QuotaError,
)
from ingestion.profile import ProviderProfile, Reply
from ingestion.responses import ResponseLabel
from ingestion.source import Answer, Source
from ingestion.symbols import checked_symbol
from ingestion.tables import UNADJUSTED, day_of, merged, typed_rows
from ingestion.windows import check_days, is_announced, is_finished

PRICES, SPLITS, DIVIDENDS = "raw.fmp__daily_prices", "raw.fmp__splits", "raw.fmp__dividends"
DAYS_PER_REQUEST = 15 * 366
"""At most 5,000 records come per request, which is not quite twenty years of sessions."""

ACTIONS_LIMIT = "1000"
_Row = tuple[Any, ...]


@dataclass(frozen=True)
class Flavour:
    """One of FMP's daily price lists: its fields for open, high, low, close, and what it adjusts.

    `mode`: none, splits, or splits_and_dividends. A field that a list lacks is empty.
    """

    fields: tuple[str, str, str, str]
    mode: str


FLAVOURS: dict[str, Flavour] = {
    # raw prices, despite their names: what lands
    "non-split-adjusted": Flavour(("adjOpen", "adjHigh", "adjLow", "adjClose"), UNADJUSTED),
    # lands after `undo_splits`, where the plan lacks the raw ones
    "full": Flavour(("open", "high", "low", "close"), SPLIT_ADJUSTED),
    "light": Flavour(("", "", "", "price"), SPLIT_ADJUSTED),
    "dividend-adjusted": Flavour(
        ("adjOpen", "adjHigh", "adjLow", "adjClose"), "splits_and_dividends"
    ),
}
"""Path below `/historical-price-eod/` to its shape."""


def refusal(reply: Reply) -> IngestionError | None:
    """The error behind an answer; the three kinds of 402 differ by their text only."""
    if reply.is_list:
        return None
    lowered, told = reply.error_text.lower(), reply.told
    if "limit reach" in lowered:
        return QuotaError(told)
    if reply.status == 401 or "invalid api key" in lowered:
        return AuthError(told)
    if reply.status == 402 or "premium query parameter" in lowered:
        if "special parameters" in lowered:
            return EntitlementError(told, scope="parameter")
        if "special endpoint" in lowered:
            return EntitlementError(told, scope="period" if "'period'" in lowered else "symbol")
        known = "restricted endpoint" in lowered
        return EntitlementError(told, scope="endpoint" if known else "request")
    if any(kind in lowered for kind in ("legacy endpoint", "exclusive endpoint")):
        return EntitlementError(told)
    if reply.status == 200 and '"error message"' in lowered:
        return BadPayloadError(told)
    return None


PROFILE = ProviderProfile(
    name="fmp",
    refusal=refusal,
    calls_per_day=250,
    key_header="apikey",
)


def fetch_daily_prices(
    source: Source, symbol: str, first: date, last: date, *, flavour: str = "non-split-adjusted"
) -> pa.Table:
    """Daily prices of one symbol, the session that is not over left out.

    Parameters
    ----------
    flavour : a key of `FLAVOURS`; rows carry its mode, and only unadjusted ones may land.
    """
    tables, start = [], first
    while start <= last:
        end = min(last, start + timedelta(days=DAYS_PER_REQUEST))
        tables.append(_prices(source, symbol, start, end, flavour))
        start = end + timedelta(days=1)
    return merged(PRICES, tables)


def fetch_splits(source: Source, symbol: str, first: date) -> pa.Table:
    """Splits of one symbol from a day on, announced ones left out."""

    def values(row: Mapping[str, Any]) -> tuple[Any, ...]:
        if not (row["numerator"] > 0 and row["denominator"] > 0):
            raise BadPayloadError("fmp sent a split ratio that is not positive")
        return row["numerator"], row["denominator"]

    return _actions(source, "splits", SPLITS, symbol, first, values)


def fetch_dividends(source: Source, symbol: str, first: date) -> pa.Table:
    """Dividends per share as traded, of one symbol from a day on; announced ones left out."""

    def values(row: Mapping[str, Any]) -> tuple[Any, ...]:
        return (float(row["dividend"]),)

    return _actions(source, "dividends", DIVIDENDS, symbol, first, values, combine=_sum_by_day)


def _prices(source: Source, symbol: str, first: date, last: date, flavour: str) -> pa.Table:
    shape = FLAVOURS[flavour]

    def parse(reply: Reply) -> Answer:
        rows = _rows(reply, symbol)
        days = [day_of(row["date"], reply) for row in rows]
        check_days(days, first, last, reply)
        done = [
            (
                symbol,
                day,
                *(row[field] if field else None for field in shape.fields),
                row["volume"],
                shape.mode,
            )
            for row, day in zip(rows, days, strict=True)
            if is_finished(day, reply)
        ]
        return Answer(typed_rows(PRICES, done, reply))

    params = {"symbol": checked_symbol(symbol), "from": first.isoformat(), "to": last.isoformat()}
    label = ResponseLabel("daily_prices", symbol, first, last)
    path = f"/historical-price-eod/{flavour}"
    return source.ask(path, label, parse, params=params).table


def _actions(
    source: Source,
    dataset: str,
    table: str,
    symbol: str,
    first: date,
    values: Callable[[Mapping[str, Any]], tuple[Any, ...]],
    *,
    combine: Callable[[list[_Row]], list[_Row]] = list,
) -> pa.Table:
    def parse(reply: Reply) -> Answer:
        dated = [(day_of(row["date"], reply), row) for row in _rows(reply, symbol)]
        done = [
            (symbol, day, *values(row))
            for day, row in dated
            if day >= first and not is_announced(day, reply)  # the endpoint knows no window
        ]
        return Answer(typed_rows(table, combine(done), reply))

    params = {"symbol": checked_symbol(symbol), "limit": ACTIONS_LIMIT}
    label = ResponseLabel(dataset, symbol, first)
    try:
        return source.ask(f"/{dataset}", label, parse, params=params).table
    except EntitlementError as refused:
        if refused.scope != "parameter":
            raise
        # a plan that caps `limit` still serves its own default number of rows
        return source.ask(f"/{dataset}", label, parse, params={"symbol": symbol}).table


def _sum_by_day(rows: list[_Row]) -> list[_Row]:
    """One row a day: payments carry no id here, so a repeated amount is taken for a duplicate."""
    payments: dict[tuple[str, date], set[float]] = {}
    for symbol, day, amount in rows:
        payments.setdefault((symbol, day), set()).add(amount)
    return [(*paid, sum(sorted(amounts))) for paid, amounts in payments.items()]


def _rows(reply: Reply, symbol: str) -> Sequence[Mapping[str, Any]]:
    rows = reply.json()
    if not isinstance(rows, list):
        raise BadPayloadError("fmp sent an answer that is no list")
    if any(row.get("symbol", symbol) != symbol for row in rows):
        raise BadPayloadError(f"fmp sent rows of another symbol than {symbol}")
    return rows
