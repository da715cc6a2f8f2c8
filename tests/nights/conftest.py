"""Whole nights on the simulated market.

The command takes half a minute for one. Where a night is only what a test begins with, its steps
run in a process that is forked from a warm one, in a third of that.
"""

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import pytest

from orchestration.inputs import FIRST_DAY
from orchestration.night import NightOptions
from tests.durability.torture import process_factory
from tests.durability.whole_night import FRIDAY, NightOrder, run_night
from warehouse.home import Home


class QuickNight(Protocol):
    """Runs a night in a home; variables are added to its environment."""

    def __call__(
        self, home: Path, now: datetime, options: NightOptions | None = None, **variables: str
    ) -> None: ...


@pytest.fixture(scope="session")
def small_universe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three members: enough for every strategy, quick to run."""
    path = tmp_path_factory.mktemp("universe") / "small.yaml"
    path.write_text("name: small\nbenchmark: SPY\nmembers: [AAPL, JPM, KO]\n")
    return path


@pytest.fixture(scope="session")
def quick_night(small_universe: Path) -> QuickNight:
    """Runs a night of the small universe by its steps, without Dagster's job around them."""

    def run(
        home: Path, now: datetime, options: NightOptions | None = None, **variables: str
    ) -> None:
        order = NightOrder(
            home,
            now,
            str(uuid4()),
            first_day=FIRST_DAY,
            options=options or NightOptions(),
            variables={"MQP_UNIVERSE": str(small_universe), **variables},
        )
        process = process_factory().Process(target=run_night, args=(order,))
        process.start()
        process.join()
        assert process.exitcode == 0, f"the night at {now} ended with {process.exitcode}"

    return run


@pytest.fixture(scope="session")
def small_night(
    tmp_path_factory: pytest.TempPathFactory, quick_night: QuickNight, project_memory: Path
) -> Callable[[Path], Path]:
    """Makes homes in which the small universe has its night of 2024-06-28, run only once."""
    first = Home(tmp_path_factory.mktemp("small_night") / "home")
    first.make_folders()
    shutil.copytree(project_memory, first.dbt_target, dirs_exist_ok=True)
    quick_night(first.root, FRIDAY)

    def copy_to(folder: Path) -> Path:
        return shutil.copytree(first.root, folder / "home")

    return copy_to
