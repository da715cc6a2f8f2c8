"""The only module that calls Great Expectations: claims in, judged rows out.

The import takes ten seconds, so it happens inside `preload`; a night calls that in a thread while
it waits for the providers.
"""

import importlib
import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pandas as pd

from orchestration.expectations.claims import (
    Between,
    Claim,
    Distinct,
    HasColumns,
    HasRows,
    OneOf,
    Present,
    Suite,
)

# Unexpected rows come back as positions, and nothing else is computed for them.
RESULT_FORMAT = {
    "result_format": "COMPLETE",
    "include_unexpected_rows": False,
    "return_unexpected_index_query": False,
}
GX_SEVERITY = {"block": "critical", "quarantine": "critical", "warn": "warning"}


@dataclass(frozen=True)
class Finding:
    """What Great Expectations says about one claim.

    `positions`: offending rows of the frame in order. `problem`: why the claim could not be judged
    or, for a claim about the whole table, what is wrong with it.
    """

    claim: Claim
    success: bool
    checked_count: int
    positions: tuple[int, ...]
    problem: str | None


@lru_cache(maxsize=1)
def preload() -> Any:
    """Import Great Expectations once; later calls return at once."""
    with warnings.catch_warnings():
        # its file connector imports two regex modules that Python 3.11 deprecates
        warnings.filterwarnings("ignore", message="module 'sre_", category=DeprecationWarning)
        importlib.import_module("great_expectations.expectations")
        return importlib.import_module("great_expectations")


class Judge:
    """One ephemeral Great Expectations context; a gate asks it suite after suite.

    Nothing leaves the machine or the process: usage statistics and progress bars are off, and an
    ephemeral context keeps no files.
    """

    def __init__(self) -> None:
        self._gx = preload()
        context = self._gx.get_context(mode="ephemeral")
        context.enable_analytics(False)
        context.variables.progress_bars = {"globally": False, "metric_calculations": False}
        self._frames = context.data_sources.add_pandas("frames")

    def validate(self, suite: Suite, frame: pd.DataFrame) -> tuple[Finding, ...]:
        """Judge all claims of a suite on a frame, in the order of the claims.

        Parameters
        ----------
        frame : the table with its prepared columns and positions 0, 1, … as index.
        """
        asset = self._frames.add_dataframe_asset(suite.name)
        batch = asset.add_batch_definition_whole_dataframe("whole").get_batch(
            batch_parameters={"dataframe": frame}
        )
        expectations = self._gx.ExpectationSuite(name=suite.name)
        for claim in suite.claims:
            expectations.add_expectation(_expectation(self._gx.expectations, claim))
        judged = batch.validate(expectations, result_format=RESULT_FORMAT)
        # expectations that could not be computed come back first: put them in order again
        by_claim = {result.expectation_config.meta["claim"]: result for result in judged.results}
        return tuple(_finding(claim, by_claim[claim.name], len(frame)) for claim in suite.claims)


def _expectation(gxe: Any, claim: Claim) -> Any:
    """The claim in Great Expectations' own vocabulary."""
    about = {"meta": {"claim": claim.name}, "severity": GX_SEVERITY[claim.severity]}
    match claim.rule:
        case Present():
            return gxe.ExpectColumnValuesToNotBeNull(column=claim.column, **about)
        case Between(low, high, is_open):
            return gxe.ExpectColumnValuesToBeBetween(
                column=claim.column, min_value=low, max_value=high, strict_min=is_open, **about
            )
        case OneOf(values):
            return gxe.ExpectColumnValuesToBeInSet(
                column=claim.column, value_set=list(values), **about
            )
        case Distinct((column,)):
            return gxe.ExpectColumnValuesToBeUnique(column=column, **about)
        case Distinct(columns):
            return gxe.ExpectCompoundColumnsToBeUnique(column_list=list(columns), **about)
        case HasColumns(columns):
            return gxe.ExpectTableColumnsToMatchSet(
                column_set=list(columns), exact_match=False, **about
            )
        case HasRows():
            return gxe.ExpectTableRowCountToBeBetween(min_value=1, **about)


def _finding(claim: Claim, result: Any, row_count: int) -> Finding:
    positions = tuple(int(row) for row in result.result.get("unexpected_index_list") or ())
    return Finding(
        claim=claim,
        success=bool(result.success),
        checked_count=row_count - int(result.result.get("missing_count") or 0),
        positions=positions,
        problem=None if result.success or positions else _problem(claim, result),
    )


def _problem(claim: Claim, result: Any) -> str:
    if isinstance(claim.rule, HasRows):
        return "the table is empty"
    if isinstance(claim.rule, HasColumns):
        mismatched = result.result.get("details", {}).get("mismatched", {})
        return f"missing columns: {', '.join(mismatched.get('missing', []))}"
    raised = [
        entry.get("exception_message")
        for entry in result.exception_info.values()
        if isinstance(entry, dict)
    ]
    return f"the check could not be made: {raised[0] if raised else 'no reason given'}"
