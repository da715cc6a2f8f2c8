"""From a private build to the file everybody reads: hash, verify, swap.

A kill at any instant leaves the old night or the new one. `os.replace` is the only moment at which
anything changes for a reader, and a reader that has the old file open keeps reading it. What a kill
leaves undone beside it, `finish_publication` does at the next start.
"""

import hashlib
import json
import logging
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Self

import duckdb

from warehouse.connection import Connection, connect, quoted_path
from warehouse.errors import CorruptFileError, StorageError, WarehouseError
from warehouse.files import flush_to_disk, log_of_writes, writing_failures
from warehouse.home import Home
from warehouse.seal import seal

log = logging.getLogger("mqp.publish")

HASHED_SCHEMAS = ("staging", "intermediate", "marts", "analytics")
UNHASHED_TABLES = (
    "analytics.decisions",
    "analytics.record_daily",
    "analytics.record_metrics",
    "analytics.trials",
)  # records of runs, not of a night's data
NIGHTS_KEPT = 30
UNFINISHED = ".new"
MANIFEST = "manifest.json"
ENVIRONMENT = "environment.json"
FRESH, REPLACED = "fresh", "replaced"
KEPT_DECISIONS = "analytics.decisions"
KEPT_RESULTS: Mapping[str, str] = {
    "marts.fct_signals": "true",
    "analytics.target_weights": "true",
    "analytics.orders": "true",
    "analytics.holdings": "true",
    "analytics.backtest_metrics": "true",
    "analytics.portfolio_daily": "true",
    "analytics.sleeve_weights": "true",
    "analytics.walk_forward_windows": "true",
    "analytics.backtest_daily": "variant = 'walk_forward' or strategy = 'portfolio'",
    "intermediate.int_macro_as_of": "true",
}
"""What a night's folder holds of it: table to the rows, as SQL. The paths that the portfolio is
made of, with the bill, let a later night be read as it stood at an earlier session."""


@dataclass(frozen=True)
class TableDigest:
    """Row count and order-independent content hash of one table."""

    rows: int
    content_hash: str


@dataclass(frozen=True)
class Manifest:
    """What a published night consists of; equal inputs give an equal manifest."""

    night: date
    world: str
    ledger_version: int
    code_hash: str
    config_hash: str
    tables: Mapping[str, TableDigest]

    def to_json(self) -> str:
        """Canonical JSON: sorted keys, ISO dates."""
        return json.dumps(asdict(self), sort_keys=True, default=str, indent=1)

    @property
    def digest(self) -> str:
        """sha256 of the canonical JSON."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote.

        Raises
        ------
        ValueError
            It is no manifest.
        """
        try:
            told = json.loads(text)
            night = date.fromisoformat(told["night"])
            tables = {name: TableDigest(**digest) for name, digest in told["tables"].items()}
            return cls(**{**told, "night": night, "tables": tables})
        except (KeyError, TypeError, AttributeError) as err:
            raise ValueError(f"not a manifest: {err}") from err


def digest_tables(connection: Connection) -> dict[str, TableDigest]:
    """Hash every table of the hashed schemas.

    The hash adds up the hashes of the rows, so that it depends neither on row order nor on threads,
    and a row that stands twice counts twice.
    """
    names = connection.execute(
        "select schema_name || '.' || table_name from duckdb_tables() "
        "where schema_name in (select unnest(?)) and database_name = current_database() order by 1",
        [list(HASHED_SCHEMAS)],
    ).fetchall()
    digests = {}
    for (name,) in names:
        if name in UNHASHED_TABLES:
            continue
        row = connection.execute(
            f"select count(*), coalesce(sum(hash(t)::hugeint), 0)::varchar from {name} as t"
        ).fetchone()
        if row is not None:
            columns = connection.execute(f"describe {name}").fetchall()
            layout = ",".join(f"{column[0]}:{column[1]}" for column in columns)
            content = hashlib.sha256(f"{layout}|{row[0]}|{row[1]}".encode()).hexdigest()
            digests[name] = TableDigest(int(row[0]), content)
    return digests


def verify(path: Path, manifest: Manifest) -> None:
    """Open a file read-only and compare every table with the manifest.

    Raises
    ------
    CorruptFileError
        A table is missing, or holds other rows than the manifest says.
    """
    with connect(path, read_only=True) as connection:
        found = digest_tables(connection)
    for name, digest in manifest.tables.items():
        if found.get(name) != digest:
            raise CorruptFileError(
                f"{path.name} is not what its manifest says: {name} differs. "
                "Nothing was published; run `mqp nightly` again."
            )


