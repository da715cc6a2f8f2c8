"""Whole nights on the simulated market. They share one worker: each costs half a minute."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import mqp


@pytest.fixture(scope="session")
def small_universe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three members: enough for every strategy, quick to run."""
    path = tmp_path_factory.mktemp("universe") / "small.yaml"
    path.write_text("name: small\nbenchmark: SPY\nmembers: [AAPL, JPM, KO]\n")
    return path


@pytest.fixture(scope="session")
def small_night(
    tmp_path_factory: pytest.TempPathFactory, small_universe: Path
) -> Callable[[Path], Path]:
    """Makes homes in which the small universe has its night of 2024-06-28, run only once."""
    first = tmp_path_factory.mktemp("small_night") / "home"
    mqp(first, "nightly", MQP_UNIVERSE=str(small_universe))

    def copy_to(folder: Path) -> Path:
        return shutil.copytree(first, folder / "home")

    return copy_to
