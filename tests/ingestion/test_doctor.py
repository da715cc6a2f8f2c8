"""What doctor says about plans, quotas and chains, and what it advises first."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ingestion.advice import Findings, advise
from ingestion.doctor import Diagnosis, diagnose
from ingestion.endpoints import ENDPOINTS
from ingestion.probe import NOT_CONFIGURED, OK, ProbeResult
from ingestion.settings import KEY_VARIABLES, SourceSettings
from tests.ingestion.bench import Bench
from tests.ingestion.test_probe import NOW, clock, sandbox
from tests.ingestion.transport import Canned


def examined(sources: SourceSettings, **options) -> Diagnosis:
    known = {"answered": {}, "is_morning": False, **options}
    return diagnose(replace(sources, world="custom:test"), clock=clock, **known)


@pytest.fixture(scope="module")
def free(tmp_path_factory) -> Iterator[Diagnosis]:
    with sandbox(tmp_path_factory.mktemp("free"), plan="free") as sources:
        yield examined(sources, answered={("finnhub", "company_news"): NOW - timedelta(days=1)})


def findings(*, without: tuple[str, ...] = (), is_morning: bool = False, **states: str) -> Findings:
    """Every endpoint answers, but for `without` (no key) and states given as provider__name."""
    given = {tuple(key.split("__")): state for key, state in states.items()}
    results = {}
    for endpoint in ENDPOINTS:
        state = NOT_CONFIGURED if endpoint.provider in without else OK
        key = endpoint.provider, endpoint.name.replace(" ", "_").replace("'", "")
        state = given.get(key, state)
        results[endpoint.key] = ProbeResult(endpoint.provider, state, 0.1, "-", endpoint.name)
    return Findings(results, lambda name: name not in without, is_morning, is_simulated=False)


def test_plan_is_told_in_the_providers_own_words(free: Diagnosis) -> None:
    said = {(row.provider, row.endpoint): row.plan_says for row in free.endpoints}
    assert said["polygon", "daily bars"] == "yes: 1 row"
    assert said["polygon", "today's bar"].startswith("no: 403: ")
    assert "timeframe" in said["polygon", "today's bar"]
    assert "'symbol'" in said["fmp", "daily prices of a fund"]
    assert "don't have access" in said["finnhub", "candles"]


def test_free_plans_are_no_reason_to_fail(free: Diagnosis) -> None:
    assert free.is_healthy


def test_free_plans_get_the_advice_that_helps_most_first(free: Diagnosis) -> None:
    assert free.advice[0].startswith("Your Polygon plan ends yesterday: run the night in the morn")
    assert "(Starter) gives today's bars at 16:15" in free.advice[0]
    assert any("sample symbols only (HYG is refused)" in sentence for sentence in free.advice)


def test_last_good_answer_comes_from_the_record_of_fetches(free: Diagnosis) -> None:
    (news,) = (row for row in free.endpoints if row.endpoint == "company news")
    assert news.last_answer_at == NOW - timedelta(days=1)


def test_ranks_and_refusals_are_shown(free: Diagnosis) -> None:
    assert free.chains["daily_bars"][:2] == (("polygon", True), ("fmp", True))
    assert ("polygon", "daily_bars", "today") in {row[:3] for row in free.refusals}


def test_refused_key_is_named_and_fails(bench: Bench) -> None:
    bench.fail("polygon.test", Canned({"status": "ERROR", "error": "Unknown API Key"}, 401))
    bench.transport.answer = lambda request: (
        Canned({"status": "ERROR", "error": "Unknown API Key"}, 401)
        if "polygon" in request.url
        else Canned([])
    )
    found = diagnose(
        bench.settings,
        clock=bench.clock,
        connect=bench.connect,
        answered={},
        is_morning=False,
    )
    assert not found.is_healthy
    assert found.endpoints[0].plan_says.startswith("key refused: ")


def test_quota_left_is_the_count_of_the_day_or_the_speed(bench: Bench) -> None:
    bench.settings = replace(bench.settings, rates={"polygon": 100.0})
    bench.transport.answer = lambda _: Canned([])
    found = diagnose(
        bench.settings, clock=bench.clock, connect=bench.connect, answered={}, is_morning=False
    )
    left = {row.provider: row.quota_left for row in found.endpoints}
    asked = sum(path.startswith("fmp") for path in bench.transport.paths())
    assert left["fmp"] == f"{250 - asked} of 250 until 00:00 UTC"
    assert left["polygon"] == "100 per 60 s (as configured)"
    assert left["finnhub"] == "60 per 60 s and 30 per 1 s"


def test_nothing_to_advise_where_everything_answers() -> None:
    assert advise(findings()) == ()


def test_missing_keys_are_advised_by_what_they_bring() -> None:
    found = advise(findings(without=("finnhub", "fmp", "fred", "polygon", "yahoo")))
    assert found[0].startswith("Nobody serves")  # a required dataset goes before everything
    named = [v for v in KEY_VARIABLES.values() if any(f"With {v}" in text for text in found)]
    assert sorted(named) == sorted(KEY_VARIABLES.values())


def test_one_missing_key_gives_one_sentence() -> None:
    assert advise(findings(without=("fred",))) == (
        "With FRED_API_KEY (free) spreads and rates come from the API; the keyless file stalls "
        "for some networks.",
    )


def test_morning_schedule_needs_no_advice_about_todays_bars() -> None:
    refused = {"polygon__todays_bar": "entitlement"}
    assert len(advise(findings(**refused))) == 1
    assert advise(findings(is_morning=True, **refused)) == ()


@pytest.mark.parametrize(
    ("states", "is_unserved"),
    [
        ({"cboe__index_history": "transient", "cboe__delayed_quote": "transient"}, True),
        ({"cboe__delayed_quote": "transient"}, False),  # the file comes later
        ({"fred__bill_rate": "transient"}, False),  # the keyless file is left
    ],
)
def test_dataset_with_another_source_is_served(states: dict[str, str], is_unserved: bool) -> None:
    assert bool(findings(**states).unserved()) == is_unserved


def test_simulated_market_says_how_to_leave_it(tmp_path: Path) -> None:
    with sandbox(tmp_path) as sources:
        found = diagnose(sources, clock=clock, answered={}, is_morning=False)
    assert found.advice == (
        "This is the simulated market: its keys and plans are made up. With POLYGON_API_KEY "
        "(free) the nights run on real data.",
    )
