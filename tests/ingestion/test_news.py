"""News: backfilled backwards, split where cut, extended by the tail."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.ingestion.transport import Canned

NEWS, POLYGON_NEWS, FMP_NEWS = "raw.finnhub__company_news", "raw.polygon__news", "raw.fmp__news"
READINGS = "raw.polygon__news_sentiment"


def add_stories(bench, count, *, symbol="ZZQ", every=timedelta(hours=1), number=0):
    """Stories backwards from the present."""
    now = bench.market.now
    bench.market.stories += [
        (symbol, str(number + index), now - index * every) for index in range(1, count + 1)
    ]


def collect(bench, *symbols, first_day=date(2010, 1, 1)):
    return bench.collect(bench.only(news_symbols=symbols or ("ZZQ",), first_day=first_day))


def asked_for_news(bench):
    """Addresses of the requests for stories; scores that a plan may add are another matter."""
    urls = [request.url for request in bench.transport.requests]
    return [url for url in urls if "/news-sentiment" not in url]


def windows(bench):
    return [url.split("from=")[1].replace("&to=", "..") for url in asked_for_news(bench)]


def test_history_is_asked_for_a_year_at_a_time_until_two_empty_years(bench):
    bench.market.stories.append(("ZZQ", "1", datetime(2016, 1, 5, tzinfo=UTC)))
    collected = collect(bench)

    assert windows(bench) == [
        "2016-07-02..2017-07-01",
        "2015-07-03..2016-07-01",
        "2014-07-03..2015-07-02",
        "2013-07-03..2014-07-02",
    ]
    assert collected.tables[NEWS]["story_id"].to_pylist() == ["1"]


def test_history_ends_with_the_first_day_wanted(bench):
    add_stories(bench, 3)
    collect(bench, first_day=date(2017, 1, 1))

    assert windows(bench) == ["2017-01-01..2017-07-01"]


def test_cut_answer_is_asked_on_from_the_day_of_its_oldest_story(bench):
    add_stories(bench, 600)
    collected = collect(bench, first_day=date(2017, 6, 1))

    assert collected.tables[NEWS].num_rows == 600
    assert windows(bench)[:2] == ["2017-06-01..2017-07-01", "2017-06-01..2017-06-20"]
    assert collected.problems == ()


def test_day_with_more_stories_than_an_answer_holds_ends(bench):
    add_stories(bench, 300, every=timedelta(seconds=10))
    collect(bench, first_day=date(2017, 6, 25))

    assert windows(bench) == ["2017-06-25..2017-07-01", "2017-06-25..2017-06-30"]


def test_forty_requests_are_enough_for_one_symbol_and_the_rest_is_remarked(bench):
    add_stories(bench, 12_000)
    collected = collect(bench, first_day=date(2015, 1, 1))

    assert len(asked_for_news(bench)) == 40
    (problem,) = collected.problems
    assert "40 requests per symbol are spent" in problem.message
    assert not problem.is_degrading
    bench.next_session()
    collect(bench, first_day=date(2015, 1, 1))
    assert len(asked_for_news(bench)) < 5


def test_next_night_asks_for_the_tail_only(bench):
    add_stories(bench, 3)
    collect(bench)
    bench.next_session()
    add_stories(bench, 1, number=100)
    collected = collect(bench)

    assert windows(bench) == ["2017-06-19..2017-07-04"]
    assert collected.tables[NEWS].num_rows == 4


def test_second_run_asks_nothing(bench):
    add_stories(bench, 3)
    collect(bench)
    collected = collect(bench)

    assert asked_for_news(bench) == []
    assert collected.tables[NEWS].num_rows == 3


def test_symbol_without_news_is_no_problem(bench):
    collected = collect(bench)

    assert (collected.tables, collected.problems) == ({}, ())


@pytest.mark.parametrize(
    "answer", [Canned("", 503), Canned({"error": "You don't have access"}, 403)]
)
def test_failing_provider_is_replaced_by_the_next(bench, answer):
    add_stories(bench, 3)
    bench.fail("finnhub.test", answer)
    collected = collect(bench)

    assert collected.tables[POLYGON_NEWS].num_rows == 3
    assert [problem.is_degrading for problem in collected.problems] == [False]


def test_backfill_that_breaks_off_keeps_its_rows_and_is_not_taken_for_complete(bench):
    bench.without_key("polygon", "fmp")
    add_stories(bench, 300)
    bench.fail("to=2017-06-20", Canned("", 503))
    broken = collect(bench, first_day=date(2017, 6, 1))
    assert broken.tables[NEWS].num_rows == 250
    assert [problem.is_degrading for problem in broken.problems] == [True]
    bench.heal()

    assert collect(bench, first_day=date(2017, 6, 1)).tables[NEWS].num_rows == 300


def test_all_providers_down_is_degrading(bench):
    add_stories(bench, 3)
    collect(bench)
    bench.next_session()
    bench.fail("news", Canned("", 503))
    collected = collect(bench)

    assert collected.tables[NEWS].num_rows == 3
    assert [(problem.dataset, problem.is_degrading) for problem in collected.problems] == [
        ("company_news", True)
    ]


def test_many_tails_at_polygon_share_their_requests(bench):
    bench.without_key("finnhub")
    symbols = [f"S{number}" for number in range(12)]
    for number, symbol in enumerate(symbols):
        add_stories(bench, 2, symbol=symbol, number=10 * number)
    collect(bench, *symbols)
    assert len(asked_for_news(bench)) == 12
    bench.next_session()
    add_stories(bench, 1, symbol="S3", number=500)
    collected = collect(bench, *symbols)

    assert len(asked_for_news(bench)) == 1
    assert collected.tables[POLYGON_NEWS].num_rows == 25


def test_night_without_any_news_provider_is_remarked_only(bench):
    bench.without_key("finnhub", "polygon", "fmp")
    (problem,) = collect(bench).problems

    assert "set FINNHUB_API_KEY or POLYGON_API_KEY or FMP_API_KEY" in problem.message
    assert not problem.is_degrading


def test_fmp_is_the_third_in_the_chain(bench):
    add_stories(bench, 3)
    bench.fail("finnhub.test", Canned("", 503))
    bench.fail("polygon.test", Canned("", 503))
    collected = collect(bench)

    assert collected.tables[FMP_NEWS].num_rows == 3
    assert [problem.is_degrading for problem in collected.problems] == [False, False]


def test_pages_of_fmp_are_read_until_one_is_not_full(bench):
    bench.without_key("finnhub", "polygon")
    add_stories(bench, 600)
    collected = collect(bench, first_day=date(2017, 6, 1))

    assert collected.tables[FMP_NEWS].num_rows == 600
    assert [url.split("page=")[1] for url in asked_for_news(bench)] == [
        "0&limit=250", "1&limit=250", "2&limit=250",
    ]  # fmt: skip
    bench.next_session()
    assert collect(bench, first_day=date(2017, 6, 1)).tables[FMP_NEWS].num_rows == 600
    assert windows(bench) == [f"2017-06-19..2017-07-04&page={page}&limit=250" for page in (0, 1)]


def test_pages_that_break_off_keep_what_came_before(bench):
    bench.without_key("finnhub", "polygon")
    add_stories(bench, 600)
    bench.fail("page=1", Canned("", 503))
    broken = collect(bench, first_day=date(2017, 6, 1))
    assert broken.tables[FMP_NEWS].num_rows == 250
    assert [problem.is_degrading for problem in broken.problems] == [True]
    bench.heal()

    assert collect(bench, first_day=date(2017, 6, 1)).tables[FMP_NEWS].num_rows == 600


def test_endless_pages_of_fmp_end_with_a_remark(bench):
    bench.without_key("finnhub", "polygon")
    add_stories(bench, 11_000, every=timedelta(minutes=10))
    collected = collect(bench, first_day=date(2015, 1, 1))

    assert len(asked_for_news(bench)) == 40
    assert collected.tables[FMP_NEWS].num_rows == 10_000
    assert "news go back to" in collected.problems[0].message


def test_plan_without_fmps_news_is_asked_once_a_week(bench):
    bench.without_key("finnhub", "polygon")
    bench.market.plan = "free"
    add_stories(bench, 3)
    collect(bench, "ZZQ", "ZZR")
    assert len(asked_for_news(bench)) == 1
    bench.next_session()
    collect(bench, "ZZQ", "ZZR")

    assert asked_for_news(bench) == []


def test_readings_of_massive_ride_along_with_its_news(bench):
    bench.without_key("finnhub")
    add_stories(bench, 3)
    assert collect(bench).tables[READINGS].num_rows == 3
    assert len(asked_for_news(bench)) == 1
    bench.next_session()
    add_stories(bench, 1, number=100)
    collected = collect(bench)

    assert collected.tables[READINGS].num_rows == 4
    assert set(collected.tables[READINGS]["sentiment"].to_pylist()) == {"positive"}


def test_readings_of_many_tails_belong_to_their_symbols(bench):
    bench.without_key("finnhub")
    symbols = [f"S{number}" for number in range(8)]
    collect(bench, *symbols)
    bench.next_session()
    add_stories(bench, 2, symbol="S3")
    collected = collect(bench, *symbols)

    assert collected.tables[READINGS]["symbol"].to_pylist() == ["S3", "S3"]
