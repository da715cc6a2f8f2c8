"""Daily bars: what is asked, of whom, and what happens when it fails."""

import hashlib
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pyarrow.parquet as pq
import pytest

from ingestion.database import CacheDatabase
from tests.ingestion.transport import Canned

NIGHT = date(2017, 6, 30)
BARS, FMP_PRICES = "raw.polygon__daily_bars", "raw.fmp__daily_prices"
EVENING_OF_THE_DAY = datetime(2017, 6, 30, 22, 30, tzinfo=UTC)
DOWN = Canned("", 503)
RANGE, GROUPED = "/v2/aggs/ticker/", "/v2/aggs/grouped/"


@pytest.fixture
def bench(bench):
    """A bench of sixteen symbols without splits and dividends."""
    bench.market.symbols = ["ZZQ", "ZZR", "BRK.B", *(f"S{number}" for number in range(13))]
    bench.fail("/stocks/v1/", Canned({"status": "OK"}))
    bench.fail("/stable/(splits|dividends)", Canned([]))
    return bench


def collect(bench, **changes):
    wanted = bench.only(bar_symbols=tuple(bench.market.symbols))
    return bench.collect(replace(wanted, **changes))


def requests_to(bench, part):
    return [path for path in bench.transport.paths() if part in path]


def closes(collected, table=BARS, symbol="ZZQ", last=3):
    rows = [row for row in collected.tables[table].to_pylist() if row["symbol"] == symbol]
    return [(row["session_date"].isoformat()[5:], row["close"]) for row in rows[-last:]]


def degrading(collected):
    return [p for p in collected.problems if p.is_degrading and p.dataset == "daily_bars"]


def test_first_night_asks_for_each_history_once(bench):
    collected = collect(bench)

    assert len(requests_to(bench, RANGE)) == 16
    assert collected.tables[BARS].num_rows == 16 * 44
    assert closes(collected) == [("06-28", 142.0), ("06-29", 143.0), ("06-30", 144.0)]
    assert collected.problems == ()


def test_second_run_of_a_night_asks_nothing(bench):
    first = collect(bench)
    second = collect(bench)

    assert requests_to(bench, RANGE) + requests_to(bench, GROUPED) == []
    assert second.tables[BARS] == first.tables[BARS]
    assert {fetch.served_from for fetch in second.fetches if fetch.dataset == "daily_bars"} == {
        "cache"
    }


def test_next_night_asks_for_the_tail_and_ten_sessions_of_all_symbols_at_once(bench):
    collect(bench)
    bench.next_session()
    collected = collect(bench)

    assert requests_to(bench, RANGE) == []
    assert len(requests_to(bench, GROUPED)) == 11
    assert closes(collected) == [("06-29", 143.0), ("06-30", 144.0), ("07-03", 145.0)]


def test_night_after_four_sessions_stays_within_twenty_requests(bench):
    collect(bench)
    bench.next_session(4)
    collect(bench)

    polygon = [path for path in bench.transport.paths() if path.startswith("polygon.test")]
    assert len(requests_to(bench, GROUPED)) == 14
    assert len(polygon) <= 20


def test_few_symbols_are_asked_for_one_by_one(bench):
    bench.market.symbols = bench.market.symbols[:3]
    collect(bench)
    bench.next_session()
    collect(bench)

    assert requests_to(bench, GROUPED) == []
    assert requests_to(bench, RANGE)[0].endswith("/2017-06-19/2017-07-03")


def test_new_symbol_among_old_ones_is_the_only_history_asked_for(bench):
    collect(bench, bar_symbols=tuple(bench.market.symbols[1:]))
    bench.next_session()
    collect(bench)

    (history,) = requests_to(bench, RANGE)
    assert history.endswith("/ZZQ/range/1/day/2017-05-01/2017-07-03")
    assert len(requests_to(bench, GROUPED)) == 11


def test_old_night_is_asked_again_when_its_cache_is_too_old(bench):
    collect(bench)
    bench.market.now += timedelta(hours=25)
    collect(bench)

    assert len(requests_to(bench, GROUPED)) == 10


def test_force_refresh_asks_for_everything(bench):
    collect(bench)
    collect(bench, force_refresh=True)

    assert len(requests_to(bench, RANGE)) == 16


def test_revised_close_is_seen_within_ten_sessions(bench):
    collect(bench)
    bench.market.revised["ZZQ", NIGHT] = 99.0
    bench.next_session()

    assert closes(collect(bench), last=2) == [("06-30", 99.0), ("07-03", 145.0)]


def test_row_that_vanished_at_the_provider_is_kept(bench):
    first = collect(bench)
    bench.market.last_bar["ZZQ"] = date(2017, 6, 27)
    bench.next_session()
    second = collect(bench)

    assert closes(second) == closes(first)


def test_session_without_any_bar_is_asked_for_once_more(bench):
    collect(bench)
    bench.next_session()
    bench.fail("grouped.*2017-07-03", Canned({"status": "OK", "resultsCount": 0}), times=1)
    collected = collect(bench)

    assert closes(collected, last=1) == [("07-03", 145.0)]
    assert len(requests_to(bench, GROUPED)) == 12


