"""What a run remembers of a refusal, and what it asks again."""

import pytest

from ingestion.night import Collected
from tests.ingestion.faults.incidents import WITH_KEY, rules_of
from tests.ingestion.faults.observe import night_of
from tests.ingestion.faults.world import FaultBench

pytestmark = pytest.mark.xdist_group("faults")  # the modules share clean nights
WITH_A_PLAN = ("polygon", "fmp", "finnhub")
DATASETS = {
    "polygon": "daily_bars",
    "fmp": "daily_prices",
    "finnhub": "daily_candles",
    "yahoo": "chart",
    "fred": "observations",
    "fred_graph": "observations",
    "cboe": "index_history",
}
"""What the log calls the first question to each provider."""


def asked(bench: FaultBench) -> int:
    return len(bench.transport.sent(bench.scene.provider))


def asked_for_subject(bench: FaultBench, collected: Collected) -> int:
    """How often the dataset was asked for the scene's subject, over the network."""
    return sum(
        (fetch.dataset, fetch.symbol, fetch.served_from)
        == (DATASETS[bench.scene.provider], bench.scene.subject, "network")
        for fetch in collected.fetches
    )


@pytest.mark.parametrize("provider", WITH_A_PLAN)
def test_refusal_of_a_plan_is_not_asked_again_the_next_night(provider: str) -> None:
    with night_of(provider, rules_of("not in the plan", provider), is_warm=True) as (bench, _):
        assert asked(bench) > 0
        bench.rehearse()
        bench.next_session()
        collected = bench.night()
        assert asked(bench) == 0
    assert not any(problem.is_degrading for problem in collected.problems)


@pytest.mark.parametrize("provider", WITH_KEY)
def test_refused_key_costs_one_request_a_run_and_is_tried_by_the_next_one(provider: str) -> None:
    with night_of(provider, rules_of("key refused", provider), is_warm=True) as (bench, collected):
        assert asked(bench) == 1
        alerts = [problem for problem in collected.problems if problem.failure == "auth"]
        assert [problem.symbol for problem in alerts] == ["*"]
        assert f"{provider.upper()}_API_KEY" in alerts[0].message
        bench.rehearse()
        bench.next_session()
        bench.night()
        assert asked(bench) > 0


def test_used_up_quota_is_left_alone_for_the_day() -> None:
    with night_of("fmp", rules_of("429, own words", "fmp"), is_warm=True) as (bench, _):
        assert asked(bench) == 1
        bench.rehearse()
        bench.night()
        assert asked(bench) == 0
        bench.next_session()
        bench.night()
        assert asked(bench) > 0


@pytest.mark.parametrize("provider", DATASETS)
@pytest.mark.parametrize(("is_warm", "times"), [(False, 1), (True, 2)])
def test_empty_answer_is_asked_for_once_more_where_rows_are_held(
    provider: str, is_warm: bool, times: int
) -> None:
    with night_of(provider, rules_of("nothing", provider), is_warm=is_warm) as (bench, collected):
        assert asked_for_subject(bench, collected) == times
