"""News of Massive (formerly Polygon) on the wire."""

from datetime import UTC, date, datetime

import pytest

from ingestion.errors import BadPayloadError
from ingestion.providers import polygon_news
from tests.ingestion.transport import Canned

FIRST, LAST = date(2017, 6, 26), date(2017, 6, 30)


def story(name, *tickers, at="2017-06-29T14:05:00Z", **more):
    named = {"id": name, "title": f"<b>{name}</b>", "published_utc": at, "tickers": list(tickers)}
    return {**named, **more}


def page(*stories, **more):
    return Canned({"status": "OK", "results": list(stories), **more})


def fetched(source, *pages, symbols=("ZZQ",), most_pages=2):
    return polygon_news.fetch_news(
        source("polygon", *pages), symbols, FIRST, LAST, most_pages=most_pages
    )


def test_story_of_several_tickers_is_a_row_for_each_that_was_asked_for(source):
    news = fetched(source, page(story("n1", "ZZQ", "ZZR", "OTHER")), symbols=("ZZQ", "ZZR"))

    assert [(row["story_id"], row["symbol"]) for row in news.stories.to_pylist()] == [
        ("n1", "ZZQ"), ("n1", "ZZR"),
    ]  # fmt: skip
    assert news.is_complete
    assert news.stories["headline"].to_pylist()[0] == "<b>n1</b>"


def test_news_end_with_the_last_allowed_page(source):
    more = page(story("n1", "ZZQ"), next_url="https://polygon.test/2")
    news = fetched(source, more, most_pages=1)

    assert (news.stories.num_rows, news.is_complete) == (1, False)


def test_news_from_outside_the_window_are_refused(source):
    with pytest.raises(BadPayloadError, match="story of 2016-06-29"):
        fetched(source, page(story("n1", "ZZQ", at="2016-06-29T14:05:00Z")))


def test_reading_of_a_story_is_a_row_for_each_ticker_that_was_asked_for(source):
    insights = [
        {"ticker": "ZZQ", "sentiment": "negative", "sentiment_reasoning": "…"},
        {"ticker": "ZZR", "sentiment": "neutral"},
        {"ticker": "OTHER", "sentiment": "positive"},
    ]
    more = page(story("n1", "ZZQ", insights=insights), next_url="https://polygon.test/2")
    last = page(story("n0", "ZZR", insights=[{"ticker": "ZZR", "sentiment": "positive"}]))
    news = fetched(source, more, last, symbols=("ZZQ", "ZZR"))

    assert [list(row.values())[:4] for row in news.insights.to_pylist()] == [
        ["n0", "ZZR", datetime(2017, 6, 29, 14, 5, tzinfo=UTC), "positive"],
        ["n1", "ZZQ", datetime(2017, 6, 29, 14, 5, tzinfo=UTC), "negative"],
        ["n1", "ZZR", datetime(2017, 6, 29, 14, 5, tzinfo=UTC), "neutral"],
    ]


@pytest.mark.parametrize(
    "insights", [None, "positive", ["positive"], [{}], [{"ticker": "ZZQ", "sentiment": "mixed"}]]
)
def test_reading_in_another_shape_leaves_its_story_as_it_is(source, insights):
    news = fetched(source, page(story("n1", "ZZQ", insights=insights)))

    assert (news.stories.num_rows, news.insights.num_rows) == (1, 0)
