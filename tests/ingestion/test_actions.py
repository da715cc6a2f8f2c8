"""Splits and dividends of all symbols in two requests."""

from datetime import date

from tests.ingestion.transport import Canned

SPLITS, DIVIDENDS = "raw.polygon__splits", "raw.polygon__dividends"


def collect(bench, **changes):
    return bench.collect(bench.only(bar_symbols=("ZZQ", "ZZR", "BRK.B"), **changes))


def action_requests(bench, host):
    return [
        request.url
        for request in bench.transport.requests
        if host in request.url and ("/splits" in request.url or "/dividends" in request.url)
    ]


def test_actions_of_all_symbols_cost_two_requests(bench):
    collected = collect(bench)

    assert len(action_requests(bench, "polygon.test")) == 2
    assert [row["execution_date"] for row in collected.tables[SPLITS].to_pylist()] == [
        date(2017, 6, 12)
    ]
    assert collected.tables[DIVIDENDS]["cash_amount"].to_pylist() == [0.25]
    assert collected.problems == ()


def test_next_night_asks_from_the_revision_window_on(bench):
    collect(bench)
    bench.next_session()
    collected = collect(bench)

    assert "execution_date.gte=2017-06-19" in action_requests(bench, "polygon.test")[0]
    assert collected.tables[SPLITS].num_rows == 1  # the older one is still held


def test_second_run_asks_nothing(bench):
    collect(bench)
    collect(bench)

    assert bench.transport.requests == []


def test_fmp_is_asked_for_the_actions_that_polygon_did_not_answer(bench):
    bench.fail("polygon.test/stocks/v1/splits", Canned("[]"))
    collected = collect(bench)

    asked = {url.split("/stable/")[1] for url in action_requests(bench, "fmp.test")}
    assert asked == {f"splits?symbol={symbol}&limit=1000" for symbol in ("ZZQ", "ZZR", "BRK.B")}
    assert len(action_requests(bench, "fmp.test")) == 3
    assert collected.tables["raw.fmp__splits"]["numerator"].to_pylist() == [2.0]
    assert [problem.is_degrading for problem in collected.problems] == [False]


def test_fmp_is_not_asked_for_actions_because_it_served_a_bar(bench):
    bench.fail("polygon.test/v2/aggs/ticker/ZZQ", Canned("", 503))
    collect(bench)

    assert action_requests(bench, "fmp.test") == []


def test_failed_actions_degrade_the_night_and_keep_the_old_ones(bench):
    collect(bench)
    bench.next_session()
    bench.fail("polygon.test/stocks|fmp.test/stable/(splits|div)", Canned("{}"))
    collected = collect(bench)

    assert collected.tables[SPLITS].num_rows == 1
    assert {(p.dataset, p.failure, p.is_degrading) for p in collected.problems} == {
        ("splits", "bad_payload", True), ("dividends", "bad_payload", True),
    }  # fmt: skip


def test_unusable_action_costs_its_own_symbol_only(bench):
    bad = {"ticker": "ZZR", "execution_date": "2017-06-12", "split_from": 0, "split_to": 0}
    good = {**bad, "ticker": "BRK.B", "split_from": 1, "split_to": 2}
    bench.fail("polygon.test/stocks/v1/splits", Canned({"status": "OK", "results": [bad, good]}))
    collected = collect(bench)

    assert collected.tables[SPLITS]["symbol"].to_pylist() == ["BRK.B"]
    assert [(problem.symbol, problem.dataset) for problem in collected.problems] == [
        ("ZZR", "splits")
    ]


def test_old_path_serves_where_the_present_one_is_gone_and_is_not_tried_twice(bench):
    bench.fail("polygon.test/stocks/v1/", Canned({"status": "NOT_FOUND", "message": "gone"}, 404))
    collected = collect(bench)
    first = action_requests(bench, "polygon.test")
    collect(bench, force_refresh=True)

    assert collected.tables[SPLITS]["split_to"].to_pylist() == [2.0]
    assert collected.problems == ()
    assert len([url for url in first if "/stocks/v1/" in url]) == 2  # splits, dividends
    assert [url for url in action_requests(bench, "polygon.test") if "/v1/" in url] == []


def test_old_path_serves_where_the_plan_lacks_the_present_one(bench):
    refused = {"status": "NOT_AUTHORIZED", "message": "You are not entitled to this data."}
    bench.fail("polygon.test/stocks/v1/", Canned(refused, 403))

    assert collect(bench).tables[SPLITS].num_rows == 1


def test_both_paths_refused_leaves_the_next_provider(bench):
    refused = {"status": "NOT_AUTHORIZED", "message": "You are not entitled to this data."}
    bench.fail("polygon.test/(stocks/v1|v3)/", Canned(refused, 403))
    collected = collect(bench)

    assert collected.tables["raw.fmp__splits"].num_rows == 1
    assert {problem.is_degrading for problem in collected.problems} == {False}


def test_tails_of_many_symbols_are_asked_for_market_wide(bench):
    symbols = ("ZZQ", *(f"S{number}" for number in range(150)))
    bench.collect(bench.only(bar_symbols=symbols))
    first = action_requests(bench, "polygon.test")
    bench.next_session()
    collected = bench.collect(bench.only(bar_symbols=symbols))
    tails = action_requests(bench, "polygon.test")

    assert (len(first), len(tails)) == (4, 2)
    assert not [url for url in tails if "ticker" in url]
    assert set(collected.tables[SPLITS]["symbol"].to_pylist()) == {"ZZQ"}


def test_paid_finnhub_serves_actions_that_polygon_and_fmp_lack(bench):
    bench.without_key("polygon", "fmp")
    bench.market.finnhub_plan = "paid"
    collected = collect(bench)

    assert collected.tables["raw.finnhub__splits"]["to_factor"].to_pylist() == [2.0]
    assert collected.tables["raw.finnhub__dividends"]["amount"].to_pylist() == [0.25]
