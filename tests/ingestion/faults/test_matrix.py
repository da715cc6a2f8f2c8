"""Every kind of fault at every provider, on a first night and on a night that holds history."""

import pytest

from ingestion.sandbox.faults import KINDS
from tests.ingestion.faults.expected import MODE, cells, expected, longest_seconds, status, used
from tests.ingestion.faults.incidents import INCIDENTS, WARM_ONLY
from tests.ingestion.faults.observe import incident_night

pytestmark = pytest.mark.xdist_group("faults")  # the modules share clean nights

CELLS = [
    (incident, provider, is_warm)
    for incident, provider in cells()
    for is_warm in (False, True)
    if is_warm or incident not in WARM_ONLY
]
PAST_THE_CLIENT = (
    "parser", "window", "merge", "chain", "freshness", "gate 1", "gate 1 warns", "address",
)  # fmt: skip


def test_matrix_has_every_kind_of_fault() -> None:
    assert {kind for kind, _ in INCIDENTS.values()} == set(KINDS)


@pytest.mark.parametrize(
    ("incident", "provider", "is_warm"),
    CELLS,
    ids=[f"{row}-{provider}-{'warm' if is_warm else 'cold'}" for row, provider, is_warm in CELLS],
)
def test_incident_is_met_as_the_matrix_says(incident: str, provider: str, is_warm: bool) -> None:
    cell = expected(incident, provider)
    seen = incident_night(provider, incident, is_warm=is_warm)
    whose = used(cell, provider, is_warm=is_warm)

    assert (seen.failure, seen.attempts, seen.waits) == (cell.failure, cell.attempts, cell.waits)
    assert seen.used.removesuffix(" quote") == whose
    assert seen.mode == MODE.get(whose, seen.mode)
    if cell.caught != "gate 1":  # what the gate adds is tested with the gate
        assert seen.status == status(incident, provider, is_warm=is_warm)
    assert bool(seen.wrong) == cell.caught.startswith("gate 1")  # nothing bad is stored unjudged
    assert seen.lost == frozenset()
    assert seen.traces == ()
    assert seen.seconds <= longest_seconds(provider)
    if cell.caught in PAST_THE_CLIENT:
        assert seen.is_kept
