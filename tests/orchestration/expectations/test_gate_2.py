"""Gate 2: a healthy build passes, and every claim can fail."""

from dataclasses import replace

import pytest

from orchestration.expectations.built_frames import exposures
from orchestration.expectations.canaries.built_faults import (
    BUILT_CANARIES,
    CAN_BE_EMPTY,
    TWINS,
    faulty_built_tables,
)
from orchestration.expectations.canaries.built_faults import BUILT_CONTEXT as FROZEN
from orchestration.expectations.canaries.landed_night import DAYS
from orchestration.expectations.canaries.planting import Canary
from orchestration.expectations.canaries.result_night import built_tables
from orchestration.expectations.gates import BUILT_SUITES, run_gate_2
from orchestration.expectations.outcome import CheckResult, ExposureLimits, GateOutcome
from orchestration.expectations.risk_frames import risk_exposures

D10 = DAYS[10]
TABLES = {suite.name: suite.table for suite, _ in BUILT_SUITES}


@pytest.fixture(scope="module")
def healthy() -> GateOutcome:
    return run_gate_2(built_tables(), context=FROZEN)


@pytest.fixture(scope="module")
def poisoned() -> GateOutcome:
    """One build with one fault for every claim about single rows."""
    return run_gate_2(faulty_built_tables(), context=FROZEN)


@pytest.fixture(scope="module")
def emptied() -> GateOutcome:
    frames = {table: frame.iloc[:0] for table, frame in built_tables().items()}
    return run_gate_2(frames, context=FROZEN)


@pytest.fixture(scope="module")
def overexposed() -> GateOutcome:
    """Limits below what the healthy night holds."""
    limits = ExposureLimits(gross=0.3, net=0.01)
    return run_gate_2(built_tables(), context=replace(FROZEN, limits=limits))


@pytest.fixture(scope="module")
def absent() -> GateOutcome:
    return run_gate_2({}, context=FROZEN)


def result_of(outcome: GateOutcome, suite: str, claim: str) -> CheckResult:
    found = [
        result for result in outcome.results if (result.suite, result.expectation) == (suite, claim)
    ]
    assert len(found) == 1
    return found[0]


def test_healthy_build_passes_every_claim(healthy: GateOutcome) -> None:
    assert [result for result in healthy.results if not result.success] == []
    assert not healthy.blocked


@pytest.mark.parametrize(
    "canary",
    [canary for canary in BUILT_CANARIES if canary.keys],
    ids=lambda canary: f"{canary.suite}-{canary.expectation}",
)
def test_claim_names_exactly_the_rows_that_break_it(poisoned: GateOutcome, canary: Canary) -> None:
    result = result_of(poisoned, canary.suite, canary.expectation)
    assert (set(result.unexpected), result.success) == (canary.keys, False)


@pytest.mark.parametrize("suite", [suite for suite, *_ in TWINS])
def test_second_row_of_a_grain_is_found(poisoned: GateOutcome, suite: str) -> None:
    assert result_of(poisoned, suite, "one_row_per_grain").unexpected_count >= 2


def test_strategy_without_a_row_of_the_night_blocks(poisoned: GateOutcome) -> None:
    result = result_of(poisoned, "tonights_decisions", "every_strategy_decided_tonight")
    assert result.unexpected == (("volatility contango", "2018-03-29"),)
    assert poisoned.blocked


def test_gate_2_quarantines_nothing(poisoned: GateOutcome) -> None:
    assert poisoned.quarantine == ()


def test_empty_table_blocks_unless_it_may_be_empty(emptied: GateOutcome) -> None:
    empty = {result.suite for result in emptied.failures if result.expectation == "table_has_rows"}
    derived = {"tonights_decisions", "frozen_symbols", "portfolio_exposure"}
    assert set(TABLES) - empty == {*CAN_BE_EMPTY, *derived}


def test_absent_table_blocks_and_names_its_columns(absent: GateOutcome) -> None:
    result = result_of(absent, "fct_term_structure", "columns_are_present")
    assert result.detail == (
        "missing columns: available_at, session_date, term_structure, vix, vix3m, vix6m, "
        "vix9d, vix_vix3m_ratio, vvix"
    )
    assert absent.blocked


