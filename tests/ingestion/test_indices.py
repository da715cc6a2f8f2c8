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


OLD_HOLE = (
    "History",
    Canned(
        "DATE,OPEN,HIGH,LOW,CLOSE\n"
        + "".join(f"06/{day}/2017,11,11,11,11\n" for day in (27, 29, 30)),
        content_type="text/csv",
    ),
)  # the 28th is missing


def collect_from_tuesday(bench, **changes):
    return collect(bench, first_day=date(2017, 6, 27), **changes)


def test_older_hole_of_the_vix_is_filled_from_fred(bench):
    bench.fail(*OLD_HOLE)
    collected = collect_from_tuesday(bench)
    rows = collected.tables["raw.fred__observations"].to_pylist()

    assert ("VIXCLS", date(2017, 6, 28)) in {
        (row["series_id"], row["observed_date"]) for row in rows
    }
    assert collected.problems == ()


def test_graph_fills_the_hole_where_the_api_fails(bench):
    bench.fail(*OLD_HOLE)
    bench.fail("fred.test/fred/", DOWN)
    rows = collect_from_tuesday(bench).tables["raw.fred__observations"].to_pylist()

    assert {row["source_endpoint"] for row in rows} == {"graph"}


def test_fred_is_not_asked_for_a_file_without_holes_nor_for_tonight(bench):
    bench.market.now = BEFORE_THE_FILE
    collect(bench)

    assert not [path for path in bench.transport.paths() if "fred" in path or "graph" in path]


def test_fred_has_no_other_index(bench):
    bench.fail("History", DOWN)
    bench.collect(bench.only(index_names=("VIX3M",)))

    assert not [path for path in bench.transport.paths() if "fred" in path]


def test_copy_at_fred_is_no_answer_for_the_night(bench):
    bench.fail("History|delayed", DOWN)
    collected = collect(bench)

    assert "raw.fred__observations" in collected.tables
    assert [problem.is_degrading for problem in collected.problems] == [True]
