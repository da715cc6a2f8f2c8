"""Macro series: the API first, the graph for what is missing, nothing ever deleted."""

from datetime import date

import pytest

from ingestion.datasets.macro import last_expected
from tests.ingestion.transport import Canned

TABLE, SERIES = "raw.fred__observations", "BAMLH0A0HYM2"
DOWN = Canned("", 503)


def collect(bench, **changes):
    return bench.collect(bench.only(series_ids=(SERIES,), **changes))


def days(collected, last=2):
    rows = collected.tables[TABLE].to_pylist()[-last:]
    return [(row["observed_date"].isoformat()[5:], row["source_endpoint"]) for row in rows]


def test_api_serves_the_series(bench):
    collected = collect(bench)

    assert days(collected) == [("06-28", "api"), ("06-29", "api")]
    assert bench.transport.paths() == ["fred.test/fred/series/observations"]
    assert collected.problems == ()


def test_second_run_asks_nothing(bench):
    collect(bench)
    collect(bench)

    assert bench.transport.requests == []


def test_next_night_asks_from_the_revision_window_on(bench):
    collect(bench)
    bench.next_session()
    collected = collect(bench)

    assert "observation_start=2017-06-16" in bench.transport.requests[0].url
    assert days(collected, 1) == [("06-30", "api")]


def test_history_that_the_provider_forgot_is_kept(bench):
    first = collect(bench)
    bench.next_session()
    row = {"date": "2017-06-30", "value": "3.7"}
    bench.fail("fred.test", Canned({"count": 1, "offset": 0, "observations": [row]}))

    assert collect(bench).tables[TABLE].num_rows == first.tables[TABLE].num_rows + 1


def test_graph_is_asked_when_there_is_no_key(bench):
    bench.without_key("fred")

    assert days(collect(bench)) == [("06-28", "graph"), ("06-29", "graph")]


def test_graph_fills_only_what_the_failing_api_lacks(bench):
    collect(bench)
    bench.next_session()
    bench.fail("fred.test", DOWN)
    collected = collect(bench)

    assert days(collected) == [("06-29", "api"), ("06-30", "graph")]
    assert "cosd=2017-06-30" in bench.transport.requests[-1].url
    assert [problem.is_degrading for problem in collected.problems] == [False]


def test_refused_fred_key_is_named(bench):
    told = {"error_code": 400, "error_message": "The value for variable api_key is not registered."}
    bench.fail("fred.test", Canned(told, 400))
    collected = collect(bench)

    assert ["FRED_API_KEY" in problem.message for problem in collected.problems] == [True]
    assert days(collected, 1) == [("06-29", "graph")]


def test_both_endpoints_down_degrade_the_night(bench):
    bench.fail("fred.test|graph.test", DOWN)
    (problem,) = collect(bench).problems

    assert (problem.dataset, problem.symbol, problem.is_degrading) == ("macro", SERIES, True)


@pytest.mark.parametrize(
    ("series_id", "expected"),
    [
        (SERIES, date(2017, 6, 29)),  # 09:00 of the next session
        ("DGS3MO", date(2017, 6, 28)),  # 18:00 of the next session: after the decision
        ("UNLISTED", date(2017, 6, 28)),
    ],
)
def test_expected_day_follows_from_what_is_known_at_the_decision(bench, series_id, expected):
    class Known:
        wanted, sessions = bench.wants(), bench.market.sessions

    assert last_expected(Known, series_id) == expected
