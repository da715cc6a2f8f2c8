"""The fetching steps of an evening: part of a night's inputs, landed and judged ahead of it.

What a step has landed is in the ledger and in the cache, so the night that follows finds it fresh
and asks for the rest. A step decides nothing: it records no attempt, no missed session and no
quarantine, and the night judges every row again, at its own ledger version.
"""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ingestion.chains import CHAINS
from ingestion.journal import Problem
from ingestion.wanted import NightInputs
from orchestration.findings import degrading_reasons
from orchestration.gates import judge_landed
from orchestration.inputs import land_inputs
from orchestration.resources import utc_now

if TYPE_CHECKING:
    from orchestration.expectations.outcome import CheckResult
    from orchestration.night import NightRun

log = logging.getLogger("mqp.night")

PARTS: dict[str, tuple[str, ...]] = {
    "prices": ("daily_bars", "splits", "dividends", "intraday_bars"),
    "news": ("company_news", "news_sentiment"),
    "macro": ("macro", "treasury_rates"),
    "indices": ("index_closes",),
    "companies": ("fundamentals", "profiles"),
}
"""Part of a night's inputs to the datasets that are asked together."""

STEP_PARTS: dict[str, tuple[str, ...]] = {
    "warm_up": ("companies",),
    "equities": ("prices", "news"),
    "credit": ("macro",),
    "volatility": ("indices",),
}
"""Step to what it asks for. The bars of the funds come with those of the stocks: one request serves
the whole market."""

_WANTED: dict[str, tuple[str, ...]] = {
    "prices": ("bar_symbols", "intraday_symbols"),
    "news": ("news_symbols",),
    "macro": ("series_ids",),
    "indices": ("index_names",),
    "companies": ("company_symbols",),
}
SCORES = "raw.mqp__headline_scores"


def tables_of(part: str) -> tuple[str, ...]:
    """The raw tables of a part, in the order of the ranks; a table belongs to one part."""
    named = [feed.table for dataset in PARTS[part] for feed in CHAINS[dataset]]
    earlier = [
        feed.table
        for other in list(PARTS)[: list(PARTS).index(part)]
        for dataset in PARTS[other]
        for feed in CHAINS[dataset]
    ]
    own = tuple(dict.fromkeys(table for table in named if table not in earlier))
    return (*own, SCORES) if part == "news" else own


PART_OF: Mapping[str, str] = {table: part for part in PARTS for table in tables_of(part)}
"""Raw table to the part that fills it."""


def step_tables(step: str) -> tuple[str, ...]:
    """The raw tables that a step lands."""
    return tuple(table for part in STEP_PARTS[step] for table in tables_of(part))


def narrowed(wanted: NightInputs, parts: Collection[str]) -> NightInputs:
    """The same night with nothing to ask for outside some of its parts."""
    others: dict[str, tuple[str, ...]] = {
        name: () for part in PARTS if part not in parts for name in _WANTED[part]
    }
    return replace(wanted, **others)  # type: ignore[arg-type]  # only tuples of names


@dataclass(frozen=True)
class LandedPart:
    """What a step has done.

    `results`: the claims of gate 1 about its tables. `late`: what a night would still lack, of all
    its inputs, in sentences. `problems`: what went wrong while asking.
    """

    new_rows: Mapping[str, int]
    ledger_version: int
    results: "tuple[CheckResult, ...]"
    late: tuple[str, ...]
    problems: tuple[Problem, ...]

    @property
    def is_worth_another_try(self) -> bool:
        """Whether something required failed in passing: a refusal is not asked again."""
        return any(one.is_degrading and one.failure == "transient" for one in self.problems)


def land_part(run: "NightRun", parts: Collection[str]) -> LandedPart:
    """Fetch and land parts of a night's inputs, and judge what the ledger holds of them now.

    Parameters
    ----------
    run : of the night whose inputs they are; it goes no further.
    parts : names of `PARTS`.
    """
    run.settings.home.make_folders()
    collected = run.fetch(parts)
    with run.open_ledger() as ledger:
        landing = land_inputs(
            ledger,
            collected,
            run.sessions,
            run_id=run.run_id,
            now=utc_now(run.settings),
            raw_responses=run.settings.home.raw_responses,
        )
        outcome = judge_landed(ledger, run.scope, ledger_version=landing.ledger_version)[0]
        freshness = run.measured_freshness(ledger)
    tables = {table for part in parts for table in tables_of(part)}
    done = LandedPart(
        new_rows=landing.new_rows,
        ledger_version=landing.ledger_version,
        results=tuple(result for result in outcome.results if result.table_name in tables),
        late=degrading_reasons(freshness, (), ()),
        problems=collected.problems,
    )
    _say(done, [part for part in PARTS if part in parts])
    return done


def _say(done: LandedPart, parts: Collection[str]) -> None:
    held = sum(result.success for result in done.results)
    log.info(
        f"Landed {sum(done.new_rows.values()):,} new rows of {', '.join(parts)}; "
        f"{held} of {len(done.results)} claims about them hold."
    )
    for sentence in degrading_reasons((), (), done.problems):
        log.warning("%s", sentence)
