"""`mqp cache show` and `mqp cache purge`: what is kept of each provider, and how it goes."""

import shutil
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import typer

from ingestion.cache import Cache
from ingestion.capabilities import (
    Capabilities,
    DailyCalls,
    Fact,
    StandingFacts,
    refusals_together,
    told_together,
)
from ingestion.database import CacheDatabase
from ingestion.errors import SymbolError
from ingestion.inventory import Holding, holdings
from ingestion.night import PROFILES
from ingestion.purge import Removed, purge_cache, purge_responses
from ingestion.symbols import checked_symbol
from ingestion.tables import SCHEMAS
from orchestration.errors import UsageError
from orchestration.resources import Settings, load_settings, utc_now
from warehouse.backup.restore import REPLACED
from warehouse.backup.shelf import folders_in
from warehouse.landing_log import append_to_log
from warehouse.ledger import opened_ledger
from warehouse.lock import writer_lock
from warehouse.publish import finish_publication
from warehouse.tombstones import Burial, bury

SYMBOLS_SHOWN = 6
KIBIBYTE = 1024


@dataclass(frozen=True)
class Memory:
    """What the cache knows beside the tables: refusals, standing facts, calls of each day."""

    refusals: tuple[tuple[str, str, str, str, str], ...]
    facts: tuple[Fact, ...]
    daily_calls: tuple[tuple[str, str, int], ...]


def show_command(*, provider: str | None, symbol: str | None, as_json: bool) -> int:
    """Print what the cache holds, what plans refused, and the calls of each day."""
    if provider is not None:
        _check_provider(provider)
    if symbol is not None:
        _check_symbol(symbol)
    settings = load_settings()
    root = settings.cache_root
    if not (root / "cache.db").exists():
        return _show_nothing(root, as_json=as_json)
    with closing(CacheDatabase(root, settings.world)) as database:
        found = holdings(root, Cache(root, database), provider=provider, symbol=symbol)
        memory = _memory(database, provider, symbol)
    if as_json:
        from orchestration.cli import print_json

        print_json({"root": root, "holdings": [asdict(each) for each in found], **asdict(memory)})
    else:
        typer.echo(f"Cache {root}")
        _print_holdings(found)
        _print_memory(memory)
    return 0


def _show_nothing(root: Path, *, as_json: bool) -> int:
    if as_json:
        from orchestration.cli import print_json

        print_json({"root": root, "holdings": []})
    else:
        typer.echo(f"The cache {root} is empty: the first night fills it.")
    return 0


def _memory(database: CacheDatabase, provider: str | None, symbol: str | None) -> Memory:
    def is_meant(named: str, subject: str | None = None) -> bool:
        return provider in (None, named) and (subject is None or symbol in (None, subject))

    return Memory(
        refusals=tuple(row for row in Capabilities(database).rows() if is_meant(row[0], row[2])),
        facts=tuple(
            fact for fact in StandingFacts(database).rows() if is_meant(fact.provider, fact.subject)
        ),
        daily_calls=tuple(row for row in DailyCalls(database).rows() if is_meant(row[0])),
    )


def purge_command(
    *,
    provider: str,
    symbol: str | None,
    dataset: str | None,
    with_history: bool,
    is_confirmed: bool,
    why: str,
) -> int:
    """Remove a provider's answers, and say what went and what follows."""
    _check_provider(provider)
    if symbol is not None:
        _check_symbol(symbol)
    if dataset is not None:
        _check_dataset(dataset)
    if with_history:
        _refuse_rash_burial(dataset, is_confirmed=is_confirmed, why=why)
    settings = load_settings()
    about = f"{provider}" + (f", symbol {symbol}" if symbol else "")
    with writer_lock(settings.home.writer_lock, announce=typer.echo):
        removed = _purge_cache(settings, provider, symbol, dataset)
        typer.echo(f"Cache: {_told(removed)} of {about} removed.")
        if with_history:
            _remove_history(settings, provider, symbol, why)
    if not with_history:
        typer.echo("The ledger keeps its rows. The next night asks the provider again.")
    return 0


def _purge_cache(
    settings: Settings, provider: str, symbol: str | None, dataset: str | None
) -> Removed:
    root = settings.cache_root
    if not (root / "cache.db").exists():
        return Removed(0, 0)
    with closing(CacheDatabase(root, settings.world)) as database:
        cache = Cache(root, database)
        return purge_cache(root, cache, provider, symbol=symbol, dataset=dataset)


def _remove_history(settings: Settings, provider: str, symbol: str | None, why: str) -> None:
    home, now = settings.home, utc_now(settings)
    if home.ledger.exists():
        burial = bury(home.ledger, settings.world, provider, symbol=symbol, why=why, now=now)
        with opened_ledger(home.ledger, settings.world, now=now) as ledger:
            append_to_log(ledger, home.raw_responses)  # lest a restore bring the rows back
        _print_burial(burial)
    responses = purge_responses(home.raw_responses, provider, symbol=symbol)
    typer.echo(f"Stored responses: {_told(responses)} removed.")
    if responses.shared:
        typer.echo(
            f"  {responses.shared} responses about many symbols also hold rows of {symbol} and "
            "stay: purge the whole provider to remove them."
        )
    # an unfinished build is nobody's record, and may hold the rows
    finish_publication(home)
    shutil.rmtree(home.build.parent, ignore_errors=True)
    _print_what_is_left(settings, provider)


