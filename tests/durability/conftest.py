"""Nights that several modules kill, fill up or spoil; prepared once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.durability.disks import SmallDisk, mounted
from tests.durability.night_torture import NightTorture
from tests.durability.remembered import RememberingStage


@pytest.fixture(scope="session")
def torture(tmp_path_factory: pytest.TempPathFactory) -> NightTorture:
    """Undisturbed nights and what is needed to disturb others; equal models are built once."""
    folder: Path = tmp_path_factory.mktemp("tortured_nights")
    (folder / "remembered").mkdir()
    return NightTorture(folder, RememberingStage(folder / "remembered"))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """Room for two nights of the small world, not for three."""
    with mounted(tmp_path / "disk", megabytes=250) as disk:
        yield disk
