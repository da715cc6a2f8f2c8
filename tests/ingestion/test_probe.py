from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingestion.capabilities import TODAY, WHOLE_ENDPOINT, Capabilities, DailyCalls
from ingestion.database import CacheDatabase
from ingestion.endpoints import ENDPOINTS
from ingestion.night import PROFILES
from ingestion.probe import probe_endpoints, probe_providers
from ingestion.sandbox.server import SandboxServer
from ingestion.settings import SourceSettings
from tests.ingestion.bench import Bench
from tests.ingestion.transport import Canned

NOW = datetime(2024, 6, 28, 22, 30, tzinfo=UTC)


def clock() -> datetime:
    return NOW


@contextmanager
def sandbox(tmp_path: Path, **options) -> Iterator[SourceSettings]:
    with SandboxServer(seed=7, now=NOW, **options) as server:
        yield SourceSettings(
            base_urls=server.base_urls,
            api_keys=server.api_keys,
            cache_root=tmp_path / "cache",
            raw_root=tmp_path / "raw",
            log_path=tmp_path / "log",
            world="sandbox:7",
        )


def refusals(sources: SourceSettings) -> set[tuple[str, str, str]]:
    database = CacheDatabase(sources.cache_root, sources.world)
    rows = {row[:3] for row in Capabilities(database).rows()}
    database.close()
    return rows


def test_every_configured_provider_is_asked_once_and_the_rest_is_told(tmp_path: Path) -> None:
    with sandbox(tmp_path) as sources:
        keys = {**sources.api_keys, "finnhub": "not-the-key"}
        keys.pop("fmp", None)
        sources = replace(sources, api_keys=keys)
        found = {row.provider: row for row in probe_providers(sources, clock=clock)}
    states = {name: row.state for name, row in found.items()}
    assert {name: states[name] for name in ("polygon", "finnhub", "fmp", "fred", "cboe")} == {
        "polygon": "ok",
        "finnhub": "auth",
        "fmp": "not configured",
        "fred": "ok",
        "cboe": "ok",
    }
    assert set(states) == {profile.name for profile in PROFILES}
    assert found["fmp"].detail == "set FMP_API_KEY"
    assert "not-the-key" not in "".join(row.detail for row in found.values())
    assert not (tmp_path / "raw").exists()


def test_every_endpoint_answers_on_a_paid_plan(tmp_path: Path) -> None:
    with sandbox(tmp_path, plan="paid") as sources:
        found = probe_endpoints(sources, clock=clock)
        states = {key: (row.state, row.detail) for key, row in found.items() if row.state != "ok"}
    assert states == {}
    assert set(found) == {endpoint.key for endpoint in ENDPOINTS}
    assert refusals(sources) == set()


def test_refusals_of_a_free_plan_are_remembered_and_end_with_a_paid_one(tmp_path: Path) -> None:
    with sandbox(tmp_path, plan="free") as sources:
        probe_endpoints(sources, clock=clock)
    refused = refusals(sources)
    assert {
        ("polygon", "daily_bars", TODAY),
        ("fmp", "daily_prices", "HYG"),
        ("fmp", "news", WHOLE_ENDPOINT),
        ("finnhub", "daily_candles", WHOLE_ENDPOINT),
    } <= refused
    # the flavour that nights use is not closed by the refusal of one that they do not
    assert ("fmp", "daily_prices", WHOLE_ENDPOINT) not in refused
    with sandbox(tmp_path, plan="paid") as sources:
        probe_endpoints(sources, clock=clock)
    assert refusals(sources) == set()


def test_quote_tells_its_age(tmp_path: Path) -> None:
    with sandbox(tmp_path) as sources:
        found = probe_endpoints(sources, clock=clock)
    assert found["finnhub", "quote"].detail == "quote of 2024-06-28 20:00 UTC, 2.5 h old"


def test_quote_of_zeros_is_no_answer(bench: Bench) -> None:
    zeros = dict.fromkeys(("c", "h", "l", "o", "pc", "t"), 0)
    bench.transport.answer = lambda _: Canned(zeros)
    found = probe_endpoints(bench.settings, clock=bench.clock, connect=bench.connect)
    assert found["finnhub", "quote"].state == "bad_payload"
    assert "does not cover" in found["finnhub", "quote"].detail


def test_probes_count_against_the_quota_of_the_day(bench: Bench) -> None:
    bench.settings = replace(bench.settings, rates={})
    bench.transport.answer = lambda _: Canned([])
    probe_endpoints(bench.settings, clock=bench.clock, connect=bench.connect)
    asked = [path for path in bench.transport.paths() if path.startswith("fmp.test")]
    database = CacheDatabase(bench.settings.cache_root, bench.settings.world)
    assert DailyCalls(database).spent("fmp", bench.clock().date()) == len(asked) > 10
    database.close()


@pytest.mark.parametrize(
    ("answer", "asked", "state"),
    [
        (Canned({"error": "Invalid API key."}, 401), 1, "auth"),
        (Canned("", 503), 2, "transient"),
        (Canned({"error": "You don't have access to this resource."}, 403), 7, "entitlement"),
    ],
)
def test_provider_that_gives_nothing_is_not_asked_to_the_end(
    bench: Bench, answer: Canned, asked: int, state: str
) -> None:
    bench.transport.answer = lambda _: answer
    found = probe_endpoints(bench.settings, clock=bench.clock, connect=bench.connect)
    assert sum(path.startswith("finnhub") for path in bench.transport.paths()) == asked
    assert found["finnhub", "quote"].state == state
    assert bench.time.slept == []  # once each, no retry


def test_progress_is_told_when_it_takes_long(bench: Bench) -> None:
    bench.settings = replace(bench.settings, rates={"polygon": 5.0})
    bench.transport.answer = lambda _: Canned([])
    told: list[str] = []
    probe_endpoints(
        bench.settings, clock=bench.clock, connect=bench.connect, on_progress=told.append
    )
    assert "polygon: 6 of 10 endpoints asked" in told
    assert max(bench.time.slept) <= timedelta(minutes=1).total_seconds()
