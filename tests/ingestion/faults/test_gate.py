"""Bad rows that ingestion cannot know to be bad: gate 1 withholds exactly these."""

import pytest

from tests.ingestion.faults.expected import expected
from tests.ingestion.faults.gate import judged_cells, verdicts
from tests.ingestion.faults.observe import incident_night

pytestmark = pytest.mark.xdist_group("faults")  # the modules share clean nights


@pytest.mark.parametrize(
    ("incident", "provider"), judged_cells(), ids=[" ".join(cell) for cell in judged_cells()]
)
def test_gate_1_finds_the_spoilt_rows_and_no_others(incident: str, provider: str) -> None:
    spoilt = incident_night(provider, incident, is_warm=True).wrong
    verdict = verdicts()[incident, provider]
    is_withheld = expected(incident, provider).caught == "gate 1"
    assert verdict.withheld == (spoilt if is_withheld else frozenset())
    assert is_withheld or verdict.warned == spoilt
