"""Companies' figures: weekly, dated by acceptance, within half of FMP's calls, never degrading."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from ingestion.capabilities import Capabilities, DailyCalls
from ingestion.database import CacheDatabase
from tests.ingestion.companies import ACCEPTED_2016, ReportingMarket
from tests.ingestion.transport import Canned

TABLE, SNAPSHOTS, PROFILES = (
    "raw.fmp__fundamentals",
    "raw.finnhub__fundamentals",
    "raw.fmp__profiles",
)
DOWN = Canned("", 503)
HALF = 125


@pytest.fixture
def bench(bench):
    """A bench whose companies report."""
    bench.market = ReportingMarket()
    bench.transport.answer = bench.market.answer
    return bench


def collect(bench, *symbols, **changes):
    return bench.collect(bench.only(company_symbols=symbols or ("ZZQ", "ZZR"), **changes))


def asked(bench, host="fmp"):
    """(page, symbol, period) of every request to a provider."""
    found = []
    for request in bench.transport.requests:
        url = urlsplit(request.url)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.netloc.startswith(host):
            found.append((url.path.rsplit("/", 1)[1], query["symbol"], query.get("period", "")))
    return found


def with_counted_calls(bench):
    """Let FMP's calls of a day count, as on its free plan."""
    rates = {name: rate for name, rate in bench.settings.rates.items() if name != "fmp"}
    bench.settings = replace(bench.settings, rates=rates)


def calls_today(bench, name="fmp"):
    database = CacheDatabase(bench.settings.cache_root, bench.settings.world)
    found = DailyCalls(database).spent(name, bench.market.now.astimezone(UTC).date())
    database.close()
    return found


def test_every_figure_carries_the_acceptance_of_its_period(bench):
    rows = collect(bench, "ZZQ").tables[TABLE].to_pylist()
    last_year = [row for row in rows if row["period_end_date"].isoformat() == "2016-12-31"]

    assert {row["accepted_at"] for row in last_year} == {ACCEPTED_2016}
    assert {(row["statement"], row["metric"]) for row in last_year} == {
        ("income", "revenue"), ("income", "netIncome"), ("key_metrics", "earningsYield"),
        ("key_metrics", "returnOnEquity"), ("ratios", "netProfitMargin"),
    }  # fmt: skip
    assert {row["fiscal_period"] for row in rows} == {"FY", "Q1"}


def test_years_are_asked_first_and_quarters_last(bench):
    collect(bench, "ZZQ")

    assert asked(bench) == [
        ("income-statement", "ZZQ", "annual"), ("key-metrics", "ZZQ", "annual"),
        ("ratios", "ZZQ", "annual"), ("profile", "ZZQ", ""),
        ("income-statement", "ZZQ", "quarter"), ("key-metrics", "ZZQ", "quarter"),
        ("ratios", "ZZQ", "quarter"),
    ]  # fmt: skip


def test_prices_and_news_take_their_calls_first(bench):
    bench.without_key("polygon")
    bench.collect(bench.wants(company_symbols=("ZZQ",)))
    pages = [page for page, _, _ in asked(bench)]

    assert pages.index("income-statement") > max(
        pages.index(name) for name in ("non-split-adjusted", "splits", "dividends")
    )
    assert set(pages[pages.index("income-statement") :]) == {
        "income-statement", "key-metrics", "ratios", "profile",
    }  # fmt: skip


def test_figures_are_asked_again_after_a_week_and_profiles_after_a_month(bench):
    collect(bench)
    begun, pages = bench.market.now, {}
    for days in (1, 6, 7, 13, 14, 29, 30):
        bench.market.now = begun + timedelta(days=days)
        collect(bench)
        pages[days] = Counter(
            "profile" if page == "profile" else "page" for page, *_ in asked(bench)
        )

    figures = Counter(page=2 * 6)
    assert pages == {
        1: {}, 6: {}, 7: figures, 13: {}, 14: figures, 29: figures, 30: Counter(profile=2),
    }  # fmt: skip


