"""Daily bars: histories by symbol, tails for the whole market at once where that is cheaper."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.capabilities import TODAY
from ingestion.chains import CHAINS, Tally, chain
from ingestion.errors import (
    BadPayloadError,
    EntitlementError,
    IngestionError,
    NotFoundError,
)
from ingestion.providers import fmp, polygon
from ingestion.run import Feed, Held, Opening, Run
from ingestion.tables import earliest_day, empty_table, latest_day, merged

POLYGON, FMP = CHAINS["daily_bars"]
ENDED_SESSIONS = 5
"""A symbol without bars for longer, while others trade, is no reason to call a night degraded."""

LATE_START_SESSIONS = 10
"""A history that begins so many sessions after the asked day is worth a remark."""


def collect_bars(run: Run) -> Tally:
    """Bars of every symbol up to the night, from the first provider that has them.

    A later provider is asked only for the sessions that the ones before it lack.
    """
    night = run.wanted.night
    tally = Tally("daily_bars", run.wanted.bar_symbols)
    feeds = chain(run.settings, "daily_bars")
    for feed in feeds:
        pending = {}
        for symbol in tally.symbols:
            through = tally.observed_through(symbol)
            if through is None:
                pending[symbol] = run.wanted.first_day
            elif through < night:
                pending[symbol] = run.sessions.next_session(through)
        if pending:
            run.tell(f"daily bars of {len(pending)} symbols: asking {feed.provider}")
        for symbol, held in _COLLECTORS[feed.provider](run, pending).items():
            tally.add(feed, symbol, _owning_up(held, feed, night))
            if feed is feeds[0] and held.is_first_load:
                _remark_late_start(run, feed, symbol, held)
    served = {symbol for symbol in tally.symbols if tally.is_answered(symbol, through=night)}
    ended = {symbol for symbol in tally.symbols if served and _has_ended(run, tally, symbol)}
    tally.report(run, (served | ended).__contains__, lacking=f"no bar of {night}")
    return tally


def _owning_up(held: Held, feed: Feed, night: date) -> Held:
    """The same, with a reason where a healthy answer ends early: no fallback is silent."""
    if held.error or (held.observed_through or date.min) >= night:
        return held
    return replace(held, error=NotFoundError(f"{feed.provider} has no bar of {night}"))


def _has_ended(run: Run, tally: Tally, symbol: str) -> bool:
    """Whether healthy providers agree that a symbol has not traded for a week: it was delisted."""
    through = tally.observed_through(symbol)
    is_old = through and through < run.sessions.previous_session(run.wanted.night, ENDED_SESSIONS)
    errors = [held.error for _, held in tally.brought(symbol)]
    return bool(is_old) and all(isinstance(error, NotFoundError) for error in errors)


class _TodayRefusedError(Exception):
    """Polygon's plan ends with the previous session: every window has to be cut."""


def _collect_polygon(run: Run, pending: Mapping[str, date]) -> dict[str, Held]:
    try:
        return _collect_polygon_in_plan(run, pending)
    except _TodayRefusedError:  # learnt from the first request, which went alone
        return _collect_polygon_in_plan(run, pending)


def _collect_polygon_in_plan(run: Run, pending: Mapping[str, date]) -> dict[str, Held]:
    """From Polygon up to the night, or to the session before if the plan excludes today."""
    last, refused = run.wanted.night, None
    if last == run.today:
        refused = run.capabilities.refusal("polygon", "daily_bars", TODAY, now=run.clock())
    if refused and refused.scope == "window":
        last = run.sessions.previous_session(last)
    openings = {
        symbol: run.open(POLYGON, symbol, first=min(first, last), last=last, expected=last)
        for symbol, first in pending.items()
    }
    tails = {symbol: opening for symbol, opening in openings.items() if opening.window}
    shared, single = _cheapest_split(run, tails)
    held = {symbol: opening.held for symbol, opening in openings.items() if symbol not in tails}
    held |= _by_session(run, shared)
    held |= run.each("daily bars", single, lambda symbol: _by_symbol(run, symbol, single[symbol]))
    # fresh as far as the plan goes, which is not far enough
    return {symbol: replace(item, error=item.error or refused) for symbol, item in held.items()}


def _cheapest_split(
    run: Run, tails: Mapping[str, Opening]
) -> tuple[dict[str, Opening], dict[str, Opening]]:
    """Which tails to ask for by session (one request serves all symbols), which by symbol.

    Asking by session from a day on costs one request per session since then, and one for each
    symbol whose tail begins earlier; asking by symbol costs one each.
    """
    starts = {symbol: opening.window[0] for symbol, opening in tails.items() if opening.window}
    best, best_cost = date.max, len(starts)
    for start in set(starts.values()):
        earlier = sum(1 for other in starts.values() if other < start)
        cost = len(run.sessions.between(start, run.wanted.night)) + earlier
        if cost < best_cost:
            best, best_cost = start, cost
    shared = {symbol: tails[symbol] for symbol, start in starts.items() if start >= best}
    return shared, {symbol: tails[symbol] for symbol in tails if symbol not in shared}


