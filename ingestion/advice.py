"""What a person could do about what the providers refuse, the most useful first."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from ingestion.endpoints import ENDPOINTS, Key
from ingestion.probe import NOT_CONFIGURED, OK, ProbeResult
from ingestion.settings import KEY_VARIABLES

REQUIRED: Mapping[str, str] = {
    "daily_bars": "set POLYGON_API_KEY (free) or FMP_API_KEY",
    "macro": "set FRED_API_KEY (free), or let this machine reach fred.stlouisfed.org",
    "index_closes": "let this machine reach cdn.cboe.com, which needs no key",
}
"""Datasets without which a night is not clean, and what would give them a provider."""


@dataclass(frozen=True)
class Findings:
    """What the probes found.

    `has_key`: whether a provider is configured. `is_morning`: whether the schedule runs the night
    the morning after. `is_simulated`: the providers are the sandbox's.
    """

    results: Mapping[Key, ProbeResult]
    has_key: Callable[[str], bool]
    is_morning: bool
    is_simulated: bool

    def state(self, provider: str, name: str) -> str:
        """The state of an endpoint; one that was not probed counts as not configured."""
        found = self.results.get((provider, name))
        return found.state if found else NOT_CONFIGURED

    def is_refused(self, provider: str, name: str) -> bool:
        """Whether the plan excludes an endpoint."""
        return self.state(provider, name) == "entitlement"

    def works(self, provider: str, name: str) -> bool:
        """Whether an endpoint answered with data."""
        return self.state(provider, name) == OK

    def serves(self, dataset: str) -> bool:
        """Whether any endpoint in the chain of a dataset answered with data."""
        return any(
            self.works(*endpoint.key) for endpoint in ENDPOINTS if endpoint.serves == dataset
        )

    def refused_keys(self) -> list[str]:
        """The variables whose keys are refused."""
        providers = {result.provider for result in self.results.values() if result.state == "auth"}
        return [KEY_VARIABLES.get(provider, provider) for provider in sorted(providers)]

    def unserved(self) -> list[str]:
        """Required datasets that nobody serves."""
        return [dataset for dataset in REQUIRED if not self.serves(dataset)]


def advise(found: Findings) -> tuple[str, ...]:
    """Sentences in plain words, the most useful first; empty when nothing would improve a night."""
    if found.is_simulated:
        return (
            "This is the simulated market: its keys and plans are made up. With POLYGON_API_KEY "
            "(free) the nights run on real data.",
        )
    rules = (_broken, _bars, _history, _fallback_of_bars, _news, _macro, _fundamentals, _intraday)
    return tuple(sentence for rule in rules for sentence in rule(found))


def _broken(found: Findings) -> Iterator[str]:
    for variable in found.refused_keys():
        yield f"The key in {variable} is refused: replace it, nothing of that provider is used."
    for dataset in found.unserved():
        yield f"Nobody serves {_words(dataset)}, which every night needs: {REQUIRED[dataset]}."
    exhausted = {r.provider for r in found.results.values() if r.state == "quota"}
    for provider in sorted(exhausted):
        yield f"The calls of {provider} are used up for today: run doctor again tomorrow (UTC)."
    silent = {r.provider for r in found.results.values() if r.state == "transient"}
    for provider in sorted(silent):
        yield f"{provider} does not answer everything now: run doctor again later."


def _bars(found: Findings) -> Iterator[str]:
    if not found.has_key("polygon"):
        yield (
            "With POLYGON_API_KEY (free) bars, splits and dividends of every symbol come in at "
            "most 20 requests a night, and news have a second source."
        )
    elif found.is_refused("polygon", "today's bar") and not found.is_morning:
        yield (
            "Your Polygon plan ends yesterday: run the night in the morning (mode: morning in "
            "config/schedule.yaml), or the paid plan (Starter) gives today's bars at 16:15."
        )


def _history(found: Findings) -> Iterator[str]:
    if found.is_refused("polygon", "bars of long ago"):
        yield (
            "Your Polygon plan does not go back to 2010: backtests see two years on the free plan, "
            "five on Starter, ten on Developer, everything on Advanced. What is stored stays, so "
            "the history grows night by night."
        )


def _fallback_of_bars(found: Findings) -> Iterator[str]:
    if not found.has_key("fmp"):
        yield (
            "With FMP_API_KEY bars, splits and dividends have a second source when Polygon fails "
            "(free: sample symbols only), and fundamentals become available."
        )
    elif found.is_refused("fmp", "daily prices of a fund"):
        also = " or tonight's bars" if found.is_refused("polygon", "today's bar") else ""
        yield (
            "Your FMP plan serves sample symbols only (HYG is refused), so it cannot stand in for "
            f"Polygon's failures{also}: its paid plan (Starter) covers every US symbol."
        )


def _news(found: Findings) -> Iterator[str]:
    if not found.has_key("finnhub"):
        yield "With FINNHUB_API_KEY (free) the sentiment reads a year of company news."
    elif found.is_refused("finnhub", "company news"):
        yield "Your Finnhub plan refuses company news, which its free plan includes: check the key."
    if found.is_refused("finnhub", "candles"):
        yield (
            "Finnhub's candles, splits and dividends are for its paid plans (Market Data Basic): "
            "worth it only as one more fallback."
        )


def _macro(found: Findings) -> Iterator[str]:
    if not found.has_key("fred"):
        yield (
            "With FRED_API_KEY (free) spreads and rates come from the API; the keyless file stalls "
            "for some networks."
        )


def _fundamentals(found: Findings) -> Iterator[str]:
    if found.is_refused("fmp", "quarterly statements"):
        yield (
            "Your FMP plan gives annual statements only: enough for earnings yield and return on "
            "equity, which read fiscal years; a paid plan adds the quarters to the ledger."
        )


def _intraday(found: Findings) -> Iterator[str]:
    if found.is_refused("polygon", "intraday bars") and not found.works("finnhub", "candles"):
        yield "Nobody gives intraday bars: Polygon's free plan includes those of past sessions."


def _words(dataset: str) -> str:
    return dataset.replace("_", " ")