def test_night_without_questions_brings_the_same_figures(bench):
    first = collect(bench)
    bench.next_session()
    second = collect(bench)

    assert bench.transport.requests == []
    assert second.tables == first.tables


def test_fund_has_no_figures_and_is_not_asked_every_night(bench):
    bench.market.funds = {"ZZQ"}
    collected = collect(bench, "ZZQ")
    bench.next_session()
    collect(bench, "ZZQ")

    assert set(collected.tables) == {PROFILES}
    assert collected.problems == ()
    assert bench.transport.requests == []


def test_spurious_empty_answer_is_asked_again_and_takes_nothing_away(bench):
    first = collect(bench, "ZZQ")
    bench.market.now += timedelta(days=7)
    bench.fail("key-metrics.*annual", Canned([]))
    second = collect(bench, "ZZQ")

    assert asked(bench).count(("key-metrics", "ZZQ", "annual")) == 2
    assert second.tables[TABLE].num_rows == first.tables[TABLE].num_rows


def test_universe_of_500_keeps_to_half_of_the_calls_of_a_day(bench):
    with_counted_calls(bench)
    symbols = tuple(f"S{number:03d}" for number in range(500))
    served, nights = [], []
    for _ in range(3):
        collected = collect(bench, *symbols)
        nights.append(collected.problems)
        served.append({symbol for _, symbol, _ in asked(bench)})
        assert len(asked(bench)) == calls_today(bench) == HALF
        bench.next_session()

    assert [len(problems) for problems in nights] == [1, 1, 1]
    assert "3375 pages about 500 companies wait for another night" in nights[0][0].message
    assert not any(problem.is_degrading for problems in nights for problem in problems)
    assert min(served[1]) > min(served[0])
    assert len(served[0] | served[1] | served[2]) == 125  # three pages each


def test_second_run_of_a_day_takes_nothing_beyond_its_half(bench):
    with_counted_calls(bench)
    symbols = tuple(f"S{number:03d}" for number in range(60))
    collect(bench, *symbols)
    bench.market.now += timedelta(minutes=5)
    collect(bench, *symbols)

    assert bench.transport.requests == []
    assert (calls_today(bench, "fmp"), calls_today(bench, "fmp statements")) == (HALF, HALF)


def test_repeated_requests_count_too(bench):
    with_counted_calls(bench)
    bench.fail("fmp.test.*income", DOWN, times=30)
    collect(bench, *(f"S{number:03d}" for number in range(60)))

    assert calls_today(bench) == HALF


def test_company_that_waits_longest_is_asked_first(bench):
    with_counted_calls(bench)
    collect(bench, "ZZZ")
    bench.market.now += timedelta(days=2)
    symbols = ("ZZZ", *(f"S{number:03d}" for number in range(16)))
    collect(bench, *symbols)  # 16 new companies: 112 pages
    bench.market.now += timedelta(days=8)
    collect(bench, *symbols)  # 102 pages of figures are due

    first_pages = [symbol for page, symbol, _ in asked(bench) if page == "ratios"]
    assert first_pages[0] == "ZZZ"


def test_force_refresh_keeps_to_the_ration(bench):
    with_counted_calls(bench)
    symbols = [f"S{number:03d}" for number in range(30)]
    for _ in range(2):
        collect(bench, *symbols, force_refresh=True)
        bench.next_session()
        assert len(asked(bench)) == HALF


def test_plan_without_limits_is_asked_everything_at_once(bench):
    collect(bench, *(f"S{number:03d}" for number in range(30)))

    assert len(asked(bench)) == 30 * 7


