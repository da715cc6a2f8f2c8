"""The words the two gates are written in: a suite is a list of claims about one table.

A claim names what must hold, where the threshold comes from, and what happens when it does not:
`quarantine` keeps the offending rows out of staging, `block` stops the night, `warn` only tells.
`great_expectations` judges the claims (`validation.py`); nothing here imports it.
"""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["quarantine", "block", "warn"]


@dataclass(frozen=True)
class Present:
    """The column has a value in every row."""

    def words(self, column: str) -> str:
        """The rule as a person reads it."""
        return f"{column} has a value"


@dataclass(frozen=True)
class Between:
    """The column's values lie in a range; a missing value is not judged.

    `is_open` leaves the lower end out: `Between(0, is_open=True)` means greater than zero.
    """

    low: float | None = None
    high: float | None = None
    is_open: bool = False

    def words(self, column: str) -> str:
        """The rule as a person reads it."""
        above = "" if self.low is None else f"{self.low:g} {'<' if self.is_open else '≤'} "
        below = "" if self.high is None else f" ≤ {self.high:g}"
        return f"{above}{column}{below}"


@dataclass(frozen=True)
class OneOf:
    """The column's values come from a short list; a missing value is not judged."""

    values: tuple[str | int | bool, ...]

    def words(self, column: str) -> str:
        """The rule as a person reads it."""
        if len(self.values) == 1:
            return f"{column} is {str(self.values[0]).lower()}"
        return f"{column} is one of {', '.join(str(value) for value in self.values)}"


@dataclass(frozen=True)
class Distinct:
    """No two rows share the values of these columns."""

    columns: tuple[str, ...]

    def words(self, column: str) -> str:
        """The rule as a person reads it."""
        return f"one row per {', '.join(self.columns)}"


@dataclass(frozen=True)
class HasColumns:
    """The table has at least these columns."""

    columns: tuple[str, ...]

    def words(self, column: str) -> str:
        """The rule as a person reads it."""
        return f"has {', '.join(self.columns)}"


@dataclass(frozen=True)
class HasRows:
    """The table is not empty."""

    def words(self, column: str) -> str:
        """The rule as a person reads it."""
        return "has at least one row"


Rule = Present | Between | OneOf | Distinct | HasColumns | HasRows


@dataclass(frozen=True)
class Claim:
    """One thing that must hold for every row of a prepared table.

    `column`: the raw or prepared column the rule reads ('' where the rule names its own).
    `reason`: where the threshold comes from. `failure`: what a failing row has, in words that
    follow "the row has".
    """

    name: str
    column: str
    rule: Rule
    severity: Severity
    reason: str
    failure: str = ""

    @property
    def requirement(self) -> str:
        """The rule with its threshold, as a person reads it."""
        return self.rule.words(self.column)


@dataclass(frozen=True)
class Suite:
    """The claims about one table.

    `table`: the relation that the results are filed under. `subject`: columns that say whom a row
    is about; `dated_by`: the column that says when. `shown`: columns printed with an offending row.
    """

    name: str
    gate: Literal[1, 2]
    table: str
    grain: str
    subject: tuple[str, ...]
    dated_by: str
    shown: tuple[str, ...]
    claims: tuple[Claim, ...]
