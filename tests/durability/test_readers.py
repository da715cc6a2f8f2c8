"""Every response that a collection stores can be read again."""

import pytest

from ingestion.rereading import READERS
from ingestion.sandbox.faults import FaultRule
from tests.ingestion.sandbox_transport import SandboxBench

INCIDENTS = {
    "none": (),
    "polygon down": (FaultRule("status", 503, provider="polygon"),),
    "polygon and fmp down": (
        FaultRule("status", 503, provider="polygon"),
        FaultRule("status", 503, provider="fmp"),
    ),
    "only yahoo and the graph": (
        FaultRule("status", 503, provider="polygon"),
        FaultRule("status", 503, provider="fmp"),
        FaultRule("status", 503, provider="finnhub"),
        FaultRule("status", 503, provider="fred"),
    ),
}


@pytest.mark.parametrize("incident", INCIDENTS)
def test_every_stored_response_has_a_reader(tmp_path, incident):
    with SandboxBench(tmp_path) as bench:
        bench.rehearse(*INCIDENTS[incident])
        fetches = bench.collect().fetches

    stored = {(fetch.provider, fetch.dataset) for fetch in fetches if fetch.response_hash}
    assert stored
    assert stored <= set(READERS)
