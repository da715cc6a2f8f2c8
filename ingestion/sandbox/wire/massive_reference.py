"""Massive's lists: splits, dividends and news, with their filters, order and pages."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from ingestion.sandbox.actions import Dividend
from ingestion.sandbox.news import PUBLISHER, SUMMARY, Story
from ingestion.sandbox.view import View
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
PUBLISHER_FIELDS = {
    "name": PUBLISHER,
    "homepage_url": "https://sandbox.example/",
    "logo_url": "https://sandbox.example/logo.png",
    "favicon_url": "https://sandbox.example/favicon.ico",
}


def _row_id(*about: object) -> str:
    return "E" + hashlib.sha256(repr(about).encode()).hexdigest()[:20]


def _tickers(query: Mapping[str, str], view: View) -> Sequence[str]:
    if "ticker" in query:
        return (query["ticker"],)
    if "ticker.any_of" in query:
        return tuple(query["ticker.any_of"].split(","))
    return view.symbols


def _list_page(
    request: Request, query: Mapping[str, str], rows: list[Row], date_field: str
) -> dict[str, object]:
    """Filter by date, sort and cut a page; ISO dates compare as text."""
    for suffix, holds in FILTERS.items():
        bound = query.get(date_field + suffix)
        if bound is not None:
            rows = [row for row in rows if holds(row[date_field], bound)]
    field, _, order = query.get("sort", f"{date_field}.desc").partition(".")
    if field not in (date_field, "ticker") or order not in ("", "asc", "desc"):
        raise BadParameterError(f"sort by {field!r} is not supported")
    rows.sort(key=lambda row: (row[field], row["id"]), reverse=order == "desc")
    page, following = page_of(rows, request, query, size=_limit(query, default=100, highest=5000))
    return {"results": page, **following}


def _limit(query: Mapping[str, str], *, default: int, highest: int) -> int:
    text = query.get("limit", str(default))
    if not text.isdigit():
        raise BadParameterError("limit is not a whole number")
    return min(max(int(text), 1), highest)


def splits_page(request: Request) -> dict[str, object]:
    """`/stocks/v1/splits`."""
    query, view = asked(request), request.view
    rows: list[Row] = []
    for ticker in _tickers(query, view):
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
    return _list_page(request, query, rows, "execution_date")


def dividends_page(request: Request) -> dict[str, object]:
    """`/stocks/v1/dividends`."""
    query, view = asked(request), request.view
    rows: list[Row] = []
    for ticker in _tickers(query, view):
        cumulative = 1.0
        for number, paid in reversed(list(enumerate(view.dividends(ticker)))):
            before = float(view.market.history(ticker).close[paid.at - 1])
            ratio = _shares_since(view, ticker, paid.at)
            cumulative *= 1 - paid.cash_usd * _split_on(view, ticker, paid.at) / before
            rows.append(_dividend_row(view, ticker, number, paid, ratio, cumulative))
    return _list_page(request, query, rows, "ex_dividend_date")


def _shares_since(view: View, ticker: str, at: int) -> float:
    """Shares today for one share of session `at`."""
    shares = 1.0
    for split in view.splits(ticker):
        if split.at > at:
            shares *= split.shares_after / split.shares_before
    return shares


def _split_on(view: View, ticker: str, at: int) -> float:
    on_day = (split for split in view.splits(ticker) if split.at == at)
    return next((split.shares_after / split.shares_before for split in on_day), 1.0)


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


def news_page(request: Request) -> dict[str, object]:
    """`/v2/reference/news`: one article per story, with all its tickers."""
    query, view = asked(request), request.view
    since, until = datetime(1970, 1, 1, tzinfo=UTC), view.now
    for suffix in FILTERS:
        bound = query.get("published_utc" + suffix)
        if bound is not None:
            since, until = _narrowed(since, until, suffix, bound)
    found = {
        story.story_id: story
        for ticker in _tickers(query, view)
        for story in view.stories(ticker, since, until)
    }
    stories = sorted(found.values(), key=lambda story: (story.published_at, story.story_id))
    if query.get("order", "desc") == "desc":
        stories.reverse()
    size = _limit(query, default=10, highest=1000)
    page, following = page_of(stories, request, query, size=size)
    return {"results": [_article(story) for story in page], "count": len(page), **following}


def _narrowed(
    since: datetime, until: datetime, suffix: str, bound: str
) -> tuple[datetime, datetime]:
    """Stories carry whole seconds, so an open border is the next second."""
    moment, second = _moment(bound), timedelta(seconds=1)
    if suffix == "" and len(bound) == len("2026-01-06"):
        return moment, moment + timedelta(days=1) - second
    if suffix == "":
        return moment, moment
    if suffix.startswith(".g"):
        return max(since, moment + (second if suffix == ".gt" else timedelta())), until
    return since, min(until, moment - (second if suffix == ".lt" else timedelta()))


def _moment(text: str) -> datetime:
    """A date (midnight UTC) or an RFC 3339 moment."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadParameterError("published_utc is not a date or an RFC 3339 moment") from error
    return moment if moment.tzinfo else datetime.combine(moment.date(), time(), UTC)


def _article(story: Story) -> Row:
    address = f"https://sandbox.example/news/{story.story_id}"
    return {
        "id": hashlib.sha256(str(story.story_id).encode()).hexdigest(),
        "publisher": PUBLISHER_FIELDS,
        "title": story.headline,
        "author": PUBLISHER,
        "published_utc": f"{story.published_at:%Y-%m-%dT%H:%M:%SZ}",
        "article_url": address,
        "tickers": list(story.tickers),
        "description": SUMMARY,
        "keywords": ["simulated"],
    }
