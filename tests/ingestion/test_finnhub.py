"""Finnhub on the wire."""

from datetime import UTC, date, datetime

import pytest

from ingestion.errors import BadPayloadError, EntitlementError
from ingestion.providers import finnhub
from tests.ingestion.transport import Canned

FIRST, LAST = date(2017, 6, 1), date(2017, 6, 30)
STAMP = int(datetime(2017, 6, 29, 14, 5, tzinfo=UTC).timestamp())
STORY = {
    "category": "company", "datetime": STAMP, "headline": "ZZQ opens plant", "id": 131000001,
    "image": "", "related": "ZZR,ZZQ", "source": "Example Wire", "summary": "Short.",
    "url": "https://finnhub.test/api/news?id=abc",
}  # fmt: skip


def fetched(source, body):
    return finnhub.fetch_company_news(source("finnhub", Canned(body)), "ZZQ", FIRST, LAST).table


def test_story_becomes_a_row_of_the_asked_symbol(source):
    (row,) = fetched(source, [STORY]).to_pylist()

    assert list(row.values())[:7] == [
        "131000001", "ZZQ", datetime(2017, 6, 29, 14, 5, tzinfo=UTC), "ZZQ opens plant", "Short.",
        "Example Wire", "https://finnhub.test/api/news?id=abc",
    ]  # fmt: skip


def test_story_told_twice_counts_once(source):
    assert fetched(source, [STORY, STORY]).num_rows == 1


def test_no_news_give_no_rows(source):
    assert fetched(source, []).num_rows == 0


def test_headline_is_landed_as_it_came(source):
    evil = '<script>alert(1)</script> =HYPERLINK("x") \x07\x1b[31m\u202e'

    assert fetched(source, [{**STORY, "headline": evil}])["headline"].to_pylist() == [evil]


@pytest.mark.parametrize(
    "body",
    [
        {"s": "no_data"},
        [{**STORY, "datetime": None}],
        [{**STORY, "datetime": STAMP - 400 * 86400}],
        [{key: value for key, value in STORY.items() if key != "headline"}],
        [{**STORY, "headline": 5}],
        [{**STORY, "headline": None}, "text"],
        "[{",
    ],
)
def test_answer_of_another_shape_is_refused(source, body):
    with pytest.raises(BadPayloadError):
        fetched(source, body)


SCORES = {
    "buzz": {"articlesInLastWeek": 20, "buzz": 0.85, "weeklyAverage": 23.5},
    "companyNewsScore": 0.61, "sectorAverageBullishPercent": 0.55, "sectorAverageNewsScore": 0.51,
    "sentiment": {"bearishPercent": 0.2, "bullishPercent": 0.8}, "symbol": "ZZQ",
}  # fmt: skip


def scored(source, body, status=200):
    made = source("finnhub", Canned(body, status))
    return finnhub.fetch_news_sentiment(made, "ZZQ").table.to_pylist()


def test_news_sentiment_is_a_row_of_the_fetchs_new_york_date(source, bench):
    (row,) = scored(source, SCORES)

    # fetched at 01:00 UTC of July 1st, which is June 30th in New York
    assert list(row.values())[:6] == ["ZZQ", date(2017, 6, 30), 0.61, 0.8, 0.2, 0.85]
    assert row["fetched_at"] == bench.market.now


@pytest.mark.parametrize(
    "changes",
    [
        {"sentiment": None},
        {"buzz": {"articlesInLastWeek": 0, "buzz": 0, "weeklyAverage": 0}},
        {"buzz": {"articlesInLastWeek": None}},
    ],
)
def test_week_without_articles_is_no_opinion(source, changes):
    assert scored(source, {**SCORES, **changes}) == []


def test_score_of_nobody_is_no_row(source):
    assert scored(source, {}) == []


@pytest.mark.parametrize(
    "body",
    [
        [],
        {**SCORES, "symbol": "ZZR"},
        {**SCORES, "companyNewsScore": 61},
        {**SCORES, "sentiment": {"bearishPercent": -0.2, "bullishPercent": 0.8}},
        {**SCORES, "sentiment": {"bearishPercent": "x", "bullishPercent": 0.8}},
        {key: value for key, value in SCORES.items() if key != "buzz"},
    ],
)
def test_news_sentiment_of_another_shape_is_refused(source, body):
    with pytest.raises(BadPayloadError):
        scored(source, body)


def test_refused_news_sentiment_is_about_the_endpoint(source):
    with pytest.raises(EntitlementError) as refused:
        scored(source, {"error": "You don't have access to this resource."}, 403)

    assert refused.value.scope == "endpoint"
