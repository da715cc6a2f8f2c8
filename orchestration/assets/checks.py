"""The gates' claims as asset checks: one check per claim, on the table that it is about."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import dagster as dg

from orchestration.expectations.claims import Claim, Suite
from orchestration.expectations.gates import BUILT_SUITES, LANDED_SUITES
from orchestration.expectations.outcome import CheckResult
from orchestration.night_resource import NightResource

LANDED = tuple(suite for suite, _ in LANDED_SUITES)
BUILT = tuple(suite for suite, _ in BUILT_SUITES)
SEVERITIES: Mapping[str, dg.AssetCheckSeverity] = {
    "block": dg.AssetCheckSeverity.ERROR,
    "quarantine": dg.AssetCheckSeverity.WARN,
    "warn": dg.AssetCheckSeverity.WARN,
}


def check_name(suite: str, claim: str) -> str:
    """A table can have several suites, so a claim is named with its suite."""
    return f"{suite}__{claim}".replace(".", "_")


def check_specs(suites: Iterable[Suite]) -> list[dg.AssetCheckSpec]:
    """One check spec per claim.

    Only claims about results block in Dagster's own sense: they make publication wait for gate 2.
    Gate 2 judges the marts at the same time, so a mart that blocked would have its own results
    wait for themselves; publication refuses a blocked night by itself whatever the table.
    """

    def spec(suite: Suite, claim: Claim) -> dg.AssetCheckSpec:
        return dg.AssetCheckSpec(
            name=check_name(suite.name, claim.name),
            asset=dg.AssetKey(suite.table.split(".")),
            description=f"{claim.requirement}. {claim.reason}",
            blocking=claim.severity == "block" and suite.table.startswith("analytics."),
        )

    return [spec(suite, claim) for suite in suites for claim in suite.claims]


def check_results(
    results: Sequence[CheckResult], suites: Iterable[Suite]
) -> Iterator[dg.AssetCheckResult]:
    """Dagster's form of a gate's results; a claim that was not judged is passed over in silence."""
    declared = {(suite.name, claim.name) for suite in suites for claim in suite.claims}
    for result in results:
        if (result.suite, result.expectation) in declared:
            yield dg.AssetCheckResult(
                asset_key=dg.AssetKey(result.table_name.split(".")),
                check_name=check_name(result.suite, result.expectation),
                passed=result.success,
                severity=SEVERITIES[result.severity],
                metadata={
                    "unexpected_count": result.unexpected_count,
                    "detail": result.detail or "holds",
                },
            )


@dg.multi_asset_check(
    name="gate_2",
    specs=check_specs(BUILT),
    can_subset=False,
    description="Marts and results are judged before anybody sees them.",
)
def gate_2_checks(night: NightResource) -> Iterator[dg.AssetCheckResult]:
    """Run gate 2 on the finished build."""
    yield from check_results(night.run.gate_2().outcome.results, BUILT)
