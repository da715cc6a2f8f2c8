"""Faults that pass, sources that never answer, and how long a night waits for either."""

import pytest

from ingestion.run import THREADS
from ingestion.sandbox.faults import FaultRule
from tests.ingestion.faults.expected import LONGEST_ATTEMPT_SECONDS, PATIENCE_SECONDS
from tests.ingestion.faults.incidents import INCIDENTS, PROVIDERS, RETRY_AFTER_SECONDS
from tests.ingestion.faults.observe import night_of, observe
from tests.ingestion.faults.world import SCENES
from tests.ingestion.sandbox_transport import SandboxBench

pytestmark = pytest.mark.xdist_group("faults")  # the modules share clean nights

PASSING = {
    "twice 503": ((FaultRule("status", 503, times=2),), (1.0, 2.0)),
    "once a reset": ((FaultRule("reset", times=1),), (1.0,)),
    "once silence": ((FaultRule("timeout", 60, times=1),), (1.0,)),
    "once a web page": ((FaultRule("html200", times=1),), (1.0,)),
    "once 429": ((FaultRule(*INCIDENTS["429, Retry-After"], times=1),), (RETRY_AFTER_SECONDS,)),
}


@pytest.mark.parametrize("name", PASSING)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_passing_fault_costs_its_waits_and_nothing_else(provider: str, name: str) -> None:
    rules, waits = PASSING[name]
    seen = observe(provider, rules, is_warm=True)
    assert (seen.used.removesuffix(" quote"), seen.status) == (provider, "CLEAN")
    assert seen.all_waits == waits
    assert (seen.failure, seen.wrong, seen.lost) == ("ok", frozenset(), frozenset())


# virtual time adds up what threads wait side by side
SIDE_BY_SIDE_SECONDS = THREADS * LONGEST_ATTEMPT_SECONDS


@pytest.mark.parametrize("kind", [("status", 429), ("timeout", 60), ("slow", 120)])
def test_source_that_fails_for_every_symbol_is_given_up(kind: tuple[str, int]) -> None:
    with night_of("whole market", (FaultRule(*kind, provider="polygon"),), is_warm=False) as (
        bench,
        collected,
    ):
        asked = len(bench.transport.sent("polygon"))
    symbols = len(SCENES["whole market"].symbols)
    first = LONGEST_ATTEMPT_SECONDS  # patience begins with the end of the first failure
    assert bench.time.now <= first + PATIENCE_SECONDS["polygon"] + SIDE_BY_SIDE_SECONDS
    assert asked < 5 * symbols  # most of them were not asked at all
    assert {problem.failure for problem in collected.problems} == {"transient"}
    assert any("given up for this run" in problem.message for problem in collected.problems)


def test_other_sources_go_on_while_one_is_silent(tmp_path) -> None:
    with SandboxBench(tmp_path, without=("fmp", "finnhub", "yahoo", "fred_graph")) as bench:
        bench.rehearse(FaultRule("timeout", 60, provider="polygon"))
        collected = bench.collect()
    assert {"raw.fred__observations", "raw.cboe__index_history"} <= set(collected.tables)
    assert {problem.provider for problem in collected.problems} == {"polygon"}


def test_outage_of_everything_ends_in_bounded_time(tmp_path) -> None:
    with SandboxBench(tmp_path) as bench:
        bench.rehearse(FaultRule("timeout", 60))
        collected = bench.collect()
    assert bench.time.now <= sum(PATIENCE_SECONDS.values()) + len(PROVIDERS) * SIDE_BY_SIDE_SECONDS
    assert collected.tables == {}
    assert all(problem.failure == "transient" for problem in collected.problems)
