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


@dataclass(frozen=True, kw_only=True)
class SourceSettings:
    """Everything that ingestion needs to know about its surroundings.

    `base_urls`: provider to base URL without a trailing slash. `api_keys`: provider to key, absent
    when not configured and never shown. `rates`: calls per minute by provider, replacing the
    provider's own limits. `world`: the world that the cache belongs to.
    """

    base_urls: Mapping[str, str]
    api_keys: Mapping[str, str] = field(repr=False)
    cache_root: Path
    raw_root: Path
    log_path: Path
    cache_ttl: timedelta = timedelta(hours=24)
    rates: Mapping[str, float] = field(default_factory=dict)
    world: str

    def can_ask(self, provider: str) -> bool:
        """Whether the provider has an address and, where it needs one, a key."""
        has_key = provider not in KEY_VARIABLES or bool(self.api_keys.get(provider))
        return has_key and provider in self.base_urls
