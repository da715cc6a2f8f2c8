"""What the cache holds, by provider and dataset: what `mqp cache show` prints."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from ingestion.cache import Cache, CacheEntry


@dataclass(frozen=True)
class Holding:
    """The cached tables of one dataset of one provider.

    `first_day`, `last_day`: the days asked for so far. `bytes`: of the files that are there.
    """

    provider: str
    dataset: str
    entries: int
    symbols: tuple[str, ...]
    bytes: int
    oldest_fetch_at: datetime
    newest_fetch_at: datetime
    first_day: date
    last_day: date


def holdings(
    root: Path, cache: Cache, *, provider: str | None = None, symbol: str | None = None
) -> tuple[Holding, ...]:
    """Everything that is cached, of a provider or a symbol where one is given."""
    groups: dict[tuple[str, str], list[CacheEntry]] = {}
    for entry in cache.entries(provider=provider, symbol=symbol):
        groups.setdefault((entry.provider, entry.dataset), []).append(entry)
    return tuple(_holding(root, entries) for entries in groups.values())


def _holding(root: Path, entries: list[CacheEntry]) -> Holding:
    return Holding(
        provider=entries[0].provider,
        dataset=entries[0].dataset,
        entries=len(entries),
        symbols=tuple(entry.symbol for entry in entries),
        bytes=sum(sizes(root / entry.path for entry in entries)),
        oldest_fetch_at=min(entry.updated_at for entry in entries),
        newest_fetch_at=max(entry.updated_at for entry in entries),
        first_day=min(entry.start for entry in entries),
        last_day=max(entry.end for entry in entries),
    )


def sizes(paths: Iterable[Path]) -> list[int]:
    """Bytes of the files that are there."""
    return [path.stat().st_size for path in paths if path.is_file()]
