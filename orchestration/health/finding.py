"""What `mqp health` says of one thing that it has looked at."""

from collections.abc import Iterable
from dataclasses import dataclass

MOST_NAMED = 6


@dataclass(frozen=True)
class Finding:
    """One state: `ok`, `warn` or `fail`, and a sentence that says what to do where it is not ok.

    `component` and `check` together name what was looked at, always the same for the same thing.
    """

    component: str
    state: str
    detail: str
    check: str


def named(names: Iterable[str]) -> str:
    """The first few names, and how many more there are."""
    every = list(names)
    rest = len(every) - MOST_NAMED
    return ", ".join(every[:MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")
