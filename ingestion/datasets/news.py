"""Company news: backfilled from the newest story to the oldest, then extended night by night."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.chains import CHAINS, Tally, chain, missing_keys
from ingestion.errors import IngestionError
from ingestion.providers import finnhub, polygon
from ingestion.run import Feed, Held, Opening, Run
from ingestion.tables import empty_table, merged

FINNHUB, POLYGON = CHAINS["company_news"]
DAYS_PER_WINDOW = 365
MOST_EMPTY_WINDOWS = 2
MOST_REQUESTS_PER_SYMBOL = 40
SHARED_FROM_SYMBOLS = 8
"""So many tails or more are asked for together, as pages of the whole market's news."""


def collect_news(run: Run) -> Tally:
    """Stories of every news symbol up to now, from the first provider that answers."""
    tally = Tally("company_news", run.wanted.news_symbols)
    feeds = chain(run.settings, "company_news")
    if tally.symbols and not feeds:
        sentence = f"no provider of company news is configured: set {missing_keys(tally.dataset)}"
        run.journal.report("*", tally.dataset, "*", sentence, failure="auth", is_degrading=False)
        return tally
    for feed in feeds:
        pending = [symbol for symbol in tally.symbols if not tally.is_answered(symbol)]
        if pending:
            run.tell(f"news of {len(pending)} symbols: asking {feed.provider}")
        for symbol, held in _COLLECTORS[feed.provider](run, pending).items():
            tally.add(feed, symbol, held)
    tally.report(run, tally.is_answered, lacking=f"no news up to {run.wanted.night}")
    return tally


def _open(run: Run, feed: Feed, symbol: str) -> Opening:
    wanted = run.wanted
    return run.open(feed, symbol, first=wanted.first_day, last=wanted.night, expected=None)


def _now_day(run: Run, last: date) -> date:
    """The last day to ask for: stories after the night's cut-off are tomorrow's input."""
    return max(last, run.clock().astimezone(UTC).date())


def _collect_finnhub(run: Run, symbols: Sequence[str]) -> dict[str, Held]:
    def work(symbol: str) -> Held:
        return run.extend(
            FINNHUB,
            symbol,
            _open(run, FINNHUB, symbol),
            lambda first, last: _walk_back(run, symbol, first, _now_day(run, last)),
        )

    return run.each("news", symbols, work)


def _walk_back(run: Run, symbol: str, first: date, last: date) -> Held:
    """Ask for a year at a time, newest first, and split where an answer was cut.

    A cut answer holds the newest stories of its window, so the rest of the window ends on the day
    of its oldest story. Two empty years in a row are taken for the beginning.
    """
    tables, empty_windows = [empty_table(FINNHUB.table)], 0
    for _ in range(MOST_REQUESTS_PER_SYMBOL):
        start = max(first, last - timedelta(days=DAYS_PER_WINDOW - 1))
        try:
            table = finnhub.fetch_company_news(run.sources["finnhub"], symbol, start, last).table
        except IngestionError as error:
            if len(tables) == 1:
                raise
            return Held(merged(FINNHUB.table, tables), error=error)
        tables.append(table)
        if table.num_rows >= finnhub.TRUNCATED_ROWS:
            last = min(_oldest(table).date(), last - timedelta(days=1))
        else:
            last = start - timedelta(days=1)
        empty_windows = 0 if table.num_rows else empty_windows + 1
        if last < first or empty_windows == MOST_EMPTY_WINDOWS:
            return Held(merged(FINNHUB.table, tables))
    _remark_cut_history(run, FINNHUB, symbol, last)
    return Held(merged(FINNHUB.table, tables))


def _collect_polygon(run: Run, symbols: Sequence[str]) -> dict[str, Held]:
    """By symbol for whole histories; for many tails at once through the whole market's news."""
    openings = {symbol: _open(run, POLYGON, symbol) for symbol in symbols}
    tails = {
        symbol: opening for symbol, opening in openings.items() if opening.window and opening.entry
    }
    held = _shared_tails(run, tails) if len(tails) >= SHARED_FROM_SYMBOLS else {}

    def work(symbol: str) -> Held:
        def ask(first: date, last: date) -> Held:
            table, is_complete = polygon.fetch_news(
                run.sources["polygon"],
                [symbol],
                first,
                _now_day(run, last),
                most_pages=MOST_REQUESTS_PER_SYMBOL,
            )
            if not is_complete:
                _remark_cut_history(run, POLYGON, symbol, _oldest(table).date())
            return Held(table)

        return run.extend(POLYGON, symbol, openings[symbol], ask)

    return held | run.each("news", [name for name in symbols if name not in held], work)


def _shared_tails(run: Run, tails: Mapping[str, Opening]) -> dict[str, Held]:
    """One round of pages for all symbols; nothing if it takes more pages than symbols."""
    first = min(opening.window[0] for opening in tails.values() if opening.window)
    last = _now_day(run, run.wanted.night)
    try:
        table, is_complete = polygon.fetch_news(
            run.sources["polygon"], list(tails), first, last, most_pages=len(tails)
        )
    except IngestionError:  # asked again by symbol, which then tells what is wrong
        return {}
    if not is_complete:
        return {}
    return {
        symbol: run.keep(
            POLYGON, symbol, opening, Held(table.filter(pc.equal(table["symbol"], symbol)))
        )
        for symbol, opening in tails.items()
    }


def _oldest(table: pa.Table) -> datetime:
    moment: datetime = pc.min(table["published_at"]).as_py()
    return moment


def _remark_cut_history(run: Run, feed: Feed, symbol: str, reached: date) -> None:
    run.journal.report(
        feed.provider,
        feed.dataset,
        symbol,
        f"news go back to {reached} only: {MOST_REQUESTS_PER_SYMBOL} requests per symbol are spent",
        failure="quota",
        is_degrading=False,
    )


_COLLECTORS = {"finnhub": _collect_finnhub, "polygon": _collect_polygon}
