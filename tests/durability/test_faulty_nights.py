"""A full disk or a damaged build ends a night with a sentence; the next one is whole."""

from functools import partial
from pathlib import Path

import pytest

from tests.durability.boundaries import Boundary, after, before
from tests.durability.disks import SmallDisk, fill, flip_every_block
from tests.durability.night_torture import NightTorture
from warehouse.home import Home

pytestmark = pytest.mark.xdist_group("durability")

FULL = {
    "before the rows land": before("orchestration.inputs:land"),
    "before the results are written": before("orchestration.night:write_tables"),
    "before the build is completed": before("orchestration.publication:copy_record_into_build"),
    "before the results are kept": before("warehouse.publish:_write_results"),
}
DAMAGED = {
    "before the analytics read it": before("orchestration.night:compute_analytics"),
    "before it is verified": after("orchestration.publication:_complete_build"),
}


@pytest.mark.parametrize("place", FULL.values(), ids=FULL)
def test_disk_that_fills_up_ends_the_night_with_a_sentence(
    torture: NightTorture, small_disk: SmallDisk, place: Boundary
) -> None:
    home = small_disk.folder / "home"
    sentence = torture.disturb(home, place, partial(fill, small_disk.folder))
    assert "cannot be written" in sentence
    assert "free disk space" in sentence
    assert "\n" not in sentence
    small_disk.free()
    torture.check_old_night_and_rerun(home)


@pytest.mark.parametrize("place", DAMAGED.values(), ids=DAMAGED)
def test_damaged_build_is_never_published(
    torture: NightTorture, tmp_path: Path, place: Boundary
) -> None:
    home = tmp_path / "home"
    sentence = torture.disturb(home, place, partial(flip_every_block, Home(home).build))
    assert "quant.duckdb is damaged" in sentence
    assert "\n" not in sentence
    torture.check_old_night_and_rerun(home)
