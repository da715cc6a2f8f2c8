"""What the parts of one collection share, and the rule that decides what is asked again."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TypeVar

import pyarrow as pa

from ingestion.adjustment import stands_on_other_splits
from ingestion.cache import Cache, CacheEntry, DamagedFileError
from ingestion.capabilities import WHOLE_ENDPOINT, Capabilities
from ingestion.errors import EntitlementError, IngestionError
from ingestion.history import HistoryWatch, Question
from ingestion.journal import Fetch, Journal
from ingestion.settings import SourceSettings
from ingestion.source import Source
from ingestion.tables import SCHEMAS, UNADJUSTED, empty_table, merged
from ingestion.wanted import NightInputs
from warehouse.sessions import NEW_YORK, Sessions

REVISION_SESSIONS = 10
"""Sessions up to the last one held that are asked for again: vendors correct that far back."""

THREADS = 12
"""A request waits for the network most of its time; the buckets, not this, keep to the limits."""
PROGRESS_SECONDS = 5.0

Value = TypeVar("Value")


@dataclass(frozen=True)
class Feed:
    """One dataset of one provider.

    `is_series`: rows lie on days and the newest one is expected, so that an empty answer proves
    nothing; otherwise no rows may simply mean that nothing happened. `ttl`: of answers that are
    whole and know no days (a company's statements), how long one stands; None where the days held
    and the run's own time to live decide.
    """

    provider: str
    dataset: str
    table: str
    is_series: bool = True
    ttl: timedelta | None = None

    @property
    def is_never_emptied(self) -> bool:
        """Whether rows that were there once must be in every later answer."""
        return self.is_series or self.ttl is not None


@dataclass(frozen=True)
class Held:
    """The rows of one symbol from one provider, as asked for or as held in the end.

    `observed_through`: the last day that the provider spoke of, blanks included. `error`: why the
    rows are not newer or not complete.
    """

    table: pa.Table
    observed_through: date | None = None
    error: IngestionError | None = None
    validators: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Opening:
    """What the cache holds of a symbol, and the window still to be asked for, if any."""

    entry: CacheEntry | None
    held: Held
    window: tuple[date, date] | None = None


Ask = Callable[[date, date], Held]


@dataclass(frozen=True)
class Run:
    """One collection: what is wanted, from whom, and where everything is written."""

    wanted: NightInputs
    settings: SourceSettings
    sessions: Sessions
    clock: Callable[[], datetime]
    cache: Cache
    capabilities: Capabilities
    history: HistoryWatch
    journal: Journal
    sources: Mapping[str, Source]
    tell: Callable[[str], None]
    monotonic: Callable[[], float]
    consulted_splits: dict[tuple[str, str], Held] = field(default_factory=dict)

    @property
    def today(self) -> date:
        """The date in New York."""
        return self.clock().astimezone(NEW_YORK).date()

    def refresh(
        self, feed: Feed, symbol: str, ask: Ask, *, first: date, last: date, expected: date | None
    ) -> Held:
        """What can be held of a symbol tonight: fresh from the cache, extended, or as it was.

        Parameters
        ----------
        ask : first and last day to the provider's rows of these days.
        first, last : the days wanted.
        expected : the last day that a fresh series holds; None where nothing need have happened.
        """
        opening = self.open(feed, symbol, first=first, last=last, expected=expected)
        return self.extend(feed, symbol, opening, ask)

    def open(
        self, feed: Feed, symbol: str, *, first: date, last: date, expected: date | None
    ) -> Opening:
        """Look into the cache and decide what to ask: nothing, the tail, or everything."""
        entry, cached = self._read(feed, symbol)
        held = Held(cached, entry.observed_through if entry else None)
        if entry and entry.start > first:
            entry = None  # an earlier history is wanted than was ever asked for
        if entry and self._is_fresh(feed, entry, last, expected):
            self.note_reuse(feed, symbol, held)
            return Opening(entry, held)
        if error := self._refusal(feed, symbol):
            self.note_reuse(feed, symbol, held, error)
            return Opening(entry, replace(held, error=error))
        start = first
        if entry and not self.wanted.force_refresh:
            anchor = entry.observed_through if feed.is_series else entry.end
            # from what is held on, be it earlier than wanted: an entry has no holes
            start = max(entry.start, self.overlap_start(min(anchor or entry.start, last)))
        return Opening(entry, held, (start, last))

    def extend(self, feed: Feed, symbol: str, opening: Opening, ask: Ask) -> Held:
        """Ask for what an opening lacks and keep it; after an error the cached rows remain.

        A split that the held rows do not know of asks for the whole history again.
        """
        entry = opening.entry
        if opening.window is None:
            return opening.held
        first, last = opening.window
        try:
            gained = ask(first, last)
            # providers were seen to answer "nothing" under load: held rows prove them wrong
            if feed.is_never_emptied and opening.held.table.num_rows and not gained.table.num_rows:
                gained = ask(first, last)
            if entry and stands_on_other_splits(entry.validators, gained.validators):
                opening = replace(opening, window=(entry.start, last))
                gained = ask(entry.start, last)
        except IngestionError as error:
            self.remember_refusal(feed, symbol, error)
            self.note_reuse(feed, symbol, opening.held, error)
            return replace(opening.held, error=error)
        return self.keep(feed, symbol, opening, gained)

    def keep(self, feed: Feed, symbol: str, opening: Opening, gained: Held) -> Held:
        """Add rows to the held ones, and to the cache unless that would hide a hole."""
        if opening.window is None:
            return opening.held
        first, last = opening.window
        days = [day for day in (opening.held.observed_through, gained.observed_through) if day]
        held = replace(
            gained,
            table=merged(feed.table, [opening.held.table, gained.table]),
            observed_through=max(days, default=None),
        )
        if gained.error is None and (gained.observed_through or not feed.is_series):
            if feed.is_series:
                asked = Question(feed.provider, feed.dataset, feed.table, symbol, first, last)
                self.history.compare(asked, opening.held.table, gained.table)
            self.cache.write(
                feed.provider,
                feed.dataset,
                symbol,
                held.table,
                start=opening.entry.start if opening.entry else first,
                end=last,
                updated_at=self.clock(),
                observed_through=held.observed_through,
                validators=gained.validators,
            )
        return held

    def each(
        self, what: str, names: Iterable[str], work: Callable[[str], Value]
    ) -> dict[str, Value]:
        """Do the work for every name in threads, and say now and then how far it is.

        The first name goes alone: a key or plan that the provider refuses then costs one request
        and not one per thread.
        """
        todo, done, told_at = list(names), dict[str, Value](), self.monotonic()
        if not todo:
            return done
        done[todo[0]] = work(todo[0])
        with ThreadPoolExecutor(THREADS) as threads:
            for name, value in zip(todo[1:], threads.map(work, todo[1:]), strict=True):
                done[name] = value
                if self.monotonic() - told_at >= PROGRESS_SECONDS:
                    self.tell(f"{what}: {len(done)} of {len(todo)}")
                    told_at = self.monotonic()
        return done

    def overlap_start(self, held_through: date) -> date:
        """The first session of the revision window that ends with the last day held."""
        held = self.sessions.session_on_or_before(held_through)
        return self.sessions.previous_session(held, REVISION_SESSIONS - 1)

    def remember_refusal(self, feed: Feed, symbol: str, error: IngestionError) -> None:
        """Note a plan's refusal of a symbol or of the whole endpoint for a week."""
        if isinstance(error, EntitlementError) and error.scope in ("symbol", "endpoint"):
            self.capabilities.remember(
                feed.provider,
                feed.dataset,
                symbol if error.scope == "symbol" else WHOLE_ENDPOINT,
                at=self.clock(),
                message=self.journal.sentence(str(error)),
            )

    def note_reuse(
        self, feed: Feed, symbol: str, held: Held, error: IngestionError | None = None
    ) -> None:
        """Write down that cached rows were used, and why if not because they are fresh."""
        if held.table.num_rows == 0 and error:
            return
        self.journal.record(
            Fetch(
                provider=feed.provider,
                dataset=feed.dataset,
                symbol=symbol,
                window_start=None,
                window_end=held.observed_through,
                outcome="ok" if held.table.num_rows else "empty",
                row_count=held.table.num_rows,
                response_hash=None,
                duration_seconds=0.0,
                attempts=0,
                served_from="cache",
                requested_at=self.clock(),
                detail=self.journal.sentence(f"not refreshed: {error}") if error else None,
            )
        )

    def _read(self, feed: Feed, symbol: str) -> tuple[CacheEntry | None, pa.Table]:
        entry = self.cache.find(feed.provider, feed.dataset, symbol)
        # an entry from the future belongs to a clock that was turned back
        if entry is None or entry.updated_at > self.clock():
            return None, empty_table(feed.table)
        try:
            return entry, self._typed(feed, entry)
        except DamagedFileError as damage:
            self.journal.report(
                feed.provider,
                feed.dataset,
                symbol,
                f"{damage}: asked again",
                failure="bad_payload",
                is_degrading=False,
            )
            return None, empty_table(feed.table)

    def _typed(self, feed: Feed, entry: CacheEntry) -> pa.Table:
        rows = self.cache.read(entry)
        wanted = SCHEMAS[feed.table].names
        if "adjustment_mode" in wanted and "adjustment_mode" not in rows.column_names:
            # written by a release that knew bars as traded only
            modes = pa.repeat(UNADJUSTED, rows.num_rows)
            rows = rows.append_column("adjustment_mode", modes).select(wanted)
        if rows.schema.equals(SCHEMAS[feed.table]):
            return rows
        raise DamagedFileError(f"the cached file {entry.path} has the columns of another release")

    def due_since(self, feed: Feed, symbol: str) -> date | None:
        """Since when a whole answer waits to be asked again; None if it need not or may not be."""
        entry = self.cache.find(feed.provider, feed.dataset, symbol)
        if entry is None or entry.updated_at > self.clock():
            since = date.min
        elif self._is_fresh(feed, entry, self.wanted.night, None):
            return None
        else:
            since = entry.updated_at.date()
        return None if self._refusal(feed, symbol) else since

    def _is_fresh(self, feed: Feed, entry: CacheEntry, last: date, expected: date | None) -> bool:
        observed = entry.observed_through
        is_short = entry.end < last or (expected and (observed is None or observed < expected))
        if feed.ttl is None and is_short:
            return False
        if self.wanted.offline:
            return True
        is_young = self.clock() - entry.updated_at < (feed.ttl or self.settings.cache_ttl)
        return is_young and not self.wanted.force_refresh

    def _refusal(self, feed: Feed, symbol: str) -> IngestionError | None:
        source = self.sources[feed.provider]
        return source.off or self.capabilities.refusal(
            feed.provider, feed.dataset, symbol, now=self.clock()
        )
