"""Taking a provider's answers off the disk: its cached tables, and its stored responses."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ingestion.cache import Cache
from ingestion.inventory import sizes
from ingestion.responses import DamagedResponseError, read_response
from ingestion.symbols import checked_symbol

EVERYTHING = "*"


@dataclass(frozen=True)
class Removed:
    """What went: files and their bytes. `shared`: responses about many symbols, which stay."""

    files: int
    bytes: int
    shared: int = 0


def purge_cache(
    root: Path,
    cache: Cache,
    provider: str,
    *,
    symbol: str | None = None,
    dataset: str | None = None,
) -> Removed:
    """Remove a provider's cached tables, entries and files, also files that no entry names.

    Raises
    ------
    SymbolError
        If the symbol is none; nothing has been touched then.
    """
    folder = root / provider
    symbol_folders = [folder / checked_symbol(symbol)] if symbol is not None else _folders(folder)
    pattern = f"*.{dataset}.parquet" if dataset else "*.parquet"
    files = [path for each in symbol_folders for path in sorted(each.glob(pattern))]
    removed = Removed(len(files), sum(sizes(files)))
    for entry in cache.entries(provider=provider, dataset=dataset, symbol=symbol):
        cache.drop(entry)
    _unlink(files, [*symbol_folders, folder])
    return removed


def purge_responses(raw_root: Path, provider: str, *, symbol: str | None = None) -> Removed:
    """Remove a provider's stored responses, or those about one symbol alone.

    A response about many symbols also holds the rows of others, so one symbol does not take it
    away: it is counted as shared.
    """
    folder = raw_root / provider
    found = sorted(folder.rglob("*.gz"))
    shared = 0
    if symbol is not None:
        about = {path: _subject(path) for path in found}
        shared = sum(1 for subject in about.values() if subject == EVERYTHING)
        found = [path for path in found if about[path] == symbol]
    removed = Removed(len(found), sum(sizes(found)), shared)
    _unlink(found, [*_folders(folder), folder])
    return removed


def _subject(path: Path) -> str:
    """Whom a response is about; one that cannot be read is nobody's."""
    try:
        return read_response(path).label.symbol
    except DamagedResponseError:
        return ""


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


def _unlink(files: Iterable[Path], folders: Iterable[Path]) -> None:
    """Remove files, then the folders that are empty without them."""
    for path in files:
        path.unlink(missing_ok=True)
    for each in folders:
        if each.is_dir() and not any(each.iterdir()):
            each.rmdir()
