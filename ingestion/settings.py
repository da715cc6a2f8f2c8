"""Where the providers are, which keys open them, and where their answers are kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

KEY_VARIABLES: dict[str, str] = {
    "polygon": "POLYGON_API_KEY",
    "finnhub": "FINNHUB_API_KEY",
    "fmp": "FMP_API_KEY",
    "fred": "FRED_API_KEY",
}
"""The variable that a person sets for each provider with a key; the others need none."""

SWITCHES: dict[str, str] = {"yahoo": "YAHOO_ENABLED=1"}
"""What turns a provider on that has no key and is off by default."""


@dataclass(frozen=True, kw_only=True)
class SourceSettings:
    """Everything that ingestion needs to know about its surroundings.

    `base_urls`: provider to base URL without a trailing slash. `api_keys`: provider to key, absent
    when not configured and never shown. `rates`: calls per minute by provider, replacing the
    provider's own limits. `patience_seconds`: no source may go on failing for longer in a run, even
    where its provider deserves more patience. `world`: the world that the cache belongs to.
    `quota_root`: the folder of the `cache.db` that counts the calls of a day, where that is not the
    run's own cache.
    """

    base_urls: Mapping[str, str]
    api_keys: Mapping[str, str] = field(repr=False)
    cache_root: Path
    raw_root: Path
    log_path: Path
    cache_ttl: timedelta = timedelta(hours=24)
    rates: Mapping[str, float] = field(default_factory=dict)
    patience_seconds: float = float("inf")
    world: str
    quota_root: Path | None = None

    def can_ask(self, provider: str) -> bool:
        """Whether the provider has an address and, where it needs one, a key."""
        has_key = provider not in KEY_VARIABLES or bool(self.api_keys.get(provider))
        return has_key and provider in self.base_urls
