"""A full disk, a damaged build, a wrong result: a sentence ends the night; the next is whole."""

from functools import partial
from pathlib import Path

import pytest

from tests.durability.boundaries import Boundary, after, before
from tests.durability.disks import SmallDisk, fill, flip_every_block
from tests.durability.night_torture import NightTorture
from warehouse.connection import connect
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


def nudge_a_weight(build: Path) -> None:
    """Less than gate 2's own claim notices, and a hundred times what dbt's test forgives."""
    with connect(build) as connection:
        connection.execute(
            "update analytics.target_weights set final_weight = final_weight + 1e-10 "
            "where (session_date, strategy, symbol) = (select (session_date, strategy, symbol) "
            "from analytics.target_weights order by all desc limit 1)"
        )


def test_weight_that_does_not_add_up_is_never_published(
    torture: NightTorture, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    harm = partial(nudge_a_weight, Home(home).build)
    sentence = torture.disturb(home, before("orchestration.night:judge_results"), harm)
    assert sentence.startswith(
        "Gate 2 refuses the night: analytics.target_weights: assert_target_weights_add_up "
        "(2 rows: session_date 2024-06-28, strategy "
    )
    assert "\n" not in sentence
    with connect(Home(home).ledger, read_only=True) as ledger:
        failed = ledger.execute(
            "select suite, unexpected_count, severity from quality.validation_results "
            "where not success and severity = 'block'"
        ).fetchall()
    assert failed == [("dbt_results", 2, "block")]
    torture.check_old_night_and_rerun(home)
