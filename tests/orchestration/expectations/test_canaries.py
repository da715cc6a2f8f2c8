"""Every check of both gates is alive, and one that can no longer fail is named and blocks."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import pytest

from orchestration.expectations.canaries.judging import (
    CanaryResult,
    canary_check,
    canary_sentence,
    judge_canaries,
)
from orchestration.expectations.claims import Between, Claim, OneOf, Suite
from orchestration.expectations.gates import BUILT_SUITES, LANDED_SUITES
from orchestration.expectations.outcome import GateOutcome

Prepare = TypeVar("Prepare")
Change = Callable[[Suite, Claim], Claim | None]
COUNT = sum(len(suite.claims) for suite, _ in (*LANDED_SUITES, *BUILT_SUITES))
RSI = ("fct_equity_features", "rsi_lies_between_0_and_100")
VOLUMES = ("polygon__daily_bars", "volumes_are_not_negative")


def changed(
    suites: Sequence[tuple[Suite, Prepare]], change: Change
) -> tuple[tuple[Suite, Prepare], ...]:
    """The catalogue with other claims; None takes one out."""
    return tuple(
        (
            replace(
                suite,
                claims=tuple(
                    claim for old in suite.claims if (claim := change(suite, old)) is not None
                ),
            ),
            prepare,
        )
        for suite, prepare in suites
    )


def dead_after(change: Change) -> dict[tuple[str, str], str]:
    """The claims that are dead once the catalogue is changed, and why."""
    canaries = judge_canaries(changed(LANDED_SUITES, change), changed(BUILT_SUITES, change))
    return {(one.suite, one.expectation): one.failure for one in canaries if not one.is_caught}


def claims_with(bound: Callable[[Claim], bool]) -> set[tuple[str, str]]:
    return {
        (suite.name, claim.name)
        for suite, _ in (*LANDED_SUITES, *BUILT_SUITES)
        for claim in suite.claims
        if bound(claim)
    }


@pytest.fixture(scope="module")
def canaries() -> tuple[CanaryResult, ...]:
    return judge_canaries()


def test_every_claim_of_the_catalogue_has_a_canary_and_catches_it(
    canaries: tuple[CanaryResult, ...],
) -> None:
    assert [one for one in canaries if one.failure] == []
    assert {(one.suite, one.expectation) for one in canaries} == claims_with(lambda _: True)
    assert all(one.planted and one.table_name for one in canaries)
    assert canary_sentence(canaries) == f"Canaries: {COUNT} of {COUNT} checks are alive."
    assert canary_check(canaries).success


def test_claim_that_is_widened_or_taken_out_is_dead_and_no_other() -> None:
    def change(suite: Suite, claim: Claim) -> Claim | None:
        if (suite.name, claim.name) == RSI:
            return replace(claim, rule=Between(0, 101))
        return None if (suite.name, claim.name) == VOLUMES else claim

    assert dead_after(change) == {
        RSI: "did not find rsi_14 100.1; rsi_14 -0.1",
        VOLUMES: "is no longer made (planted: volume -1)",
    }


def test_every_lower_bound_is_guarded() -> None:
    def change(_: Suite, claim: Claim) -> Claim:
        rule = claim.rule
        return replace(claim, rule=replace(rule, low=-1e30)) if is_low(claim) else claim

    def is_low(claim: Claim) -> bool:
        return isinstance(claim.rule, Between) and claim.rule.low is not None

    assert set(dead_after(change)) == claims_with(is_low)


def test_every_upper_bound_and_list_is_guarded() -> None:
    def change(_: Suite, claim: Claim) -> Claim:
        match claim.rule:
            case Between(low, high, is_open) if high is not None:
                # as good as none: endless errors stand for what cannot be measured
                return replace(claim, rule=Between(low, float("inf"), is_open))
            case OneOf(values):
                more = (*values, 0, 1, 2, 3, 4, "guess", "humped", "hold", "short")
                return replace(claim, rule=OneOf(more))
        return claim

    def is_bounded(claim: Claim) -> bool:
        rule = claim.rule
        return isinstance(rule, OneOf) or (isinstance(rule, Between) and rule.high is not None)

    assert set(dead_after(change)) == claims_with(is_bounded)


def test_bound_that_is_narrowed_refuses_what_is_not_its_fault() -> None:
    def change(suite: Suite, claim: Claim) -> Claim:
        return replace(claim, rule=Between(0, 49)) if (suite.name, claim.name) == RSI else claim

    assert dead_after(change) == {
        RSI: "also refuses what is not its fault: AAA 2018-01-02",
    }


def test_claim_without_a_canary_is_dead() -> None:
    new = Claim("closes_are_cheap", "close", Between(high=1e6), "warn", "A test's own.")
    landed = [
        (replace(suite, claims=(*suite.claims, new)), prepare)
        if suite.name == "polygon__daily_bars"
        else (suite, prepare)
        for suite, prepare in LANDED_SUITES
    ]
    dead = [one for one in judge_canaries(landed, ()) if one.table_name and not one.is_caught]
    assert [(one.expectation, one.failure) for one in dead] == [
        ("closes_are_cheap", "has no canary")
    ]


def test_dead_check_blocks_the_gate_with_one_sentence() -> None:
    dead = CanaryResult(
        *RSI, "marts.fct_equity_features", "rsi_14 100.1", "did not find rsi_14 100.1"
    )
    alive = CanaryResult(*VOLUMES, "raw.polygon__daily_bars", "volume -1")
    quiet = GateOutcome(gate=2, results=(), quarantine=(), blocked=False)
    assert not quiet.with_results((canary_check((alive,)),)).blocked
    outcome = quiet.with_results((canary_check((alive, dead)),))
    assert outcome.blocked
    assert outcome.failures[0].detail == (
        "dead: fct_equity_features: rsi_lies_between_0_and_100 did not find rsi_14 100.1"
    )


def test_many_dead_checks_are_counted() -> None:
    dead = CanaryResult(*RSI, "marts.fct_equity_features", "x", "did not find x")
    check = canary_check([dead] * 5)
    assert (check.unexpected_count, (check.detail or "")[-12:]) == (5, "; and 2 more")
