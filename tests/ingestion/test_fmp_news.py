"""News of Financial Modeling Prep on the wire: stamps without a zone, pages that shift."""

from datetime import UTC, date, datetime

import pytest

from ingestion.errors import BadPayloadError, EntitlementError
from ingestion.providers import fmp_news
from tests.ingestion.transport import Canned

FIRST, LAST = date(2017, 6, 1), date(2017, 6, 30)
STORY = {
    "symbol": "ZZQ", "publishedDate": "2017-06-29 14:05:00", "publisher": "Example Wire",
    "title": "ZZQ opens plant", "image": "https://x.test/i.png", "site": "x.test",
    "text": "Short text.", "url": "https://x.test/a",
}  # fmt: skip


def fetched(source, body, *, page=0):
    return fmp_news.fetch_news_page(source("fmp", Canned(body)), "ZZQ", FIRST, LAST, page)


def test_story_becomes_a_row_stamped_in_new_york(source, bench):
    table, has_more = fetched(source, [STORY], page=3)
    (row,) = table.to_pylist()

    assert list(row.values())[1:7] == [
        "ZZQ", datetime(2017, 6, 29, 18, 5, tzinfo=UTC), "ZZQ opens plant", "Short text.",
        "Example Wire", "https://x.test/a",
    ]  # fmt: skip
    assert not has_more
    assert "symbols=ZZQ&from=2017-06-01&to=2017-06-30&page=3&limit=250" in (
        bench.transport.requests[0].url
    )


def test_address_names_a_story_whatever_its_words(source):
    table, _ = fetched(source, [STORY, {**STORY, "title": "ZZQ opens a plant"}])

    assert table["headline"].to_pylist() == ["ZZQ opens a plant"]


def test_stories_without_an_address_are_told_apart_by_stamp_and_words(source):
    bare = {**STORY, "url": ""}
    table, _ = fetched(source, [bare, bare, {**bare, "title": "Another"}])

    assert table.num_rows == 2


def test_full_page_is_followed_by_another(source):
    stories = [{**STORY, "url": f"https://x.test/{number}"} for number in range(250)]

    assert fetched(source, stories)[1]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2017-01-05 16:00:00", datetime(2017, 1, 5, 21, tzinfo=UTC)),  # winter
        ("2017-07-05 16:00:00", datetime(2017, 7, 5, 20, tzinfo=UTC)),  # summer
        ("2017-03-12 02:30:00", datetime(2017, 3, 12, 7, 30, tzinfo=UTC)),  # never shown
        ("2017-11-05 01:30:00", datetime(2017, 11, 5, 6, 30, tzinfo=UTC)),  # shown twice
    ],
)
def test_stamp_is_read_as_the_later_moment_that_new_york_clocks_showed_it(text, moment):
    assert fmp_news.new_york_moment(text) == moment


def test_plan_without_news_is_no_empty_answer(source):
    made = source("fmp", Canned("Restricted Endpoint: …", 402, "text/plain"))
    with pytest.raises(EntitlementError) as refused:
        fmp_news.fetch_news_page(made, "ZZQ", FIRST, LAST, 0)

    assert refused.value.scope == "endpoint"


@pytest.mark.parametrize(
    "body",
    [
        {"Error Message": "something"},
        "Invalid name",
        [{**STORY, "symbol": "ZZR"}],
        [{**STORY, "publishedDate": "yesterday"}],
        [{**STORY, "publishedDate": "2016-06-29 14:05:00"}],
        [{key: value for key, value in STORY.items() if key != "title"}],
        [{**STORY, "title": 5}],
        [None],
    ],
)
def test_answer_of_another_shape_is_refused(source, body):
    with pytest.raises(BadPayloadError):
        fetched(source, body)
