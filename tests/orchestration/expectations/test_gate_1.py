"""Gate 1: a night with nothing wrong passes, and every claim can fail."""

from dataclasses import replace
from datetime import date

import pytest

from orchestration.expectations.canaries.landed_canaries import LANDED_CANARIES
from orchestration.expectations.canaries.landed_faults import faulty_landed_tables, landed_context
from orchestration.expectations.canaries.landed_night import STOCKS, gate_context, landed_tables
from orchestration.expectations.canaries.planting import Canary
from orchestration.expectations.gates import LANDED_SUITES, run_gate_1
from orchestration.expectations.outcome import CheckResult, GateOutcome, QuarantineRow


@pytest.fixture(scope="module")
def healthy() -> GateOutcome:
    return run_gate_1(landed_tables((*STOCKS, "SVXY")), context=gate_context())


@pytest.fixture(scope="module")
def poisoned() -> GateOutcome:
    """One night with one fault for every claim, each on a subject of its own."""
    return run_gate_1(faulty_landed_tables(), context=landed_context())


@pytest.fixture(scope="module")
def without_columns() -> GateOutcome:
    """Every raw table without its ledger version."""
    frames = landed_tables(STOCKS)
    bare = {table: frame.drop(columns="ledger_version") for table, frame in frames.items()}
    return run_gate_1(bare, context=gate_context())


def result_of(outcome: GateOutcome, suite: str, claim: str) -> CheckResult:
    found = [
        result for result in outcome.results if (result.suite, result.expectation) == (suite, claim)
    ]
    assert len(found) == 1
    return found[0]


def test_night_with_nothing_wrong_passes_every_claim(healthy: GateOutcome) -> None:
    assert [result for result in healthy.results if not result.success] == []
    assert (healthy.quarantine, healthy.blocked) == ((), False)


@pytest.mark.parametrize(
    "canary",
    [canary for canary in LANDED_CANARIES if canary.keys],
    ids=lambda canary: f"{canary.suite}-{canary.expectation}",
)
def test_claim_names_exactly_the_rows_that_break_it(poisoned: GateOutcome, canary: Canary) -> None:
    result = result_of(poisoned, canary.suite, canary.expectation)
    assert (set(result.unexpected), result.success) == (canary.keys, False)


def test_every_claim_of_the_catalogue_has_a_failing_case(without_columns: GateOutcome) -> None:
    catalogued = {(suite.name, claim.name) for suite, _ in LANDED_SUITES for claim in suite.claims}
    failing = {(canary.suite, canary.expectation) for canary in LANDED_CANARIES if canary.keys}
    failing |= {(result.suite, result.expectation) for result in without_columns.failures}
    assert catalogued == failing


def test_missing_column_blocks_and_is_named(without_columns: GateOutcome) -> None:
    result = result_of(without_columns, "fmp__splits", "columns_are_present")
    assert (result.detail, without_columns.blocked) == ("missing columns: ledger_version", True)


def test_second_row_of_a_key_blocks_the_night(poisoned: GateOutcome) -> None:
    assert result_of(poisoned, "polygon__daily_bars", "one_row_per_key").severity == "block"
    assert poisoned.blocked


def test_company_figures_never_freeze_their_symbol(poisoned: GateOutcome) -> None:
    assert not [row for row in poisoned.quarantine if "fundamentals" in row.dataset]


def test_warnings_quarantine_nothing(poisoned: GateOutcome) -> None:
    quarantined = {row.symbol for row in poisoned.quarantine}
    assert quarantined.isdisjoint({"SLIPPED", "HOLE", "LATE", "DIFFERENT", "VIX", *STOCKS[2:]})


def test_quarantine_names_table_symbol_date_and_reason(poisoned: GateOutcome) -> None:
    table, night = "raw.polygon__daily_bars", date(2018, 3, 29)
    found = [row for row in poisoned.quarantine if (row.dataset, row.symbol) == (table, "NULL")]
    reason = f"{table} has a price that is missing or not finite (NULL, 2018-03-29)."
    assert found == [QuarantineRow(table, "NULL", night, night, reason, 7)]


def test_table_that_is_not_given_counts_as_empty() -> None:
    frames = {"raw.polygon__daily_bars": landed_tables(STOCKS)["raw.polygon__daily_bars"]}
    outcome = run_gate_1(frames, context=replace(gate_context(), required_symbols=STOCKS))
    late = {result.suite for result in outcome.failures}
    assert late == {"fred_coverage", "index_coverage"}
