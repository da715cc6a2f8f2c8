"""What a backup of this home is: its files, and what its databases hold."""

import logging
from collections.abc import Mapping
from pathlib import Path

import duckdb

from ingestion.masking import SHORTEST_UNMISTAKABLE_KEY, Masker
from orchestration.errors import UsageError
from orchestration.provenance import code_hash
from orchestration.replay.published import manifest_of
from orchestration.resources import REPOSITORY, Settings, configured_secrets, utc_now
from warehouse.backup.manifest import Backup, State, read_backup
from warehouse.backup.places import PUBLISHED, SEAL, unit_of
from warehouse.backup.shelf import folders_in
from warehouse.backup.write import BackupOrder, Made, write_backup
from warehouse.connection import connect, count_rows, read_all
from warehouse.errors import CorruptFileError, WarehouseError
from warehouse.home import Home
from warehouse.ledger import newest_version

log = logging.getLogger("mqp.backup")

RECORD = {
    "ops.landings": "landed batches",
    "ops.nights": "attempts at nights",
    "ops.tombstones": "removals",
    "quality.quarantine": "quarantines and releases",
    "analytics.decisions": "decisions",
    "raw.mqp__headline_scores": "scored headlines",
}
"""Tables that only grow, by which a ledger that has gone on since a backup is known. Trials are
none of them: those that the backup lacks are added again."""


def make_backup(settings: Settings, root: Path, *, keep: int) -> Made:
    """Save the home into a folder below `root`.

    Raises
    ------
    UsageError
        The folder is one of those that are saved.
    """
    home, root = settings.home, root.expanduser().resolve()
    _refuse_saved_folder(root, settings)
    masker = Masker(
        key for key in configured_secrets(settings) if len(key) >= SHORTEST_UNMISTAKABLE_KEY
    )
    order = BackupOrder(
        home=home,
        root=root,
        cache_root=settings.cache_root,
        configuration=configuration_files(settings),
        now=utc_now(settings),
        code_hash=code_hash(),
        keep=keep,
        describe=describe,
        holds_key=lambda content: masker.data(content) != content,
    )
    return write_backup(order, log.info)


def _refuse_saved_folder(root: Path, settings: Settings) -> None:
    home = settings.home.root
    is_part = root.is_relative_to(home) and unit_of(f"{root.relative_to(home).as_posix()}/x")
    if is_part or root.is_relative_to(settings.cache_root.resolve()):
        raise UsageError(f"{root} is saved itself: name a folder outside of it with --to.")


def chosen_backup(settings: Settings, place: Path) -> Backup:
    """The backup that a person names: from here, from the home, or by its bare name.

    Raises
    ------
    UsageError
        It is the folder of several backups.
    CorruptFileError
        It is none, or its manifest cannot be trusted.
    """
    given = place.expanduser()
    candidates = (given, settings.home.root / given, settings.backups / given)
    found = next((each for each in candidates if each.exists()), given).resolve()
    if several := folders_in(found):
        raise UsageError(f"{found} holds {len(several)} backups: name one; newest: {several[0]}.")
    return read_backup(found)


def configuration_files(settings: Settings) -> dict[str, Path]:
    """Place below a backup's `config/` to the file in use."""
    files = {
        f"universes/{settings.universe.name}": settings.universe,
        "portfolio.yaml": settings.portfolio,
        "schedule.yaml": REPOSITORY / "config" / "schedule.yaml",
    }
    return files | ({"holdings.csv": settings.holdings} if settings.holdings else {})


def describe(home: Home) -> tuple[State, Mapping[str, str]]:
    """Read the copied databases to their last row; a damaged published file is not saved.

    Raises
    ------
    CorruptFileError
        The ledger cannot be read.
    """
    with connect(home.ledger, read_only=True) as ledger:
        read_all(ledger)
        version = newest_version(ledger)
        record = {name: count_rows(ledger, name) for name in RECORD}
        world, begun_at = ledger.execute("select world, created_at from ops.world").fetchall()[0]
    state = State(world, begun_at, version, record)
    if not home.published.exists():
        return state, {}
    try:
        return _with_published(state, home), {}
    except (WarehouseError, duckdb.Error) as err:
        reason = f"is damaged ({str(err).splitlines()[0]}); `mqp replay` builds it again"
        return state, {PUBLISHED: reason, SEAL: "is of the damaged file"}


def _with_published(state: State, home: Home) -> State:
    with connect(home.published, read_only=True) as published:
        manifest, is_recorded = manifest_of(home, published)
        if is_recorded is False:
            raise CorruptFileError("it is not what its record says")
        row = published.execute(
            "select max(attempt) from ops.nights where night = ? and manifest_hash = ?",
            [manifest.night, manifest.digest],
        ).fetchone()
    return State(
        state.world,
        state.ledger_begun_at,
        state.ledger_version,
        state.record,
        night=manifest.night,
        attempt=row[0] if row else None,
        manifest_hash=manifest.digest,
    )
