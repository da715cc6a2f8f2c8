"""The tree of reasons: what a number is, where it stands, what it was made of."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

Value = float | int | str | bool | date | None
Equation = Literal["sum", "product", "difference", "quotient", "least", "mean"]
Tone = Literal["plain", "good", "bad"]

RELATIVE_TOLERANCE = 1e-9
"""What a second computation of the same number may differ by before that is worth a word."""

OF_EQUITY = "fraction of equity"
OF_SLEEVE = "fraction of the sleeve"
OF_PORTFOLIO = "fraction of the portfolio"
A_YEAR = "fraction a year"
TIMES = "times"


@dataclass(frozen=True)
class Response:
    """A stored answer of a provider that rows rest on: where every branch of the tree ends.

    `relation`: the staging table whose rows carry its hash; `subject`, `first_date`, `last_date`
    and `row_count` say which rows of it are meant, `story_id` which story. `served_from` and
    `requested_at`: the request as `ops.fetches` has it. The rest is known once it has been opened:
    `file` relative to the home, `endpoint` without keys, `quoted` the provider's own record of
    `last_date`, `problem` why it does not open, in a sentence.
    """

    provider: str
    response_hash: str
    relation: str
    subject: str
    row_count: int
    first_date: date
    last_date: date
    fetched_at: datetime
    ledger_version: int
    story_id: str | None = None
    dataset: str | None = None
    served_from: str | None = None
    requested_at: datetime | None = None
    file: str | None = None
    endpoint: str | None = None
    quoted: str | None = None
    problem: str | None = None


@dataclass(frozen=True)
class Node:
    """One number, fact or choice, and below it what it follows from.

    `what` names it, `value` is it in `unit` (fractions stay fractions), `says` explains it in a
    sentence. `relation` is the table that holds it, `made_by` the dbt model or the Python function
    that made the table, `available_at` when the row could be known (of a decision: when it was
    taken). `equation` makes `value` of the children that are its terms (`is_term`). `check` is the
    value computed once more by `why` itself from the rows below. `tone` says whether a condition
    holds.
    """

    what: str
    value: Value = None
    unit: str = ""
    says: str = ""
    relation: str | None = None
    made_by: str | None = None
    available_at: datetime | None = None
    equation: Equation | None = None
    is_term: bool = False
    check: float | None = None
    tone: Tone = "plain"
    response: Response | None = None
    children: tuple["Node", ...] = ()

    @property
    def terms(self) -> tuple["Node", ...]:
        """The children that the equation is about."""
        return tuple(child for child in self.children if child.is_term)

    @property
    def recomputed(self) -> float | None:
        """The value as its terms, or the rows below, give it; None where neither is there."""
        if self.equation is None:
            return self.check
        return combined(self.equation, [child.value for child in self.terms])

    @property
    def adds_up(self) -> bool | None:
        """Whether the second computation gives the value; None without one."""
        again = self.recomputed
        if again is None or not isinstance(self.value, int | float):
            return None
        return math.isclose(
            self.value, again, rel_tol=RELATIVE_TOLERANCE, abs_tol=RELATIVE_TOLERANCE
        )

    def as_term(self) -> "Node":
        """The same node as a term of its parent's equation."""
        return replace(self, is_term=True)

    def mapped(self, change: Callable[["Node"], "Node"]) -> "Node":
        """The same tree with every node changed, from the bottom up."""
        return change(
            replace(self, children=tuple(child.mapped(change) for child in self.children))
        )

    def walk(self) -> Iterator["Node"]:
        """The node and all below it, from the top down."""
        yield self
        for child in self.children:
            yield from child.walk()

    def as_dict(self) -> dict[str, Any]:
        """Nested plain values, for machines."""
        return {
            "what": self.what,
            "value": self.value,
            "unit": self.unit,
            "says": self.says,
            "relation": self.relation,
            "made_by": self.made_by,
            "available_at": self.available_at,
            "equation": self.equation,
            "is_term": self.is_term,
            "recomputed": self.recomputed,
            "adds_up": self.adds_up,
            "response": asdict(self.response) if self.response else None,
            "children": [child.as_dict() for child in self.children],
        }


def combined(equation: Equation, values: Sequence[Value]) -> float | None:
    """What an equation makes of its terms; None where a term is not known.

    Parameters
    ----------
    equation : `difference` and `quotient` take two terms, the others any number.
    values : the terms in order.
    """
    numbers = [float(value) for value in values if isinstance(value, int | float)]
    if not numbers or len(numbers) < len(values):
        return None
    if equation == "sum":
        return math.fsum(numbers)
    if equation == "mean":
        return math.fsum(numbers) / len(numbers)
    if equation == "product":
        return math.prod(numbers)
    if equation == "least":
        return min(numbers)
    first, second = numbers
    if equation == "difference":
        return first - second
    return first / second if second else None
