"""Which provider serves which dataset, in which order: the one table of ranks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

import pyarrow as pa

from ingestion.errors import AuthError, IngestionError, QuotaError
from ingestion.providers import fmp_statements
from ingestion.run import Feed, Held, Run
from ingestion.settings import KEY_VARIABLES, SWITCHES, SourceSettings

FIGURES_LAST, PROFILES_LAST = timedelta(days=7), timedelta(days=30)
"""Companies report four times a year, and the day's calls are scarce."""

CHAINS: dict[str, tuple[Feed, ...]] = {
    "daily_bars": (
        Feed("polygon", "daily_bars", "raw.polygon__daily_bars"),
        Feed("fmp", "daily_prices", "raw.fmp__daily_prices"),
        Feed("finnhub", "daily_candles", "raw.finnhub__daily_candles"),
        Feed("yahoo", "daily_bars", "raw.yahoo__daily_bars"),
    ),
    "splits": (
        Feed("polygon", "splits", "raw.polygon__splits", is_series=False),
        Feed("fmp", "splits", "raw.fmp__splits", is_series=False),
        Feed("finnhub", "splits", "raw.finnhub__splits", is_series=False),
        Feed("yahoo", "splits", "raw.yahoo__splits", is_series=False),
    ),
    "dividends": (
        Feed("polygon", "dividends", "raw.polygon__dividends", is_series=False),
        Feed("fmp", "dividends", "raw.fmp__dividends", is_series=False),
        Feed("finnhub", "dividends", "raw.finnhub__dividends", is_series=False),
        Feed("yahoo", "dividends", "raw.yahoo__dividends", is_series=False),
    ),
    "intraday_bars": (
        Feed("polygon", "intraday_bars", "raw.polygon__intraday_bars"),
        Feed("finnhub", "intraday_bars", "raw.finnhub__intraday_bars"),
    ),
    "company_news": (
        Feed("finnhub", "company_news", "raw.finnhub__company_news", is_series=False),
        Feed("polygon", "news", "raw.polygon__news", is_series=False),
        Feed("fmp", "news", "raw.fmp__news", is_series=False),
    ),
    # what providers themselves think of the news: beside our scores, never in place of them
    "news_sentiment": (
        Feed("finnhub", "news_sentiment", "raw.finnhub__news_sentiment", is_series=False),
        Feed("polygon", "news_sentiment", "raw.polygon__news_sentiment", is_series=False),
    ),
    "macro": (
        Feed("fred", "observations", "raw.fred__observations"),
        Feed("fred_graph", "observations", "raw.fred__observations"),
    ),
    "treasury_rates": (Feed("fmp", "treasury_rates", "raw.fmp__treasury_rates"),),
    "fundamentals": (
        *(
            Feed("fmp", page, "raw.fmp__fundamentals", is_series=False, ttl=FIGURES_LAST)
            for page in fmp_statements.PAGES
        ),
        Feed("finnhub", "metric", "raw.finnhub__fundamentals", is_series=False, ttl=FIGURES_LAST),
    ),
    "profiles": (Feed("fmp", "profile", "raw.fmp__profiles", is_series=False, ttl=PROFILES_LAST),),
    "index_closes": (
        Feed("cboe", "index_history", "raw.cboe__index_history"),
        Feed("cboe", "delayed_quotes", "raw.cboe__delayed_quotes"),
        # VIX only, and a day late: it fills older holes, never the session just closed
        Feed("fred", "observations", "raw.fred__observations"),
        Feed("fred_graph", "observations", "raw.fred__observations"),
    ),
}
"""Dataset to feeds, the first rank first; a provider without its key is left out of a run."""


def chain(settings: SourceSettings, dataset: str) -> tuple[Feed, ...]:
    """The feeds of a dataset that this configuration can ask, in their order."""
    return tuple(feed for feed in CHAINS[dataset] if settings.can_ask(feed.provider))


@dataclass(frozen=True)
class Fallback:
    """One symbol that its first provider did not serve, and what was used in its place.

    `served_by`: the provider that answered instead; empty where nobody did and rows of an earlier
    fetch are used, if there are any. `has_rows`: whether anything is held at all.
    `observed_through`: the last day of it, None for events. `is_degrading`: nobody served a
    required symbol in full.
    """

    dataset: str
    symbol: str
    wanted: str
    served_by: str
    failure: str
    has_rows: bool
    observed_through: date | None
    reason: str
    is_degrading: bool