@pytest.mark.parametrize(
    ("planned", "reason", "is_found"),
    [
        (0.030, "limit", False),  # a holding above the target that a limit sells below it
        (0.051, "limit", True),
        (0.051, "cash", True),
    ],
)
def test_order_may_stop_short_of_the_target_from_above_only_for_a_limit(planned, reason, is_found):
    frames = built_tables()
    orders = frames["analytics.orders"]
    is_own = orders["symbol"] == "EEE"
    assert orders.loc[is_own, "final_weight"].item() == 0.05
    frames["analytics.orders"] = orders.assign(
        planned_weight=orders["planned_weight"].mask(is_own, planned),
        reason=orders["reason"].mask(is_own, reason),
        current_weight=orders["current_weight"].mask(is_own, 0.06 if planned < 0.05 else 0.0),
        side=orders["side"].mask(is_own, "sell" if planned < 0.05 else "buy"),
    )
    outcome = run_gate_2(frames, context=FROZEN)
    found = {result.expectation for result in outcome.failures if result.suite == "orders"}
    assert found == ({"orders_stop_at_the_target"} if is_found else set())


def test_exposure_above_its_limit_blocks(overexposed: GateOutcome) -> None:
    failed = {result.expectation: result.severity for result in overexposed.failures}
    assert failed == {
        "gross_exposure_respects_its_limit": "block",
        "net_exposure_respects_its_limit": "block",
        "gross_exposure_is_within_its_limit": "warn",
        "net_exposure_is_within_its_limit": "warn",
    }


def test_exposure_counts_leverage_as_effective_at_the_fill() -> None:
    # by hand: AAA and BBB 0.05/3 each, HYG and LQD cancel in the net, SVXY half of 0.5/3 at -1
    # until it is filled on 2018-02-28, at -0.5 from then on
    found = exposures(built_tables()["analytics.target_weights"], FROZEN)
    by_day = found.set_index("session_date")
    before, after = by_day.loc["2018-02-26"], by_day.loc["2018-02-27"]
    assert before["net_exposure"] == pytest.approx(0.1 / 3 - 0.25 / 3)
    assert after["net_exposure"] == pytest.approx(0.1 / 3 - 0.125 / 3)
    assert after["gross_exposure"] == pytest.approx(0.1 / 3 + 1.0 / 3 + 0.125 / 3)


def test_session_with_a_frozen_holding_may_exceed_a_limit() -> None:
    weights = built_tables()["analytics.target_weights"]
    frozen = weights["session_date"] == D10
    weights = weights.assign(
        is_stale_input=frozen & (weights["symbol"] == "AAA"),
    )
    found = exposures(weights, FROZEN).set_index("session_date")["free_gross_of_limit"]
    assert found[found.isna()].index.tolist() == [D10]


def test_part_of_a_book_that_is_missing_or_unknown_blocks() -> None:
    frames = built_tables()
    exposures = frames["analytics.risk_exposures"]
    kept = exposures[exposures["name"] != "credit"]
    unknown = exposures.assign(
        es_95_contribution=exposures["es_95_contribution"].mask(exposures["name"] == "HYG")
    )
    for spoilt, dimensions in (
        (kept, {"strategy"}),
        (unknown, {"symbol"}),
        (exposures[exposures["dimension"] != "total"], {"sector", "strategy", "symbol"}),
    ):
        errors = risk_exposures(spoilt, FROZEN).set_index("dimension")["identity_error"]
        assert set(errors[errors > 1e-9].index) == dimensions


def test_every_claim_of_the_catalogue_has_a_failing_case(
    absent: GateOutcome, emptied: GateOutcome, overexposed: GateOutcome
) -> None:
    catalogued = {(suite.name, claim.name) for suite, _ in BUILT_SUITES for claim in suite.claims}
    failing = {(canary.suite, canary.expectation) for canary in BUILT_CANARIES if canary.keys}
    for outcome in (absent, emptied, overexposed):
        failing |= {(result.suite, result.expectation) for result in outcome.failures}
    assert catalogued == failing
