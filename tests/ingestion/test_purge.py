"""Taking a provider's answers off the disk, and nothing else."""

import gzip
import json
from datetime import UTC, date, datetime
from hashlib import sha256

import pyarrow as pa
import pytest

from ingestion.cache import Cache
from ingestion.database import CacheDatabase
from ingestion.errors import SymbolError
from ingestion.inventory import holdings
from ingestion.purge import purge_cache, purge_responses

TABLE = pa.table({"x": [1, 2, 3]})
MONDAY, TUESDAY = datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 6, tzinfo=UTC)


@pytest.fixture
def cache(tmp_path):
    database = CacheDatabase(tmp_path / "cache", "sandbox:1")
    cache = Cache(tmp_path / "cache", database)
    for provider, dataset, symbol, moment in (
        ("fmp", "splits", "AAPL", MONDAY),
        ("fmp", "daily_prices", "AAPL", TUESDAY),
        ("fmp", "splits", "BRK.B", MONDAY),
        ("polygon", "splits", "AAPL", MONDAY),
    ):
        cache.write(
            provider, dataset, symbol, TABLE,
            start=date(2010, 1, 4), end=moment.date(), updated_at=moment,
        )  # fmt: skip
    yield cache
    database.close()


def left(root):
    return sorted(str(path.relative_to(root)) for path in root.rglob("*.parquet"))


def test_inventory_counts_by_provider_and_dataset(tmp_path, cache):
    found = holdings(tmp_path / "cache", cache)

    assert [(each.provider, each.dataset, each.symbols) for each in found] == [
        ("fmp", "daily_prices", ("AAPL",)),
        ("fmp", "splits", ("AAPL", "BRK.B")),
        ("polygon", "splits", ("AAPL",)),
    ]
    assert found[1].bytes == sum(
        path.stat().st_size for path in (tmp_path / "cache" / "fmp").rglob("*.splits.parquet")
    )
    assert (found[1].oldest_fetch_at, found[1].last_day) == (MONDAY, date(2026, 1, 5))


@pytest.mark.parametrize(
    ("options", "files", "entries"),
    [
        ({}, 3, 1),
        ({"symbol": "AAPL"}, 2, 2),
        ({"symbol": "AAPL", "dataset": "splits"}, 1, 3),
        ({"dataset": "splits"}, 2, 2),
        ({"symbol": "ZZQ"}, 0, 4),
    ],
)
def test_purge_takes_what_was_named_and_nothing_else(tmp_path, cache, options, files, entries):
    removed = purge_cache(tmp_path / "cache", cache, "fmp", **options)

    assert removed.files == files
    assert len(cache.entries()) == len(left(tmp_path / "cache")) == entries


def test_purge_takes_files_that_no_entry_names(tmp_path, cache):
    orphan = tmp_path / "cache" / "fmp" / "AAPL" / "2025-01-01.splits.parquet"
    orphan.write_bytes(b"x")
    purge_cache(tmp_path / "cache", cache, "fmp")

    assert not (tmp_path / "cache" / "fmp").exists()


@pytest.mark.parametrize("symbol", ["../../etc/passwd", "..", "", "A" * 300, "AAPL/..", "A\0"])
def test_purge_never_leaves_the_cache(tmp_path, cache, symbol):
    outside = tmp_path / "2026-01-05.splits.parquet"
    outside.write_bytes(b"mine")
    with pytest.raises(SymbolError):
        purge_cache(tmp_path / "cache", cache, "fmp", symbol=symbol)

    assert outside.exists()
    assert len(cache.entries()) == 4


def keep(raw, provider, symbol, body):
    metadata = {
        "provider": provider, "dataset": "d", "symbol": symbol, "url": "u", "status": 200,
        "window_start": None, "window_end": None, "content_type": "", "fetched_at": str(MONDAY),
    }  # fmt: skip
    path = raw / provider / "2026-01-05" / f"{sha256(body).hexdigest()}-{symbol[:4]}.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(json.dumps(metadata).encode() + b"\n" + body))
    return path


def test_responses_of_a_provider_go_with_their_folders(tmp_path):
    gone, stays = keep(tmp_path, "fmp", "AAPL", b"1"), keep(tmp_path, "cboe", "VIX", b"2")
    removed = purge_responses(tmp_path, "fmp")

    assert (removed.files, gone.parents[1].exists(), stays.exists()) == (1, False, True)


def test_response_about_many_symbols_stays_for_one(tmp_path):
    shared = keep(tmp_path, "polygon", "*", b"1")
    other, gone = keep(tmp_path, "polygon", "KO", b"2"), keep(tmp_path, "polygon", "AAPL", b"3")
    removed = purge_responses(tmp_path, "polygon", symbol="AAPL")

    assert (removed.files, removed.shared) == (1, 1)
    assert [path.exists() for path in (shared, other, gone)] == [True, True, False]
