"""Everything that lands or is published is judged by a gate, and each claim says why."""

from dataclasses import fields

import pytest

from analytics.night import TRIALS, AnalyticsResults
from orchestration.expectations.claims import Claim, Suite
from orchestration.expectations.gates import BUILT_SUITES, LANDED_SUITES
from orchestration.gates import BUILT_TABLES
from orchestration.resources import REPOSITORY
from warehouse.availability import RAW_TABLES

SUITES = [suite for suite, _ in (*LANDED_SUITES, *BUILT_SUITES)]
LANDED = {suite.table for suite, _ in LANDED_SUITES}
BUILT = {suite.table for suite, _ in BUILT_SUITES}
MARTS = REPOSITORY / "dbt_project" / "models" / "marts"
REGISTRY = f"analytics.{TRIALS}"  # the ledger's own, copied into the file after gate 2


def test_every_raw_table_is_judged_by_gate_1() -> None:
    assert {table.name for table in RAW_TABLES} == LANDED


def test_every_mart_is_judged_by_gate_2() -> None:
    marts = {f"marts.{path.stem}" for path in MARTS.glob("*.sql")}
    assert marts == {table for table in BUILT if table.startswith("marts.")}


def test_every_result_is_judged_by_gate_2() -> None:
    results = {f"analytics.{each.name}" for each in fields(AnalyticsResults)}
    assert results - {REGISTRY} == {table for table in BUILT if table.startswith("analytics.")}


def test_gate_2_reads_each_table_that_it_judges_once() -> None:
    assert sorted(BUILT_TABLES) == sorted(BUILT)


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: str(suite.name))
def test_every_table_is_judged_on_its_columns_and_its_key(suite: Suite) -> None:
    names = {claim.name for each in SUITES if each.table == suite.table for claim in each.claims}
    assert "columns_are_present" in names
    assert names & {"one_row_per_key", "one_row_per_grain"}


@pytest.mark.parametrize(
    "claim", [claim for suite in SUITES for claim in suite.claims], ids=lambda claim: claim.name
)
def test_every_claim_gives_its_threshold_and_a_reason(claim: Claim) -> None:
    assert claim.requirement.strip()
    assert claim.reason.endswith(".")
    assert bool(claim.failure) == (
        claim.severity == "quarantine" or claim.name == "one_row_per_key"
    )
