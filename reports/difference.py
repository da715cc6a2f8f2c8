"""What changed between two nights and why, in the form that report, terminal and JSON share."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

FILE_NAME = "diff.json"
"""In the folder of the later night."""

FACTORS = ("code", "revised_rows", "configuration", "limits", "new_sessions")
"""What is swapped between two nights, in this order."""

SMALLEST_SHOWN_WEIGHT = 0.00005
"""What two decimals of a percentage point can show; smaller parts are counted, not listed."""


@dataclass(frozen=True)
class NightSide:
    """One of the two nights. `is_rebuilt`: from the ledger, since its folder is gone."""

    night: date
    ledger_version: int
    code_hash: str
    config_hash: str
    is_rebuilt: bool = False


@dataclass(frozen=True)
class ChangedSignal:
    """A signal of the variant that governs its strategy; None where the strategy had none yet.

    `factors`: those of `FACTORS` whose swap turned it. `reason`: what the later night says.
    """

    strategy: str
    symbol: str
    before: int | None
    after: int | None
    variant_before: str | None
    variant_after: str | None
    factors: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class ChangedWeight:
    """One sleeve's final weight of a symbol, a fraction of equity.

    `parts`: factor → part, summing to `after - before`. `steps`: how the part of the new sessions
    came about, summing to it: the signal, the size of its target, the sleeve's weight, the scale,
    what was withheld, each limit. `order`: the side of the order sent, None for none. `override`:
    why this symbol was not decided like the others, empty mostly.
    """

    symbol: str
    strategy: str
    before: float
    after: float
    parts: Mapping[str, float]
    steps: Mapping[str, float]
    reason: str = ""
    override: str = ""
    order: str | None = None

    @property
    def change(self) -> float:
        """After less before."""
        return self.after - self.before

    @property
    def is_shown(self) -> bool:
        """Whether two decimals of a percentage point show the change or a part of it."""
        moved = (self.change, *self.parts.values(), *self.steps.values())
        return any(abs(value) >= SMALLEST_SHOWN_WEIGHT for value in moved)


@dataclass(frozen=True)
class ChangedMetric:
    """A headline figure of the portfolio or of a strategy's walk-forward path.

    `parts`: None where the figure does not exist in one of the states in between.
    """

    subject: str
    metric: str
    before: float | None
    after: float | None
    parts: Mapping[str, float] | None

    @property
    def change(self) -> float | None:
        """After less before, None where either is not there."""
        if self.before is None or self.after is None:
            return None
        return self.after - self.before


@dataclass(frozen=True)
class ChangedRows:
    """Rows about the time before the earlier decision that are not what they were then.

    `kind`: `restated` (the provider changed its mind), `late` (fetched only afterwards),
    `quarantined` or `released` (gate 1). `known_rows`: of the restated those that the decision
    could read. `column`, `day`, `before`, `after`: the largest change of a group. `reason`: of
    gate 1.
    """

    kind: str
    table: str
    subject: str
    rows: int
    known_rows: int
    first_day: date | None
    last_day: date | None
    columns: tuple[str, ...] = ()
    column: str | None = None
    day: date | None = None
    before: str | None = None
    after: str | None = None
    counts_from_fetch: bool = False
    reason: str = ""


@dataclass(frozen=True)
class Difference:
    """Two published nights compared.

    `made_by`: code hash of the comparison itself. `sessions`: how many lie after the earlier night.
    `turnover`: of the later night's orders, a fraction of equity. `edits`: of the configuration, in
    words. `overrides`: of the whole book, before and after. `rows_left_out`: groups of rows beyond
    those listed. `new_rows`: landed since, and not known before. `notes`: sentences about what
    could not be told apart.
    """

    earlier: NightSide
    later: NightSide
    world: str
    made_by: str
    sessions: int
    turnover: float
    edits: tuple[str, ...]
    overrides: tuple[str, str]
    signals: tuple[ChangedSignal, ...]
    weights: tuple[ChangedWeight, ...]
    metrics: tuple[ChangedMetric, ...]
    rows: tuple[ChangedRows, ...]
    rows_left_out: int = 0
    new_rows: int = 0
    notes: tuple[str, ...] = ()

    @property
    def shown_weights(self) -> tuple[ChangedWeight, ...]:
        """Weights whose change, or a part of it, is large enough to be seen; largest first."""
        shown = [weight for weight in self.weights if weight.is_shown]
        return tuple(sorted(shown, key=lambda w: (-abs(w.change), w.symbol, w.strategy)))

    @property
    def largest_rest(self) -> float:
        """By how much the parts of any weight or metric miss its change at most."""
        rests = [math.fsum((*w.parts.values(), -w.after, w.before)) for w in self.weights]
        rests += [
            math.fsum((*w.steps.values(), -w.parts["new_sessions"]))
            for w in self.weights
            if w.steps
        ]
        rests += [
            math.fsum((*m.parts.values(), -m.after, m.before))
            for m in self.metrics
            if m.parts is not None and m.before is not None and m.after is not None
        ]
        return max(map(abs, rests), default=0.0)

    def to_json(self) -> str:
        """Strict JSON with ISO dates; keys in the order of the class."""
        return json.dumps(asdict(self), default=str, indent=1, allow_nan=False) + "\n"


def read_difference(path: Path) -> Difference | None:
    """Read `diff.json` back; None where there is none, or another release wrote it otherwise."""
    try:
        return difference_of(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def difference_of(said: Mapping[str, Any]) -> Difference:
    """Make the difference that a JSON object describes.

    Raises
    ------
    KeyError, TypeError, ValueError, AttributeError
        It describes none.
    """
    return Difference(
        **{
            **said,
            "earlier": NightSide(**_dated(said["earlier"])),
            "later": NightSide(**_dated(said["later"])),
            "edits": tuple(said["edits"]),
            "overrides": tuple(said["overrides"]),
            "signals": tuple(
                ChangedSignal(**{**row, "factors": tuple(row["factors"])})
                for row in said["signals"]
            ),
            "weights": tuple(ChangedWeight(**row) for row in said["weights"]),
            "metrics": tuple(ChangedMetric(**row) for row in said["metrics"]),
            "rows": tuple(
                ChangedRows(**{**_dated(row), "columns": tuple(row["columns"])})
                for row in said["rows"]
            ),
            "notes": tuple(said["notes"]),
        }
    )


def _dated(row: Mapping[str, Any]) -> dict[str, Any]:
    is_date = {"night", "first_day", "last_day", "day"}
    return {
        name: date.fromisoformat(value) if name in is_date and value else value
        for name, value in row.items()
    }
