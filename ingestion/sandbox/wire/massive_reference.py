"""Massive's lists of splits and dividends, new and old, with their filters, order and pages."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from ingestion.sandbox.actions import Dividend
from ingestion.sandbox.view import View
from ingestion.sandbox.wire.adjusted import shares_since, split_on
from ingestion.sandbox.wire.http import BadParameterError, Request
from ingestion.sandbox.wire.paging import asked, page_of

Row = dict[str, Any]

FILTERS: dict[str, Callable[[str, str], bool]] = {
    "": lambda value, bound: value == bound,
    ".gt": lambda value, bound: value > bound,
    ".gte": lambda value, bound: value >= bound,
    ".lt": lambda value, bound: value < bound,
    ".lte": lambda value, bound: value <= bound,
}
NEW_DIVIDEND_FIELDS = (
    "split_adjusted_cash_amount", "distribution_type", "historical_adjustment_factor",
)  # fmt: skip
OLD_FREE_DAYS = 2 * 365


def _row_id(*about: object) -> str:
    return "E" + hashlib.sha256(repr(about).encode()).hexdigest()[:20]


def asked_tickers(query: Mapping[str, str], view: View) -> Sequence[str]:
    """The names that a list is asked for; the whole market if none."""
    if "ticker" in query:
        return (query["ticker"],)
    if "ticker.any_of" in query:
        return tuple(query["ticker.any_of"].split(","))
    return view.symbols


def _is_asked(query: Mapping[str, str], date_field: str, day: str) -> bool:
    return all(
        holds(day, query[date_field + suffix])
        for suffix, holds in FILTERS.items()
        if date_field + suffix in query
    )


def _list_page(
    request: Request,
    query: Mapping[str, str],
    rows: list[Row],
    date_field: str,
    *,
    sort: tuple[str, str],
    size: int,
) -> dict[str, object]:
    """Filter by date, sort by a field and its order, and cut a page; ISO dates compare as text."""
    rows = [row for row in rows if _is_asked(query, date_field, row[date_field])]
    field, order = sort
    if field not in (date_field, "ticker") or order not in ("", "asc", "desc"):
        raise BadParameterError(f"sort by {field!r} is not supported")
    rows.sort(key=lambda row: (row[field], row["id"]), reverse=order == "desc")
    page, following = page_of(rows, request, query, size=size)
    return {"results": page, **following}


def _new_list_page(
    request: Request, query: Mapping[str, str], rows: list[Row], date_field: str
) -> dict[str, object]:
    """Field and order are one parameter here."""
    field, _, order = query.get("sort", f"{date_field}.desc").partition(".")
    size = page_size(query, default=100, highest=5000)
    return _list_page(request, query, rows, date_field, sort=(field, order), size=size)


def page_size(query: Mapping[str, str], *, default: int, highest: int) -> int:
    """Read `limit`, moved to the highest that the list allows."""
    text = query.get("limit", str(default))
    if not text.isdigit():
        raise BadParameterError("limit is not a whole number")
    return min(max(int(text), 1), highest)


def splits_page(request: Request) -> dict[str, object]:
    """`/stocks/v1/splits`."""
    query, view = asked(request), request.view
    rows: list[Row] = []
    for ticker in asked_tickers(query, view):
        cumulative = 1.0  # to today, so it changes with every later split
        for split in reversed(view.splits(ticker)):
            cumulative *= split.shares_before / split.shares_after
            is_forward = split.shares_after > split.shares_before
            rows.append(
                {
                    "id": _row_id(ticker, "split", split.at),
                    "ticker": ticker,
                    "execution_date": view.market.days[split.at].isoformat(),
                    "split_from": float(split.shares_before),
                    "split_to": float(split.shares_after),
                    "adjustment_type": "forward_split" if is_forward else "reverse_split",
                    "historical_adjustment_factor": round(cumulative, 6),
                }
            )
    return _new_list_page(request, query, rows, "execution_date")


def dividends_page(request: Request) -> dict[str, object]:
    """`/stocks/v1/dividends`."""
    query, view = asked(request), request.view
    rows: list[Row] = []
    for ticker in asked_tickers(query, view):
        cumulative = 1.0
        for number, paid in reversed(list(enumerate(view.dividends(ticker)))):
            before = float(view.market.history(ticker).close[paid.at - 1])
            ratio = shares_since(view, ticker, paid.at)
            cumulative *= 1 - paid.cash_usd * split_on(view, ticker, paid.at) / before
            if _is_asked(query, "ex_dividend_date", view.market.days[paid.at].isoformat()):
                rows.append(_dividend_row(view, ticker, number, paid, ratio, cumulative))
    return _new_list_page(request, query, rows, "ex_dividend_date")


def _dividend_row(
    view: View, ticker: str, number: int, paid: Dividend, shares_since: float, cumulative: float
) -> Row:
    ex_date = view.market.days[paid.at]
    return {
        "id": _row_id(ticker, "dividend", number),
        "ticker": ticker,
        "cash_amount": paid.cash_usd,
        "split_adjusted_cash_amount": round(paid.cash_usd / shares_since, 6),
        "currency": "USD",
        "declaration_date": (ex_date - timedelta(days=24)).isoformat(),
        "ex_dividend_date": ex_date.isoformat(),
        "record_date": view.market.sessions.next_session(ex_date).isoformat(),
        "pay_date": (ex_date + timedelta(days=16)).isoformat(),
        "frequency": paid.payments_per_year,
        "distribution_type": "recurring" if paid.payments_per_year else "special",
        "historical_adjustment_factor": round(cumulative, 6),
    }


def old_splits_page(request: Request) -> dict[str, object]:
    """`/v3/reference/splits`: the old spelling, whole shares, small pages."""
    query, view = asked(request), request.view
    rows = [
        {
            "id": _row_id(ticker, "split", split.at),
            "ticker": ticker,
            "execution_date": view.market.days[split.at].isoformat(),
            "split_from": split.shares_before,
            "split_to": split.shares_after,
        }
        for ticker in asked_tickers(query, view)
        for split in view.splits(ticker)
    ]
    return _old_list_page(request, query, rows, "execution_date")


def old_dividends_page(request: Request) -> dict[str, object]:
    """`/v3/reference/dividends`: amounts as paid only, never split-adjusted."""
    query, view = asked(request), request.view
    rows: list[Row] = []
    for ticker in asked_tickers(query, view):
        for number, paid in enumerate(view.dividends(ticker)):
            row = _dividend_row(view, ticker, number, paid, 1.0, 1.0)
            is_special = row["distribution_type"] == "special"
            for name in NEW_DIVIDEND_FIELDS:
                del row[name]
            rows.append({**row, "dividend_type": "SC" if is_special else "CD"})
    return _old_list_page(request, query, rows, "ex_dividend_date")


def _old_list_page(
    request: Request, query: Mapping[str, str], rows: list[Row], date_field: str
) -> dict[str, object]:
    """Two years on the free plan; `order` is a parameter of its own."""
    if request.view.plan == "free":
        oldest = (request.view.today - timedelta(days=OLD_FREE_DAYS)).isoformat()
        rows = [row for row in rows if row[date_field] >= oldest]
    sort = query.get("sort", date_field), query.get("order", "desc")
    size = page_size(query, default=10, highest=1000)
    return _list_page(request, query, rows, date_field, sort=sort, size=size)
