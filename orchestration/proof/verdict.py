"""What a proof found, for people and for machines."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from warehouse.comparison import Movement

if TYPE_CHECKING:
    from analytics.accounting.books import Audit


@dataclass(frozen=True)
class CutResult:
    """One look back: `tables` and `rows` compared, and the `movements` in the graph's order."""

    session: date
    decided_at: datetime
    tables: int
    rows: int
    movements: tuple[Movement, ...]


@dataclass(frozen=True)
class WarmUp:
    """How much history one column needs.

    `sessions`: from a symbol's first row until its value no longer depends on where history starts
    (the most of all symbols); None where it still did at the end of the `observed` sessions.
    `unit`: how it was compared.
    """

    relation: str
    column: str
    sessions: int | None
    observed: int
    unit: str


@dataclass(frozen=True)
class Verdict:
    """The whole proof of one ledger version."""

    night: date
    ledger_version: int
    seed: int
    cuts: tuple[CutResult, ...]
    audit: "Audit | None"
    exemptions: Mapping[str, str]
    undated: tuple[str, ...]
    warm_up: tuple[WarmUp, ...] = field(default=())

    @property
    def is_proven(self) -> bool:
        """Whether no past decision moved and the accountant agrees."""
        is_audited = self.audit is None or not self.audit.objections
        return is_audited and not any(cut.movements for cut in self.cuts)

    @property
    def first_problem(self) -> str | None:
        """The first table that moved at the earliest cut, else the first objection."""
        for cut in self.cuts:
            if cut.movements:
                return (
                    f"Seen from {cut.session} the past was another one: {cut.movements[0].sentence}"
                )
        if self.audit is not None and self.audit.objections:
            return f"The accountant objects: {self.audit.objections[0].sentence}"
        return None
