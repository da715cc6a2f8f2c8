"""Bars of the providers after Polygon: their order, their mark, and the splits they stand on."""

from dataclasses import replace
from datetime import date

import pytest

from tests.ingestion.market import SPLIT_DAY
from tests.ingestion.transport import Canned

FMP, FINNHUB, YAHOO = (
    "raw.fmp__daily_prices", "raw.finnhub__daily_candles", "raw.yahoo__daily_bars",
)  # fmt: skip
DOWN = Canned("", 503)
RESTRICTED = Canned("Restricted Endpoint: not available", 402, "text/plain")


def collect(bench, **changes):
    return bench.collect(bench.only(bar_symbols=("ZZQ", "ZZR"), **changes))


def rows_of(collected, table, symbol="ZZQ"):
    return [row for row in collected.tables[table].to_pylist() if row["symbol"] == symbol]


def asked(bench, part):
    return [request.url for request in bench.transport.requests if part in request.url]


@pytest.fixture
def finnhub_only(bench):
    bench.without_key("polygon", "fmp")
    bench.market.finnhub_plan = "paid"
    return bench


@pytest.fixture
def yahoo_only(bench):
    bench.without_key("polygon", "fmp", "finnhub")
    bench.with_yahoo()
    return bench


def test_every_provider_is_asked_in_its_turn_for_what_the_others_lack(bench):
    bench.market.finnhub_plan = "paid"
    bench.with_yahoo()
    bench.fail("polygon.test/v2/aggs", DOWN)
    bench.fail("fmp.test.*historical", DOWN)
    bench.fail("finnhub.test.*candle.*ZZR", Canned({"s": "no_data"}))
    collected = collect(bench)

    assert {row["session_date"] for row in rows_of(collected, FINNHUB)} == set(
        bench.market.sessions.between(date(2017, 5, 1), date(2017, 6, 30))
    )
    assert len(rows_of(collected, YAHOO, "ZZR")) == 44
    assert rows_of(collected, YAHOO) == []
    assert FMP not in collected.tables


@pytest.mark.parametrize(("provider", "table"), [("finnhub", FINNHUB), ("yahoo", YAHOO)])
def test_split_adjusted_bars_land_as_traded_and_marked(request, provider, table):
    bench = request.getfixturevalue(f"{provider}_only")
    rows = {row["session_date"]: row for row in rows_of(collect(bench), table)}

    # the vendor halves what was traded before the split of the 12th
    assert rows[date(2017, 6, 9)]["close"] == bench.market.close_of("ZZQ", date(2017, 6, 9))
    assert rows[SPLIT_DAY]["close"] == bench.market.close_of("ZZQ", SPLIT_DAY)
    assert rows[date(2017, 6, 9)]["volume"] == 0.5
    assert {row["adjustment_mode"] for row in rows.values()} == {"splits_undone"}


def test_yahoo_is_not_asked_unless_it_is_switched_on(bench):
    bench.fail("polygon.test|fmp.test", DOWN)
    collect(bench)

    assert asked(bench, "yahoo") == []


def test_finnhubs_free_plan_costs_one_refused_request_a_week(bench):
    bench.without_key("polygon", "fmp")
    collect(bench)
    first = asked(bench, "finnhub.test")
    collect(bench)

    assert (len(first), asked(bench, "finnhub.test")) == (
        2,
        [],
    )  # splits, which bars need; dividends


def test_tail_is_asked_for_with_the_revision_window_while_nothing_splits(finnhub_only):
    collect(finnhub_only)
    finnhub_only.next_session()
    collect(finnhub_only)

    (url,) = asked(finnhub_only, "candle?symbol=ZZQ")
    assert "from=1497830400" in url  # 2017-06-19


@pytest.mark.parametrize(("provider", "table"), [("finnhub", FINNHUB), ("yahoo", YAHOO)])
def test_new_split_asks_for_the_whole_history_again(request, provider, table):
    bench = request.getfixturevalue(f"{provider}_only")
    bench.market.now = bench.market.now.replace(month=6, day=10)  # Friday the 9th's evening
    before = rows_of(collect(bench), table)
    bench.next_session()
    after = rows_of(collect(bench), table)
    starts = asked(bench, "/ZZQ?" if provider == "yahoo" else "candle?symbol=ZZQ")

    assert len(starts) == 2
    assert "1493596800" in starts[1]  # 2017-05-01: from the beginning
    assert [(row["session_date"], row["close"]) for row in after[: len(before)]] == [
        (row["session_date"], row["close"]) for row in before
    ]
    assert after[-1]["session_date"] == SPLIT_DAY
    bench.next_session()
    collect(bench)
    assert len(asked(bench, "/ZZQ?" if provider == "yahoo" else "candle?symbol=ZZQ")) == 1


