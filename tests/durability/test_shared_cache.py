"""Two runs of different homes on one cache at the same time, as real processes."""

import json
import multiprocessing
import threading
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from ingestion.cache import Cache, DamagedFileError
from ingestion.database import CacheDatabase
from tests.durability.small_world import FRIDAY, Order, differing_rows, fetch_and_land, sandbox
from tests.durability.torture import PROVENANCE, process_factory
from warehouse.files import LineLog
from warehouse.home import Home

ROUNDS = 40
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


def write_and_read(root: Path, writer: int) -> None:
    """Replace the same cached tables again and again, and read what is there."""
    with closing(CacheDatabase(root, "sandbox:1")) as database:
        cache = Cache(root, database)
        for number in range(ROUNDS):
            for symbol in ("AAPL", "KO"):
                cache.write(
                    "polygon", "daily_bars", symbol, pa.table({"x": [writer] * (number + 1)}),
                    start=date(2010, 1, 4), end=date(2026, 1, 5), updated_at=MONDAY,
                )  # fmt: skip
                entry = cache.find("polygon", "daily_bars", symbol)
                try:
                    rows = cache.read(entry)["x"].to_pylist() if entry else []
                except DamagedFileError:
                    continue  # the other one has just replaced it: asked again, never mixed
                assert set(rows) <= {0, 1}
                assert len(set(rows)) <= 1


def append_lines(path: Path, writer: int) -> None:
    """Append lines from three threads, longer than any buffer."""
    with LineLog(path) as log:
        threads = [
            threading.Thread(
                target=lambda: [log.append(json.dumps([writer] * 5_000)) for _ in range(20)]
            )
            for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def run_both(target, *arguments: object) -> None:
    context = multiprocessing.get_context("forkserver")
    processes = [context.Process(target=target, args=(*arguments, writer)) for writer in (0, 1)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]


def test_two_writers_of_one_cache_leave_whole_files_and_true_entries(tmp_path):
    run_both(write_and_read, tmp_path)
    with closing(CacheDatabase(tmp_path, "sandbox:1")) as database:
        cache = Cache(tmp_path, database)
        for symbol in ("AAPL", "KO"):
            entry = cache.find("polygon", "daily_bars", symbol)
            assert entry is not None
            assert len(set(cache.read(entry)["x"].to_pylist())) == 1
    assert list(tmp_path.rglob("*.new")) == []


def test_lines_of_two_processes_never_mix(tmp_path):
    run_both(append_lines, tmp_path / "log")
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert len(lines) == 120
    assert all(len(line) == 5_000 and len(set(line)) == 1 for line in lines)


@pytest.mark.parametrize("homes", [("one", "two")])
def test_two_nights_on_one_cache_land_the_same_rows(tmp_path, homes):
    processes = []
    with sandbox(FRIDAY) as (urls, keys):
        for name in homes:
            order = Order(tmp_path / name, urls, keys, FRIDAY, name, tmp_path / "cache")
            processes.append(process_factory().Process(target=fetch_and_land, args=(order,)))
            processes[-1].start()
        for process in processes:
            process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    one, two = (Home(tmp_path / name).ledger for name in homes)
    assert differing_rows(one, two, ignoring=PROVENANCE) == {}
