"""What is to be said of a night that was built again: one outcome, one sentence."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from orchestration.replay.comparison import STAGING, Comparison, named
from warehouse.kept_results import ResultDifference


class Outcome(StrEnum):
    """How a replay can end. The first three are as it should be."""

    IDENTICAL = "identical"
    OTHER_CODE = "same data, other code"
    OTHER_MACHINE = "same within 1e-9, other machine or packages"
    ROWS_REMOVED = "rows were removed since"
    DIFFERENT = "different"


AS_IT_SHOULD_BE = (Outcome.IDENTICAL, Outcome.OTHER_CODE, Outcome.OTHER_MACHINE)


@dataclass(frozen=True)
class Findings:
    """What was looked up besides the hashes, where those differ.

    `results`: kept results that differ. `compared_results`: all that were compared row by row.
    `removed`: one sentence per removal of rows that the night had read. `changed_landings`: one
    sentence per landed batch that is not as it landed, None where no log says so. `scored_by`: the
    methods of the night's headline scores, if today's is not among them.
    """

    results: tuple[ResultDifference, ...] = ()
    compared_results: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed_landings: tuple[str, ...] | None = None
    scored_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """The end of a replay. `remarks`: sentences that explain it further."""

    outcome: Outcome
    sentence: str
    remarks: tuple[str, ...] = field(default=())

    @property
    def exit_code(self) -> int:
        """0 for what is as it should be, else 1."""
        return 0 if self.outcome in AS_IT_SHOULD_BE else 1


def judge(compared: Comparison, findings: Findings) -> Verdict:
    """Decide what a rebuilt night is beside the published one.

    With other code a difference is expected, and the night is as it should be if the data are the
    same. With the same code on the same machine nothing may differ.
    """
    if compared.is_identical:
        return _identical(compared)
    if findings.removed:
        return Verdict(
            Outcome.ROWS_REMOVED,
            f"CANNOT BE REPLAYED EXACTLY: {'; '.join(findings.removed)}. {_what_differs(compared)}",
            _code_remarks(compared),
        )
    if not compared.is_same_code:
        return _other_code(compared, findings)
    if compared.environment_changes:
        return _other_machine(compared, findings)
    return _different(compared, findings)


def _identical(compared: Comparison) -> Verdict:
    night, count = compared.night, len(compared.rebuilt.tables)
    how = (
        f"each of its {count} tables has the content hash that was published"
        if compared.kept
        else f"the hash over all its {count} tables is the recorded one (table by table is not "
        f"possible, because {compared.why_not_kept})"
    )
    return Verdict(
        Outcome.IDENTICAL,
        f"IDENTICAL: night {night.name}, built again at ledger version {night.ledger_version}: "
        f"{how}.",
        (*_code_remarks(compared), *_environment_remarks(compared)),
    )


def _other_code(compared: Comparison, findings: Findings) -> Verdict:
    night, staging = compared.night, _staging(compared.differing)
    codes = f"code {night.code_hash} made it and code {compared.rebuilt.code_hash} is here now"
    remarks = (*_scoring_remarks(findings), *_environment_remarks(compared))
    if compared.is_staging_equal:
        same = f"all {_count_staging(compared)} staging tables are as published"
    elif findings.changed_landings == ():
        same = "every row that it read is as it landed"
        if staging:
            same += f", though today's code makes other rows of {named(staging)}"
    else:
        return Verdict(
            Outcome.DIFFERENT,
            f"DIFFERENT: {codes}, and whether the data are the same cannot be shown: "
            f"{_doubt(findings)}. {_what_differs(compared)}",
            remarks,
        )
    return Verdict(
        Outcome.OTHER_CODE,
        f"SAME DATA, OTHER CODE: night {night.name}: {same}; {codes}. {_what_differs(compared)}",
        remarks,
    )


def _other_machine(compared: Comparison, findings: Findings) -> Verdict:
    changes = "; ".join(compared.environment_changes or ())
    notable = [result for result in findings.results if result.is_notable]
    if compared.is_staging_equal and not notable and not (compared.added or compared.dropped):
        checked = named(findings.compared_results, most=9)
        return Verdict(
            Outcome.OTHER_MACHINE,
            f"SAME WITHIN 1e-9, OTHER MACHINE OR PACKAGES: night {compared.night.name}: staging is "
            f"equal, and the results that were kept ({checked}) agree within 1e-9 relative; "
            f"{changes}. {_what_differs(compared)}",
        )
    reason = (
        f"{notable[0].relation} differs by more than last digits"
        if notable
        else f"{named(_staging(compared.differing)) or 'the list of tables'} is another one"
    )
    return Verdict(
        Outcome.DIFFERENT,
        f"DIFFERENT: {reason}, which {changes} does not explain. {_what_differs(compared)}",
        _landing_remarks(findings),
    )


def _different(compared: Comparison, findings: Findings) -> Verdict:
    same = (
        "code and ledger version"
        if compared.environment_changes is None
        else ("code, ledger version, machine and packages")
    )
    unknown = (
        ("Machine and packages of that night were not recorded.",)
        if compared.environment_changes is None
        else ()
    )
    return Verdict(
        Outcome.DIFFERENT,
        f"DIFFERENT, although {same} are the same: night {compared.night.name}. "
        f"{_what_differs(compared)}",
        (*_landing_remarks(findings), *unknown),
    )


def _what_differs(compared: Comparison) -> str:
    """The tables, or why they cannot be named."""
    if compared.kept is None:
        return f"Which tables differ cannot be told, because {compared.why_not_kept}."
    parts = []
    if compared.differing:
        parts.append(f"{len(compared.differing)} differ ({named(compared.differing)})")
    if compared.added:
        parts.append(f"today's code alone makes {named(compared.added)}")
    if compared.dropped:
        parts.append(f"it makes no {named(compared.dropped)}")
    return f"Of its tables {'; '.join(parts)}." if parts else "No table differs."


def _staging(tables: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in tables if name.startswith(STAGING))


def _count_staging(compared: Comparison) -> int:
    then = compared.kept.manifest.tables if compared.kept else {}
    return len(_staging(sorted(then.keys() & compared.rebuilt.tables.keys())))


def _doubt(findings: Findings) -> str:
    if findings.changed_landings is None:
        return "the log of landings beside the stored responses does not cover its versions"
    return "; ".join(findings.changed_landings[:3])


def _code_remarks(compared: Comparison) -> tuple[str, ...]:
    if compared.is_same_code:
        return ()
    return (
        f"It was published by other code ({compared.night.code_hash}, now "
        f"{compared.rebuilt.code_hash}).",
    )


def _environment_remarks(compared: Comparison) -> tuple[str, ...]:
    changes = compared.environment_changes
    return (f"Since then {'; '.join(changes)}.",) if changes else ()


def _scoring_remarks(findings: Findings) -> tuple[str, ...]:
    if not findings.scored_by:
        return ()
    return (
        f"Its headlines were scored by {', '.join(findings.scored_by)}; today's code reads the "
        "scores of a newer method, which were made after that night, so that its sentiment is "
        "empty here.",
    )


def _landing_remarks(findings: Findings) -> tuple[str, ...]:
    if findings.changed_landings:
        return tuple(f"In the ledger {sentence}." for sentence in findings.changed_landings[:3])
    if findings.changed_landings == ():
        return ("Every row that the night read is as it landed.",)
    return ()