def test_split_that_the_vendor_has_not_applied_yet_changes_nothing_held(finnhub_only):
    bench = finnhub_only
    bench.market.now = bench.market.now.replace(month=6, day=10)
    before = rows_of(collect(bench), FINNHUB)
    bench.next_session()
    bench.market.split_adjusted = bench.market.close_of
    collected = collect(bench)

    assert rows_of(collected, FINNHUB) == before
    (problem,) = [p for p in collected.problems if p.dataset == "daily_bars" and p.is_degrading]
    assert (problem.symbol, problem.failure) == ("ZZQ", "bad_payload")
    assert "stand at 2 times" in problem.message


def test_candles_without_a_known_list_of_splits_are_no_data(finnhub_only):
    finnhub_only.fail("stock/split", DOWN)
    collected = collect(finnhub_only)

    assert FINNHUB not in collected.tables
    assert asked(finnhub_only, "candle") == []


def test_fmps_adjusted_prices_are_taken_back_where_the_plan_has_no_others(bench):
    bench.without_key("polygon")
    bench.fail("non-split-adjusted", RESTRICTED)
    bench.fail("eod/full.*ZZR", Canned([]))
    full = [
        {"symbol": "ZZQ", "date": day, "open": c, "high": c, "low": c, "close": c, "volume": 10}
        for day, c in (("2017-06-30", 72.0), ("2017-06-09", 65.0))
    ]
    bench.fail("eod/full.*ZZQ", Canned(full))
    first = rows_of(collect(bench), FMP)
    refused = asked(bench, "non-split-adjusted")
    collect(bench, force_refresh=True)

    assert [(row["close"], row["volume"], row["adjustment_mode"]) for row in first] == [
        (130.0, 5.0, "splits_undone"), (72.0, 10.0, "splits_undone"),
    ]  # fmt: skip
    assert (len(refused), asked(bench, "non-split-adjusted")) == (1, [])


def test_refusal_of_a_symbol_is_not_tried_with_another_flavour(bench):
    bench.without_key("polygon")
    bench.market.plan = "free"
    collect(bench)

    assert asked(bench, "eod/full") == []


def test_raw_bars_are_not_asked_for_again_because_of_a_split(bench):
    bench.market.now = bench.market.now.replace(month=6, day=10)
    collect(bench)
    bench.next_session()
    collect(bench)

    assert len(asked(bench, "/ticker/ZZQ/")) == 1


def test_symbol_that_healthy_providers_lack_is_explained_by_its_last_trade(bench):
    bench.market.last_bar["ZZQ"] = date(2017, 6, 29)
    bench.fail("finnhub.test/api/v1/quote", Canned({"c": 1.0, "t": 1498852800}))  # 06-30 16:00
    collected = collect(bench)

    (remark,) = [p for p in collected.problems if p.dataset == "quote"]
    assert remark.message == "the last trade was on 2017-06-30: its bar is late"
    assert not remark.is_degrading


def test_yahoos_answer_serves_bars_and_actions_in_one_request(yahoo_only):
    collected = collect(yahoo_only)

    assert len(asked(yahoo_only, "/chart/")) == 2
    assert rows_of(collected, "raw.yahoo__splits")[0]["numerator"] == 2.0
    assert rows_of(collected, "raw.yahoo__dividends")[0]["amount"] == 0.25


def test_first_provider_that_can_continues_a_fallbacks_history(bench):
    bench.market.finnhub_plan = "paid"
    bench.fail("polygon.test/v2/aggs|fmp.test.*historical", DOWN)
    collect(bench)
    bench.heal()
    bench.next_session()
    collected = collect(bench)

    polygon = rows_of(collected, "raw.polygon__daily_bars")
    assert [polygon[0]["session_date"], polygon[-1]["session_date"]] == [
        date(2017, 5, 1), date(2017, 7, 3),
    ]  # fmt: skip
    assert {row["adjustment_mode"] for row in polygon} == {"none"}
    assert FINNHUB not in collected.tables


def test_transient_entitlement_and_quota_of_a_fallback_are_told_in_its_own_words(bench):
    bench.settings = replace(bench.settings, rates={**bench.settings.rates, "finnhub": 1e6})
    bench.without_key("polygon", "fmp")
    bench.fail("finnhub.test", Canned({"error": "API limit reached. Remaining Limit: 0"}, 429))
    problems = [p for p in collect(bench).problems if p.dataset == "daily_bars"]

    assert {p.failure for p in problems} == {"transient"}
    assert "API limit reached" in problems[0].message
