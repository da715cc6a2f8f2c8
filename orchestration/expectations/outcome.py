"""What a gate is told and what it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property

from orchestration.expectations.calendar import Calendar
from orchestration.expectations.claims import Severity

KEPT_KEYS = 1000
JOINED = " and "  # the failures of one row in its reason


@dataclass(frozen=True)
class HistoryExtent:
    """How much of one subject a raw table held: its first date and its number of rows."""

    first_date: date
    row_count: int


@dataclass(frozen=True)
class Released:
    """Rows that a person has declared right, whatever the gate had found in them.

    Only the claims that `reason` names are not reported again, of versions up to that one: another
    value is another row, and another claim another finding.
    """

    dataset: str
    symbol: str
    first_date: date
    last_date: date
    ledger_version: int
    reason: str

    def covers(self, failure: str) -> bool:
        """Whether the released finding was about a claim that failed in these words."""
        found = self.reason.removeprefix(f"{self.dataset} has ").rpartition(f" ({self.symbol}, ")
        return f"{JOINED}{failure}{JOINED}" in f"{JOINED}{found[0]}{JOINED}"


@dataclass(frozen=True)
class ExposureLimits:
    """The portfolio's limits on leverage x weight, fractions of equity."""

    gross: float = 2.0
    net: float = 1.5
    stock: float = 0.10
    fund: float = 0.40
    max_leverage: float = 2.0


@dataclass(frozen=True)
class GateContext:
    """What a gate knows beside the frames.

    Parameters
    ----------
    night, decided_at : the session and its 16:30 New York as UTC; nothing later may be in a frame.
    sessions : every exchange session in order, from before the first row to after the night.
    required_symbols : symbols that need a bar of the night.
    required_indexes : indexes that need a close of the night.
    series_due : series → date of the newest observation that the night can know.
    asset_classes : symbol → 'stock', 'fund' or 'volatility'; overrides the thresholds' own table,
        and a symbol in neither is a stock.
    released : quarantines that a person has lifted.
    previous_extents : (raw table, subject) → what an earlier night saw.
    default_variants : strategy → the variant that must have decided tonight.
    frozen_symbols : symbols that may not decide tonight (their usable bar is missing).
    fund_leverage : symbol → (from date, leverage per unit) in order; unlisted symbols have 1.
    limits : the portfolio's exposure limits.
    """

    night: date
    decided_at: datetime
    sessions: Sequence[date]
    required_symbols: Sequence[str] = ()
    required_indexes: Sequence[str] = ("VIX", "VIX3M")
    series_due: Mapping[str, date] = field(default_factory=dict)
    asset_classes: Mapping[str, str] = field(default_factory=dict)
    released: Sequence[Released] = ()
    previous_extents: Mapping[tuple[str, str], HistoryExtent] = field(default_factory=dict)
    default_variants: Mapping[str, str] = field(
        default_factory=lambda: {
            "equities": "balanced_position",
            "credit": "zscore_percentile",
            "volatility": "contango",
        }
    )
    frozen_symbols: Sequence[str] = ()
    fund_leverage: Mapping[str, Sequence[tuple[date, float]]] = field(
        default_factory=lambda: {"SVXY": ((date(2000, 1, 3), -1.0), (date(2018, 2, 28), -0.5))}
    )
    limits: ExposureLimits = field(default_factory=ExposureLimits)

    @cached_property
    def calendar(self) -> Calendar:
        """The sessions as arrays."""
        return Calendar(self.sessions)


@dataclass(frozen=True)
class CheckResult:
    """One claim, judged: a row of `quality.validation_results` and an asset check.

    `unexpected`: (subject, ISO date) of the first offending rows. `detail`: one sentence about
    them, None when the claim holds. `examples`: the first offending rows as printable cells.
    """

    gate: int
    suite: str
    expectation: str
    table_name: str
    success: bool
    unexpected_count: int
    severity: Severity
    detail: str | None
    unexpected: tuple[tuple[str, str], ...] = ()
    checked_count: int = 0
    requirement: str = ""
    reason: str = ""
    examples: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True)
class QuarantineRow:
    """Rows of one raw table and subject to keep out of staging, consecutive sessions together.

    `ledger_version`: the newest version among the bad rows; rows landed later are not meant.
    """

    dataset: str
    symbol: str
    first_date: date
    last_date: date
    reason: str
    ledger_version: int


@dataclass(frozen=True)
class GateOutcome:
    """Everything one gate found."""

    gate: int
    results: tuple[CheckResult, ...]
    quarantine: tuple[QuarantineRow, ...]
    blocked: bool

    def with_results(self, results: Sequence[CheckResult]) -> "GateOutcome":
        """The same gate with more claims; one that blocks and does not hold blocks the night."""
        blocks = any(result.severity == "block" and not result.success for result in results)
        return replace(self, results=(*self.results, *results), blocked=self.blocked or blocks)

    @property
    def failures(self) -> tuple[CheckResult, ...]:
        """The claims that do not hold, the blocking ones first."""
        order = {"block": 0, "quarantine": 1, "warn": 2}
        failed = [result for result in self.results if not result.success]
        return tuple(sorted(failed, key=lambda result: order[result.severity]))
