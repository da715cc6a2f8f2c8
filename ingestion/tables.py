"""The typed rows that land: one arrow schema per raw table of the ledger, and how to fill it."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache, reduce
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.errors import BadPayloadError
from ingestion.profile import Reply
from warehouse.availability import RAW_TABLES
from warehouse.sessions import NEW_YORK

MOMENT = pa.timestamp("us", tz="UTC")
UNADJUSTED, SPLITS_UNDONE = "none", "splits_undone"
"""How a bar came to be as traded: so sent, or by taking back the vendor's split adjustment."""

_TEXT, _DAY, _NUMBER, _COUNT = pa.string(), pa.date32(), pa.float64(), pa.int64()
_PRICES = dict.fromkeys(("open", "high", "low", "close"), _NUMBER)
_STORY = {
    "story_id": _TEXT,
    "symbol": _TEXT,
    "published_at": MOMENT,
    "headline": _TEXT,
    "summary": _TEXT,
    "publisher": _TEXT,
    "url": _TEXT,
}
_MODE = {"adjustment_mode": _TEXT}
_DAILY_BAR = {"symbol": _TEXT, "session_date": _DAY, **_PRICES, "volume": _NUMBER}
_INTRADAY_BAR = {
    "symbol": _TEXT,
    "bar_interval": _TEXT,
    "bar_end_at": MOMENT,
    **_PRICES,
    "volume": _NUMBER,
}
_INDEX_ROW = {"index_name": _TEXT, "session_date": _DAY, **_PRICES}

_COLUMNS: dict[str, dict[str, pa.DataType]] = {
    "raw.polygon__daily_bars": {
        **_DAILY_BAR,
        "vwap": _NUMBER,
        "transactions": _COUNT,
        **_MODE,
    },
    "raw.polygon__intraday_bars": {
        **_INTRADAY_BAR,
        "vwap": _NUMBER,
        "transactions": _COUNT,
        **_MODE,
    },
    "raw.polygon__splits": {
        "symbol": _TEXT,
        "execution_date": _DAY,
        "split_from": _NUMBER,
        "split_to": _NUMBER,
    },
    "raw.polygon__dividends": {
        "symbol": _TEXT,
        "ex_dividend_date": _DAY,
        "dividend_id": _TEXT,
        "cash_amount": _NUMBER,
        "currency": _TEXT,
        "distribution_type": _TEXT,
    },
    "raw.polygon__news": _STORY,
    "raw.polygon__news_sentiment": {
        "story_id": _TEXT,
        "symbol": _TEXT,
        "published_at": MOMENT,
        "sentiment": _TEXT,
    },
    "raw.fmp__daily_prices": {**_DAILY_BAR, **_MODE},
    "raw.fmp__splits": {
        "symbol": _TEXT,
        "execution_date": _DAY,
        "numerator": _NUMBER,
        "denominator": _NUMBER,
    },
    "raw.fmp__dividends": {"symbol": _TEXT, "ex_dividend_date": _DAY, "dividend": _NUMBER},
    "raw.fmp__news": _STORY,
    "raw.fmp__fundamentals": {
        "symbol": _TEXT,
        "statement": _TEXT,
        "period_end_date": _DAY,
        "fiscal_period": _TEXT,
        "metric": _TEXT,
        "value": _NUMBER,
        "currency": _TEXT,
        "accepted_at": MOMENT,
    },
    "raw.fmp__profiles": {
        "symbol": _TEXT,
        "name": _TEXT,
        "sector": _TEXT,
        "industry": _TEXT,
        "country": _TEXT,
        "is_etf": pa.bool_(),
    },
    "raw.fmp__treasury_rates": {"maturity": _TEXT, "observed_date": _DAY, "value": _NUMBER},
    "raw.finnhub__company_news": _STORY,
    "raw.finnhub__news_sentiment": {
        "symbol": _TEXT,
        "observed_date": _DAY,
        "company_news_score": _NUMBER,
        "bullish_fraction": _NUMBER,
        "bearish_fraction": _NUMBER,
        "buzz_ratio": _NUMBER,
    },
    "raw.finnhub__daily_candles": {**_DAILY_BAR, **_MODE},
    "raw.finnhub__intraday_bars": {**_INTRADAY_BAR, **_MODE},
    "raw.finnhub__splits": {
        "symbol": _TEXT,
        "execution_date": _DAY,
        "from_factor": _NUMBER,
        "to_factor": _NUMBER,
    },
    "raw.finnhub__dividends": {
        "symbol": _TEXT,
        "ex_dividend_date": _DAY,
        "amount": _NUMBER,
        "currency": _TEXT,
    },
    "raw.finnhub__fundamentals": {
        "symbol": _TEXT,
        "period_end_date": _DAY,
        "fiscal_period": _TEXT,
        "metric": _TEXT,
        "value": _NUMBER,
    },
    "raw.yahoo__daily_bars": {**_DAILY_BAR, **_MODE},
    "raw.yahoo__splits": {
        "symbol": _TEXT,
        "execution_date": _DAY,
        "numerator": _NUMBER,
        "denominator": _NUMBER,
    },
    "raw.yahoo__dividends": {"symbol": _TEXT, "ex_dividend_date": _DAY, "amount": _NUMBER},
    "raw.fred__observations": {
        "series_id": _TEXT,
        "observed_date": _DAY,
        "value": _NUMBER,
        "source_endpoint": _TEXT,
    },
    "raw.cboe__index_history": _INDEX_ROW,
    "raw.cboe__delayed_quotes": _INDEX_ROW,
}
SCHEMAS: dict[str, pa.Schema] = {
    name: pa.schema({**columns, "fetched_at": MOMENT, "response_hash": _TEXT})
    for name, columns in _COLUMNS.items()
}
"""Payload columns in the order of `ledger.sql`, then `fetched_at` and `response_hash`."""

