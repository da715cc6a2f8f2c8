"""Cached tables: whole, of one world, one live file each."""

from contextlib import closing
from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from ingestion.cache import Cache, DamagedFileError
from ingestion.database import CacheDatabase
from ingestion.errors import SymbolError
from warehouse.errors import StorageError, WorldMismatchError

TABLE = pa.table({"x": [1, 2, 3]})
MONDAY, TUESDAY = datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 6, tzinfo=UTC)


@pytest.fixture
def database(tmp_path):
    opened = CacheDatabase(tmp_path, "sandbox:1")
    yield opened
    opened.close()


@pytest.fixture
def cache(tmp_path, database):
    return Cache(tmp_path, database)


def write(cache, updated_at=MONDAY, table=TABLE, **changes):
    values = {
        "start": date(2010, 1, 4), "end": date(2026, 1, 5), "updated_at": updated_at,
        "observed_through": date(2026, 1, 2), "validators": {"etag": "e"}, **changes,
    }  # fmt: skip
    return cache.write("polygon", "daily_bars", "BRK.B", table, **values)


def test_cached_table_is_read_back_with_its_metadata(cache):
    written = write(cache)
    found = cache.find("polygon", "daily_bars", "BRK.B")

    assert found == written
    assert cache.read(found) == TABLE


def test_file_lies_where_people_look_for_it(cache, tmp_path):
    assert write(cache).path == "polygon/BRK.B/2026-01-05.daily_bars.parquet"
    assert (tmp_path / "polygon/BRK.B/2026-01-05.daily_bars.parquet").is_file()


def test_newer_file_replaces_the_older_one(cache, tmp_path):
    write(cache)
    write(cache, TUESDAY)

    files = [path.name for path in (tmp_path / "polygon" / "BRK.B").iterdir()]
    assert files == ["2026-01-06.daily_bars.parquet"]


@pytest.mark.parametrize("damage", [b"", b"PAR1 half", None])
def test_damaged_file_is_dropped(cache, tmp_path, damage):
    entry = write(cache)
    path = tmp_path / entry.path
    path.unlink() if damage is None else path.write_bytes(damage)
    with pytest.raises(DamagedFileError, match=r"damaged or gone"):
        cache.read(entry)

    assert cache.find("polygon", "daily_bars", "BRK.B") is None


def test_path_outside_the_cache_cannot_be_made(cache, tmp_path):
    with pytest.raises(SymbolError):
        cache.write(
            "polygon", "x", "../../x", TABLE,
            start=date.min, end=date.min, updated_at=MONDAY,
        )  # fmt: skip

    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []


def test_cache_of_another_world_is_refused_in_one_sentence(tmp_path, database):
    with pytest.raises(WorldMismatchError) as caught:
        CacheDatabase(tmp_path, "live")

    assert "'sandbox:1' and this run is 'live'" in str(caught.value)


def test_damaged_entry_that_another_run_has_replaced_is_left_alone(cache, tmp_path):
    before = write(cache)
    after = write(cache, TUESDAY, pa.table({"x": [4]}))
    with pytest.raises(DamagedFileError):
        cache.read(before)

    assert cache.find("polygon", "daily_bars", "BRK.B") == after
    assert cache.read(after)["x"].to_pylist() == [4]


@pytest.mark.parametrize("damage", [b"no database at all" * 300, None])
def test_damaged_database_is_set_aside_and_begun_anew(tmp_path, damage, caplog):
    with closing(CacheDatabase(tmp_path, "sandbox:1")) as database:
        write(Cache(tmp_path, database))
    path = tmp_path / "cache.db"
    content = path.read_bytes()
    middle = len(content) // 2
    path.write_bytes(damage or content[: middle - 2000] + b"\xff" * 4000 + content[middle + 2000 :])
    with closing(CacheDatabase(tmp_path, "sandbox:1")) as database:
        assert Cache(tmp_path, database).find("polygon", "daily_bars", "BRK.B") is None

    assert (tmp_path / "cache.db.damaged").exists()
    assert "begun anew" in caplog.text


def test_half_written_files_of_killed_runs_are_swept(tmp_path, database):
    (tmp_path / ".partial").mkdir()
    (tmp_path / ".partial" / ".999999999.1.x.parquet.new").write_bytes(b"half")
    Cache(tmp_path, database)

    assert list((tmp_path / ".partial").iterdir()) == []


def test_failed_transaction_changes_nothing(cache, database, tmp_path):
    entry = write(cache)
    (tmp_path / ".partial").rmdir()
    (tmp_path / ".partial").write_bytes(b"no folder can be made here")
    with pytest.raises(StorageError, match="free disk space"):
        write(cache, TUESDAY)

    assert cache.find("polygon", "daily_bars", "BRK.B") == entry
    assert cache.read(entry) == TABLE
