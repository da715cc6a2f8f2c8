"""CSV and JSON files: whole or absent, exact, and harmless in a spreadsheet."""

import csv
import io
import json
import math
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from reports.exports import (
    csv_bytes,
    safe_cell,
    write_backtests_csv,
    write_metrics_json,
    write_run_status,
)
from reports.queries import open_published
from reports.status import RunStatus, read_run_status
from tests.reports.conftest import Build
from warehouse.errors import StorageError

StatusOf = Callable[..., RunStatus]


@pytest.fixture(scope="module")
def small(build_published: Build) -> Path:
    return build_published(world="sandbox:7", count=120)


def test_backtests_are_one_file_per_strategy(small: Path, tmp_path: Path) -> None:
    written = write_backtests_csv(small, tmp_path)
    assert {path.name for path in written} == {
        "benchmark_daily.csv", "credit_daily.csv", "equities_daily.csv", "portfolio_daily.csv",
        "volatility_daily.csv",
    }  # fmt: skip
    assert sorted(written) == sorted(tmp_path.iterdir())  # and no half-written neighbour


def test_csv_returns_read_back_exactly(small: Path, tmp_path: Path) -> None:
    write_backtests_csv(small, tmp_path)
    with (tmp_path / "credit_daily.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    with open_published(small) as published:
        stored = published.rows(
            "analytics.backtest_daily",
            ["variant", "session_date", "net_return"],
            where="strategy = 'credit'",
            order_by="variant, session_date",
        )
    assert [(row["variant"], row["session_date"], float(row["net_return"])) for row in rows] == [
        (row["variant"], row["session_date"].isoformat(), row["net_return"]) for row in stored
    ]


def test_csv_names_its_world_on_every_row(small: Path, tmp_path: Path) -> None:
    write_backtests_csv(small, tmp_path)
    with (tmp_path / "equities_daily.csv").open(newline="") as file:
        assert {row["world"] for row in csv.DictReader(file)} == {"sandbox:7"}


def csv_of(*values: Any) -> str:
    return csv_bytes(pa.table({"x": list(values)})).decode()


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_text_that_a_spreadsheet_would_run_is_neutralised(start: str) -> None:
    _, (cell,) = csv.reader(io.StringIO(csv_of(f"{start}cmd()"), newline=""))
    assert cell == f"'{start}cmd()"


def test_cell_of_a_query_is_neutralised_as_one_of_a_file() -> None:
    assert [safe_cell(value) for value in ("=1+1", "a\x1b[31mb\u202e", "plain", -1.5, None)] == [
        "'=1+1", "a?[31mb?", "plain", -1.5, None,
    ]  # fmt: skip
    assert csv_bytes(pa.table({"text": ["a\x1b[31mb\u202e"]})) == b'text\n"a?[31mb?"\n'


def test_plain_text_is_left_alone() -> None:
    assert csv_of("zscore_z1.5", 'a=b, "c"', None) == 'x\n"zscore_z1.5"\n"a=b, ""c"""\n\n'


def test_negative_numbers_stay_numbers() -> None:
    assert csv_of(-0.25) == "x\n-0.25\n"


def test_numbers_keep_every_digit() -> None:
    assert float(csv_of(0.1 + 0.2).split()[1]) == 0.1 + 0.2


def test_unknown_cells_are_empty() -> None:
    assert csv_of(None, math.nan, math.inf, 1.0) == "x\n\n\n\n1\n"


def test_dates_and_moments_are_iso() -> None:
    assert csv_of(date(2017, 6, 30)) == "x\n2017-06-30\n"
    assert csv_of(datetime(2017, 6, 30, 20, 30, tzinfo=UTC)) == 'x\n"2017-06-30T20:30:00.000000Z"\n'
    assert csv_of(datetime(2017, 6, 30)) == "x\n2017-06-30\n"  # noqa: DTZ001 (as a frame has it)


def test_strategy_name_cannot_leave_the_folder(build_published: Build, tmp_path: Path) -> None:
    renamed = "update analytics.backtest_daily set strategy = '../evil' where strategy = 'credit'"
    folder = tmp_path / "backtests"
    write_backtests_csv(build_published(count=120, sql=(renamed,)), folder)
    assert [path.name for path in tmp_path.iterdir()] == ["backtests"]
    assert (folder / "___evil_daily.csv").exists()


def test_metrics_are_strict_json(build_published: Build, tmp_path: Path) -> None:
    unknown = "update analytics.backtest_metrics set value = 'nan' where metric = 'sortino'"
    write_metrics_json(build_published(count=120, sql=(unknown,)), tmp_path)

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    text = (tmp_path / "equities.json").read_text()
    full = json.loads(text, parse_constant=refuse)["variants"]["walk_forward"]["full"]
    assert full["sortino"]["value"] is None
    assert full["sharpe"]["lower"] < full["sharpe"]["value"] < full["sharpe"]["upper"]


def test_simulated_metrics_say_so(small: Path, tmp_path: Path) -> None:
    write_metrics_json(small, tmp_path)
    content = json.loads((tmp_path / "credit.json").read_text())
    assert content["world"] == "sandbox:7"
    assert content["notice"].startswith("SIMULATED DATA")


def test_no_published_file_writes_nothing(tmp_path: Path) -> None:
    assert write_backtests_csv(tmp_path / "quant.duckdb", tmp_path / "backtests") == []
    assert write_metrics_json(tmp_path / "quant.duckdb", tmp_path / "metrics") == []
    assert list(tmp_path.iterdir()) == []


def test_run_status_reads_back_as_it_was(tmp_path: Path, status_of: StatusOf) -> None:
    status = status_of(status="DEGRADED", reasons=("one", "two"))
    write_run_status(status, tmp_path / "run_status.json")
    assert read_run_status(tmp_path / "run_status.json") == status


def test_failed_write_leaves_the_old_status(
    tmp_path: Path, status_of: StatusOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run_status.json"
    write_run_status(status_of(run_id="first"), path)

    def full_disk(descriptor: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("os.fsync", full_disk)
    with pytest.raises(StorageError, match="no space"):
        write_run_status(status_of(run_id="second"), path)
    assert read_run_status(path).run_id == "first"
    assert list(tmp_path.iterdir()) == [path]
