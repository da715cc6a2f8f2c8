"""Ten kills of whole nights, where they could do the most harm; `make torture` has some 170."""

import pytest

from tests.durability.boundaries import after, before
from tests.durability.night_torture import NightTorture, Victim

pytestmark = pytest.mark.xdist_group("durability")  # they share processes that are warm already

PLACES = {
    "landed, the log not written": Victim(place=after("orchestration.inputs:land")),
    "half of gate 1 recorded": Victim(place=after("orchestration.gates:write_quarantine")),
    "models built": Victim(place=before("orchestration.night:compute_analytics")),
    "build complete, not verified": Victim(
        place=before("orchestration.publication:swap"), is_resumed=True
    ),
    "results half written": Victim(
        place=before("warehouse.publish:_keep_decisions"), is_resumed=True
    ),
    "before the swap": Victim(
        place=before("warehouse.publish:_set_foreign_writes_aside"), is_resumed=True
    ),
    "just after the swap": Victim(
        place=after("warehouse.publish:flush_to_disk", nth=9), is_resumed=True
    ),
    "results half placed": Victim(
        place=before("warehouse.publish:_place_results"), is_resumed=True
    ),
    "published, not recorded": Victim(
        place=before("orchestration.publication:append_published"), is_resumed=True
    ),
    "report half written": Victim(
        place=after("orchestration.pages:render_report"), is_resumed=True
    ),
}


@pytest.mark.parametrize("number", range(len(PLACES)), ids=PLACES)
def test_killed_night_loses_nothing_and_the_next_run_converges(
    torture: NightTorture, number: int
) -> None:
    found = torture.kill(number, list(PLACES.values())[number])
    assert (found.lost, found.diverged) == ("", "")
