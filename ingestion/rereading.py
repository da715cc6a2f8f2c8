"""Stored responses read again, by the functions that asked for them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from urllib.parse import urlsplit

import pyarrow as pa

from ingestion.adjustment import splits_of, undo_splits
from ingestion.errors import IngestionError, OfflineError
from ingestion.profile import Reply
from ingestion.providers import (
    cboe,
    finnhub,
    finnhub_metrics,
    finnhub_prices,
    fmp,
    fmp_macro,
    fmp_news,
    fmp_statements,
    fred,
    polygon,
    polygon_actions,
    polygon_news,
    yahoo,
)
from ingestion.responses import ResponseLabel, StoredResponse
from ingestion.source import Answer, Source, parsed
from ingestion.windows import RegularHours
from warehouse.sessions import NEW_YORK, new_york_sessions

Tables = Mapping[str, pa.Table]
Reader = Callable[["StoredSource"], Tables]


class UnreadableResponseError(Exception):
    """A stored response of which no rows can be made: this release does not know its kind."""


class StoredSource(Source):
    """A provider that knows one answer by heart: whatever is asked, the stored response answers."""

    def __init__(self, stored: StoredResponse) -> None:
        self.name, self.off = stored.reply.provider, None
        self.label, self.reply = stored.label, stored.reply

    def ask(
        self,
        target: str,
        label: ResponseLabel,
        parse: Callable[[Reply], Answer],
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """The rows of the stored response; its next page is a response of its own."""
        if label.dataset != self.label.dataset:
            raise OfflineError(f"{label.dataset} of {label.symbol} is another stored response")
        return replace(parsed(parse, self.reply), next_url="")

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols that were wanted of the answer."""
        return self.label.symbols or (self.label.symbol,)


def reread(stored: StoredResponse) -> Tables:
    """The rows of one stored response by raw table, as they were when it came.

    The moment of the fetch is part of the reading: a bar that was not finished then is none now.

    Raises
    ------
    UnreadableResponseError
        If it is of a dataset that no longer exists, or this release reads no rows in it.
    """
    source = StoredSource(stored)
    kind = (source.name, stored.label.dataset)
    reader = READERS.get(kind)
    if reader is None:
        raise UnreadableResponseError(f"nothing here reads {' '.join(kind)}")
    try:
        return reader(source)
    except (IngestionError, TypeError, ValueError) as err:
        raise UnreadableResponseError(f"{' '.join(kind)} of {stored.label.symbol}: {err}") from err


def _days(source: StoredSource) -> tuple[date, date]:
    """The window asked for; where it had no end, all that had been announced by then."""
    today = source.reply.fetched_at.astimezone(NEW_YORK).date()
    return source.label.window_start or date.min, source.label.window_end or today


def _polygon_bars(source: StoredSource) -> Tables:
    first, last = _days(source)
    if source.label.symbol == polygon.EVERYTHING:
        return {polygon.BARS: polygon.fetch_grouped_day(source, source.symbols, first).table}
    return {polygon.BARS: polygon.fetch_daily_bars(source, source.label.symbol, first, last)}


def _polygon_intraday(source: StoredSource) -> Tables:
    first, last = _days(source)
    hours = RegularHours(new_york_sessions(), first, last)
    rows = polygon.fetch_intraday_bars(source, source.label.symbol, first, last, hours)
    return {polygon.INTRADAY: rows}


def _polygon_actions(source: StoredSource) -> Tables:
    first, last = _days(source)
    answer = polygon_actions.fetch_actions(
        source,
        source.label.dataset,
        source.symbols,
        first,
        last,
        is_market_wide=True,  # one answer, from which the wanted symbols are taken
        is_old_path="/v3/reference/" in source.reply.url,
    )
    return {polygon_actions.KINDS[source.label.dataset].table: answer.table}


def _polygon_news(source: StoredSource) -> Tables:
    first, last = _days(source)
    news = polygon_news.fetch_news(source, source.symbols, first, last, most_pages=1)
    return {polygon_news.NEWS: news.stories, polygon_news.INSIGHTS: news.insights}


def _finnhub_news(source: StoredSource) -> Tables:
    answer = finnhub.fetch_company_news(source, source.label.symbol, *_days(source))
    return {finnhub.NEWS: answer.table}


def _finnhub_news_sentiment(source: StoredSource) -> Tables:
    answer = finnhub.fetch_news_sentiment(source, source.label.symbol)
    return {finnhub.NEWS_SENTIMENT: answer.table}


def _fmp_news(source: StoredSource) -> Tables:
    first, last = _days(source)
    rows, _ = fmp_news.fetch_news_page(source, source.label.symbol, first, last, 0)
    return {fmp_news.NEWS: rows}


def _finnhub_candles(source: StoredSource) -> Tables:
    rows = finnhub_prices.fetch_daily_candles(source, source.label.symbol, *_days(source))
    return {finnhub_prices.CANDLES: rows}


