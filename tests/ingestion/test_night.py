"""Whole collections: everything a night wants, twice, and without a trace of a key."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from ingestion.errors import SymbolError
from ingestion.night import collect_night_inputs
from ingestion.tables import SCHEMAS
from tests.ingestion.bench import KEYS
from tests.ingestion.transport import Canned
from warehouse.errors import WorldMismatchError

EVERYTHING = {
    "raw.polygon__daily_bars", "raw.polygon__splits", "raw.polygon__dividends",
    "raw.finnhub__company_news", "raw.fred__observations", "raw.cboe__index_history",
}  # fmt: skip


@pytest.fixture
def bench(bench):
    """A bench with two stories."""
    now = bench.market.now
    bench.market.stories = [
        ("ZZQ", "1", now - timedelta(hours=9)), ("ZZR", "2", now - timedelta(days=3)),
    ]  # fmt: skip
    return bench


def test_night_brings_every_table_in_the_ledgers_shape(bench):
    collected = bench.collect()

    assert set(collected.tables) == EVERYTHING
    assert all(table.schema == SCHEMAS[name] for name, table in collected.tables.items())
    assert collected.problems == ()


def test_second_run_asks_nothing_and_brings_the_same(bench):
    first = bench.collect()
    second = bench.collect()

    assert bench.transport.requests == []
    assert second.tables == first.tables
    assert {fetch.served_from for fetch in second.fetches} == {"cache"}


def test_every_request_leaves_a_fetch_and_a_line_in_the_log(bench):
    bench.market.finnhub_plan = "paid"
    collected = bench.collect()
    lines = [json.loads(line) for line in bench.settings.log_path.read_text().splitlines()]

    assert len(collected.fetches) == len(bench.transport.requests) == len(lines)
    assert {line["class"] for line in lines} <= {"ok", "empty"}
    assert list(collected.fetches[0].as_row()) == [
        "provider", "dataset", "symbol", "window_start", "window_end", "class", "row_count",
        "response_hash", "duration_seconds", "attempts", "served_from", "requested_at", "detail",
    ]  # fmt: skip


def test_every_row_leads_to_its_stored_response(bench):
    collected = bench.collect()
    kept = {path.stem.partition("-")[0] for path in bench.settings.raw_root.rglob("*.gz")}

    for table in collected.tables.values():
        assert set(table["response_hash"].to_pylist()) <= kept


@pytest.mark.parametrize("status", [200, 400, 401, 403, 500])
def test_echoed_keys_are_found_nowhere(bench, status):
    encoded = base64.b64encode(f"user:{KEYS['fmp']}".encode()).decode()
    echo = " ".join([*KEYS.values(), encoded])
    body = {"status": "OK", "error": echo, "results": [], "observations": echo, "data": echo}
    bench.fail(".", Canned(body, status))
    collected = bench.collect()
    shown = f"{collected.problems} {collected.fetches} {bench.settings} {bench.stored()}"

    assert len(collected.fetches) > 5
    for key in [*KEYS.values(), encoded[8:20]]:
        assert key not in shown


def test_keys_go_to_their_own_provider_only(bench):
    bench.collect()
    for request in bench.transport.requests:
        sent = f"{request.url} {request.headers}"
        host = urlsplit(request.url).netloc.removesuffix(".test")
        assert [name for name, key in KEYS.items() if key in sent] == [host] * (host in KEYS)


@pytest.mark.parametrize("name", ["bar_symbols", "news_symbols", "series_ids", "index_names"])
def test_text_that_is_no_symbol_is_refused_before_anything_is_sent(bench, name):
    with pytest.raises(SymbolError, match="is not a symbol"):
        bench.collect(bench.wants(**{name: ("../../etc/passwd",)}))

    assert bench.transport.requests == []
    assert not bench.settings.cache_root.exists()


def test_cache_of_another_world_is_refused(bench):
    bench.collect()
    bench.settings = replace(bench.settings, world="live")
    with pytest.raises(WorldMismatchError, match="use another MQP_HOME"):
        bench.collect()


def test_progress_is_told_in_sentences(bench):
    told = []
    collect_night_inputs(
        bench.wants(),
        bench.settings,
        clock=bench.clock,
        on_progress=told.append,
        connect=bench.connect,
    )

    assert "daily bars of 3 symbols: asking polygon" in told


def test_crossing_four_fifths_of_a_quota_is_told_once(bench):
    bench.settings = replace(bench.settings, rates={"polygon": 1e6, "finnhub": 1e6})
    bench.without_key("polygon", "finnhub")
    wanted = bench.only(bar_symbols=tuple(f"S{number}" for number in range(70)))
    told = []
    for _ in range(2):
        collected = bench.collect(replace(wanted, force_refresh=True))
        told += [p.message for p in collected.problems if "250 calls are used" in p.message]
        bench.market.symbols = list(wanted.bar_symbols)

    assert told == ["210 of today's 250 calls are used"]


def test_everything_down_and_nothing_cached_brings_no_table_and_says_so(bench):
    bench.fail(".", Canned("", 503))
    collected = bench.collect()

    assert collected.tables == {}
    assert {problem.dataset for problem in collected.problems if problem.is_degrading} == {
        "daily_bars", "splits", "dividends", "company_news", "macro", "index_closes",
    }  # fmt: skip


def test_failure_midway_leaves_no_half_written_file(bench):
    bench.fail("ticker/ZZR|BRK|History", Canned('{"status": "OK", "results": [{"t":'))
    bench.collect()
    written = [path.name for path in bench.root.rglob("*") if path.is_file()]

    assert not [name for name in written if name.endswith(".part")]
    assert not list((bench.settings.cache_root / "polygon" / "ZZR").glob("*.daily_bars.*"))


def test_interrupted_run_stops_asking(bench):
    def interrupt(_):
        if len(bench.transport.requests) > 2:
            raise KeyboardInterrupt
        return Canned("", 503)

    bench.transport.answer = interrupt
    with pytest.raises(KeyboardInterrupt):
        bench.collect()

    assert len(bench.transport.requests) < 30


def test_night_in_summer_and_winter_time_ends_on_its_own_session(bench):
    for moment in (
        datetime(2017, 11, 3, 22, 30, tzinfo=UTC),
        datetime(2017, 11, 6, 22, tzinfo=UTC),
    ):
        bench.market.now = moment
        days = bench.collect().tables["raw.polygon__daily_bars"]["session_date"].to_pylist()

        assert max(days) == moment.date()
        assert all(bench.market.sessions.is_session(day) for day in days)


def test_long_work_tells_how_far_it_is(bench):
    bench.settings = replace(bench.settings, rates={**bench.settings.rates, "polygon": 5.0})
    told = []
    collect_night_inputs(
        bench.only(bar_symbols=tuple(f"S{number}" for number in range(30))),
        bench.settings,
        clock=bench.clock,
        on_progress=told.append,
        connect=bench.connect,
    )

    assert any(text.startswith("daily bars: ") and text.endswith(" of 30") for text in told)