@dataclass
class Tally:
    """What the feeds of one dataset brought for each symbol, and where each fell short.

    `is_required`: whether a symbol that nobody serves degrades the night. `fallbacks`: filled by
    `report`, one for each symbol that was not served by its first provider.
    """

    dataset: str
    symbols: tuple[str, ...]
    is_required: bool = True
    fallbacks: list[Fallback] = field(default_factory=list)
    _brought: dict[str, list[tuple[Feed, Held]]] = field(default_factory=dict)

    def add(self, feed: Feed, symbol: str, held: Held) -> None:
        """Note what one feed brought for a symbol."""
        self._brought.setdefault(symbol, []).append((feed, held))

    def brought(self, symbol: str) -> list[tuple[Feed, Held]]:
        """Every feed that was consulted for a symbol and what it brought."""
        return self._brought.get(symbol, [])

    def observed_through(self, symbol: str) -> date | None:
        """The last day that any feed spoke of."""
        days = [held.observed_through for _, held in self.brought(symbol)]
        return max((day for day in days if day), default=None)

    def is_answered(self, symbol: str, *, through: date | None = None) -> bool:
        """Whether a feed answered without an error, and as far as a day where one is given."""
        return any(
            held.error is None
            and (through is None or (held.observed_through or date.min) >= through)
            for _, held in self.brought(symbol)
        )

    def tables(self) -> Iterator[tuple[str, pa.Table]]:
        """Raw table names and rows, in the order of the symbols."""
        for symbol in self.symbols:
            for feed, held in self.brought(symbol):
                if held.table.num_rows:
                    yield feed.table, held.table

    def report(self, run: Run, is_served: Callable[[str], bool], *, lacking: str) -> None:
        """Tell what failed: only as a remark where another feed served the symbol.

        Parameters
        ----------
        lacking : what a symbol that is not served lacks, as the beginning of a sentence.
        """
        for symbol in self.symbols:
            errors = [(feed, held.error) for feed, held in self.brought(symbol) if held.error]
            if errors:
                self._note_fallback(run, symbol, errors, is_served(symbol))
            if not is_served(symbol):
                self._report_missing(run, symbol, errors, lacking)
                continue
            for feed, error in errors:
                if not isinstance(error, (AuthError, QuotaError)):  # told once, for the provider
                    run.journal.report(
                        feed.provider, feed.dataset, symbol, error, is_degrading=False
                    )

    def _note_fallback(
        self,
        run: Run,
        symbol: str,
        errors: list[tuple[Feed, IngestionError]],
        is_served: bool,
    ) -> None:
        wanted, error = errors[0]
        answered = [feed.provider for feed, held in self.brought(symbol) if held.error is None]
        served_by = answered[-1] if answered and is_served else ""
        if served_by == wanted.provider:  # by another of its endpoints: it is the first choice
            return
        self.fallbacks.append(
            Fallback(
                dataset=self.dataset,
                symbol=symbol,
                wanted=wanted.provider,
                served_by=served_by,
                failure=error.failure,
                has_rows=self._has_rows(symbol),
                observed_through=self.observed_through(symbol),
                reason=run.journal.sentence(str(error)),
                is_degrading=self.is_required and not is_served,
            )
        )

    def _has_rows(self, symbol: str) -> bool:
        return any(held.table.num_rows for _, held in self.brought(symbol))

    def _report_missing(
        self, run: Run, symbol: str, errors: list[tuple[Feed, IngestionError]], lacking: str
    ) -> None:
        through = self.observed_through(symbol)
        rows = f"rows up to {through}" if through else "earlier rows"
        had = f"{lacking} ({rows} are used)" if self._has_rows(symbol) else lacking
        reasons = "; ".join(dict.fromkeys(str(error) for _, error in errors))
        if not self.brought(symbol):
            reasons = f"no provider is configured, set {missing_keys(self.dataset)}"
        run.journal.report(
            errors[0][0].provider if errors else CHAINS[self.dataset][0].provider,
            self.dataset,
            symbol,
            f"{had}: {reasons or 'the providers answered without it'}",
            failure=errors[0][1].failure if errors else "empty",
            is_degrading=self.is_required,
        )


def missing_keys(dataset: str) -> str:
    """The variables of which one would give the dataset a provider."""
    ways = {**KEY_VARIABLES, **SWITCHES}
    providers = dict.fromkeys(feed.provider for feed in CHAINS[dataset])
    return " or ".join(ways[provider] for provider in providers if provider in ways)