def test_free_plan_learns_with_one_request_that_today_is_not_included(bench):
    bench.market.plan, bench.market.now = "free", EVENING_OF_THE_DAY
    collected = collect(bench)
    refused = [fetch for fetch in collected.fetches if fetch.outcome == "entitlement"]

    assert [(fetch.provider, fetch.window_end) for fetch in refused] == [
        ("polygon", NIGHT), ("fmp", NIGHT), ("finnhub", NIGHT),
    ]  # fmt: skip
    assert closes(collected, last=1) == [("06-29", 143.0)]


def test_free_plans_missing_session_comes_from_the_next_provider(bench):
    bench.market.plan, bench.market.now = "free", EVENING_OF_THE_DAY
    collected = collect(bench)

    assert closes(collected, FMP_PRICES) == [("06-30", 144.0)]
    assert [(problem.symbol, problem.failure) for problem in degrading(collected)] == [
        ("ZZR", "entitlement")
    ]
    (problem,) = degrading(collected)
    assert "no bar of 2017-06-30" in problem.message
    assert "plan does not include today's bar" in problem.message
    assert "fmp answered 402" in problem.message


def test_refusals_are_not_asked_about_again_the_same_week(bench):
    bench.market.plan, bench.market.now = "free", EVENING_OF_THE_DAY
    collect(bench)
    second = collect(bench)
    assert bench.transport.requests == []
    assert [problem.symbol for problem in degrading(second)] == ["ZZR"]
    bench.next_session()
    third = collect(bench)

    assert {fetch.outcome for fetch in third.fetches} <= {"ok", "empty"}


def test_morning_after_the_free_plan_is_clean(bench):
    bench.market.plan, bench.market.now = "free", datetime(2017, 7, 3, 12, 30, tzinfo=UTC)
    collected = collect(bench)

    assert closes(collected, last=1) == [("06-30", 144.0)]
    assert collected.problems == ()


def test_fallbacks_cache_has_no_hole(bench):
    bench.market.plan, bench.market.now = "free", EVENING_OF_THE_DAY
    collect(bench)
    bench.next_session(3)

    days = [day for day, _ in closes(collect(bench), FMP_PRICES, last=9)]
    assert days == ["06-30", "07-03", "07-05", "07-06"]


def test_failing_provider_is_replaced_and_only_remarked(bench):
    bench.fail("polygon.test/v2/aggs", DOWN)
    collected = collect(bench)

    assert closes(collected, FMP_PRICES, last=1) == [("06-30", 144.0)]
    assert degrading(collected) == []
    assert (collected.problems[0].provider, collected.problems[0].failure) == (
        "polygon", "transient",
    )  # fmt: skip


def test_healthy_provider_without_tonights_bar_is_no_silent_fallback(bench):
    bench.market.last_bar["ZZQ"] = date(2017, 6, 29)
    bench.fail("fmp.test.*ZZQ", Canned([bar_of_fmp("2017-06-30")]))
    collected = collect(bench)

    assert closes(collected, FMP_PRICES) == [("06-30", 7.0)]
    assert [(problem.symbol, problem.failure) for problem in collected.problems] == [
        ("ZZQ", "empty")
    ]


def bar_of_fmp(day):
    prices = dict.fromkeys(("adjOpen", "adjHigh", "adjLow", "adjClose"), 7.0)
    return {"symbol": "ZZQ", "date": day, **prices, "volume": 1}


def test_all_providers_down_leaves_the_cache_and_a_degraded_night(bench):
    first = collect(bench)
    bench.next_session()
    bench.fail("v2/aggs|historical-price", DOWN)
    collected = collect(bench)

    assert collected.tables[BARS] == first.tables[BARS]
    told = "no bar of 2017-07-03 (rows up to 2017-06-30 are used): polygon "
    assert all(problem.message.startswith(told) for problem in degrading(collected))
    assert degrading(collected)
    reused = [fetch for fetch in collected.fetches if fetch.served_from == "cache"]
    assert all("not refreshed" in fetch.detail for fetch in reused)


def test_all_providers_down_with_an_empty_cache_gives_no_table(bench):
    bench.fail("v2/aggs|historical-price", DOWN)
    collected = collect(bench)

    assert BARS not in collected.tables
    assert "no bar of 2017-06-30: polygon answered 503" in degrading(collected)[0].message


def test_failed_session_keeps_no_rows_after_it(bench):
    bench.without_key("fmp")
    collect(bench)
    bench.next_session(2)
    bench.fail("grouped.*2017-07-03", DOWN)
    collected = collect(bench)
    assert closes(collected, last=1) == [("06-30", 144.0)]
    bench.heal()

    assert closes(collect(bench), last=2) == [("07-03", 145.0), ("07-05", 146.0)]


