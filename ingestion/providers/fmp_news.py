"""News of Financial Modeling Prep, for paying customers."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

import pyarrow as pa

from ingestion.errors import BadPayloadError
from ingestion.profile import Reply
from ingestion.responses import ResponseLabel
from ingestion.source import Answer, Source
from ingestion.symbols import checked_symbol
from ingestion.tables import plain_text, typed_rows
from ingestion.windows import check_moments
from warehouse.sessions import NEW_YORK

NEWS = "raw.fmp__news"
STORIES_PER_PAGE = 250
STAMP_FORMAT = "%Y-%m-%d %H:%M:%S"


def fetch_news_page(
    source: Source, symbol: str, first: date, last: date, page: int
) -> tuple[pa.Table, bool]:
    """One page of the stories of a symbol, newest first; pages are counted from 0.

    The stamps name no zone and clients of the provider disagree. They are read as New York wall
    time, the later of the two readings in use; the story counts a day after that all the same.

    Returns
    -------
    The rows, and whether the page was full, so that another one follows. New stories push older
    ones onto the next page while we read, so a story may come twice: it is known by its address.
    """
    has_more = False

    def parse(reply: Reply) -> Answer:
        nonlocal has_more
        stories = reply.json()
        if not isinstance(stories, list):
            raise BadPayloadError("fmp sent news that are no list")
        if any(story["symbol"] != symbol for story in stories):
            raise BadPayloadError(f"fmp sent news of another symbol than {symbol}")
        moments = [new_york_moment(story["publishedDate"]) for story in stories]
        check_moments(moments, first, last, reply)
        has_more = len(stories) >= STORIES_PER_PAGE
        rows = [
            _story(story, symbol, moment) for story, moment in zip(stories, moments, strict=True)
        ]
        return Answer(typed_rows(NEWS, rows, reply))

    params = {
        "symbols": checked_symbol(symbol),
        "from": first.isoformat(),
        "to": last.isoformat(),
        "page": str(page),
        "limit": str(STORIES_PER_PAGE),
    }
    label = ResponseLabel("news", symbol, first, last)
    return source.ask("/news/stock", label, parse, params=params).table, has_more


def new_york_moment(text: str) -> datetime:
    """A stamp without a zone as New York wall time; of an hour that clocks tell twice the later."""
    stamp = datetime.strptime(text, STAMP_FORMAT).replace(tzinfo=NEW_YORK)
    return max(stamp.replace(fold=fold).astimezone(UTC) for fold in (0, 1))


def _story(story: Mapping[str, Any], symbol: str, moment: datetime) -> tuple[Any, ...]:
    url = plain_text(story.get("url"))
    named = url or f"{story['publishedDate']} {story['title']}"
    return (
        sha256(named.encode()).hexdigest(),
        symbol,
        moment,
        plain_text(story["title"]),
        plain_text(story.get("text")),
        plain_text(story.get("publisher") or story.get("site")),
        url,
    )
