"""What an incident does to a night: class, attempts, waits, who served, and what is stored."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.chains import CHAINS
from ingestion.journal import Fetch
from ingestion.night import Collected
from ingestion.sandbox.faults import FaultRule
from ingestion.tables import KEYS
from orchestration.findings import degrading_reasons
from orchestration.freshness import Freshness, measure_freshness
from tests.ingestion.faults.incidents import rules_of
from tests.ingestion.faults.world import CLEAN_EVENING, SCENES, FaultBench, Scene, clean_night
from tests.traces import traces_in, traces_of
from warehouse.connection import Connection, connect
from warehouse.ledger import land, open_ledger

PROVENANCE = ("fetched_at", "response_hash", "source_endpoint", "accepted_at")
"""How a row came, and what another response adds: not part of what the row says."""

TABLE_OF = {
    (feed.provider, feed.dataset): feed.table for feeds in CHAINS.values() for feed in feeds
}
DAYS = ("session_date", "observed_date", "published_at", "bar_end_at", "period_end_date")
OPINIONS = ("raw.finnhub__news_sentiment", "raw.polygon__news_sentiment")
"""Asked for only where the news came from; what is held stays where it lies."""

RowKey = tuple[str, tuple[Any, ...]]
"""Raw table and key values."""


@dataclass(frozen=True)
class Observed:
    """What became of a night.

    `failure`: the class with which the dataset is reported, `ok` if its first provider served;
    `served_by`: who answered in its place. `attempts`, `waits`: of the first request for it;
    `all_waits`: of the night. `used`: the provider of the newest row with a value, `old` if healthy
    ones go further, `nothing` without any; `mode`: how a bar came to be as traded. `seconds`: of
    virtual time. `wrong`: rows, in the tables or in the cache, that no healthy provider has ever
    sent. `lost`: rows held before that are gone or changed. `is_kept`: a spoilt answer lies among
    the stored responses. `traces`: places that show a key.
    """

    failure: str
    served_by: str
    attempts: int
    waits: tuple[float, ...]
    all_waits: tuple[float, ...]
    used: str
    mode: str
    status: str
    seconds: float
    requests: int
    wrong: frozenset[RowKey]
    lost: frozenset[RowKey]
    traces: tuple[str, ...]
    is_kept: bool
    collected: Collected = field(repr=False)


@lru_cache
def incident_night(name: str, incident: str, *, is_warm: bool) -> Observed:
    """A night on which an incident strikes the first provider of a scene."""
    return observe(name, rules_of(incident, SCENES[name].provider), is_warm=is_warm)


def observe(name: str, rules: tuple[FaultRule, ...], *, is_warm: bool) -> Observed:
    """Run the night after the clean one, or the same as a first night, with the rules in force."""
    with night_of(name, rules, is_warm=is_warm) as (bench, collected):
        before = clean_night(name).collected if is_warm else None
        return _observed(bench, collected, before, healthy_night(name, is_warm=is_warm))


@contextmanager
def night_of(
    name: str, rules: tuple[FaultRule, ...], *, is_warm: bool
) -> Iterator[tuple[FaultBench, Collected]]:
    """The bench of such a night, and what it collected."""
    with TemporaryDirectory(prefix="mqp-faults-") as folder:
        root = Path(folder) / "home"
        if is_warm:
            shutil.copytree(clean_night(name).root, root)
        with FaultBench(root, SCENES[name]) as bench:
            bench.rehearse(*rules)
            bench.next_session()
            yield bench, bench.night()


def _observed(
    bench: FaultBench, collected: Collected, before: Collected | None, healthy: Collected
) -> Observed:
    scene, spoilt = bench.scene, bench.sandbox.spoilt
    first = _first_fetch(scene, collected)
    used, mode = _used(scene, collected, healthy)
    told = [
        item
        for item in collected.fallbacks
        if (item.dataset, item.symbol) == (scene.dataset, scene.subject)
    ]
    return Observed(
        failure=told[0].failure if told else _failure(scene, collected),
        served_by=told[0].served_by if told else "",
        attempts=first.attempts,
        waits=tuple(bench.waits[: max(first.attempts - 1, 0)]),
        all_waits=tuple(bench.waits),
        used=used,
        mode=mode,
        status=night_status(bench, collected),
        seconds=round(bench.time.now, 1),
        requests=len(bench.transport.sent(scene.provider)),
        wrong=frozenset(_wrong(bench, collected)),
        lost=frozenset(_lost(before, collected)),
        traces=tuple(_traces(bench, collected)),
        is_kept=any(path.name[:64] in spoilt for path in (bench.root / "raw").rglob("*.gz")),
        collected=collected,
    )


def _first_fetch(scene: Scene, collected: Collected) -> Fetch:
    """The first request for the dataset, or else the first of its provider (a bar's splits)."""
    asked = [
        fetch
        for fetch in collected.fetches
        if (fetch.provider, fetch.served_from) == (scene.provider, "network")
    ]
    table = scene.tables[scene.provider]
    direct = [fetch for fetch in asked if TABLE_OF.get((fetch.provider, fetch.dataset)) == table]
    return (direct or asked)[0]


def _failure(scene: Scene, collected: Collected) -> str:
    """The class of a problem that no fallback stands for, else that of the request."""
    told = [item.failure for item in collected.problems if item.dataset == scene.dataset]
    return told[0] if told else _first_fetch(scene, collected).outcome


def _used(scene: Scene, collected: Collected, healthy: Collected) -> tuple[str, str]:
    """Who brought the newest row with a value, and its mode; `old` if healthy ones go further."""
    newest, due = _newest(scene, collected), _newest(scene, healthy)
    if newest is None or due is None:
        return "nothing", ""
    day, _, provider, mode = newest
    return ("old" if day < due[0] else provider), mode


def _newest(scene: Scene, collected: Collected) -> tuple[Any, int, str, str] | None:
    found = []
    for rank, (provider, name) in enumerate(scene.tables.items()):
        for row in _rows(collected.tables.get(name)):
            day = next((row[name] for name in DAYS if name in row), None)
            is_own = scene.subject in (row.get(n) for n in ("symbol", "series_id", "index_name"))
            endpoint = {"api": "fred", "graph": "fred_graph"}.get(row.get("source_endpoint", ""))
            if is_own and row.get("close", row.get("value", row.get("headline"))) is not None:
                found.append((day, -rank, endpoint or provider, row.get("adjustment_mode") or ""))
    return max(found, default=None)


def night_status(bench: FaultBench, collected: Collected) -> str:
    """CLEAN, DEGRADED or FAILED, as a night would judge these inputs before gate 1."""
    if not any(name in collected.tables for name in bench.scene.tables.values()):
        return "FAILED"
    if any(problem.is_degrading for problem in collected.problems):
        return "DEGRADED"
    reasons = degrading_reasons(_freshness(bench, collected), (), collected.problems)
    return "DEGRADED" if reasons else "CLEAN"


def _freshness(bench: FaultBench, collected: Collected) -> list[Freshness]:
    wanted = bench.only(**bench.scene.wanted)
    ledger = scratch_ledger()
    landing = {
        name: collected.tables[name]
        for name in bench.scene.tables.values()
        if name in collected.tables
    }
    land(ledger, landing, sessions=bench.sessions, run_id="", now=bench.now)
    measured = measure_freshness(
        ledger,
        wanted.night,
        bench.sessions,
        bar_symbols=wanted.bar_symbols,
        required_symbols=wanted.bar_symbols,
    )
    names = (*wanted.bar_symbols, *wanted.series_ids, *wanted.index_names)
    return [item for item in measured if item.symbol in names]


def scratch_ledger() -> Connection:
    """An empty ledger in memory; every call empties the same one."""
    ledger, _ = _kept_ledger()
    filled = ledger.execute(
        "select schema_name || '.' || table_name as name from duckdb_tables() "
        "where estimated_size > 0 and not temporary and name <> 'ops.world'"
    ).fetchall()
    for (name,) in filled:
        ledger.execute(f"delete from {name}")
    return ledger


@lru_cache
def _kept_ledger() -> tuple[Connection, ExitStack]:
    stack = ExitStack()
    ledger = stack.enter_context(connect(":memory:"))
    open_ledger(ledger, "sandbox:7", now=CLEAN_EVENING)
    return ledger, stack


@lru_cache
def healthy_night(name: str, *, is_warm: bool) -> Collected:
    """The same night without any fault."""
    with night_of(name, (), is_warm=is_warm) as (_, collected):
        return collected


@lru_cache
def _truth(provider: str) -> Mapping[str, Mapping[tuple[Any, ...], list[dict[str, Any]]]]:
    """Everything that a healthy provider has sent: table to key to what was said of it."""
    said = dict[str, dict[tuple[Any, ...], list[dict[str, Any]]]]()
    for name in (name for name, scene in SCENES.items() if scene.provider == provider):
        nights = [healthy_night(name, is_warm=is_warm) for is_warm in (False, True)]
        for collected in (clean_night(name).collected, *nights):
            for table, rows in collected.tables.items():
                for row in _rows(rows):
                    said.setdefault(table, {}).setdefault(_key(table, row), []).append(
                        _payload(row)
                    )
    return said


def _wrong(bench: FaultBench, collected: Collected) -> Iterator[RowKey]:
    """Rows in the tables or in the cache that differ from what healthy providers say."""
    tables = list(collected.tables.items())
    for path in (bench.root / "cache").rglob("*.parquet"):
        provider, dataset = path.parts[-3], path.name.split(".")[1]
        tables.append((TABLE_OF[provider, dataset], pq.read_table(path)))
    for name, table in tables:
        known = _known(name)
        for row in _rows(table):
            if _payload(row) not in known.get(_key(name, row), ()):
                yield name, _key(name, row)


@lru_cache
def _known(name: str) -> Mapping[tuple[Any, ...], list[dict[str, Any]]]:
    owner = name.removeprefix("raw.").partition("__")[0]
    known = dict(_truth(owner).get(name, {}))
    if owner == "fred":
        known |= _truth("fred_graph").get(name, {})
    return known


def _lost(before: Collected | None, after: Collected) -> Iterator[RowKey]:
    """Rows of the night before that are gone or say something else now."""
    for name, table in before.tables.items() if before else ():
        if name in OPINIONS:
            continue
        now = {_key(name, row): _payload(row) for row in _rows(after.tables.get(name))}
        for row in _rows(table):
            if now.get(_key(name, row)) != _payload(row):
                yield name, _key(name, row)


def _rows(table: pa.Table | None) -> list[dict[str, Any]]:
    return [] if table is None else table.to_pylist()


def _key(name: str, row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[column] for column in KEYS[name])


def _payload(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in PROVENANCE}


def _traces(bench: FaultBench, collected: Collected) -> list[str]:
    keys = bench.settings.api_keys
    told = repr((collected.problems, collected.fallbacks, collected.fetches, bench.settings))
    return [*traces_of(bench.root, keys), *(f"told: {name}" for name in traces_in(told, keys))]
