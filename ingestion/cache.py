"""The parquet cache: what each provider said last, so that a night asks for the tail only.

`{cache_root}/{provider}/{symbol}/{fetch date}.{dataset}.parquet`, one live file per provider,
dataset and symbol, with its metadata in `cache.db`.
"""

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.database import CacheDatabase
from ingestion.symbols import checked_symbol
from warehouse.files import SCRATCH, sweep_scratch, write_bytes

_COLUMNS = (
    'provider, dataset, symbol, start, "end", updated_at, content_hash, path, observed_through, '
    "validators"
)


class DamagedFileError(Exception):
    """A cached file is missing, half written, or not the one that the metadata describes."""


@dataclass(frozen=True)
class CacheEntry:
    """What a cached file holds.

    `start`, `end`: the days asked for so far, without gaps. `observed_through`: the last day that
    the answers spoke of, blanks included. `validators`: ETag and Last-Modified of a whole file.
    """

    provider: str
    dataset: str
    symbol: str
    start: date
    end: date
    updated_at: datetime
    content_hash: str
    path: str
    observed_through: date | None = None
    validators: Mapping[str, str] = field(default_factory=dict)


class Cache:
    """Reads and writes cached tables; a file that is not what it should be does not exist."""

    def __init__(self, root: Path, database: CacheDatabase) -> None:
        self._root, self._database = root, database
        sweep_scratch(root)

    def find(self, provider: str, dataset: str, symbol: str) -> CacheEntry | None:
        """The metadata of a cached table, None if there is none."""
        rows = self._database.query(
            f"select {_COLUMNS} from entries where provider = ? and dataset = ? and symbol = ?",
            (provider, dataset, symbol),
        )
        return _entry(*rows[0]) if rows else None

    def entries(
        self,
        *,
        provider: str | None = None,
        dataset: str | None = None,
        symbol: str | None = None,
    ) -> list[CacheEntry]:
        """The metadata of every cached table, of those that match what is given."""
        wanted = {"provider": provider, "dataset": dataset, "symbol": symbol}
        given = {name: value for name, value in wanted.items() if value is not None}
        where = " and ".join(["true", *(f"{name} = ?" for name in given)])
        rows = self._database.query(
            f"select {_COLUMNS} from entries where {where} order by provider, dataset, symbol",
            tuple(given.values()),
        )
        return [_entry(*row) for row in rows]

    def read(self, entry: CacheEntry) -> pa.Table:
        """The cached rows.

        Raises
        ------
        DamagedFileError
            If the file is not the one that was written; its entry is dropped.
        """
        try:
            content = (self._root / entry.path).read_bytes()
        except OSError:
            content = b""
        if hashlib.sha256(content).hexdigest() != entry.content_hash:
            self.drop(entry)
            raise DamagedFileError(f"the cached file {entry.path} is damaged or gone")
        # one thread per file: they are small, and many are read at once
        return pq.ParquetFile(pa.BufferReader(content)).read(use_threads=False)

    def write(
        self,
        provider: str,
        dataset: str,
        symbol: str,
        table: pa.Table,
        *,
        start: date,
        end: date,
        updated_at: datetime,
        observed_through: date | None = None,
        validators: Mapping[str, str] | None = None,
    ) -> CacheEntry:
        """Replace a cached table; a crash leaves the old or the new one."""
        name = f"{provider}/{checked_symbol(symbol)}/{updated_at.date()}.{dataset}.parquet"
        buffer = io.BytesIO()
        pq.write_table(table, buffer)
        content = buffer.getvalue()
        entry = CacheEntry(
            provider=provider,
            dataset=dataset,
            symbol=symbol,
            start=start,
            end=end,
            updated_at=updated_at,
            content_hash=hashlib.sha256(content).hexdigest(),
            path=name,
            observed_through=observed_through,
            validators=validators or {},
        )
        # file and entry change together, also for another run that shares the cache
        with self._database.transaction():
            before = self.find(provider, dataset, symbol)
            # not flushed to the disk: what a power cut takes fails its hash and is fetched again
            write_bytes(self._root / name, content, scratch=self._root / SCRATCH, durable=False)
            self._database.query(
                "insert or replace into entries values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", _row(entry)
            )
        if before and before.path != name:
            (self._root / before.path).unlink(missing_ok=True)
        return entry

    def drop(self, entry: CacheEntry) -> None:
        """Forget an entry and its file, unless another run has replaced them meanwhile."""
        with self._database.transaction():
            dropped = self._database.query(
                "delete from entries where provider = ? and dataset = ? and symbol = ? "
                "and content_hash = ? returning 1",
                (entry.provider, entry.dataset, entry.symbol, entry.content_hash),
            )
            if dropped:
                (self._root / entry.path).unlink(missing_ok=True)


def _row(entry: CacheEntry) -> tuple[str | None, ...]:
    observed = entry.observed_through
    return (
        entry.provider,
        entry.dataset,
        entry.symbol,
        entry.start.isoformat(),
        entry.end.isoformat(),
        entry.updated_at.isoformat(),
        entry.content_hash,
        entry.path,
        observed.isoformat() if observed else None,
        json.dumps(dict(entry.validators)),
    )


def _entry(
    provider: str,
    dataset: str,
    symbol: str,
    start: str,
    end: str,
    updated_at: str,
    content_hash: str,
    path: str,
    observed_through: str | None,
    validators: str,
) -> CacheEntry:
    return CacheEntry(
        provider=provider,
        dataset=dataset,
        symbol=symbol,
        start=date.fromisoformat(start),
        end=date.fromisoformat(end),
        updated_at=datetime.fromisoformat(updated_at),
        content_hash=content_hash,
        path=path,
        observed_through=date.fromisoformat(observed_through) if observed_through else None,
        validators=json.loads(validators),
    )
