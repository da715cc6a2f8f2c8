"""Errors of a database file itself are told from errors of a statement."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from warehouse.connection import connect
from warehouse.errors import CorruptFileError, WarehouseBusyError

HEADER_BYTES, BLOCK_BYTES = 3 * 4096, 262_144
EVERYTHING = "select sum(hash(t)::hugeint) from numbers as t"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A file of several blocks, all of one table."""
    path = tmp_path / "numbers.duckdb"
    with connect(path) as connection:
        connection.execute("create table numbers as select hash(range) as n from range(200_000)")
    return path


def flip(path: Path, *offsets: int) -> None:
    content = bytearray(path.read_bytes())
    for offset in offsets:
        content[offset] ^= 0xFF
    path.write_bytes(content)


def read(path: Path) -> None:
    with connect(path, read_only=True) as connection:
        connection.execute(EVERYTHING).fetchall()


@pytest.mark.parametrize("offset", [0, 475, 4096 + 475, 2 * 4096 + 475])
def test_damaged_header_is_not_taken_for_a_busy_file(database: Path, offset: int) -> None:
    flip(database, offset, 4096 + offset % 4096, 2 * 4096 + offset % 4096)
    with pytest.raises(CorruptFileError, match=r"^numbers\.duckdb is damaged") as told:
        read(database)
    assert "\n" not in str(told.value)


def test_damaged_block_is_told_when_it_is_read(database: Path) -> None:
    size = database.stat().st_size
    flip(database, *range(HEADER_BYTES + BLOCK_BYTES // 2, size, BLOCK_BYTES))
    with pytest.raises(CorruptFileError, match=r"is damaged .*RUNBOOK\.md\.$"):
        read(database)


def test_file_that_ends_too_early_is_damaged(database: Path) -> None:
    database.write_bytes(database.read_bytes()[: HEADER_BYTES + BLOCK_BYTES])
    with pytest.raises(CorruptFileError, match="is damaged"):
        read(database)


def test_file_that_another_process_writes_is_busy(database: Path) -> None:
    holding = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", holding, str(database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        with pytest.raises(WarehouseBusyError):
            read(database)
        writer.communicate("\n")


def test_error_of_a_statement_stays_what_it_is(database: Path) -> None:
    with pytest.raises(duckdb.CatalogException), connect(database) as connection:
        connection.execute("from no_such_table")