def _finnhub_intraday(source: StoredSource) -> Tables:
    first, last = _days(source)
    hours = RegularHours(new_york_sessions(), first, last)
    rows = finnhub_prices.fetch_intraday_bars(source, source.label.symbol, first, last, hours)
    return {finnhub_prices.INTRADAY: rows}


def _finnhub_splits(source: StoredSource) -> Tables:
    rows = finnhub_prices.fetch_splits(source, source.label.symbol, *_days(source))
    return {finnhub_prices.SPLITS: rows}


def _finnhub_dividends(source: StoredSource) -> Tables:
    rows = finnhub_prices.fetch_dividends(source, source.label.symbol, *_days(source))
    return {finnhub_prices.DIVIDENDS: rows}


def _finnhub_metrics(source: StoredSource) -> Tables:
    rows = finnhub_metrics.fetch_metrics(source, source.label.symbol)
    return {finnhub_metrics.FUNDAMENTALS: rows}


def _yahoo_chart(source: StoredSource) -> Tables:
    """Bars as traded: every split after the first day asked is in the same answer."""
    today = source.reply.fetched_at.astimezone(NEW_YORK).date()
    chart = yahoo.fetch_chart(source, source.label.symbol, *_days(source), today=today)
    splits = splits_of(chart.splits, "numerator", "denominator")
    return {
        yahoo.BARS: undo_splits(chart.bars, splits),
        yahoo.SPLITS: chart.splits,
        yahoo.DIVIDENDS: chart.dividends,
    }


def _fmp_prices(source: StoredSource) -> Tables:
    flavour = urlsplit(source.reply.url).path.rpartition("/")[2]
    rows = fmp.fetch_daily_prices(source, source.label.symbol, *_days(source), flavour=flavour)
    return {fmp.PRICES: rows}


def _fmp_statements(source: StoredSource) -> Tables:
    rows = fmp_statements.fetch_statements(source, source.label.dataset, source.label.symbol)
    return {fmp_statements.FUNDAMENTALS: rows}


def _fmp_profile(source: StoredSource) -> Tables:
    return {fmp_statements.PROFILES: fmp_statements.fetch_profile(source, source.label.symbol)}


def _fmp_rates(source: StoredSource) -> Tables:
    rows = fmp_macro.fetch_treasury_rates(source, source.label.symbol, *_days(source))
    return {fmp_macro.RATES: rows}


def _fmp_splits(source: StoredSource) -> Tables:
    return {fmp.SPLITS: fmp.fetch_splits(source, source.label.symbol, _days(source)[0])}


def _fmp_dividends(source: StoredSource) -> Tables:
    return {fmp.DIVIDENDS: fmp.fetch_dividends(source, source.label.symbol, _days(source)[0])}


def _fred_series(source: StoredSource) -> Tables:
    fetch = fred.fetch_graph if source.name == "fred_graph" else fred.fetch_observations
    return {fred.OBSERVATIONS: fetch(source, source.label.symbol, *_days(source)).table}


def _cboe_history(source: StoredSource) -> Tables:
    answer = cboe.fetch_index_history(source, source.label.symbol, *_days(source), quoting={})
    return {cboe.HISTORY: answer.table}


def _cboe_quote(source: StoredSource) -> Tables:
    return {cboe.QUOTES: cboe.fetch_delayed_quote(source, source.label.symbol, _days(source)[0])}


READERS: dict[tuple[str, str], Reader] = {
    ("polygon", "daily_bars"): _polygon_bars,
    ("polygon", "intraday_bars"): _polygon_intraday,
    ("polygon", "splits"): _polygon_actions,
    ("polygon", "dividends"): _polygon_actions,
    ("polygon", "news"): _polygon_news,
    ("fmp", "daily_prices"): _fmp_prices,
    ("fmp", "splits"): _fmp_splits,
    ("fmp", "dividends"): _fmp_dividends,
    ("fmp", "news"): _fmp_news,
    **{("fmp", page): _fmp_statements for page in fmp_statements.PAGES},
    ("fmp", "profile"): _fmp_profile,
    ("fmp", "treasury_rates"): _fmp_rates,
    ("finnhub", "company_news"): _finnhub_news,
    ("finnhub", "news_sentiment"): _finnhub_news_sentiment,
    ("finnhub", "daily_candles"): _finnhub_candles,
    ("finnhub", "intraday_bars"): _finnhub_intraday,
    ("finnhub", "splits"): _finnhub_splits,
    ("finnhub", "dividends"): _finnhub_dividends,
    ("finnhub", "metric"): _finnhub_metrics,
    ("yahoo", "chart"): _yahoo_chart,
    ("fred", "observations"): _fred_series,
    ("fred_graph", "observations"): _fred_series,
    ("cboe", "index_history"): _cboe_history,
    ("cboe", "delayed_quotes"): _cboe_quote,
}
"""Provider and dataset of a response to the reading of its rows."""
