"""The disasters themselves: lost and damaged files. Others are in the two modules beside this."""

import shutil
from contextlib import suppress
from pathlib import Path

import duckdb

from tests.durability.scenes import Scene, disaster
from warehouse.connection import connect
from warehouse.errors import CorruptFileError
from warehouse.landing_log import NAME

REPLAYED = "with the content that was published"
RESTORE_BACKUP = "mqp restore backups/2026-11-20T22-30-00Z --verify"
HEADERS_BYTES = 3 * 4096


@disaster("the published file is deleted")
def published_file_is_deleted(scene: Scene) -> None:
    scene.home.published.unlink()
    scene.tells("mqp health", "quant.duckdb")
    scene.mends("mqp replay", REPLAYED)
    scene.same_night()


@disaster("a byte of the published file turns")
def published_byte_turns(scene: Scene) -> None:
    turn_a_read_byte(scene, scene.home.published)
    scene.tells("mqp health", "quant.duckdb")
    scene.mends("mqp replay", REPLAYED)
    assert scene.home.published.with_name("quant.duckdb.damaged").exists()
    scene.same_night()


@disaster("half of the published file is written")
def published_file_is_cut(scene: Scene) -> None:
    scene.cut(scene.home.published)
    scene.tells("mqp health", "quant.duckdb")
    scene.mends("mqp nightly", REPLAYED)
    scene.same_night()


def rebuild_the_ledger(scene: Scene, *, is_there: bool = True) -> None:
    """As the runbook says under *Lost ledger*."""
    if is_there:
        scene.mends("mv warehouse/ledger.duckdb warehouse/ledger.damaged")
    scene.mends("mqp restore --from-responses", "every landed row is back as it was")
    scene.same_night()


@disaster("the ledger's tail is cut off")
def ledger_is_cut(scene: Scene) -> None:
    scene.cut(scene.home.ledger)
    scene.tells("mqp health", "ledger.duckdb")
    rebuild_the_ledger(scene)


@disaster("a byte of the ledger turns")
def ledger_byte_turns(scene: Scene) -> None:
    turn_a_read_byte(scene, scene.home.ledger)
    scene.tells("mqp health", "ledger.duckdb")
    rebuild_the_ledger(scene)
    scene.mends("mqp replay --verify", "IDENTICAL")


@disaster("the ledger is deleted")
def ledger_is_deleted(scene: Scene) -> None:
    scene.home.ledger.unlink()
    scene.tells("mqp nightly", "mqp restore --from-responses")
    rebuild_the_ledger(scene, is_there=False)
    scene.mends("mqp nightly")
    scene.same_night()


@disaster("ledger and published file are deleted")
def warehouse_is_deleted(scene: Scene) -> None:
    scene.home.ledger.unlink()
    scene.home.published.unlink()
    scene.tells("mqp health", "mqp restore --from-responses")
    scene.mends(RESTORE_BACKUP, "read through and equal to what was saved")
    scene.same_night()


@disaster("the whole home is lost")
def home_is_lost(scene: Scene) -> None:
    universe = scene.home.root / "universe.yaml"
    text = universe.read_text()
    shutil.rmtree(scene.home.root)
    scene.home.root.mkdir()
    universe.write_text(text)
    scene.mends(RESTORE_BACKUP, "read through and equal to what was saved")
    scene.mends("mqp replay --verify", "IDENTICAL")
    scene.same_night()


@disaster("half of a backup is there")
def backup_is_cut(scene: Scene) -> None:
    copy = shutil.copytree(scene.backup, scene.home.root / "half" / scene.backup.name)
    files = [path for path in copy.rglob("*") if path.is_file() and path.parent != copy]
    scene.cut(scene.one_of([path for path in files if path.stat().st_size > 100]))
    scene.backup, whole = copy, scene.backup
    scene.tells(RESTORE_BACKUP, "is damaged")
    scene.same_night()
    scene.backup = whole
    scene.mends(RESTORE_BACKUP, "read through and equal to what was saved")
    scene.same_night()


@disaster("a cached table turns bad")
def cached_table_turns(scene: Scene) -> None:
    path = scene.one_of(list((scene.home.data / "cache").rglob("*.parquet")))
    scene.flip_a_byte(path)
    scene.tells("mqp health", path.stem, code=0)
    scene.mends("mqp nightly")
    scene.same_night()


@disaster("the cache is deleted")
def cache_is_deleted(scene: Scene) -> None:
    shutil.rmtree(scene.home.data / "cache")
    scene.mends("mqp nightly")
    scene.same_night()


@disaster("the cache's index is damaged")
def cache_index_is_damaged(scene: Scene) -> None:
    path = scene.home.data / "cache" / "cache.db"
    path.write_bytes(scene.chance.randbytes(path.stat().st_size))
    scene.tells("mqp health", "cache.db", code=0)
    scene.mends("mqp nightly")
    assert path.with_name("cache.db.damaged").exists()
    scene.same_night()


@disaster("a stored response is damaged")
def response_is_damaged(scene: Scene) -> None:
    path = scene.one_of(list(scene.home.raw_responses.glob("polygon/*/*.gz")))
    scene.cut(path)
    copy = scene.home.root / "check.duckdb"
    scene.tells("mqp restore --from-responses --to ~/check.duckdb", "NOT every", code=3)
    copy.unlink()
    shutil.copy2(scene.backup / path.relative_to(scene.home.root), path)
    scene.mends("mqp restore --from-responses --to ~/check.duckdb", "every landed row is back")
    scene.same_night()


@disaster("the landing log loses its tail")
def landing_log_is_cut(scene: Scene) -> None:
    scene.cut(scene.home.raw_responses / NAME)
    scene.mends("mqp nightly")
    scene.mends("mqp restore --from-responses --to ~/check.duckdb", "every landed row is back")
    scene.same_night()


@disaster("the published night's manifest is torn")
def manifest_is_torn(scene: Scene) -> None:
    scene.cut(scene.home.nights / "2024-06-28" / "manifest.json")
    scene.mends("mqp nightly", "was damaged: written again")
    scene.same_night()


@disaster("an alert is torn in the middle of its line")
def outbox_is_torn(scene: Scene) -> None:
    folder = scene.home.logs / "alerts"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "alerts_20240628.jsonl").write_bytes(b'{"id": "torn", "raised_at": "2024-06-2')
    scene.mends("mqp notify", "ALERT_WEBHOOK_URL is not set: nobody is told")
    scene.same_night()


def turn_a_read_byte(scene: Scene, database: Path) -> None:
    """Turn bytes, one at a time, until one is read: that of a free block harms nobody."""
    sound = database.read_bytes()
    while is_readable(database):
        database.write_bytes(sound)
        scene.flip_a_byte(database, begin=HEADERS_BYTES)


def is_readable(database: Path) -> bool:
    """Whether every row of a database can be read."""
    with suppress(duckdb.Error, CorruptFileError), connect(database, read_only=True) as opened:
        for schema, table in opened.execute(
            "select schema_name, table_name from duckdb_tables()"
        ).fetchall():
            opened.execute(f"select sum(hash(t)::hugeint) from {schema}.{table} as t").fetchall()
        return True
    return False
