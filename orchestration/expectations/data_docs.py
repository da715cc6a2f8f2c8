"""Data Docs: every claim of both gates as static pages that need nothing but a browser.

Great Expectations' own pages load scripts and styles from the network and show no reasons, so these
are rendered here from its verdicts. Whatever a provider wrote is escaped, and the pages forbid
scripts and every outside request by themselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import jinja2

from orchestration.expectations.gates import BUILT_SUITES, LANDED_SUITES
from orchestration.expectations.outcome import CheckResult, GateOutcome
from warehouse.files import write_text

SUBJECTS = {1: "the rows that landed", 2: "what was built from them"}
CONSEQUENCE = {
    "quarantine": "keeps its rows out of the night",
    "block": "stops the night",
    "warn": "is told and changes nothing",
}
GRAINS = {suite.name: suite.grain for suite, _ in (*LANDED_SUITES, *BUILT_SUITES)}
WORST_FIRST = ("block", "quarantine", "warn")


@dataclass(frozen=True)
class SuitePage:
    """One suite as its page shows it."""

    gate: int
    name: str
    results: tuple[CheckResult, ...]

    @property
    def page(self) -> str:
        """The file the suite is written to."""
        return f"gate_{self.gate}_{self.name}.html"

    @property
    def table(self) -> str:
        """The relation the results are filed under."""
        return self.results[0].table_name

    @property
    def grain(self) -> str:
        """What a judged row is."""
        return GRAINS.get(self.name, "")

    @property
    def rows(self) -> int:
        """How many rows were judged."""
        return max(result.checked_count for result in self.results)

    @property
    def failed(self) -> int:
        """How many claims do not hold."""
        return sum(not result.success for result in self.results)

    @property
    def worst(self) -> str:
        """The gravest severity among the claims that do not hold, '' if all hold."""
        failed = {result.severity for result in self.results if not result.success}
        return next((severity for severity in WORST_FIRST if severity in failed), "")

    @property
    def sentence(self) -> str:
        """The suite's verdict."""
        if self.failed:
            return f"{self.failed} of {len(self.results)} claims do not hold."
        return f"All {len(self.results)} claims hold."


@dataclass(frozen=True)
class GateSection:
    """One gate as the index shows it."""

    outcome: GateOutcome

    @property
    def number(self) -> int:
        """1 or 2."""
        return self.outcome.gate

    @property
    def subject(self) -> str:
        """What the gate judges."""
        return SUBJECTS[self.outcome.gate]

    @property
    def suites(self) -> tuple[SuitePage, ...]:
        """The gate's suites in the order in which they were judged."""
        by_suite = groupby(self.outcome.results, key=lambda result: result.suite)
        return tuple(SuitePage(self.number, name, tuple(results)) for name, results in by_suite)

    @property
    def sentence(self) -> str:
        """The gate's verdict."""
        results = self.outcome.results
        held = sum(result.success for result in results)
        verdict = "blocks the night" if self.outcome.blocked else "lets the night pass"
        return f"{held} of {len(results)} claims hold; the gate {verdict}."


def write_data_docs(
    outcomes: Sequence[GateOutcome], folder: Path, *, title: str, banner: str = ""
) -> Path:
    """Write the index and one page per suite; pages of suites that are gone disappear.

    Parameters
    ----------
    outcomes : the gates that ran, in order.
    folder : made if absent; holds nothing else.
    title : names the night on every page.
    banner : printed above every page; empty for real markets.

    Returns
    -------
    The index. It is written last, so that it never points at a page that is not there.
    """
    sections = [GateSection(outcome) for outcome in outcomes]
    pages = [suite for section in sections for suite in section.suites]
    environment = _environment()
    shared = {"title": title, "banner": banner, "consequence": CONSEQUENCE}
    suite_template = environment.get_template("data_docs_suite.html")
    for page in pages:
        write_text(folder / page.page, suite_template.render(suite=page, **shared))
    index = folder / "index.html"
    content = environment.get_template("data_docs_index.html").render(
        gates=sections,
        verdict=_verdict(outcomes),
        failures=[result for outcome in outcomes for result in outcome.failures],
        quarantine=[row for outcome in outcomes for row in outcome.quarantine],
        page_of=lambda result: SuitePage(result.gate, result.suite, (result,)).page,
        **shared,
    )
    write_text(index, content)
    kept = {page.page for page in pages}
    for stale in folder.glob("gate_*.html"):
        if stale.name not in kept:
            stale.unlink()
    return index


def _verdict(outcomes: Sequence[GateOutcome]) -> str:
    results = [result for outcome in outcomes for result in outcome.results]
    failed = [result for result in results if not result.success]
    if not failed:
        return f"All {len(results)} claims hold."
    parts = [
        f"{count} {words}"
        for severity, words in (
            ("block", "blocking"),
            ("quarantine", "quarantining"),
            ("warn", "warning"),
        )
        if (count := sum(result.severity == severity for result in failed))
    ]
    return f"{len(failed)} of {len(results)} claims do not hold: {', '.join(parts)}."


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["spoken"] = lambda name: name.replace("_", " ")
    return environment
