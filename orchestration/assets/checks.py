"""The gates as asset checks: one check per suite, with every claim of it in the metadata.

A check per claim would be close to 400 of them; each costs Dagster's event log several
transactions, and a person wants to know first which table is in trouble and then why.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

import dagster as dg

from orchestration.assets.dbt import MANIFEST
from orchestration.errors import NightError
from orchestration.expectations.claims import Suite
from orchestration.expectations.gates import BUILT_SUITES, LANDED_SUITES
from orchestration.expectations.outcome import CheckResult
from orchestration.night_resource import NightResource
from orchestration.result_tests import SUITE, result_tests

LANDED = tuple(suite for suite, _ in LANDED_SUITES)
BUILT = tuple(suite for suite, _ in BUILT_SUITES)
RESULT_TESTS = result_tests(MANIFEST)


def check_name(suite: str) -> str:
    """The claim of a suite: that all of its claims hold."""
    return f"{suite.replace('.', '_')}__claims_hold"


def check_specs(suites: Iterable[Suite]) -> list[dg.AssetCheckSpec]:
    """One check spec per suite.

    Only suites about results block in Dagster's own sense: they make publication wait for gate 2.
    Gate 2 judges the marts at the same time, so a mart that blocked would have its own results
    wait for themselves; publication refuses a blocked night by itself whatever the table.
    """
    return [
        dg.AssetCheckSpec(
            name=check_name(suite.name),
            asset=dg.AssetKey(suite.table.split(".")),
            description=f"{len(suite.claims)} claims. {suite.grain}",
            blocking=suite.table.startswith("analytics."),
        )
        for suite in suites
    ]


def check_results(
    results: Sequence[CheckResult], suites: Iterable[Suite]
) -> Iterator[dg.AssetCheckResult]:
    """Dagster's form of a gate's results, in the order of the suites."""
    judged = {name: tuple(rows) for name, rows in groupby(results, key=lambda row: row.suite)}
    for suite in suites:
        rows = judged.get(suite.name, ())
        failed = [row for row in rows if not row.success]
        is_blocking = any(row.severity == "block" for row in failed)
        yield dg.AssetCheckResult(
            asset_key=dg.AssetKey(suite.table.split(".")),
            check_name=check_name(suite.name),
            passed=bool(rows) and not failed,
            severity=dg.AssetCheckSeverity.ERROR if is_blocking else dg.AssetCheckSeverity.WARN,
            metadata={
                "claims": len(rows),
                "failed": len(failed),
                "table": dg.MetadataValue.md(_claims_table(rows)),
            },
        )


def _claims_table(rows: Sequence[CheckResult]) -> str:
    lines = ["| claim | requires | severity | holds |", "|---|---|---|---|"]
    for row in rows:
        verdict = "yes" if row.success else f"**no**: {row.detail or row.unexpected_count}"
        cells = (row.expectation, row.requirement, row.severity, verdict)
        # provider text may stand in a detail: no cell may break out of the table
        lines.append("| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |")
    return "\n".join(lines)


def result_test_specs(tests: Mapping[str, str]) -> list[dg.AssetCheckSpec]:
    """One check spec per dbt test of results, on the table under which it is filed."""
    return [
        dg.AssetCheckSpec(name=name, asset=dg.AssetKey(table.split(".")), blocking=True)
        for name, table in tests.items()
    ]


def result_test_results(
    results: Sequence[CheckResult], tests: Mapping[str, str]
) -> Iterator[dg.AssetCheckResult]:
    """Dagster's form of what dbt's tests found in the results; one that is missing has failed."""
    tested = {row.expectation: row for row in results if row.suite == SUITE}
    for name, table in tests.items():
        row = tested.get(name)
        is_warning = row is not None and row.severity == "warn"
        yield dg.AssetCheckResult(
            asset_key=dg.AssetKey(table.split(".")),
            check_name=name,
            passed=row is not None and row.success,
            severity=dg.AssetCheckSeverity.WARN if is_warning else dg.AssetCheckSeverity.ERROR,
            metadata={
                "failed": row.unexpected_count if row else 0,
                "table": dg.MetadataValue.md(_claims_table([row] if row else [])),
            },
        )


@dg.multi_asset_check(
    name="gate_2",
    specs=[*check_specs(BUILT), *result_test_specs(RESULT_TESTS)],
    can_subset=False,
    description="Marts and results are judged before anybody sees them.",
)
def gate_2_checks(night: NightResource) -> Iterator[dg.AssetCheckResult]:
    """Run gate 2 on the finished build; what it refuses is said in one sentence."""
    gate = night.run.gate_2()
    yield from check_results(gate.outcome.results, BUILT)
    yield from result_test_results(gate.outcome.results, RESULT_TESTS)
    if gate.is_blocked:
        raise NightError(f"Gate 2 refuses the night: {gate.blocking_sentence}")
