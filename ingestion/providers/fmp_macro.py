"""Financial Modeling Prep's Treasury rates: where the bill rate comes from when FRED is silent."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from ingestion.errors import BadPayloadError
from ingestion.profile import Reply
from ingestion.responses import ResponseLabel
from ingestion.source import Answer, Source
from ingestion.tables import day_of, merged, typed_rows
from ingestion.windows import check_days

RATES = "raw.fmp__treasury_rates"
DAYS_PER_REQUEST = 90
"""A longer window is cut without a word, from its beginning."""


def fetch_treasury_rates(source: Source, symbol: str, first: date, last: date) -> pa.Table:
    """Rates of all maturities in percent, one row each; days without a curve have none.

    Parameters
    ----------
    symbol : the series in whose place they are asked for, for the records only.
    """
    tables, start = [], first
    while start <= last:
        end = min(last, start + timedelta(days=DAYS_PER_REQUEST - 1))
        tables.append(_rates(source, symbol, start, end))
        start = end + timedelta(days=1)
    return merged(RATES, tables)


def _rates(source: Source, symbol: str, first: date, last: date) -> pa.Table:
    def parse(reply: Reply) -> Answer:
        return Answer(typed_rows(RATES, list(_curve_points(reply, first, last)), reply))

    params = {"from": first.isoformat(), "to": last.isoformat()}
    label = ResponseLabel("treasury_rates", symbol, first, last)
    return source.ask("/treasury-rates", label, parse, params=params).table


def _curve_points(reply: Reply, first: date, last: date) -> Iterator[tuple[Any, ...]]:
    rows = reply.json()
    if not isinstance(rows, list):
        raise BadPayloadError("fmp sent an answer that is no list")
    days = [day_of(row["date"], reply) for row in rows]
    check_days(days, first, last, reply)
    for row, day in zip(rows, days, strict=True):
        for maturity, rate in row.items():
            if maturity != "date" and rate is not None:
                yield maturity, day, rate
