"""Changes split into parts that sum to the whole, one factor swapped at a time.

A value seen in a chain of states, each of which differs from the one before in one factor only,
changes by the sum of its steps. What is swapped first is valued at the old rest and what is swapped
last at the new one: another order would give other parts, and the same sum.
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from analytics.errors import AttributionError
from analytics.limits import LIMITS

Key = TypeVar("Key", bound=Hashable)

LARGEST_REST = 1e-12
"""By how much parts may miss the whole: rounding, nothing else."""

BOOK_LIMITS = ("sector", "stress", "gross", "net")
"""Limits that scale the whole book by one factor, also a symbol that was not held."""

ALLOCATION_STEPS = (
    "signal", "size", "sleeve", "scale", "override", "withheld",
    *(f"{limit}_limit" for limit in LIMITS),
)  # fmt: skip
"""What decides a weight, in the order in which it is swapped."""


def steps_of(
    states: Sequence[Mapping[Key, float]], factors: Sequence[str]
) -> dict[Key, dict[str, float]]:
    """Split the change of every value into the steps of a chain of states.

    Parameters
    ----------
    states : K + 1 states of the same values; one that is missing from a state counts as 0 there.
    factors : K names, the i-th of what was swapped between state i and state i + 1. A name that
        stands twice gets the sum of both steps.

    Returns
    -------
    Key → factor → step, for every key of any state; the steps sum to the last value less the first.

    Raises
    ------
    AttributionError
        If the number of names does not fit, or the steps of a value do not sum to its change
        within 1e-12.
    """
    if len(factors) != len(states) - 1:
        raise AttributionError(f"{len(states)} states need {len(states) - 1} factors")
    found: dict[Key, dict[str, float]] = {}
    for key in dict.fromkeys(key for state in states for key in state):
        values = [float(state.get(key, 0.0)) for state in states]
        steps = dict.fromkeys(factors, 0.0)
        for factor, before, after in zip(factors, values[:-1], values[1:], strict=True):
            steps[factor] += after - before
        _refuse_rest(f"the change of {key}", values[-1] - values[0], steps)
        found[key] = steps
    return found


@dataclass(frozen=True)
class Decided:
    """How one weight came about: a row of `analytics.target_weights`, and its night's book.

    `target`: of the sleeve's own capital. `sleeve_weight`: of the sleeve in the portfolio. `scale`:
    of the whole book, as the volatility forecast asks. `override`: what a stop, a start or realised
    volatility left of it, 1 for all. `desired` plus the `bites` is `final`.
    """

    target: float = 0.0
    sleeve_weight: float = 0.0
    scale: float = 0.0
    override: float = 1.0
    desired: float = 0.0
    bites: Mapping[str, float] = field(default_factory=dict)
    final: float = 0.0

    @property
    def withheld(self) -> float | None:
        """The desired weight where it is not what scale, sleeve and target ask for.

        The symbol is frozen, too young or closed.
        """
        wanted = self.scale * self.override * self.sleeve_weight * self.target
        return None if abs(wanted - self.desired) <= LARGEST_REST else self.desired

    def limit_factors(self, book: Mapping[str, float]) -> dict[str, float]:
        """What each limit multiplied the weight by; the book's factor where it was 0 already."""
        running, factors = self.desired, {}
        for limit in LIMITS:
            after = running + self.bites.get(limit, 0.0)
            factors[limit] = after / running if running else book.get(limit, 1.0)
            running = after
        return factors


def book_factors(rows: Sequence[Decided]) -> dict[str, float]:
    """Find by how much the limits on the whole book have scaled a night.

    Parameters
    ----------
    rows : every weight of the night.

    Returns
    -------
    Limit → factor, read off the largest weight that made a decision; 1 where nothing was wanted.
    """
    made = [row for row in rows if row.withheld is None and row.desired]
    if not made:
        return dict.fromkeys(BOOK_LIMITS, 1.0)
    factors = max(made, key=lambda row: abs(row.desired)).limit_factors({})
    return {limit: factors[limit] for limit in BOOK_LIMITS}


def decision_steps(
    before: Decided,
    after: Decided,
    *,
    book_before: Mapping[str, float],
    book_after: Mapping[str, float],
) -> dict[str, float]:
    r"""Split the change of one weight between two nights by what decides it.

    .. math:: w = s \cdot o \cdot u \cdot g \cdot \prod_l f_l

    Parameters
    ----------
    before, after : how the weight came about in either night.
    book_before, book_after : `book_factors` of either night, for limits on a weight that was 0.

    Returns
    -------
    One part per `ALLOCATION_STEPS`, summing to `after.final - before.final` within 1e-12: `signal`
    where the target g changed its sign, `size` where only its size changed; the sleeve's weight u;
    the book's scale s and what overrode it, o; `withheld` where a frozen, too young or closed
    symbol was not wanted at s * o * u * g; and each limit's factor f.

    Raises
    ------
    AttributionError
        If a row contradicts itself: its ingredients do not give its final weight within 1e-12.
    """
    mixed = _Ingredients.of(before, book_before)
    new = _Ingredients.of(after, book_after)
    _refuse_unlike(before, mixed)
    _refuse_unlike(after, new)
    is_turned = _sign(before.target) != _sign(after.target)
    names = {
        "signal" if is_turned else "size": "target",
        "sleeve": "sleeve_weight",
        "scale": "scale",
        "override": "override",
        "withheld": "withheld",
    }
    steps = dict.fromkeys(ALLOCATION_STEPS, 0.0)
    latest = before.final
    for step, name in names.items():
        mixed = replace(mixed, **{name: getattr(new, name)})
        steps[step], latest = mixed.weight - latest, mixed.weight
    for limit in LIMITS:
        mixed = replace(mixed, factors={**mixed.factors, limit: new.factors[limit]})
        weight = after.final if limit == LIMITS[-1] else mixed.weight
        steps[f"{limit}_limit"], latest = weight - latest, weight
    _refuse_rest("the change of a weight", after.final - before.final, steps)
    return steps


@dataclass(frozen=True)
class _Ingredients:
    """What a weight is the product of; `withheld` stands in for all but the limits where set."""

    target: float
    sleeve_weight: float
    scale: float
    override: float
    withheld: float | None
    factors: Mapping[str, float]

    @classmethod
    def of(cls, row: Decided, book: Mapping[str, float]) -> "_Ingredients":
        return cls(
            target=row.target,
            sleeve_weight=row.sleeve_weight,
            scale=row.scale,
            override=row.override,
            withheld=row.withheld,
            factors=row.limit_factors(book),
        )

    @property
    def weight(self) -> float:
        wanted = self.scale * self.override * self.sleeve_weight * self.target
        if self.withheld is not None:
            wanted = self.withheld
        return wanted * math.prod(self.factors[limit] for limit in LIMITS)


def _refuse_unlike(row: Decided, ingredients: _Ingredients) -> None:
    if abs(ingredients.weight - row.final) > LARGEST_REST:
        raise AttributionError(
            f"a final weight of {row.final!r} does not follow from its parts, "
            f"which give {ingredients.weight!r}"
        )


def _refuse_rest(what: str, change: float, steps: Mapping[str, float]) -> None:
    """Refuse parts that do not sum to the whole; what is no number sums to nothing."""
    rest = abs(math.fsum(steps.values()) - change)
    if not rest <= LARGEST_REST:
        raise AttributionError(f"the parts of {what} miss it by {rest:.1e}")


def _sign(value: float) -> int:
    return (value > 0.0) - (value < 0.0)
