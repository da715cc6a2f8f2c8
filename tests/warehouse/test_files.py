"""Files are whole or not there, and what a full disk refuses is one sentence."""

import os
import subprocess
import sys

import pytest

from warehouse.connection import connect
from warehouse.errors import StorageError
from warehouse.files import (
    SCRATCH,
    LineLog,
    copy_database,
    log_of_writes,
    sweep_scratch,
    write_bytes,
)


def test_file_is_replaced_whole(tmp_path):
    path = tmp_path / "deep" / "file"
    write_bytes(path, b"old")
    write_bytes(path, b"new", scratch=tmp_path / SCRATCH)
    assert path.read_bytes() == b"new"
    assert [item.name for item in path.parent.iterdir()] == ["file"]
    assert list((tmp_path / SCRATCH).iterdir()) == []


def test_failed_write_leaves_nothing_behind_and_says_what_to_do(tmp_path):
    target = tmp_path / "folder"
    target.mkdir()
    with pytest.raises(StorageError, match=r"folder cannot be written \(Is a directory\): free"):
        write_bytes(target, b"a file cannot replace a folder")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_leftovers_of_dead_processes_are_swept_and_those_of_living_ones_stay(tmp_path):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    folder = tmp_path / SCRATCH
    folder.mkdir()
    for owner in (dead.pid, os.getpid(), os.getppid(), "odd"):
        (folder / f".{owner}.1.file.new").write_bytes(b"half")
    assert sweep_scratch(tmp_path) == 3
    assert [path.name for path in folder.iterdir()] == [f".{os.getppid()}.1.file.new"]


KILLED_WRITER = """
import os, sys
import duckdb
connection = duckdb.connect(sys.argv[1])
connection.execute("create table numbers as select 1 as n")
connection.execute("checkpoint")
connection.execute("insert into numbers values (2)")
os._exit(9)
"""


def test_copy_of_a_database_has_what_a_killed_writer_had_logged(tmp_path):
    subprocess.run([sys.executable, "-c", KILLED_WRITER, str(tmp_path / "one")], check=False)
    assert log_of_writes(tmp_path / "one").exists()
    copy_database(tmp_path / "one", tmp_path / "other")
    with connect(tmp_path / "other", read_only=True) as copy:
        assert copy.execute("select n from numbers order by n").fetchall() == [(1,), (2,)]


def test_line_that_a_crash_cut_off_is_ended_before_the_next(tmp_path):
    path = tmp_path / "log"
    path.write_text('{"whole": 1}\n{"cut')
    with LineLog(path) as log:
        log.append('{"next": 2}')
    assert path.read_text() == '{"whole": 1}\n{"cut\n{"next": 2}\n'


FULL = """
import resource, signal, sys
from pathlib import Path
from warehouse.errors import StorageError
from warehouse.files import LineLog, write_bytes
folder = Path(sys.argv[1])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with LineLog(folder / "log") as log:
    log.append("first")
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
    large = "x" * 5000
    for write in (lambda: write_bytes(folder / "kept", large.encode()), lambda: log.append(large)):
        try:
            write()
        except StorageError as err:
            print(err)
"""


def test_write_beyond_what_the_disk_holds_is_one_sentence_and_keeps_what_was_there(tmp_path):
    (tmp_path / "kept").write_bytes(b"old")
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, check=True
    )
    told = done.stdout.splitlines()
    assert len(told) == 2
    assert all("cannot be written (File too large): free disk space" in line for line in told)
    assert (tmp_path / "kept").read_bytes() == b"old"
    assert list(tmp_path.glob(".*")) == []
    with LineLog(tmp_path / "log") as log:
        log.append("after")
    lines = (tmp_path / "log").read_text().splitlines()
    assert (lines[0], lines[-1]) == ("first", "after")
