"""Company news: backfilled from the newest story to the oldest, then extended night by night."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.chains import CHAINS, Tally, chain, missing_keys
from ingestion.datasets.news_sentiment import collect_news_sentiment
from ingestion.errors import IngestionError
from ingestion.providers import finnhub, fmp_news, polygon_news
from ingestion.run import Feed, Held, Opening, Run
from ingestion.tables import empty_table, merged

FINNHUB, POLYGON, FMP = CHAINS["company_news"]
_, POLYGON_READINGS = CHAINS["news_sentiment"]
DAYS_PER_WINDOW = 365
MOST_EMPTY_WINDOWS = 2
MOST_REQUESTS_PER_SYMBOL = 40
SHARED_FROM_SYMBOLS = 8
"""So many tails or more are asked for together, as pages of the whole market's news."""


def collect_news(run: Run) -> list[Tally]:
    """Stories of every news symbol up to now, from the first provider that answers.

    What providers think of them comes along: Massive's readings stand in its stories, Finnhub's
    scores are asked for of the symbols whose stories it delivered.
    """
    tally = Tally("company_news", run.wanted.news_symbols)
    readings = Tally("news_sentiment", run.wanted.news_symbols, is_required=False)
    feeds = chain(run.settings, "company_news")
    if tally.symbols and not feeds:
        sentence = f"no provider of company news is configured: set {missing_keys(tally.dataset)}"
        run.journal.report("*", tally.dataset, "*", sentence, failure="auth", is_degrading=False)
        return [tally]
    collectors: dict[str, Callable[[Run, Sequence[str]], dict[str, Held]]] = {
        "finnhub": _collect_finnhub,
        "polygon": partial(_collect_polygon, readings=readings),
        "fmp": _collect_fmp,
    }
    for feed in feeds:
        pending = [symbol for symbol in tally.symbols if not tally.is_answered(symbol)]
        if pending:
            run.tell(f"news of {len(pending)} symbols: asking {feed.provider}")
        for symbol, held in collectors[feed.provider](run, pending).items():
            tally.add(feed, symbol, held)
    tally.report(run, tally.is_answered, lacking=f"no news up to {run.wanted.night}")
    delivered = [symbol for symbol in tally.symbols if _is_delivered(tally, symbol, FINNHUB)]
    return [tally, readings, collect_news_sentiment(run, delivered)]


def _is_delivered(tally: Tally, symbol: str, by: Feed) -> bool:
    return any(feed == by and held.error is None for feed, held in tally.brought(symbol))


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


def _collect_polygon(run: Run, symbols: Sequence[str], *, readings: Tally) -> dict[str, Held]:
    """By symbol for whole histories; for many tails at once through the whole market's news."""
    openings = {symbol: _open(run, POLYGON, symbol) for symbol in symbols}
    tails = {
        symbol: opening for symbol, opening in openings.items() if opening.window and opening.entry
    }
    held = _shared_tails(run, tails, readings) if len(tails) >= SHARED_FROM_SYMBOLS else {}

    def work(symbol: str) -> Held:
        def ask(first: date, last: date) -> Held:
            news = polygon_news.fetch_news(
                run.sources["polygon"],
                [symbol],
                first,
                _now_day(run, last),
                most_pages=MOST_REQUESTS_PER_SYMBOL,
            )
            if not news.is_complete:
                _remark_cut_history(run, POLYGON, symbol, _oldest(news.stories).date())
            _keep_readings(run, symbol, news, (first, last), readings)
            return Held(news.stories)

        return run.extend(POLYGON, symbol, openings[symbol], ask)

    return held | run.each("news", [name for name in symbols if name not in held], work)


def _shared_tails(run: Run, tails: Mapping[str, Opening], readings: Tally) -> dict[str, Held]:
    """One round of pages for all symbols; nothing if it takes more pages than symbols."""
    first = min(opening.window[0] for opening in tails.values() if opening.window)
    last = _now_day(run, run.wanted.night)
    try:
        news = polygon_news.fetch_news(
            run.sources["polygon"], list(tails), first, last, most_pages=len(tails)
        )
    except IngestionError:  # asked again by symbol, which then tells what is wrong
        return {}
    if not news.is_complete:
        return {}
    held = {}
    for symbol, opening in tails.items():
        own = news.stories.filter(pc.equal(news.stories["symbol"], symbol))
        held[symbol] = run.keep(POLYGON, symbol, opening, Held(own))
        _keep_readings(run, symbol, news, opening.window, readings)
    return held


def _keep_readings(
    run: Run,
    symbol: str,
    news: polygon_news.News,
    window: tuple[date, date] | None,
    readings: Tally,
) -> None:
    """Add a symbol's readings to those held; what was never asked for is no hole to fill."""
    opening = _open(run, POLYGON_READINGS, symbol)
    own = news.insights.filter(pc.equal(news.insights["symbol"], symbol))
    kept = run.keep(POLYGON_READINGS, symbol, replace(opening, window=window), Held(own))
    readings.add(POLYGON_READINGS, symbol, kept)


def _collect_fmp(run: Run, symbols: Sequence[str]) -> dict[str, Held]:
    def work(symbol: str) -> Held:
        return run.extend(
            FMP,
            symbol,
            _open(run, FMP, symbol),
            lambda first, last: _read_pages(run, symbol, first, _now_day(run, last)),
        )

    return run.each("news", symbols, work)


def _read_pages(run: Run, symbol: str, first: date, last: date) -> Held:
    """Page by page until one is not full; an error keeps what came before it."""
    tables: list[pa.Table] = []
    for page in range(MOST_REQUESTS_PER_SYMBOL):
        try:
            table, has_more = fmp_news.fetch_news_page(
                run.sources["fmp"], symbol, first, last, page
            )
        except IngestionError as error:
            if not tables:
                raise
            return Held(merged(FMP.table, tables), error=error)
        tables.append(table)
        if not has_more:
            return Held(merged(FMP.table, tables))
    stories = merged(FMP.table, tables)
    _remark_cut_history(run, FMP, symbol, _oldest(stories).date())
    return Held(stories)


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
