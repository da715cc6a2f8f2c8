"""dbt's tests of what Python has computed: run on the written results, judged with gate 2.

`dbt build` ends before there are results, so tests tagged `results` (all in
`dbt_project/tests/results/`, a user's own included) are left out of it and run here, by dbt in this
process and with what it remembers of the project. One that fails blocks the night, as gate 2 does.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.build import OF_RESULTS
from orchestration.expectations.outcome import CheckResult
from warehouse.connection import Connection, connect
from warehouse.home import Home

if TYPE_CHECKING:
    from orchestration.dbt_session import Tested

SUITE = "dbt_results"
EXAMPLES = 10
NAMED_IN_DETAIL = 3


def judge_results(home: Home) -> tuple[CheckResult, ...]:
    """Run dbt's tests of results on a home's build.

    Returns
    -------
    One result per test, in order of name. A test that cannot run blocks, whatever its severity: it
    must not pass quietly.

    Raises
    ------
    NightError
        dbt runs none of them.
    """
    from orchestration.dbt_session import DbtSession

    outcomes = DbtSession(home).test((OF_RESULTS,))
    with connect(home.build, read_only=True) as build:
        return tuple(_judged(build, outcome) for outcome in outcomes)


def result_tests(manifest: Path) -> Mapping[str, str]:
    """Name every test of results, with the table under which it is filed: the first it reads."""
    told = json.loads(manifest.read_text())
    tables = {key: f"{row['schema']}.{row['name']}" for key, row in told["sources"].items()}
    tests = (
        (node["name"], [tables[key] for key in node["depends_on"]["nodes"] if key in tables])
        for node in told["nodes"].values()
        if node["resource_type"] == "test" and OF_RESULTS.removeprefix("tag:") in node["tags"]
    )
    return {name: read[0] for name, read in sorted(tests) if read}


def _judged(build: Connection, outcome: "Tested") -> CheckResult:
    """One test as a claim of gate 2, with the first rows that it found."""
    table = outcome.relations[0] if outcome.relations else "analytics"
    is_good = not outcome.failures and not outcome.problem
    examples = () if is_good or outcome.problem else _found(build, outcome.query)
    return CheckResult(
        gate=2,
        suite=SUITE,
        expectation=outcome.name,
        table_name=table,
        success=is_good,
        unexpected_count=max(outcome.failures, int(bool(outcome.problem))),
        severity="warn" if outcome.is_warning and not outcome.problem else "block",
        detail=None if is_good else outcome.problem or _sentence(outcome.failures, examples),
        checked_count=_row_count(build, table) if outcome.relations and not outcome.problem else 0,
        requirement=outcome.description or outcome.name,
        reason="A dbt test of the written results finds no row.",
        examples=examples,
    )


def _row_count(build: Connection, table: str) -> int:
    row = build.execute(f"select count(*) from {table}").fetchone()
    return int(row[0]) if row else 0


def _found(build: Connection, query: str) -> tuple[Mapping[str, str], ...]:
    """The first rows that a test finds, as printable cells."""
    cursor = build.execute(f"from ({query}\n) order by all limit {EXAMPLES}")
    names = [column[0] for column in cursor.description or []]
    return tuple(
        {name: str(value) for name, value in zip(names, row, strict=True)}
        for row in cursor.fetchall()
    )


def _sentence(count: int, examples: Sequence[Mapping[str, str]]) -> str:
    named = "; ".join(
        ", ".join(f"{name} {value}" for name, value in row.items())
        for row in examples[:NAMED_IN_DETAIL]
    )
    more = "; …" if count > NAMED_IN_DETAIL else ""
    return f"{count:,} {'row' if count == 1 else 'rows'}: {named}{more}"
