"""Who stood in for whom is told for every symbol, also where the night is none the worse."""

from dataclasses import replace

from ingestion.chains import Fallback
from tests.ingestion.transport import Canned

DOWN = Canned("", 503)
REFUSED = Canned({"status": "ERROR", "error": "Unknown API Key"}, 401)


def bars(bench, **changes):
    wanted = bench.only(bar_symbols=("ZZQ", "ZZR"), **changes)
    return [item for item in bench.collect(wanted).fallbacks if item.dataset == "daily_bars"]


def test_healthy_night_has_no_fallback(bench):
    assert bars(bench) == []


def test_symbol_served_by_the_next_provider_is_shown_and_not_degrading(bench):
    bench.fail("polygon.test/v2/aggs", DOWN)
    found = bars(bench)

    assert [(item.symbol, item.wanted, item.served_by) for item in found] == [
        ("ZZQ", "polygon", "fmp"),
        ("ZZR", "polygon", "fmp"),
    ]
    assert {(item.failure, item.is_degrading) for item in found} == {("transient", False)}


def test_refused_key_is_shown_for_every_symbol(bench):
    bench.fail("polygon.test", REFUSED)

    assert {(item.failure, item.served_by) for item in bars(bench)} == {("auth", "fmp")}


def test_symbol_that_nobody_serves_names_the_day_of_what_is_held(bench):
    bars(bench)
    night = bench.market.sessions.latest_night(bench.market.now)
    bench.next_session()
    bench.fail("polygon.test|fmp.test|finnhub.test|yahoo", DOWN)
    found = bars(bench)

    assert {(item.served_by, item.observed_through) for item in found} == {("", night)}
    assert all(item.is_degrading for item in found)


def test_reason_carries_no_key(bench):
    bench.fail("polygon.test", Canned({"status": "ERROR", "error": "polygon-secret-0001"}, 400))
    found = bars(bench)

    assert all(isinstance(item, Fallback) for item in found)
    assert not any("secret" in item.reason for item in found)


def test_calls_are_counted_where_several_homes_share_them(bench, tmp_path):
    bench.settings = replace(bench.settings, rates={"polygon": 1e6}, quota_root=tmp_path / "shared")
    bench.without_key("polygon")
    collected = bench.collect(bench.only(bar_symbols=("ZZQ",)))
    bench.settings = replace(bench.settings, cache_root=tmp_path / "another")
    again = bench.collect(bench.only(bar_symbols=("ZZQ",)))

    first, second = (found.quotas[0].used for found in (collected, again))
    assert (first > 0, second) == (True, 2 * first)
