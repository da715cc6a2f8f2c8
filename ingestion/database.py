"""`cache.db`: the cache's metadata, what plans refuse or lack, and the calls of a day."""

import logging
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from warehouse.errors import StorageError, WorldMismatchError

log = logging.getLogger("mqp.cache")

LOCK_SECONDS = 30.0  # for another process that shares the cache

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
create table if not exists facts (
    provider text not null,
    dataset text not null,
    subject text not null,        -- symbol or series
    missing_from text not null,   -- first day that the provider no longer, or never, had
    seen_at text not null,
    message text not null,
    primary key (provider, dataset, subject)
);
"""


class CacheDatabase:
    """One connection to `cache.db`, shared by the threads of a run.

    A damaged file is set aside and begun anew: everything in it can be fetched again.

    Raises
    ------
    WorldMismatchError
        If the cache was filled in another world.
    StorageError
        If the disk is full or refuses, here and in every statement.
    """

    def __init__(self, root: Path, world: str) -> None:
        with _said_plainly(root / "cache.db"):
            root.mkdir(parents=True, exist_ok=True)
        self._path, self._lock = root / "cache.db", threading.RLock()
        with _said_plainly(self._path):
            self._connection = self._opened()
        self.query("insert into world select ? where not exists (select 1 from world)", (world,))
        ((found,),) = self.query("select world from world")
        if found != world:
            self.close()
            raise WorldMismatchError(
                f"the cache {root} belongs to the world {found!r} and this run is {world!r}: "
                "use another MQP_HOME or CACHE_ROOT"
            )

    def query(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""
        with self._lock, _said_plainly(self._path):
            return self._connection.execute(sql, values).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run the statements of the block as one, while no other thread or process writes."""
        with self._lock:
            self.query("begin immediate")
            try:
                yield
            except BaseException:
                with suppress(StorageError):  # a full disk may have rolled it back already
                    self.query("rollback")
                raise
            self.query("commit")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _opened(self) -> sqlite3.Connection:
        try:
            return _connection(self._path)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as damage:
            aside = self._path.with_name("cache.db.damaged")
            log.warning("%s is damaged (%s): begun anew, kept as %s", self._path, damage, aside)
            self._path.replace(aside)
            for suffix in ("-wal", "-shm"):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
            return _connection(self._path)


def _connection(path: Path) -> sqlite3.Connection:
    """Open the file and make sure that it can be read to its end.

    Raises
    ------
    sqlite3.DatabaseError
        If it is no database, or a damaged one.
    """
    opened = sqlite3.connect(
        path, timeout=LOCK_SECONDS, check_same_thread=False, isolation_level=None
    )
    try:
        # everything in here can be fetched again: a lost second costs less than a sync per row
        opened.execute("pragma journal_mode = wal")
        opened.execute("pragma synchronous = normal")
        if found := opened.execute("pragma quick_check(1)").fetchone():
            (verdict,) = found
            if verdict != "ok":
                raise sqlite3.DatabaseError(verdict)
        opened.executescript(_SCHEMA)
    except BaseException:
        opened.close()
        raise
    return opened


@contextmanager
def _said_plainly(path: Path) -> Iterator[None]:
    """Turn what SQLite or the system refuses into one sentence."""
    try:
        yield
    except (sqlite3.OperationalError, OSError) as err:
        raise StorageError(
            f"{path} cannot be used ({err}): free disk space, correct the rights or wait for the "
            "other run, then run again; what was stored before is kept."
        ) from None
