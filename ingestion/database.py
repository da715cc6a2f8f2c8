"""`cache.db`: the cache's metadata, the refusals of the providers' plans, the calls of a day."""

import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ingestion.errors import WorldMismatchError

_SCHEMA = """
create table if not exists world (world text not null);
create table if not exists entries (
    provider text not null,
    dataset text not null,
    symbol text not null,
    start text not null,          -- first and last day that was asked for
    "end" text not null,
    updated_at text not null,     -- UTC moment of the fetch
    content_hash text not null,   -- sha256 of the parquet file
    path text not null,           -- below the cache root
    observed_through text,        -- last day the answers spoke of, blanks included
    validators text not null,     -- JSON: ETag and Last-Modified, for conditional requests
    primary key (provider, dataset, symbol)
);
create table if not exists refusals (
    provider text not null,
    dataset text not null,
    subject text not null,        -- symbol, '*' for the whole endpoint, 'today'
    refused_at text not null,
    message text not null,
    primary key (provider, dataset, subject)
);
create table if not exists daily_calls (
    provider text not null,
    day text not null,            -- UTC
    calls integer not null,
    primary key (provider, day)
);
"""


class CacheDatabase:
    """One connection to `cache.db`, shared by the threads of a run.

    Raises
    ------
    WorldMismatchError
        If the cache was filled in another world.
    """

    def __init__(self, root: Path, world: str) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(
            root / "cache.db", timeout=30, check_same_thread=False, isolation_level=None
        )
        # everything in here can be fetched again: a lost second costs less than a sync per row
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute("pragma synchronous = normal")
        self._connection.executescript(_SCHEMA)
        self._connection.execute(
            "insert into world select ? where not exists (select 1 from world)", (world,)
        )
        (found,) = self._connection.execute("select world from world").fetchone()
        if found != world:
            self._connection.close()
            raise WorldMismatchError(
                f"the cache {root} belongs to the world {found!r} and this run is {world!r}: "
                "use another MQP_HOME or CACHE_ROOT"
            )

    def query(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
