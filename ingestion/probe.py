"""Does each configured provider answer? One small request each, nothing stored."""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from ingestion.capabilities import DailyCalls
from ingestion.database import CacheDatabase
from ingestion.errors import IngestionError
from ingestion.http import HttpClient
from ingestion.night import PROFILES
from ingestion.settings import KEY_VARIABLES, SourceSettings

PROBES: Mapping[str, tuple[str, Mapping[str, str]]] = MappingProxyType(
    {
        "polygon": ("/stocks/v1/splits", {"ticker": "AAPL", "limit": "1"}),
        "fmp": ("/splits", {"symbol": "AAPL", "limit": "1"}),
        "finnhub": ("/quote", {"symbol": "AAPL"}),
        "fred": (
            "/series/observations",
            {"series_id": "DGS3MO", "limit": "1", "sort_order": "desc", "file_type": "json"},
        ),
        "fred_graph": ("/fredgraph.csv", {"id": "DGS3MO"}),
        "cboe": ("/api/global/delayed_quotes/quotes/_VIX.json", {}),
    }
)
"""The cheapest request of each provider that needs a valid key where there is one."""


@dataclass(frozen=True)
class ProbeResult:
    """One provider's answer. `state`: ok, not configured, or the class of the failure."""

    provider: str
    state: str
    seconds: float
    detail: str


def probe_providers(
    sources: SourceSettings, *, clock: Callable[[], datetime]
) -> tuple[ProbeResult, ...]:
    """Ask every provider once; a provider without its key is told, not asked.

    Raises
    ------
    WorldMismatchError
        If the cache belongs to another world.
    """
    with closing(CacheDatabase(sources.cache_root, sources.world)) as database:
        calls = DailyCalls(database)
        with closing(HttpClient(sources, PROFILES, clock=clock, daily_calls=calls)) as http:
            return tuple(_probe(http, profile.name, sources) for profile in PROFILES)


def _probe(http: HttpClient, provider: str, sources: SourceSettings) -> ProbeResult:
    if not sources.can_ask(provider):
        return ProbeResult(
            provider, "not configured", 0.0, f"set {KEY_VARIABLES.get(provider, 'its base URL')}"
        )
    profile = next(profile for profile in PROFILES if profile.name == provider)
    target, params = PROBES[provider]
    started = http.monotonic()
    try:
        reply = http.get(profile, target, params=params)
    except IngestionError as error:
        seconds = http.monotonic() - started
        return ProbeResult(provider, error.failure, seconds, http.masker.text(str(error)))
    return ProbeResult(
        provider,
        "ok",
        http.monotonic() - started,
        f"{len(reply.body):,} bytes, HTTP {reply.status}",
    )
