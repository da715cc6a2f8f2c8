"""All inputs of one night: bars, actions, news, macro, indices; fetched or from the cache."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from threading import Lock

import pyarrow as pa

from ingestion.cache import Cache
from ingestion.capabilities import Capabilities, DailyCalls, QuotaUse, StandingFacts
from ingestion.chains import Fallback, Tally
from ingestion.database import CacheDatabase
from ingestion.datasets.actions import collect_actions
from ingestion.datasets.bars import collect_bars
from ingestion.datasets.fundamentals import collect_fundamentals
from ingestion.datasets.indices import collect_indices
from ingestion.datasets.intraday import collect_intraday
from ingestion.datasets.macro import collect_macro
from ingestion.datasets.news import collect_news
from ingestion.history import HistoryWatch
from ingestion.http import HttpClient
from ingestion.journal import Fetch, Journal, Problem
from ingestion.profile import ProviderProfile
from ingestion.providers import cboe, finnhub, fmp, fmp_statements, fred, polygon, yahoo
from ingestion.responses import ResponseStore
from ingestion.run import Run
from ingestion.settings import SourceSettings
from ingestion.source import Source
from ingestion.symbols import checked_symbol
from ingestion.wanted import NightInputs
from warehouse.sessions import new_york_sessions

__all__ = ["Collected", "Fetch", "NightInputs", "Problem", "collect_night_inputs"]

PROFILES: tuple[ProviderProfile, ...] = (
    polygon.PROFILE,
    finnhub.PROFILE,
    fmp.PROFILE,
    fred.PROFILE,
    fred.GRAPH_PROFILE,
    cboe.PROFILE,
    yahoo.PROFILE,
)


@dataclass(frozen=True)
class Collected:
    """What a night's collection brought.

    `tables`: raw table name to rows (payload columns in the ledger's order, `fetched_at`,
    `response_hash`), complete as far as known, not only what is new; tables without rows are
    absent. `fetches`: one per request and per reuse of the cache. `fallbacks`: one for each symbol
    that its first provider did not serve. `quotas`: of every provider with calls per day.
    """

    tables: Mapping[str, pa.Table]
    fetches: tuple[Fetch, ...]
    problems: tuple[Problem, ...]
    fallbacks: tuple[Fallback, ...] = ()
    quotas: tuple[QuotaUse, ...] = ()


def collect_night_inputs(
    wanted: NightInputs,
    sources: SourceSettings,
    *,
    clock: Callable[[], datetime],
    on_progress: Callable[[str], None] | None = None,
    connect: Callable[..., HttpClient] = HttpClient,
    run_id: str = "",
) -> Collected:
    """Fetch what a night wants, reuse what is fresh, and say what went wrong.

    Parameters
    ----------
    clock : the present moment, aware of its zone.
    on_progress : told one sentence at a time; from any thread, but never from two at once.
    connect : makes the HTTP client; tests pass one whose network and time are their own.
    run_id : stands in every line of the log.

    Raises
    ------
    SymbolError
        If a symbol, series or index name is not one.
    WorldMismatchError
        If the cache belongs to another world.
    """
    symbols = (wanted.bar_symbols, wanted.news_symbols, wanted.company_symbols)
    others = (wanted.intraday_symbols, wanted.series_ids, wanted.index_names)
    for name in chain(*symbols, *others):
        checked_symbol(name)
    with ExitStack() as stack:
        database = stack.enter_context(closing(CacheDatabase(sources.cache_root, sources.world)))
        calls = stack.enter_context(counted_calls(sources, database))
        http = stack.enter_context(
            closing(connect(sources, PROFILES, clock=clock, daily_calls=calls))
        )
        journal = stack.enter_context(
            Journal(sources.log_path, http.masker, run_id=run_id, clock=clock)
        )
        run = _run(wanted, sources, clock, database, http, journal, on_progress)
        before = quotas_of(calls, clock)
        tallies = _collect_all(run, http)
        after = quotas_of(calls, clock)
        _warn_of_quotas(journal, before, after)
        return Collected(
            tables=_tables(tallies),
            fetches=journal.fetches,
            problems=journal.problems,
            fallbacks=tuple(chain.from_iterable(tally.fallbacks for tally in tallies)),
            quotas=tuple(after),
        )


@contextmanager
def counted_calls(settings: SourceSettings, database: CacheDatabase) -> Iterator[DailyCalls]:
    """The count of the day's calls: in the run's own cache, or where several homes share it."""
    if settings.quota_root is None or settings.quota_root == settings.cache_root:
        yield DailyCalls(database)
        return
    with closing(CacheDatabase(settings.quota_root, settings.world)) as shared:
        yield DailyCalls(shared)


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
        history=HistoryWatch(StandingFacts(database), journal, clock),
        journal=journal,
        sources={
            name: Source(profile, http, store, journal, clock=clock, is_offline=wanted.offline)
            for name, profile in _named_profiles().items()
        },
        tell=tell,
        monotonic=http.monotonic,
    )


def _named_profiles() -> dict[str, ProviderProfile]:
    """Every provider, and those uses of one that keep to a ration of its calls."""
    return {profile.name: profile for profile in PROFILES} | {
        fmp_statements.SOURCE: fmp_statements.PROFILE
    }


def _collect_all(run: Run, http: HttpClient) -> list[Tally]:
    """All datasets at once, but what shares a provider's few calls one after the other.

    Companies' figures come last: no decision waits for them, and prices take their calls first.
    """
    work: list[Callable[[], list[Tally]]] = [
        lambda: [collect_bars(run), *collect_actions(run), collect_intraday(run)],
        lambda: collect_news(run),
        lambda: [collect_macro(run)],
        lambda: [collect_indices(run)],
    ]
    with ThreadPoolExecutor(len(work)) as threads:
        done = [threads.submit(part) for part in work]
        try:
            tallies = [tally for future in done for tally in future.result()]
            return tallies + collect_fundamentals(run)
        except BaseException:
            http.stop()  # a person's Ctrl-C must not wait for the slowest provider
            raise


def _tables(tallies: Iterable[Tally]) -> dict[str, pa.Table]:
    parts: dict[str, list[pa.Table]] = {}
    for tally in tallies:
        for name, table in tally.tables():
            parts.setdefault(name, []).append(table)
    return {name: pa.concat_tables(tables) for name, tables in parts.items()}


def quotas_of(calls: DailyCalls, clock: Callable[[], datetime]) -> list[QuotaUse]:
    """The day's use of every provider that counts calls per day, in the order of the profiles."""
    return [
        calls.use(profile.name, clock(), limit=profile.calls_per_day)
        for profile in PROFILES
        if profile.calls_per_day is not None
    ]


def _warn_of_quotas(
    journal: Journal, before: Iterable[QuotaUse], after: Iterable[QuotaUse]
) -> None:
    """Say once when a run takes a day's calls across four fifths of what the plan allows."""
    for earlier, use in zip(before, after, strict=True):
        if use.is_alarming and not earlier.is_alarming and use.used < use.limit:
            told = f"{use.used} of today's {use.limit} calls are used"
            journal.report(use.provider, "*", "*", told, failure="quota", is_degrading=False)
