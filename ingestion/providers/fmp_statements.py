"""Financial Modeling Prep on companies: income statements, key metrics, ratios, profiles.

Key metrics and ratios carry no filing date: the income statement of the same period says when the
figures were accepted by EDGAR (`with_acceptance`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from math import isfinite
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.errors import BadPayloadError, EntitlementError
from ingestion.profile import Ration, Reply
from ingestion.providers import fmp
from ingestion.responses import ResponseLabel
from ingestion.source import Answer, Source
from ingestion.symbols import checked_symbol
from ingestion.tables import KEYS, SCHEMAS, day_of, plain_text, typed_rows
from warehouse.sessions import NEW_YORK

FUNDAMENTALS, PROFILES = "raw.fmp__fundamentals", "raw.fmp__profiles"
MOST_PERIODS = {"annual": 30, "quarter": 20}
"""Fiscal periods asked for: years since before our prices begin, and five years of quarters."""

FREE_PERIODS = 5
SOURCE = "fmp_statements"
"""The name of FMP in a run where it keeps to its ration."""

_PERIODS = {"annual": ("FY",), "quarter": ("Q1", "Q2", "Q3", "Q4")}
_NO_DATE = "0000"
_LABELS = frozenset(
    ("symbol", "date", "fiscalYear", "calendarYear", "period", "reportedCurrency", "cik",
     "filingDate", "fillingDate", "acceptedDate", "link", "finalLink")
)  # fmt: skip
"""What says which report it is; every other field with a number is a figure."""

PROFILE = replace(
    fmp.PROFILE, ration=Ration("fmp statements", (fmp.PROFILE.calls_per_day or 0) // 2)
)
"""Statements may take half of a free plan's calls of a day: prices need the rest."""


@dataclass(frozen=True)
class Page:
    """One endpoint asked for one kind of period: `annual` or `quarter`."""

    path: str
    statement: str
    period: str


PAGES: Mapping[str, Page] = MappingProxyType(
    {
        "income_statement": Page("/income-statement", "income", "annual"),
        "key_metrics": Page("/key-metrics", "key_metrics", "annual"),
        "ratios": Page("/ratios", "ratios", "annual"),
        "income_statement_quarter": Page("/income-statement", "income", "quarter"),
        "key_metrics_quarter": Page("/key-metrics", "key_metrics", "quarter"),
        "ratios_quarter": Page("/ratios", "ratios", "quarter"),
    }
)
"""Dataset to page; the quarters are datasets of their own because plans refuse them alone."""


def fetch_statements(
    source: Source, dataset: str, symbol: str, *, most_periods: int | None = None
) -> pa.Table:
    """The figures of the newest fiscal periods on one page of `PAGES`, one row each.

    Nothing for funds and unknown symbols. `accepted_at` is filled for income statements only.

    Raises
    ------
    EntitlementError
        With scope `parameter` where the plan allows fewer periods, `symbol` where it excludes the
        symbol, `endpoint` where it excludes the page or its kind of period.
    """
    page = PAGES[dataset]

    def parse(reply: Reply) -> Answer:
        return Answer(typed_rows(FUNDAMENTALS, list(_figures(page, symbol, reply)), reply))

    params = {
        "symbol": checked_symbol(symbol),
        "period": page.period,
        "limit": str(most_periods or MOST_PERIODS[page.period]),
    }
    try:
        return source.ask(page.path, ResponseLabel(dataset, symbol), parse, params=params).table
    except EntitlementError as refused:
        if refused.scope != "period":
            raise
        raise EntitlementError(str(refused)) from refused


def fetch_profile(source: Source, symbol: str) -> pa.Table:
    """What the company is called and does today; nothing for an unknown symbol."""

    def parse(reply: Reply) -> Answer:
        rows = [
            (
                symbol,
                *(_text(row.get(name)) for name in ("companyName", "sector", "industry")),
                _text(row.get("country")),
                bool(row["isEtf"] or row.get("isFund")),
            )
            for row in _rows_about(symbol, reply)
        ]
        return Answer(typed_rows(PROFILES, rows, reply))

    label = ResponseLabel("profile", symbol)
    return source.ask("/profile", label, parse, params={"symbol": checked_symbol(symbol)}).table


def with_acceptance(figures: pa.Table, income: pa.Table) -> pa.Table:
    """Figures with the acceptance of the income statement of their symbol, date and period.

    Parameters
    ----------
    figures, income : rows of `raw.fmp__fundamentals`; `income` of income statements.

    Returns
    -------
    The figures in the order of their key, `accepted_at` null where no statement has their period.
    """
    period = ["symbol", "period_end_date", "fiscal_period"]
    known = income.filter(pc.is_valid(income["accepted_at"]))
    known = known.group_by(period).aggregate([("accepted_at", "max")])
    joined = figures.drop_columns("accepted_at").join(
        known.rename_columns({"accepted_at_max": "accepted_at"}), period, use_threads=False
    )
    columns = joined.select(SCHEMAS[FUNDAMENTALS].names).cast(SCHEMAS[FUNDAMENTALS])
    return columns.sort_by([(name, "ascending") for name in KEYS[FUNDAMENTALS]]).combine_chunks()


def _figures(page: Page, symbol: str, reply: Reply) -> Iterator[tuple[Any, ...]]:
    today = reply.fetched_at.astimezone(NEW_YORK).date()
    for row in _rows_about(symbol, reply):
        ended, period = day_of(row["date"], reply), row["period"]
        if period not in _PERIODS[page.period]:
            raise BadPayloadError(f"fmp sent the period {period!r}, asked was {page.period}")
        if ended > today:
            raise BadPayloadError(f"fmp sent a fiscal period that ends on {ended}")
        accepted_at = _accepted_at(row, ended, reply) if page.statement == "income" else None
        currency = _text(row.get("reportedCurrency"))
        for name, value in row.items():
            if name not in _LABELS and (known := _figure(value)) is not None:
                yield symbol, page.statement, ended, period, name, *known, currency, accepted_at


def _figure(value: Any) -> tuple[float | None] | None:
    """A number or the lack of one, in a tuple; None for what is no figure at all."""
    if value is None or value == "":
        return (None,)
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return (number if isfinite(number) else None,)


def _accepted_at(row: Mapping[str, Any], ended: date, reply: Reply) -> datetime | None:
    """When EDGAR accepted the report; None without a stamp that can be true.

    Its stamps are New York wall time. One without a time of day (midnight: nobody works there then)
    or a mere filing date counts from the end of its day.
    """
    for name in ("acceptedDate", "filingDate"):
        text = row.get(name)
        if text and not str(text).startswith(_NO_DATE):
            day, clock = day_of(text, reply), str(text)[10:].strip()
            if day < ended:
                continue
            if clock in ("", "00:00:00"):
                return datetime.combine(day + timedelta(days=1), datetime.min.time(), NEW_YORK)
            local = datetime.fromisoformat(f"{day} {clock}").replace(tzinfo=NEW_YORK)
            return local.astimezone(UTC)
    return None


def _rows_about(symbol: str, reply: Reply) -> list[Mapping[str, Any]]:
    rows = reply.json()
    if not isinstance(rows, list):
        raise BadPayloadError("fmp sent an answer that is no list")
    if any(row["symbol"] != symbol for row in rows):
        raise BadPayloadError(f"fmp sent rows of another symbol than {symbol}")
    return rows


def _text(value: Any) -> str | None:
    return plain_text(value) or None