KEYS: dict[str, tuple[str, ...]] = {table.name: table.key for table in RAW_TABLES}


def empty_table(name: str) -> pa.Table:
    """No rows of a raw table."""
    return SCHEMAS[name].empty_table()


def typed_rows(name: str, rows: Sequence[tuple[Any, ...]], reply: Reply) -> pa.Table:
    """One response's rows, stamped with its fetch; equal keys keep the last row.

    Parameters
    ----------
    rows : payload values in the order of the raw table's columns.

    Raises
    ------
    BadPayloadError
        If a value has the wrong type, or a key is missing.
    """
    if not rows:
        return empty_table(name)
    try:
        columns = list(zip(*rows, strict=True))
    except ValueError:
        raise _wrong_type(reply) from None
    return typed_columns(name, columns, reply)


def typed_columns(name: str, columns: Sequence[Sequence[Any]], reply: Reply) -> pa.Table:
    """The same as `typed_rows`, from columns: many times faster for long histories."""
    schema, payload = SCHEMAS[name], _COLUMNS[name].values()
    try:
        arrays = [
            pa.array(values, type=kind) for values, kind in zip(columns, payload, strict=True)
        ]
        count = len(arrays[0])
        arrays.append(pa.repeat(pa.scalar(reply.fetched_at, MOMENT), count))
        arrays.append(pa.repeat(reply.hash, count))
        table = pa.Table.from_arrays(arrays, schema=schema)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        raise _wrong_type(reply) from None
    if any(table[column].null_count for column in KEYS[name]):
        raise BadPayloadError(f"{reply.provider} sent a row without {' or '.join(KEYS[name])}")
    return _distinct(name, table)


def _wrong_type(reply: Reply) -> BadPayloadError:
    return BadPayloadError(f"{reply.provider} sent a value of the wrong type")


def merged(name: str, tables: Iterable[pa.Table]) -> pa.Table:
    """All rows in the order of their key; of equal keys the one of the last table counts.

    Rows are never taken away: an answer that lacks an old row does not delete it. Each table for
    itself is in order and without repeats already.
    """
    filled = [table for table in tables if table.num_rows]
    if len(filled) > 1:
        return _distinct(name, pa.concat_tables(filled))
    return filled[0] if filled else empty_table(name)


def _distinct(name: str, table: pa.Table) -> pa.Table:
    """The rows in the order of their key, of equal keys the last one."""
    keys = KEYS[name]
    # the sort is stable: of equal keys the last row stays the last
    order = pc.sort_indices(table, sort_keys=[(column, "ascending") for column in keys])
    ordered = table.take(order).combine_chunks()
    count = ordered.num_rows
    if count < 2:
        return ordered
    is_repeat = reduce(
        pc.and_,
        (
            pc.equal(ordered[column].slice(1), ordered[column].slice(0, count - 1))
            for column in keys
        ),
    )
    is_last = pa.chunked_array([*pc.invert(is_repeat).chunks, pa.array([True])])
    return ordered.filter(is_last).combine_chunks()


def within(table: pa.Table, column: str, first: date, last: date) -> pa.Table:
    """The rows whose date lies between two days, both included."""
    days = table[column]
    first_day, last_day = pa.scalar(first, pa.date32()), pa.scalar(last, pa.date32())
    return table.filter(pc.and_(pc.greater_equal(days, first_day), pc.less_equal(days, last_day)))


def latest_day(table: pa.Table, column: str) -> date | None:
    """The last date of a column, None without rows."""
    found: date | None = pc.max(table[column]).as_py()
    return found


def earliest_day(table: pa.Table, column: str) -> date | None:
    """The first date of a column, None without rows."""
    found: date | None = pc.min(table[column]).as_py()
    return found


def day_of(text: Any, reply: Reply) -> date:
    """An ISO date of a response; what follows the date is ignored."""
    try:
        return date.fromisoformat(text[:10])
    except (TypeError, ValueError):
        raise BadPayloadError(f"{reply.provider} sent {str(text)[:20]!r} for a date") from None


@lru_cache(maxsize=65536)
def new_york_day(epoch_milliseconds: int) -> date:
    """The New York date of a moment; daylight saving moves midnight, so never by UTC."""
    return datetime.fromtimestamp(epoch_milliseconds / 1000, UTC).astimezone(NEW_YORK).date()


def plain_text(value: Any) -> str | None:
    """A provider's text as it came, less what no database can hold (NUL, lone surrogates)."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise BadPayloadError("a text field holds something else than text")
    return value.encode("utf-8", "replace").decode().replace("\0", "")