def test_free_plan_is_asked_for_five_years_and_its_refusals_are_remembered(bench):
    bench.market.plan = "free"
    collected = collect(bench, "ZZQ", "BRK.B")
    limits = [request.url.rsplit("limit=")[-1] for request in bench.transport.requests]
    years = {row["period_end_date"].year for row in collected.tables[TABLE].to_pylist()}
    database = CacheDatabase(bench.settings.cache_root, bench.settings.world)
    remembered = [row[1:3] for row in Capabilities(database).rows()]
    database.close()

    assert limits.count("30") == 3
    assert years == {2012, 2013, 2014, 2015, 2016}
    assert remembered == [
        ("income_statement", "limit"), ("income_statement_quarter", "*"),
        ("key_metrics", "limit"), ("key_metrics_quarter", "*"),
        ("ratios", "limit"), ("ratios_quarter", "*"),
    ]  # fmt: skip
    assert asked(bench).count(("ratios", "BRK.B", "quarter")) == 0
    assert collected.problems == ()
    bench.market.now += timedelta(days=1)
    collect(bench, "ZZQ", "BRK.B")
    assert bench.transport.requests == []


def test_symbol_outside_the_plan_is_served_by_finnhub(bench):
    bench.market.plan = "free"
    collected = collect(bench, "ZZQ", "ZZR")

    assert asked(bench, "finnhub") == [("metric", "ZZR", "")]
    assert set(collected.tables[SNAPSHOTS]["symbol"].to_pylist()) == {"ZZR"}
    assert ("key-metrics", "ZZR", "annual") not in asked(bench)
    assert {problem.symbol for problem in collected.problems} == {"ZZR"}
    assert not any(problem.is_degrading for problem in collected.problems)


def test_failing_fmp_leaves_the_night_to_finnhub(bench):
    bench.fail("fmp.test", DOWN)
    collected = collect(bench)

    assert set(collected.tables) == {SNAPSHOTS}
    assert collected.tables[SNAPSHOTS].num_rows == 2 * 4
    assert not any(problem.is_degrading for problem in collected.problems)
    assert not any(fallback.is_degrading for fallback in collected.fallbacks)


def test_without_any_provider_the_night_only_says_so(bench):
    bench.without_key("fmp", "finnhub")
    (problem,) = collect(bench).problems

    assert problem.message.endswith("set FMP_API_KEY or FINNHUB_API_KEY")
    assert not problem.is_degrading


def test_both_providers_down_degrade_nothing(bench):
    bench.fail("fmp.test|finnhub.test", DOWN)
    collected = collect(bench)

    assert collected.tables == {}
    assert not any(problem.is_degrading for problem in collected.problems)


def test_offline_night_uses_what_is_held_and_asks_nobody(bench):
    first = collect(bench)
    bench.market.now += timedelta(days=40)
    second = collect(bench, offline=True)

    assert bench.transport.requests == []
    assert second.tables == first.tables


def test_metrics_wait_for_an_income_statement_that_may_still_come(bench):
    bench.fail("income-statement", DOWN)
    without = collect(bench, "ZZQ")
    bench.heal()
    bench.next_session()
    rows = collect(bench, "ZZQ").tables[TABLE].to_pylist()

    assert TABLE not in without.tables
    assert all(row["accepted_at"] for row in rows)


@pytest.mark.parametrize("answer", [Canned("[]", 404), Canned("Restricted Endpoint: no", 402)])
def test_metrics_land_without_acceptance_where_nobody_serves_it(bench, answer):
    bench.fail("income-statement", answer)
    rows = collect(bench, "ZZQ").tables[TABLE].to_pylist()

    assert {row["statement"] for row in rows} == {"key_metrics", "ratios"}
    assert {row["accepted_at"] for row in rows} == {None}


def test_finnhub_is_not_asked_about_everybody_in_one_night(bench):
    bench.without_key("fmp")
    symbols = tuple(f"S{number:03d}" for number in range(150))
    first = collect(bench, *symbols)
    asked_first = len(asked(bench, "finnhub"))
    bench.next_session()
    collect(bench, *symbols)

    assert (asked_first, len(asked(bench, "finnhub"))) == (120, 30)
    assert [problem.is_degrading for problem in first.problems] == [False]
