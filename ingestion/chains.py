"""Which provider serves which dataset, in which order: the one table of ranks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa

from ingestion.errors import AuthError, IngestionError, QuotaError
from ingestion.run import Feed, Held, Run
from ingestion.settings import KEY_VARIABLES, SourceSettings

CHAINS: dict[str, tuple[Feed, ...]] = {
    "daily_bars": (
        Feed("polygon", "daily_bars", "raw.polygon__daily_bars"),
        Feed("fmp", "daily_prices", "raw.fmp__daily_prices"),
    ),
    "splits": (
        Feed("polygon", "splits", "raw.polygon__splits", is_series=False),
        Feed("fmp", "splits", "raw.fmp__splits", is_series=False),
    ),
    "dividends": (
        Feed("polygon", "dividends", "raw.polygon__dividends", is_series=False),
        Feed("fmp", "dividends", "raw.fmp__dividends", is_series=False),
    ),
    "company_news": (
        Feed("finnhub", "company_news", "raw.finnhub__company_news", is_series=False),
        Feed("polygon", "news", "raw.polygon__news", is_series=False),
    ),
    "macro": (
        Feed("fred", "observations", "raw.fred__observations"),
        Feed("fred_graph", "observations", "raw.fred__observations"),
    ),
    "index_closes": (
        Feed("cboe", "index_history", "raw.cboe__index_history"),
        Feed("cboe", "delayed_quotes", "raw.cboe__delayed_quotes"),
    ),
}
"""Dataset to feeds, the first rank first; a provider without its key is left out of a run."""


def chain(settings: SourceSettings, dataset: str) -> tuple[Feed, ...]:
    """The feeds of a dataset that this configuration can ask, in their order."""
    return tuple(feed for feed in CHAINS[dataset] if settings.can_ask(feed.provider))


@dataclass
class Tally:
    """What the feeds of one dataset brought for each symbol, and where each fell short."""

    dataset: str
    symbols: tuple[str, ...]
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
            if not is_served(symbol):
                self._report_missing(run, symbol, errors, lacking)
                continue
            for feed, error in errors:
                if not isinstance(error, (AuthError, QuotaError)):  # told once, for the provider
                    run.journal.report(
                        feed.provider, feed.dataset, symbol, error, is_degrading=False
                    )

    def _report_missing(
        self, run: Run, symbol: str, errors: list[tuple[Feed, IngestionError]], lacking: str
    ) -> None:
        through = self.observed_through(symbol)
        has_rows = any(held.table.num_rows for _, held in self.brought(symbol))
        rows = f"rows up to {through}" if through else "earlier rows"
        had = f"{lacking} ({rows} are used)" if has_rows else lacking
        reasons = "; ".join(dict.fromkeys(str(error) for _, error in errors))
        if not self.brought(symbol):
            reasons = f"no provider is configured, set {missing_keys(self.dataset)}"
        run.journal.report(
            errors[0][0].provider if errors else CHAINS[self.dataset][0].provider,
            self.dataset,
            symbol,
            f"{had}: {reasons or 'the providers answered without it'}",
            failure=errors[0][1].failure if errors else "empty",
            is_degrading=True,
        )


def missing_keys(dataset: str) -> str:
    """The variables of which one would give the dataset a provider."""
    return " or ".join(KEY_VARIABLES[feed.provider] for feed in CHAINS[dataset])
