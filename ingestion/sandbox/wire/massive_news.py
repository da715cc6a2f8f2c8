"""Massive's news: one article per story with all its tickers, and the provider's own sentiment."""

import hashlib
import zlib
from datetime import UTC, datetime, time, timedelta

from ingestion.sandbox.news import PUBLISHER, SUMMARY, Story
from ingestion.sandbox.wire.http import BadParameterError, Request
from ingestion.sandbox.wire.massive_reference import FILTERS, Row, asked_tickers, page_size
from ingestion.sandbox.wire.paging import asked, page_of

FREE_DAYS = 2 * 365
INSIGHTS_SINCE = datetime(2024, 1, 1, tzinfo=UTC)
MISREAD_FRACTION = 0.12
PUBLISHER_FIELDS = {
    "name": PUBLISHER,
    "homepage_url": "https://sandbox.example/",
    "logo_url": "https://sandbox.example/logo.png",
    "favicon_url": "https://sandbox.example/favicon.ico",
}


def news_page(request: Request) -> dict[str, object]:
    """`/v2/reference/news`: one article per story, with all its tickers."""
    query, view = asked(request), request.view
    since, until = datetime(1970, 1, 1, tzinfo=UTC), view.now
    if view.plan == "free":
        since = view.now - timedelta(days=FREE_DAYS)
    for suffix in FILTERS:
        bound = query.get("published_utc" + suffix)
        if bound is not None:
            since, until = _narrowed(since, until, suffix, bound)
    found = {
        story.story_id: story
        for ticker in asked_tickers(query, view)
        for story in view.stories(ticker, since, until)
    }
    stories = sorted(found.values(), key=lambda story: (story.published_at, story.story_id))
    if query.get("order", "desc") == "desc":
        stories.reverse()
    size = page_size(query, default=10, highest=1000)
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
        **_insights(story),
    }


def _insights(story: Story) -> dict[str, list[Row]]:
    """The provider's own reading of newer articles; now and then it misses the tone."""
    if story.published_at < INSIGHTS_SINCE:
        return {}
    luck = zlib.crc32(str(story.story_id).encode()) / 2**32
    tone = story.tone if luck >= MISREAD_FRACTION else "neutral"
    reasoning = "A simulated reading of a simulated headline."
    return {
        "insights": [
            {"ticker": ticker, "sentiment": tone, "sentiment_reasoning": reasoning}
            for ticker in story.tickers
        ]
    }