def _by_symbol(run: Run, symbol: str, opening: Opening) -> Held:
    def ask(first: date, last: date) -> Held:
        try:
            table = polygon.fetch_daily_bars(run.sources["polygon"], symbol, first, last)
        except EntitlementError as error:
            _learn_if_today_is_refused(run, last, error)
            raise
        return Held(table, latest_day(table, "session_date"))

    return run.extend(POLYGON, symbol, opening, ask)


def _learn_if_today_is_refused(run: Run, last: date, error: EntitlementError) -> None:
    """Remember that the plan ends before today; without today the window may well be served."""
    if last == run.today:
        told = run.journal.sentence(f"polygon's plan does not include today's bar: {error}")
        run.capabilities.remember("polygon", "daily_bars", TODAY, at=run.clock(), message=told)
        raise _TodayRefusedError from error


@dataclass(frozen=True)
class _Session:
    """The whole market's bars of one day, or why there are none."""

    table: pa.Table
    refused: Mapping[str, str]
    error: IngestionError | None = None


def _by_session(run: Run, shared: Mapping[str, Opening]) -> dict[str, Held]:
    """Ask for whole sessions, the newest first and alone, and deal the rows out to the symbols."""
    windows = [opening.window for opening in shared.values() if opening.window]
    if not windows:
        return {}
    first, last = min(start for start, _ in windows), windows[0][1]
    days = {str(day): day for day in reversed(run.sessions.between(first, last))}
    answers = run.each(
        "sessions of daily bars", days, lambda name: _grouped_day(run, list(shared), days[name])
    )
    answered = {days[name]: answer for name, answer in answers.items()}
    return {symbol: _dealt(run, symbol, opening, answered) for symbol, opening in shared.items()}


def _grouped_day(run: Run, symbols: list[str], day: date) -> _Session:
    source, nothing = run.sources["polygon"], empty_table(POLYGON.table)
    try:
        answer = polygon.fetch_grouped_day(source, symbols, day)
        if not answer.table.num_rows and not answer.refused:  # a session without a single bar
            answer = polygon.fetch_grouped_day(source, symbols, day)
    except EntitlementError as error:
        _learn_if_today_is_refused(run, day, error)
        return _Session(nothing, {}, error)
    except IngestionError as error:
        return _Session(nothing, {}, error)
    return _Session(answer.table, answer.refused)


def _dealt(run: Run, symbol: str, opening: Opening, answers: Mapping[date, _Session]) -> Held:
    """One symbol's rows of all sessions up to the first that failed: later ones hide a hole."""
    tables, error = [empty_table(POLYGON.table)], None
    for day in sorted(answers):
        session = answers[day]
        error = session.error
        if symbol in session.refused:
            error = BadPayloadError(f"polygon: {session.refused[symbol]}")
        if error:
            run.note_reuse(POLYGON, symbol, opening.held, error)
            break
        tables.append(session.table.filter(pc.equal(session.table["symbol"], symbol)))
    rows = merged(POLYGON.table, tables)
    through = latest_day(rows, "session_date")
    return run.keep(POLYGON, symbol, opening, Held(rows, through, error))


def _collect_fmp(run: Run, pending: Mapping[str, date]) -> dict[str, Held]:
    night = run.wanted.night

    def ask(symbol: str, first: date, last: date) -> Held:
        table = fmp.fetch_daily_prices(run.sources["fmp"], symbol, first, last)
        return Held(table, latest_day(table, "session_date"))

    def work(symbol: str) -> Held:
        asking = partial(ask, symbol)
        first = pending[symbol]
        return run.refresh(FMP, symbol, asking, first=first, last=night, expected=night)

    return run.each("daily bars", pending, work)


def _remark_late_start(run: Run, feed: Feed, symbol: str, held: Held) -> None:
    """Say that a history begins later than asked: listed later, or cut by the plan."""
    asked, begins = run.wanted.first_day, earliest_day(held.table, "session_date")
    if begins and len(run.sessions.between(asked, begins)) > LATE_START_SESSIONS:
        run.journal.report(
            feed.provider,
            feed.dataset,
            symbol,
            f"history begins {begins}, asked was {asked}: listed later, or outside the plan",
            failure="entitlement",
            is_degrading=False,
        )


_COLLECTORS = {"polygon": _collect_polygon, "fmp": _collect_fmp}