def test_bar_of_another_day_costs_its_own_symbol_only(bench):
    bench.without_key("fmp")
    collect(bench)
    bench.next_session()
    healthy = collect(bench).tables[BARS]
    bench.next_session()
    shifted = {"T": "ZZQ", "o": 1, "h": 1, "l": 1, "c": 1, "v": 1, "t": 0}
    good = [
        {"T": symbol, **bench.market._massive_bar(symbol, date(2017, 7, 5), datetime.min.time())}
        for symbol in bench.market.symbols[1:]
    ]
    bench.fail("grouped.*2017-07-05", Canned({"status": "OK", "results": [shifted, *good]}))
    collected = collect(bench)

    assert collected.tables[BARS].num_rows == healthy.num_rows + 15
    assert [(problem.symbol, problem.failure) for problem in degrading(collected)] == [
        ("ZZQ", "bad_payload")
    ]


def test_refused_key_turns_the_provider_off_with_one_problem(bench):
    bench.heal()
    bench.fail("polygon.test", Canned({"status": "ERROR", "error": "Unknown API Key"}, 401))
    collected = collect(bench)

    assert len(requests_to(bench, "polygon.test")) == 1
    assert len(collected.problems) == 1
    assert "POLYGON_API_KEY" in collected.problems[0].message
    assert closes(collected, FMP_PRICES, last=1) == [("06-30", 144.0)]


def test_provider_without_a_key_is_not_asked(bench):
    bench.without_key("polygon")
    collected = collect(bench)

    assert requests_to(bench, "polygon.test") == []
    assert closes(collected, FMP_PRICES, last=1) == [("06-30", 144.0)]


def test_no_provider_at_all_says_which_keys_would_help(bench):
    bench.without_key("polygon", "fmp", "finnhub")
    messages = [problem.message for problem in degrading(collect(bench))]

    assert any("set POLYGON_API_KEY or FMP_API_KEY" in message for message in messages)


def test_delisted_symbol_does_not_degrade_every_night(bench):
    bench.market.last_bar["ZZQ"] = date(2017, 6, 20)
    collected = collect(bench)

    assert degrading(collected) == []
    assert {(problem.symbol, problem.failure) for problem in collected.problems} == {
        ("ZZQ", "empty"), ("ZZQ", "entitlement"),
    }  # fmt: skip


def test_symbol_that_misses_tonight_only_degrades_the_night(bench):
    bench.market.last_bar["ZZQ"] = date(2017, 6, 29)

    assert [problem.symbol for problem in degrading(collect(bench))] == ["ZZQ"]


def test_history_that_begins_late_is_remarked(bench):
    collected = collect(bench, first_day=date(2016, 1, 4))

    (problem,) = collected.problems
    assert "history begins 2017-05-01, asked was 2016-01-04" in problem.message
    assert not problem.is_degrading


def test_damaged_cache_file_is_fetched_again(bench):
    first = collect(bench)
    path = next((bench.settings.cache_root / "polygon" / "ZZQ").glob("*.daily_bars.parquet"))
    path.write_bytes(path.read_bytes()[:-100])
    second = collect(bench)

    assert len(requests_to(bench, RANGE)) == 1
    assert second.tables[BARS] == first.tables[BARS]
    assert [(problem.symbol, problem.is_degrading) for problem in second.problems] == [
        ("ZZQ", False)
    ]


def rewrite(bench, path, table):
    """Replace the cached bars of ZZQ by a whole file of other columns."""
    pq.write_table(table, path)
    with closing(CacheDatabase(bench.settings.cache_root, bench.settings.world)) as database:
        database.query(
            "update entries set content_hash = ? where dataset = 'daily_bars' and symbol = 'ZZQ'",
            (hashlib.sha256(path.read_bytes()).hexdigest(),),
        )


def test_cache_file_with_the_columns_of_another_release_is_fetched_again(bench):
    first = collect(bench)
    path = next((bench.settings.cache_root / "polygon" / "ZZQ").glob("*.daily_bars.parquet"))
    rewrite(bench, path, pq.read_table(path).drop_columns(["vwap"]))

    assert collect(bench).tables[BARS] == first.tables[BARS]
    assert len(requests_to(bench, RANGE)) == 1


def test_cache_file_from_before_adjustment_modes_is_read_as_traded(bench):
    first = collect(bench)
    path = next((bench.settings.cache_root / "polygon" / "ZZQ").glob("*.daily_bars.parquet"))
    rewrite(bench, path, pq.read_table(path).drop_columns(["adjustment_mode"]))
    second = collect(bench)

    assert second.tables[BARS] == first.tables[BARS]
    assert requests_to(bench, RANGE) == []


def test_clock_turned_back_does_not_bring_rows_from_the_future(bench):
    bench.next_session(3)
    collect(bench)
    bench.market.now = EVENING_OF_THE_DAY

    assert closes(collect(bench), last=1) == [("06-30", 144.0)]


def test_offline_uses_the_cache_and_nothing_else(bench):
    first = collect(bench)
    second = collect(bench, offline=True)
    assert (second.tables[BARS], second.problems) == (first.tables[BARS], ())
    bench.next_session()
    third = collect(bench, offline=True)

    assert bench.transport.requests == []
    assert "may not use the network" in degrading(third)[0].message
