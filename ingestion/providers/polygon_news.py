"""News of Massive (formerly Polygon.io), with the provider's own reading of newer stories."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import pyarrow as pa

from ingestion.profile import Reply
from ingestion.providers.polygon import EVERYTHING, ask_pages, envelope, next_page
from ingestion.responses import ResponseLabel
from ingestion.source import Answer, Source
from ingestion.tables import merged, plain_text, typed_rows
from ingestion.windows import check_moments

NEWS, INSIGHTS = "raw.polygon__news", "raw.polygon__news_sentiment"
STORIES_PER_PAGE = "1000"
TONES = frozenset({"positive", "neutral", "negative"})

_Row = tuple[Any, ...]


class News(NamedTuple):
    """Stories and the provider's readings of them; `is_complete`: they reach back to the start."""

    stories: pa.Table
    insights: pa.Table
    is_complete: bool


def fetch_news(
    source: Source, symbols: Sequence[str], first: date, last: date, *, most_pages: int
) -> News:
    """Stories since a day, newest first, one row per story and asked symbol.

    One symbol is asked for by name; several share one request for the whole market's news. A
    reading that is missing, or in words that we do not know, leaves its story as it is.
    """
    wanted = frozenset(symbols)
    stories: list[pa.Table] = []
    insights: list[pa.Table] = []
    is_complete = False

    def parse(reply: Reply) -> Answer:
        payload, articles = envelope(reply)
        moments = [datetime.fromisoformat(article["published_utc"]) for article in articles]
        check_moments(moments, first, last, reply)
        told, read = [], []
        for article, moment in zip(articles, moments, strict=True):
            told += [_story(article, name, moment) for name in article["tickers"] if name in wanted]
            read += list(_readings(article, wanted, moment))
        insights.append(typed_rows(INSIGHTS, read, reply))
        return Answer(typed_rows(NEWS, told, reply), next_url=next_page(payload))

    params = {"published_utc.gte": first.isoformat(), "order": "desc", "sort": "published_utc"}
    params |= {"limit": STORIES_PER_PAGE}
    label = ResponseLabel("news", EVERYTHING, first, last, tuple(symbols))
    if len(symbols) == 1:
        params["ticker"] = symbols[0]
        label = ResponseLabel("news", symbols[0], first, last)
    pages = ask_pages(source, "/v2/reference/news", params, label, parse)
    for _, page in zip(range(most_pages), pages, strict=False):
        stories.append(page.table)
        is_complete = not page.next_url
    return News(merged(NEWS, stories), merged(INSIGHTS, insights), is_complete)


def _story(article: Mapping[str, Any], symbol: str, moment: datetime) -> _Row:
    publisher = article.get("publisher") or {}
    return (
        str(article["id"]),
        symbol,
        moment,
        plain_text(article["title"]),
        plain_text(article.get("description")),
        plain_text(publisher.get("name")),
        plain_text(article.get("article_url")),
    )


def _readings(
    article: Mapping[str, Any], wanted: frozenset[str], moment: datetime
) -> Iterator[_Row]:
    insights = article.get("insights")
    for insight in insights if isinstance(insights, list) else ():
        if not isinstance(insight, dict):
            continue
        symbol, tone = insight.get("ticker"), insight.get("sentiment")
        if symbol in wanted and tone in TONES:
            yield str(article["id"]), symbol, moment, tone
