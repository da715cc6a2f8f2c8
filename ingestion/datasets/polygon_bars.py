"""Daily bars of Polygon: histories by symbol, tails for the whole market where that is cheaper."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.capabilities import TODAY
from ingestion.chains import CHAINS
from ingestion.errors import BadPayloadError, EntitlementError, IngestionError
from ingestion.providers import polygon
from ingestion.run import Held, Opening, Run
from ingestion.tables import empty_table, latest_day, merged

POLYGON = CHAINS["daily_bars"][0]


class _TodayRefusedError(Exception):
    """Polygon's plan ends with the previous session: every window has to be cut."""


def collect_polygon_bars(run: Run, pending: Mapping[str, date]) -> dict[str, Held]:
    """Bars of the symbols from their pending days on.

    Raw bars do not change with a split, so a new one asks for nothing again here: the revision
    window holds the split's own day, which is where vendors err, for ten sessions more.
    """
    try:
        return _collect_polygon_in_plan(run, pending)
    except _TodayRefusedError:  # learnt from the first request, which went alone
        return _collect_polygon_in_plan(run, pending)


def _collect_polygon_in_plan(run: Run, pending: Mapping[str, date]) -> dict[str, Held]:
    """From Polygon up to the night, or to the session before if the plan excludes today."""
    last, refused = last_day_in_plan(run)
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


def last_day_in_plan(run: Run) -> tuple[date, EntitlementError | None]:
    """The night, or the session before it and why where the plan excludes today."""
    last, refused = run.wanted.night, None
    if last == run.today:
        refused = run.capabilities.refusal("polygon", "daily_bars", TODAY, now=run.clock())
    if refused and refused.scope == "window":
        last = run.sessions.previous_session(last)
    return last, refused


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