def swap(
    home: Home, manifest: Manifest, *, keep_results: bool = True, environment: str = "{}"
) -> None:
    """Verify the build, replace the published file by it, and keep its manifest and results.

    The results are written before the swap and put in place after it: a night's folder is always
    that of a published attempt.

    Parameters
    ----------
    keep_results : whether the night's folder is written; a rebuilt past night leaves it alone.
    environment : JSON of the machine and packages that computed the night, kept beside the
        manifest and no part of it.

    Raises
    ------
    CorruptFileError
        The build does not match its manifest, or not all of it has reached its file; the old night
        stays.
    """
    if log_of_writes(home.build).exists():
        raise CorruptFileError(
            f"{log_of_writes(home.build).name} lies beside the build: not all is in its file. "
            "Nothing was published; run `mqp nightly` again."
        )
    verify(home.build, manifest)
    finish_publication(home)
    if keep_results:
        with writing_failures(home.publication):
            _write_results(home, manifest, environment)
    flush_to_disk(home.build)
    _set_foreign_writes_aside(home.published)
    home.build.replace(home.published)
    flush_to_disk(home.warehouse)
    try:
        _finish(home, is_swapped_in=True)
        seal(home.published)
    except (OSError, StorageError) as err:  # the night is published all the same
        log.warning("The next run keeps the results of night %s: %s.", manifest.night, err)


def finish_publication(home: Home) -> None:
    """Do what a run that was killed while it published left undone: every run begins with it.

    Results of the published night take their place; those of a night that was never swapped in are
    thrown away.
    """
    written = _written_manifest(home)
    _finish(home, is_swapped_in=written is not None and _is_published(home, written))


def _finish(home: Home, *, is_swapped_in: bool) -> None:
    written = _written_manifest(home)
    if written is not None and is_swapped_in:
        _place_results(home, written.night)
    shutil.rmtree(home.publication, ignore_errors=True)
    _forget_old_nights(home)


def _set_foreign_writes_aside(published: Path) -> None:
    """Nobody writes to the published file; if somebody did, the new one must not get it."""
    foreign = log_of_writes(published)
    if foreign.exists():
        aside = foreign.with_name(foreign.name + ".damaged")
        log.warning("Another program has written to %s: see %s.", published.name, aside.name)
        foreign.replace(aside)


def _write_results(home: Home, manifest: Manifest, environment: str) -> None:
    """Write the night's folder where no reader looks for it."""
    fresh = home.publication / FRESH
    fresh.mkdir(parents=True)
    (fresh / MANIFEST).write_text(manifest.to_json())
    (fresh / ENVIRONMENT).write_text(environment)
    with connect(home.build, read_only=True) as connection:
        for name, rows in KEPT_RESULTS.items():
            if name in manifest.tables:
                target = quoted_path(fresh / f"{name}.parquet")
                connection.execute(f"copy (select * from {name} where {rows}) to '{target}'")
        _keep_decisions(connection, manifest.night, fresh / f"{KEPT_DECISIONS}.parquet")
    for path in (*fresh.iterdir(), fresh):
        flush_to_disk(path)


def _written_manifest(home: Home) -> Manifest | None:
    try:
        return Manifest.from_json((home.publication / FRESH / MANIFEST).read_text())
    except (OSError, ValueError):  # none, or a kill has cut it: then nothing was swapped in
        return None


def _is_published(home: Home, manifest: Manifest) -> bool:
    """Whether readers see what a manifest describes.

    Where the published file cannot tell, the build does: the swap takes it away.
    """
    try:
        with connect(home.published, read_only=True) as published:
            hashes = published.execute(
                "select manifest_hash from ops.nights where night = ? "
                "and manifest_hash is not null",
                [manifest.night],
            ).fetchall()
    except (WarehouseError, duckdb.Error):
        hashes = []
    return (manifest.digest,) in hashes if hashes else not home.build.exists()


def _place_results(home: Home, night: date) -> None:
    """Rename the night's folder in; a kill between two renames leaves the rest for the next run."""
    folder = home.nights / night.isoformat()
    if folder.exists():
        folder.replace(home.publication / REPLACED)
    (home.publication / FRESH).replace(folder)
    flush_to_disk(home.nights)


def _keep_decisions(connection: Connection, night: date, target: Path) -> None:
    """Keep what the night decided a second time: nothing else could tell it from hindsight."""
    schema, name = KEPT_DECISIONS.split(".")
    has_decisions = connection.execute(
        "select 1 from duckdb_tables() where schema_name = ? and table_name = ?", [schema, name]
    ).fetchone()
    if has_decisions:
        connection.execute(
            f"copy (select * from {KEPT_DECISIONS} where night = '{night}') "
            f"to '{quoted_path(target)}'"
        )


def _forget_old_nights(home: Home) -> None:
    """Delete the oldest folders, and what a killed run was still writing: that is no night."""
    folders = sorted(path for path in home.nights.glob("*") if path.is_dir())
    unfinished = [folder for folder in folders if folder.suffix == UNFINISHED]
    nights = [folder for folder in folders if folder.suffix != UNFINISHED]
    for folder in (*unfinished, *nights[:-NIGHTS_KEPT]):
        shutil.rmtree(folder, ignore_errors=True)
