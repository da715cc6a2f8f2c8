"""Finnhub's own scores: a snapshot per symbol and night, and never a reason to worry."""

from datetime import UTC, date, datetime

from tests.ingestion.transport import Canned

SCORES = "raw.finnhub__news_sentiment"


def collect(bench, *symbols):
    bench.market.stories.append(("ZZQ", "1", datetime(2017, 6, 29, tzinfo=UTC)))
    return bench.collect(bench.only(news_symbols=symbols or ("ZZQ",)))


def asked_for_scores(bench):
    urls = [request.url for request in bench.transport.requests]
    return [url.split("symbol=")[1] for url in urls if "/news-sentiment" in url]


def test_snapshot_is_taken_every_night_and_the_old_ones_stay(bench):
    bench.market.finnhub_plan = "paid"
    collect(bench)
    collect(bench)
    assert asked_for_scores(bench) == []
    bench.next_session()
    collected = collect(bench)

    assert collected.tables[SCORES].drop(["fetched_at", "response_hash"]).to_pylist() == [
        {
            "symbol": "ZZQ", "observed_date": day, "company_news_score": 0.6,
            "bullish_fraction": 0.75, "bearish_fraction": 0.25, "buzz_ratio": 0.5,
        }
        for day in (date(2017, 6, 30), date(2017, 7, 3))
    ]  # fmt: skip


def test_symbol_without_articles_has_no_score_and_is_no_problem(bench):
    bench.market.finnhub_plan = "paid"
    collected = collect(bench, "ZZR")

    assert SCORES not in collected.tables
    assert collected.problems == ()


def test_plan_without_scores_is_asked_once_a_week_and_no_problem(bench):
    assert collect(bench, "ZZQ", "ZZR").problems == ()
    assert asked_for_scores(bench) == ["ZZQ"]
    bench.next_session()
    assert collect(bench, "ZZQ", "ZZR").problems == ()
    assert asked_for_scores(bench) == []


def test_failing_scores_are_a_remark_and_leave_what_is_held(bench):
    bench.market.finnhub_plan = "paid"
    collect(bench)
    bench.next_session()
    bench.fail("news-sentiment", Canned("", 503))
    collected = collect(bench)

    assert collected.tables[SCORES].num_rows == 1
    assert [(each.dataset, each.is_degrading) for each in collected.problems] == [
        ("news_sentiment", False)
    ]


def test_nobody_is_asked_without_a_key(bench):
    bench.without_key("finnhub")
    collect(bench)

    assert asked_for_scores(bench) == []