def _print_burial(burial: Burial) -> None:
    if not burial.tombstones:
        typer.echo("Ledger: it holds no rows of that kind.")
    for stone in burial.tombstones:
        typer.echo(
            f"Ledger: {_count(stone.rows, 'row')} of {stone.table} removed (ledger versions "
            f"{stone.first_version} to {stone.last_version}); a row of ops.tombstones says so."
        )
    if burial.scores:
        typer.echo(f"Ledger: {burial.scores:,} of our scores of its headlines removed.")
    if burial.lost_nights:
        (first, low), (last, high) = burial.lost_nights[0], burial.lost_nights[-1]
        typer.echo(
            f"{_count(len(burial.lost_nights), 'night')} read those rows and cannot be replayed: "
            f"{first} to {last} (ledger versions {low} to {high})."
        )


def _print_what_is_left(settings: Settings, provider: str) -> None:
    """What still shows the rows, and what the person can do about it."""
    home = settings.home
    if home.published.exists():
        typer.echo(
            f"{home.published} still holds the rows until the next night: run `mqp nightly`. The "
            f"night fetches {provider} again unless its key is unset."
        )
    if any(home.nights.glob("*/")):
        typer.echo(
            f"{home.nights}, the decisions and the reports hold results computed from many "
            "providers' rows, not the rows; they stay."
        )
    if folders_in(settings.backups):
        typer.echo(f"Backups under {settings.backups} still hold the rows: remove them too.")
    if any((home.root / REPLACED).glob("*")):
        typer.echo(f"What restores moved to {home.root / REPLACED} still holds them as well.")


def _refuse_rash_burial(dataset: str | None, *, is_confirmed: bool, why: str) -> None:
    if dataset is not None:
        raise UsageError(
            "--with-history takes everything of a provider or a symbol: leave --dataset out."
        )
    if not is_confirmed or not why.strip():
        raise UsageError(
            "--with-history removes rows from the ledger for good, and the nights that read them "
            'can no longer be replayed: add --yes and --why "the reason".'
        )


def _check_provider(provider: str) -> None:
    known = [profile.name for profile in PROFILES]
    if provider not in known:
        raise UsageError(f"'{provider[:40]}' is not a provider: choose {', '.join(known)}.")


def _check_symbol(symbol: str) -> None:
    try:
        checked_symbol(symbol)
    except SymbolError as err:
        raise UsageError(f"{err}.") from err


def _check_dataset(dataset: str) -> None:
    from ingestion.endpoints import ENDPOINTS

    known = {table.partition("__")[2] for table in SCHEMAS} | {each.dataset for each in ENDPOINTS}
    if dataset not in known:
        raise UsageError(f"'{dataset[:40]}' is not a dataset: choose {', '.join(sorted(known))}.")


def _told(removed: Removed) -> str:
    return f"{_count(removed.files, 'file')} ({_size(removed.bytes)})"


def _count(how_many: int, noun: str) -> str:
    return f"{how_many:,} {noun}" + ("" if how_many == 1 else "s")


def _size(count: int) -> str:
    if count < KIBIBYTE**2:
        return f"{count / KIBIBYTE:.1f} KiB"
    return f"{count / KIBIBYTE**2:.1f} MiB"


def _print_holdings(found: tuple[Holding, ...]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(show_edge=False)
    for title in ("Provider", "Dataset", "Tables", "Size", "Fetched", "Days asked", "Symbols"):
        table.add_column(title, justify="right" if title in ("Tables", "Size") else "left")
    for each in found:
        named = ", ".join(each.symbols[:SYMBOLS_SHOWN])
        more = len(each.symbols) - SYMBOLS_SHOWN
        cells = (
            each.provider,
            each.dataset,
            str(each.entries),
            _size(each.bytes),
            _span(each.oldest_fetch_at.date(), each.newest_fetch_at.date()),
            _span(each.first_day, each.last_day),
            f"{named} and {more} more" if more > 0 else named,
        )
        table.add_row(*(Text(cell) for cell in cells))
    console = Console()
    # a pipe has no width of its own; a narrow one would break every word
    (console if console.is_terminal else Console(width=160)).print(table)


def _print_memory(memory: Memory) -> None:
    lines = {
        "Refusals remembered (not asked again for a week)": refusals_together(memory.refusals),
        "Standing facts": told_together(memory.facts),
        "Calls of the day (UTC)": [
            f"{day}  {provider}: {calls}" for provider, day, calls in memory.daily_calls
        ],
    }
    for title, told in lines.items():
        if told:
            typer.echo("\n".join([f"\n{title}", *(f"  {line}" for line in told)]))


def _span(first: date, last: date) -> str:
    return str(last) if first == last else f"{first} to {last}"
