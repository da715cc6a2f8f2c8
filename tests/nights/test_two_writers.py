"""Two nights at once, and readers through the swap."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.conftest import NIGHT_CLOCK, mqp
from warehouse.connection import connect

QUERY = "select max(attempt) as attempts from ops.nights"


def start_night(home: Path, universe: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "orchestration.cli", "nightly"],
        env={
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            "MQP_HOME": str(home),
            "MQP_NOW": NIGHT_CLOCK,
            "MQP_UNIVERSE": str(universe),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_two_nights_run_one_after_the_other_and_readers_keep_working(
    tmp_path: Path, small_night: Callable[[Path], Path], small_universe: Path
) -> None:
    home = small_night(tmp_path)
    published = home / "warehouse" / "quant.duckdb"
    nights = [start_night(home, small_universe) for _ in range(2)]
    with connect(published, read_only=True) as reader:
        during = mqp(home, "sql", "--format", "csv", QUERY)
        assert during.stdout == "attempts\n1\n"  # the old night, while the new one is made
        outputs = [night.communicate(timeout=600)[0] for night in nights]
        assert [night.returncode for night in nights] == [0, 0], "\n".join(outputs)
        assert reader.execute(QUERY).fetchone() == (1,)  # its file stays whole after the swap
    assert sum("Another run is writing" in output for output in outputs) == 1
    after = mqp(home, "sql", "--format", "csv", QUERY)
    assert after.stdout == "attempts\n3\n"
