"""Canaries: proof, every night, that each check of both gates can still fail.

In frames of their own, in memory, one defect is planted per claim just beyond its threshold, and
the gates judge them as they judge the night. A claim that does not name exactly what was planted
for it is dead: its silence about the night means nothing, and the night is not published.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from orchestration.expectations.canaries.built_faults import (
    BUILT_CANARIES,
    BUILT_CONTEXT,
    faulty_built_tables,
)
from orchestration.expectations.canaries.landed_canaries import LANDED_CANARIES
from orchestration.expectations.canaries.landed_faults import (
    faulty_landed_tables,
    landed_context,
)
from orchestration.expectations.canaries.landed_night import STOCKS, gate_context, landed_tables
from orchestration.expectations.canaries.planting import Canary, Frames
from orchestration.expectations.canaries.result_night import built_tables
from orchestration.expectations.claims import HasColumns, HasRows, Suite
from orchestration.expectations.gates import (
    BUILT_SUITES,
    LANDED_SUITES,
    BuiltSuites,
    LandedSuites,
    run_gate_1,
    run_gate_2,
)
from orchestration.expectations.outcome import CheckResult, GateOutcome

SUITE, EXPECTATION, TABLE = "canaries", "every_check_is_alive", "quality.canaries"
NAMED_IN_DETAIL = 3
Prepare = TypeVar("Prepare")


@dataclass(frozen=True)
class CanaryResult:
    """What became of one canary: a row of `quality.canaries`.

    `failure`: why the check is dead, in words that follow its name; '' where it is alive.
    """

    suite: str
    expectation: str
    table_name: str
    planted: str
    failure: str = ""

    @property
    def is_caught(self) -> bool:
        """Whether the claim found what was planted for it, and nothing else."""
        return not self.failure


def judge_canaries(
    landed: LandedSuites = LANDED_SUITES, built: BuiltSuites = BUILT_SUITES
) -> tuple[CanaryResult, ...]:
    """Plant a defect for every claim of both gates, and see whether exactly that claim finds it.

    Returns
    -------
    One result per claim and per canary whose claim is gone, in the order of the catalogue.
    """
    found = _found(
        run_gate_1(faulty_landed_tables(), context=landed_context(), suites=landed),
        run_gate_2(faulty_built_tables(), context=BUILT_CONTEXT, suites=built),
    )
    found |= _found(*_judge_shapes(landed, built))
    planted = {(one.suite, one.expectation): one for one in (*LANDED_CANARIES, *BUILT_CANARIES)}
    tables = {suite.name: suite.table for suite, _ in (*landed, *built)}
    claims = [(suite.name, claim.name) for suite, _ in (*landed, *built) for claim in suite.claims]
    return tuple(
        CanaryResult(
            *claim,
            table_name=tables.get(claim[0], ""),
            planted=planted[claim].planted if claim in planted else "",
            failure=_failure(planted.get(claim), found.get(claim)),
        )
        for claim in dict.fromkeys((*claims, *planted))
    )


def canary_check(canaries: Sequence[CanaryResult]) -> CheckResult:
    """All canaries as one claim of gate 2: a dead check blocks the night."""
    dead = [canary for canary in canaries if not canary.is_caught]
    named = [f"{one.suite}: {one.expectation} {one.failure}" for one in dead[:NAMED_IN_DETAIL]]
    more = f"; and {len(dead) - len(named)} more" if len(dead) > len(named) else ""
    return CheckResult(
        gate=2,
        suite=SUITE,
        expectation=EXPECTATION,
        table_name=TABLE,
        success=not dead,
        unexpected_count=len(dead),
        severity="block",
        detail=f"dead: {'; '.join(named)}{more}" if dead else None,
        checked_count=len(canaries),
        requirement="each check finds the defect planted for it, and nothing else",
        reason="A check that can no longer fail says nothing when it passes.",
        examples=tuple(
            {"suite": one.suite, "expectation": one.expectation, "planted": one.planted}
            for one in dead
        ),
    )


def canary_sentence(canaries: Sequence[CanaryResult]) -> str:
    """How many checks are alive, for the night's log."""
    alive = sum(canary.is_caught for canary in canaries)
    return f"Canaries: {alive} of {len(canaries)} checks are alive."


def _failure(canary: Canary | None, found: CheckResult | None) -> str:
    """Compare the rows that a claim names with those that were planted for it."""
    if canary is None:
        return "has no canary"
    if found is None:
        return f"is no longer made (planted: {canary.planted})"
    named = frozenset(found.unexpected)
    if found.success or canary.keys - named:
        return f"did not find {canary.planted}"
    if named - canary.keys:
        return f"also refuses what is not its fault: {' '.join(min(named - canary.keys)).strip()}"
    return ""


def _judge_shapes(landed: LandedSuites, built: BuiltSuites) -> tuple[GateOutcome, ...]:
    """Claims about whole tables: a column is taken away, and all rows."""
    quiet_landed, quiet_built = landed_tables(STOCKS), built_tables()
    emptied = {table: frame.iloc[:0] for table, frame in quiet_built.items()}
    columns, rows = (HasColumns,), (HasColumns, HasRows)
    return (
        run_gate_2(emptied, context=BUILT_CONTEXT, suites=_only(rows, built)),
        run_gate_1(
            _narrowed(quiet_landed, (suite for suite, _ in landed)),
            context=gate_context(),
            suites=_only(columns, landed),
        ),
        run_gate_2(
            _narrowed(quiet_built, (suite for suite, _ in built)),
            context=BUILT_CONTEXT,
            suites=_only(columns, built),
        ),
    )


def _only(
    rules: tuple[type, ...], suites: Sequence[tuple[Suite, Prepare]]
) -> tuple[tuple[Suite, Prepare], ...]:
    """The suites with such claims, and no other claims in them."""
    kept = [
        (tuple(claim for claim in suite.claims if isinstance(claim.rule, rules)), suite, prepare)
        for suite, prepare in suites
    ]
    return tuple(
        (replace(suite, claims=claims), prepare) for claims, suite, prepare in kept if claims
    )


def _narrowed(frames: Frames, suites: Iterable[Suite]) -> Frames:
    """Every table without the last column that its suite asks for."""
    return {
        suite.table: frames[suite.table].drop(columns=claim.rule.columns[-1])
        for suite in suites
        for claim in suite.claims
        if isinstance(claim.rule, HasColumns)
    }


def _found(*outcomes: GateOutcome) -> dict[tuple[str, str], CheckResult]:
    return {
        (result.suite, result.expectation): result
        for outcome in outcomes
        for result in outcome.results
    }
