"""The log of requests: one JSON line each, stamped, of a known run, never too large."""

import json
import os
from datetime import UTC, datetime

import pytest

from ingestion.journal import LARGEST_LOG_BYTES, Journal
from ingestion.masking import Masker

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.fixture
def log(tmp_path):
    return tmp_path / "logs" / "ingestion.log"


def report(log, run_id="run-1"):
    with Journal(log, Masker(["secret-key-0001"]), run_id=run_id, clock=lambda: NOON) as journal:
        journal.report("fmp", "splits", "KO", "gone: secret-key-0001", is_degrading=False)


def test_line_carries_moment_run_and_no_key(log):
    report(log)
    assert json.loads(log.read_text()) == {
        "run_id": "run-1",
        "level": "WARN",
        "requested_at": "2026-01-05 12:00:00+00:00",
        "problem": {
            "provider": "fmp",
            "dataset": "splits",
            "symbol": "KO",
            "failure": "",
            "message": "gone: ***",
            "is_degrading": False,
        },
    }


def test_runs_follow_each_other_in_one_log(log):
    report(log, "run-1")
    report(log, "run-2")
    runs = [json.loads(line)["run_id"] for line in log.read_text().splitlines()]
    assert runs == ["run-1", "run-2"]


def test_large_log_is_rolled_and_five_old_ones_are_kept(log):
    for number in range(8):
        report(log, f"run-{number}")
        os.truncate(log, LARGEST_LOG_BYTES)  # a sparse file: it takes no room
    kept = {path.name: run_of_first_line(path) for path in log.parent.iterdir()}
    assert kept == {
        "ingestion.log": "run-7",
        **{f"ingestion.log.{age}": f"run-{7 - age}" for age in range(1, 6)},
    }


def run_of_first_line(path):
    with path.open() as lines:
        return json.loads(lines.readline())["run_id"]
