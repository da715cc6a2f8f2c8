"""All inputs of one night: bars, actions, news, macro, indices; fetched or from the cache."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from threading import Lock

import pyarrow as pa

from ingestion.cache import Cache
from ingestion.capabilities import QUOTA_WARNING_FRACTION, Capabilities, DailyCalls
from ingestion.chains import Tally
from ingestion.database import CacheDatabase
from ingestion.datasets.actions import collect_actions
from ingestion.datasets.bars import collect_bars
from ingestion.datasets.indices import collect_indices
from ingestion.datasets.macro import collect_macro
from ingestion.datasets.news import collect_news
from ingestion.http import HttpClient
from ingestion.journal import Fetch, Journal, Problem
from ingestion.profile import ProviderProfile
from ingestion.providers import cboe, finnhub, fmp, fred, polygon
from ingestion.responses import ResponseStore
from ingestion.run import NightInputs, Run
from ingestion.settings import SourceSettings
from ingestion.source import Source
from ingestion.symbols import checked_symbol
from warehouse.sessions import new_york_sessions

__all__ = ["Collected", "Fetch", "NightInputs", "Problem", "collect_night_inputs"]

PROFILES: tuple[ProviderProfile, ...] = (
    polygon.PROFILE,
    finnhub.PROFILE,
    fmp.PROFILE,
    fred.PROFILE,
    fred.GRAPH_PROFILE,
    cboe.PROFILE,
)


@dataclass(frozen=True)
class Collected:
    """What a night's collection brought.

    `tables`: raw table name to rows (payload columns in the ledger's order, `fetched_at`,
    `response_hash`), complete as far as known, not only what is new; tables without rows are
    absent. `fetches`: one per request and per reuse of the cache.
    """

    tables: Mapping[str, pa.Table]
    fetches: tuple[Fetch, ...]
    problems: tuple[Problem, ...]


def collect_night_inputs(
    wanted: NightInputs,
    sources: SourceSettings,
    *,
    clock: Callable[[], datetime],
    on_progress: Callable[[str], None] | None = None,
    connect: Callable[..., HttpClient] = HttpClient,
) -> Collected:
    """Fetch what a night wants, reuse what is fresh, and say what went wrong.

    Parameters
    ----------
    clock : the present moment, aware of its zone.
    on_progress : told one sentence at a time; from any thread, but never from two at once.
    connect : makes the HTTP client; tests pass one whose network and time are their own.

    Raises
    ------
    SymbolError
        If a symbol, series or index name is not one.
    WorldMismatchError
        If the cache belongs to another world.
    """
    names = (wanted.bar_symbols, wanted.news_symbols, wanted.series_ids, wanted.index_names)
    for name in chain.from_iterable(names):
        checked_symbol(name)
    with closing(CacheDatabase(sources.cache_root, sources.world)) as database:
        calls = DailyCalls(database)
        with (
            closing(connect(sources, PROFILES, clock=clock, daily_calls=calls)) as http,
            Journal(sources.log_path, http.masker) as journal,
        ):
            run = _run(wanted, sources, clock, database, http, journal, on_progress)
            spent = _spent_calls(calls, clock)
            tallies = _collect_all(run, http)
            _warn_of_quotas(journal, spent, _spent_calls(calls, clock))
            return Collected(_tables(tallies), journal.fetches, journal.problems)


def _run(
    wanted: NightInputs,
    settings: SourceSettings,
    clock: Callable[[], datetime],
    database: CacheDatabase,
    http: HttpClient,
    journal: Journal,
    on_progress: Callable[[str], None] | None,
) -> Run:
    store, lock = ResponseStore(settings.raw_root), Lock()

    def tell(sentence: str) -> None:
        if on_progress:
            with lock:
                on_progress(sentence)

    return Run(
        wanted=wanted,
        settings=settings,
        sessions=new_york_sessions(),
        clock=clock,
        cache=Cache(settings.cache_root, database),
        capabilities=Capabilities(database),
        journal=journal,
        sources={
            profile.name: Source(
                profile, http, store, journal, clock=clock, is_offline=wanted.offline
            )
            for profile in PROFILES
        },
        tell=tell,
        monotonic=http.monotonic,
    )


def _collect_all(run: Run, http: HttpClient) -> list[Tally]:
    """All datasets at once, but what shares a provider's few calls one after the other."""
    work: list[Callable[[], list[Tally]]] = [
        lambda: [collect_bars(run), *collect_actions(run)],
        lambda: [collect_news(run)],
        lambda: [collect_macro(run)],
        lambda: [collect_indices(run)],
    ]
    with ThreadPoolExecutor(len(work)) as threads:
        done = [threads.submit(part) for part in work]
        try:
            return [tally for future in done for tally in future.result()]
        except BaseException:
            http.stop()  # a person's Ctrl-C must not wait for the slowest provider
            raise


def _tables(tallies: Iterable[Tally]) -> dict[str, pa.Table]:
    parts: dict[str, list[pa.Table]] = {}
    for tally in tallies:
        for name, table in tally.tables():
            parts.setdefault(name, []).append(table)
    return {name: pa.concat_tables(tables).combine_chunks() for name, tables in parts.items()}


def _spent_calls(calls: DailyCalls, clock: Callable[[], datetime]) -> dict[str, int]:
    day = clock().astimezone(UTC).date()
    return {profile.name: calls.spent(profile.name, day) for profile in PROFILES}


def _warn_of_quotas(journal: Journal, before: Mapping[str, int], after: Mapping[str, int]) -> None:
    """Say once when a run takes a day's calls across four fifths of what the plan allows."""
    for profile in PROFILES:
        limit = profile.calls_per_day
        if limit is None:
            continue
        mark = QUOTA_WARNING_FRACTION * limit
        if before[profile.name] < mark <= after[profile.name] < limit:
            journal.report(
                profile.name,
                "*",
                "*",
                f"{after[profile.name]} of today's {limit} calls are used",
                failure="quota",
                is_degrading=False,
            )
