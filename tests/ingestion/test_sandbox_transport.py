"""Whole collections on the sandbox with its faults, in process and in virtual time."""

import pytest

from ingestion.sandbox.faults import FaultRule
from tests.ingestion.sandbox_transport import SandboxBench

FRED, BARS = "DGS3MO", "raw.polygon__daily_bars"


@pytest.fixture
def bench(tmp_path):
    with SandboxBench(tmp_path) as bench:
        yield bench


def test_clean_night_needs_no_wait(bench) -> None:
    collected = bench.collect()
    assert collected.tables[BARS].num_rows == 2 * 83  # two symbols, 1 March to 28 June 2024
    assert bench.time.slept == []
    assert {line.fault for line in bench.served()} == {None}


def test_status_is_met_with_the_waits_of_the_client(bench) -> None:
    bench.rehearse(FaultRule("status", 503, provider="fred", times=3))
    collected = bench.collect(bench.only(series_ids=(FRED,)))
    assert bench.time.slept == [1, 2, 4]
    assert [line.status for line in bench.served("fred")] == [503, 503, 503, 200]
    assert collected.problems == ()


def test_silence_costs_the_read_timeout(bench) -> None:
    bench.rehearse(FaultRule("timeout", 30, provider="fred", times=1))
    bench.collect(bench.only(series_ids=(FRED,)))
    assert bench.time.slept == [20, 1]


def test_short_silence_is_a_dropped_connection(bench) -> None:
    bench.rehearse(FaultRule("timeout", 5, provider="fred", times=1))
    collected = bench.collect(bench.only(series_ids=(FRED,)))
    assert bench.time.slept == [5, 1]
    assert collected.fetches[0].attempts == 2


def test_reset_costs_only_the_wait(bench) -> None:
    bench.rehearse(FaultRule("reset", provider="fred", times=2))
    bench.collect(bench.only(series_ids=(FRED,)))
    assert bench.time.slept == [1, 2]


def test_dripping_body_is_waited_for_or_given_up(bench) -> None:
    bench.rehearse(
        FaultRule("slow", 40, provider="fred", times=1),
        FaultRule("slow", 120, provider="fred", times=1),
    )
    bench.collect(bench.only(series_ids=(FRED,)))
    assert bench.time.slept == 20 * [2]
    bench.next_session()
    bench.rehearse(FaultRule("slow", 120, provider="fred", times=1))
    bench.collect(bench.only(series_ids=(FRED,)))
    assert bench.time.slept == [*(11 * [6]), 1]  # a body may take a minute


def test_outage_keeps_what_is_held_and_leaves_no_key(bench) -> None:
    clean = bench.collect()
    bench.rehearse(FaultRule("key_echo", 500), FaultRule("key_echo", 403, provider="fmp"))
    bench.next_session()
    collected = bench.collect()
    assert collected.tables[BARS] == clean.tables[BARS]
    assert any(problem.is_degrading for problem in collected.problems)
    assert bench.key_traces() == []
    assert {line.fault for line in bench.served()} == {"key_echo"}


def test_requests_can_be_looked_at_by_provider(bench) -> None:
    bench.collect()
    sent = bench.transport.sent("fred")
    assert len(sent) == len(bench.served("fred"))
    assert all(bench.settings.api_keys["fred"] in request.url for request in sent)


def test_provider_that_is_not_configured_is_not_asked(tmp_path) -> None:
    with SandboxBench(tmp_path, without=("finnhub",)) as bench:
        bench.collect()
        assert bench.served("finnhub") == []


def test_key_traces_look_into_every_kind_of_file(bench) -> None:
    bench.collect()
    key = bench.settings.api_keys["polygon"]
    (bench.root / "note.txt").write_text(f"the key is {key}")
    assert [trace.split(": ")[1] for trace in bench.key_traces()] == ["polygon"]
