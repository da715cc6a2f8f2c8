"""The same incidents where they strike other datasets: whole sessions, news, minutes, figures."""

from typing import NamedTuple

import pytest

from tests.ingestion.faults.expected import RULE
from tests.ingestion.faults.observe import Observed, incident_night

pytestmark = pytest.mark.xdist_group("faults")  # the modules share clean nights

NEXT = {
    "whole market": "",
    "finnhub news": "fmp",
    "polygon news": "fmp",
    "fmp news": "",
    "intraday": "finnhub",
    "figures": "finnhub",
}
DEGRADING = ("whole market", "finnhub news", "polygon news", "fmp news")
"""No decision of a night reads the minutes, and figures may be old."""

REFUSED = ("503", "not in the plan", "truncated", "bare text", "key echo, 500")


class Case(NamedTuple):
    """One incident in one scene, and the class that it must come to."""

    scene: str
    incident: str
    failure: str


CASES = [
    *(Case(scene, name, RULE[name].failure) for scene in NEXT for name in REFUSED),
    # days that slipped are seen in whole sessions by their stamp, in minutes by the window
    *(
        Case(scene, name, RULE[name].failure)
        for scene in ("whole market", "intraday")
        for name in ("nothing", "a day late", "a day early", "stale")
    ),
    *(Case(scene, "duplicates", "ok") for scene in NEXT),
]


def night(scene: str, incident: str) -> Observed:
    """Figures are asked for once a week, so that only a first night meets the incident."""
    return incident_night(scene, incident, is_warm=scene != "figures")


@pytest.mark.parametrize("case", CASES, ids=[f"{case.scene}-{case.incident}" for case in CASES])
def test_incident_is_met_in_other_datasets_alike(case: Case) -> None:
    seen = night(case.scene, case.incident)
    assert seen.failure == case.failure
    assert seen.served_by == ("" if case.failure == "ok" else NEXT[case.scene])
    is_missing = case.failure != "ok" and not NEXT[case.scene] and case.scene in DEGRADING
    assert any(problem.is_degrading for problem in seen.collected.problems) == is_missing
    assert (seen.wrong, seen.lost, seen.traces) == (frozenset(), frozenset(), ())


@pytest.mark.parametrize("scene", ["finnhub news", "polygon news", "fmp news"])
def test_no_news_is_an_answer_that_deletes_no_story(scene: str) -> None:
    seen = night(scene, "nothing")
    assert (seen.failure, seen.status) == ("empty", "CLEAN")
    assert seen.lost == frozenset()


@pytest.mark.parametrize("scene", ["finnhub news", "polygon news", "fmp news"])
def test_hostile_headline_is_kept_as_the_text_that_it_is(scene: str) -> None:
    seen = night(scene, "hostile text")
    assert (seen.failure, seen.status) == ("ok", "CLEAN")
    headlines = [
        row["headline"]
        for table in seen.collected.tables.values()
        for row in table.to_pylist()
        if "headline" in row
    ]
    assert any(text.startswith("=HYPERLINK") and "<script>" in text for text in headlines)


def test_bad_rows_of_whole_sessions_are_for_the_gate_and_strike_nobody_else() -> None:
    seen = night("whole market", "zero prices")
    assert {key[0] for _, key in seen.wrong} == {"KO"}
    assert seen.lost < seen.wrong  # the ledger keeps the older versions of what the gate withholds
