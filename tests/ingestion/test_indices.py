"""Index closes: the file in the evening, the delayed quote before it."""

from datetime import UTC, date, datetime

from tests.ingestion.transport import Canned

FILE, QUOTE = "raw.cboe__index_history", "raw.cboe__delayed_quotes"
BEFORE_THE_FILE = datetime(2017, 6, 30, 22, 30, tzinfo=UTC)  # it comes at 20:30 New York
DOWN = Canned("", 503)


def collect(bench, **changes):
    return bench.collect(bench.only(index_names=("VIX",), **changes))


def last_day(collected, table):
    return collected.tables[table]["session_date"].to_pylist()[-1]


def test_file_alone_is_asked_for_once_it_holds_the_night(bench):
    collected = collect(bench)

    assert last_day(collected, FILE) == date(2017, 6, 30)
    assert QUOTE not in collected.tables
    assert len(bench.transport.requests) == 1


def test_quote_serves_the_session_that_the_file_lacks(bench):
    bench.market.now = BEFORE_THE_FILE
    collected = collect(bench)

    assert last_day(collected, FILE) == date(2017, 6, 29)
    assert last_day(collected, QUOTE) == date(2017, 6, 30)
    assert collected.problems == ()


def test_second_run_of_such_an_evening_asks_nothing(bench):
    bench.market.now = BEFORE_THE_FILE
    collect(bench)
    collected = collect(bench)

    assert bench.transport.requests == []
    assert last_day(collected, QUOTE) == date(2017, 6, 30)


def test_unchanged_file_is_not_sent_again(bench):
    first = collect(bench)
    bench.next_session()
    bench.market.now = datetime(2017, 7, 3, 22, 30, tzinfo=UTC)
    second = collect(bench)
    outcomes = [fetch.outcome for fetch in second.fetches if fetch.served_from == "network"]

    assert outcomes == ["not_modified", "ok"]
    assert second.tables[FILE] == first.tables[FILE]


def test_failing_file_with_yesterdays_rows_is_only_remarked(bench):
    bench.market.now = BEFORE_THE_FILE
    collect(bench)
    bench.next_session()
    bench.fail("History", DOWN)
    problems = collect(bench).problems

    assert [problem.is_degrading for problem in problems] == [True]  # 06-30 was never in the file


def test_quote_alone_without_any_history_degrades_the_night(bench):
    bench.fail("History", Canned("<html>be right back</html>", content_type="text/html"))
    collected = collect(bench)

    assert last_day(collected, QUOTE) == date(2017, 6, 30)
    assert [problem.is_degrading for problem in collected.problems] == [True]


def test_both_down_leave_the_cached_rows(bench):
    first = collect(bench)
    bench.next_session()
    bench.fail("cboe.test", DOWN)
    second = collect(bench)

    assert second.tables[FILE] == first.tables[FILE]
    assert "rows up to 2017-06-30 are used" in second.problems[0].message


def test_quote_of_another_session_is_not_taken(bench):
    bench.market.now = BEFORE_THE_FILE
    stale = {"data": {"last_trade_time": "2017-06-29T16:15:01", "close": 1}}
    bench.fail("delayed_quotes", Canned(stale))
    collected = collect(bench)

    assert QUOTE not in collected.tables
    assert [problem.is_degrading for problem in collected.problems] == [True]
