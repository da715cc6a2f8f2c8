"""Macro series: the API first, the graph for what is missing, nothing ever deleted."""

from datetime import date

import pytest

from ingestion.datasets.macro import last_expected
from tests.ingestion.companies import ReportingMarket
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


def bills(bench, **changes):
    return bench.collect(bench.only(series_ids=("DGS3MO",), **changes))


@pytest.fixture
def curve(bench):
    """A bench whose FMP knows the Treasury curve."""
    bench.market = ReportingMarket()
    bench.transport.answer = bench.market.answer
    return bench


def test_treasury_rates_stand_in_for_a_bill_rate_that_fred_does_not_send(curve):
    curve.fail("fred.test|graph.test", DOWN)
    collected = bills(curve)
    rows = collected.tables["raw.fmp__treasury_rates"].to_pylist()

    assert {row["maturity"] for row in rows} == {"month3"}
    assert rows[-1]["observed_date"] == date(2017, 6, 30)
    assert [problem.is_degrading for problem in collected.problems] == [True, False]
    assert "stands in for FRED's DGS3MO up to 2017-06-30" in collected.problems[-1].message


def test_treasury_rates_are_asked_for_nothing_else(curve):
    bills(curve)
    assert curve.transport.paths() == ["fred.test/fred/series/observations"]

    curve.fail("fred.test|graph.test", DOWN)
    assert "raw.fmp__treasury_rates" not in collect(curve).tables


def test_second_night_without_fred_asks_only_for_the_tail(curve):
    curve.fail("fred.test|graph.test", DOWN)
    bills(curve)
    curve.next_session()
    bills(curve)
    windows = [
        request.url.split("from=")[1]
        for request in curve.transport.requests
        if "from=" in request.url
    ]

    assert windows == ["2017-06-19&to=2017-07-03"]


def test_failing_stand_in_is_told(curve):
    curve.fail("fred.test|graph.test|fmp.test", DOWN)
    collected = bills(curve)

    assert collected.tables == {}
    assert [problem.provider for problem in collected.problems] == ["fred", "fmp"]


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
