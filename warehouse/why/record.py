"""What was decided when it was decided: the record beside the present build's view."""

from dataclasses import dataclass
from datetime import date, datetime

from warehouse.why.question import Question
from warehouse.why.reading import Decision, Reader, Row


@dataclass(frozen=True)
class Recorded:
    """One row of `analytics.decisions` beside what the published file computes for it now."""

    symbol: str
    strategy: str
    final_weight: float
    target_weight: float
    reason: str
    recorded_at: datetime
    ledger_version: int
    code_hash: str
    present_final_weight: float | None

    @property
    def is_equal(self) -> bool:
        """Whether the present build gives the recorded weight, to the last digit."""
        return self.present_final_weight == self.final_weight


@dataclass(frozen=True)
class NightStamp:
    """What the published file was made from, and how its night and the asked one ended.

    `status` is that of the asked session's own night, None where none was run.
    """

    night: date
    world: str
    ledger_version: int
    code_hash: str
    status: str | None


def stamp(reader: Reader, decision: Decision) -> NightStamp:
    """Read the stamp of the published file."""
    row = reader.row(
        "select context.*, (select status from ops.nights where night = $session "
        "order by attempt desc limit 1) as status from ops.build_context as context",
        session=decision.session,
    )
    found: Row = row or {}
    return NightStamp(
        night=decision.night,
        world=str(found.get("world")),
        ledger_version=int(found.get("ledger_version") or 0),
        code_hash=str(found.get("code_hash")),
        status=found.get("status"),
    )


def recorded_decisions(reader: Reader, question: Question) -> list[Recorded]:
    """What the night of the session wrote into the record about the subject."""
    symbol = question.subject if question.is_symbol else None
    rows = reader.rows(
        "select told.*, weights.final_weight as present_final_weight "
        "from analytics.decisions as told left join analytics.target_weights as weights "
        "on weights.session_date = told.night and weights.symbol = told.symbol "
        "and weights.strategy = told.strategy "
        "where told.night = $session and told.symbol = coalesce($symbol, told.symbol) "
        "and (len($strategies) = 0 or list_contains($strategies, told.strategy)) "
        "order by told.strategy, told.symbol",
        session=question.decision.session,
        symbol=symbol,
        strategies=list(question.strategies),
    )
    names = (
        "symbol", "strategy", "final_weight", "target_weight", "reason", "recorded_at",
        "ledger_version", "code_hash", "present_final_weight",
    )  # fmt: skip
    return [Recorded(**{name: row[name] for name in names}) for row in rows]
