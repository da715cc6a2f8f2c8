"""The log for machines: JSON lines of one run, without keys, in a file that rolls."""

import json
import logging
import threading
from pathlib import Path

import pytest

from ingestion.masking import Masker
from orchestration import logs
from orchestration.logs import JsonLines, RollingFile, log_to_file

log = logging.getLogger("mqp.test")
KEY = "k3y-of-a-provider-0123456789"


def rows(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_every_line_of_a_run_has_its_id_also_from_other_threads(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "signal_engine.log"
    with log_to_file(path, "run-1"):
        log.info("here")
        thread = threading.Thread(target=log.warning, args=("%s", "there"))
        thread.start()
        thread.join()
        log.debug("not for this file")
    log.info("after the run")
    assert [(row["run_id"], row["level"], row["logger"], row["message"]) for row in rows(path)] == [
        ("run-1", "INFO", "mqp.test", "here"),
        ("run-1", "WARNING", "mqp.test", "there"),
    ]


def test_keys_are_masked_in_messages_and_traces(tmp_path: Path) -> None:
    path = tmp_path / "signal_engine.log"
    with log_to_file(path, "run-1", Masker([KEY]).text):
        try:
            raise ValueError(f"https://host/?apikey={KEY}")
        except ValueError:
            log.exception("asked with %s", KEY)
    assert KEY not in path.read_text()
    (row,) = rows(path)
    assert row["message"] == "asked with ***"
    assert row["trace"].endswith("ValueError: https://host/?apikey=***")


def test_block_inside_a_block_writes_no_line_twice(tmp_path: Path) -> None:
    path = tmp_path / "signal_engine.log"
    with log_to_file(path, "outer"), log_to_file(path, "inner"):
        log.info("once")
    assert [row["run_id"] for row in rows(path)] == ["outer"]
    with log_to_file(path, "next"):
        log.info("twice")
    assert [row["run_id"] for row in rows(path)] == ["outer", "next"]


def test_full_file_rolls_and_five_old_ones_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert logs.LARGEST_LOG_BYTES == 20 * 1024 * 1024
    monkeypatch.setattr(logs, "LARGEST_LOG_BYTES", 500)
    path = tmp_path / "signal_engine.log"
    with log_to_file(path, "run-1"):
        for number in range(40):
            log.info("line %s", number)
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == [
        path.name,
        *(f"{path.name}.{number}" for number in range(1, 6)),
    ]
    assert all(file.stat().st_size <= 500 for file in files)
    assert rows(path)[-1]["message"] == "line 39"


def test_file_that_another_process_rolls_is_followed(tmp_path: Path) -> None:
    path = tmp_path / "signal_engine.log"
    with log_to_file(path, "run-1"):
        log.info("before")
        other = RollingFile(path)
        other.setFormatter(JsonLines("run-2"))
        other.doRollover()
        other.close()
        log.info("after")
    assert [row["message"] for row in rows(tmp_path / "signal_engine.log.1")] == ["before"]
    assert [row["message"] for row in rows(path)] == ["after"]


def test_full_disk_costs_the_line_and_prints_no_trace(capsys: pytest.CaptureFixture[str]) -> None:
    with log_to_file(Path("/dev/full"), "run-1"):
        log.info("there is no room for this")
    assert capsys.readouterr().err == ""
