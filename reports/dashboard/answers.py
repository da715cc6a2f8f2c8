"""What the dashboard asks beyond the published file, and the form of the answers.

Reasons open stored responses and differences compare kept nights; both are worked out elsewhere,
and whoever starts the dashboard hands the functions in.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from reports.difference import Difference


class NoAnswerError(Exception):
    """There is nothing to tell: one sentence says why."""


@dataclass(frozen=True)
class Branch:
    """One line of a tree of reasons: pieces of text, each with its tone ("" for none).

    `is_folded`: what stands below is not for the first look.
    """

    pieces: tuple[tuple[str, str], ...]
    branches: tuple["Branch", ...] = ()
    is_folded: bool = False


@dataclass(frozen=True)
class Reasons:
    """Why a weight is what it is. `lost`: stored responses at the ends that do not open."""

    head: tuple[str, ...]
    tree: Branch
    responses: int
    lost: int
    is_sound: bool


@dataclass(frozen=True)
class Answers:
    """The questions that the dashboard can ask; each may raise `NoAnswerError`.

    `why`: of a symbol and a session. `stored_difference`: of two nights, the earlier one first, as
    the later one stored it itself, None where it did not. `difference`: the same worked out now,
    which takes a while.
    """

    why: Callable[[str, date], Reasons]
    stored_difference: Callable[[date, date], Difference | None]
    difference: Callable[[date, date], Difference]
