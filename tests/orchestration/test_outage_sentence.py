"""What a night says that has nothing to build on."""

from datetime import UTC, datetime

from ingestion.night import Fetch, Problem
from orchestration.findings import outage_sentence
from orchestration.rehearsal import as_rehearsed
from orchestration.resources import load_settings
from tests.conftest import NIGHT_CLOCK

NOON = datetime(2024, 6, 28, 16, tzinfo=UTC)
PROBLEM = Problem("fred", "macro", "DGS3MO", "transient", "fred was silent", is_degrading=True)


def fetch(provider: str, outcome: str) -> Fetch:
    return Fetch(provider, "x", "KO", None, None, outcome, 0, None, 0.0, 1, "network", NOON, None)


def test_sentence_names_every_provider_once_with_its_classes() -> None:
    fetches = [
        fetch("polygon", "transient"),
        fetch("polygon", "transient"),
        fetch("fmp", "bad_payload"),
        fetch("fmp", "auth"),
        fetch("cboe", "empty"),
    ]
    told = outage_sentence(fetches, [PROBLEM])
    assert told.startswith("Failed: fmp (auth, bad payload), polygon (transient); `mqp ping` ")


def test_sentence_is_the_first_problem_where_nobody_was_asked() -> None:
    assert outage_sentence([], [PROBLEM]) == "fred was silent"
    assert outage_sentence([], []) == ""


def test_patience_can_be_shortened_and_a_rehearsal_keeps_it(tmp_path) -> None:
    variables = {"MQP_HOME": str(tmp_path), "MQP_NOW": NIGHT_CLOCK}
    settings = load_settings({**variables, "SOURCE_PATIENCE_SECONDS": "3"})
    assert settings.source_settings().patience_seconds == 3.0
    assert as_rehearsed(settings).patience_seconds == 3.0
