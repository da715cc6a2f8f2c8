"""The disk fills up while dbt builds, under Dagster's own records too."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from orchestration.replay.published import published_damage
from tests.conftest import environment
from tests.durability.disks import fill, mounted
from tests.quick_command import quick_mqp
from warehouse.home import Home


def test_disk_that_fills_up_during_a_night_leaves_the_old_one(
    tmp_path: Path, small_night: Callable[[Path], Path], small_universe: Path
) -> None:
    variables = {"MQP_UNIVERSE": str(small_universe)}
    with mounted(tmp_path / "disk", megabytes=400) as disk:
        home = Home(small_night(disk.folder))
        with subprocess.Popen(
            [sys.executable, "-m", "orchestration.cli", "nightly"],
            env=environment(home.root, variables),
            stderr=subprocess.PIPE,
            text=True,
        ) as night:
            assert night.stderr is not None
            told = []
            for line in night.stderr:
                told.append(line)
                if "Building features" in line:
                    fill(disk.folder)
        assert night.returncode == 1, "".join(told)
        assert "cannot be written" in told[-1]
        assert "free disk space" in told[-1]
        assert published_damage(home) is None
        disk.free()
        quick_mqp(home.root, "nightly", **variables)
        assert published_damage(home) is None
