"""What `mqp health` says of one thing that it has looked at."""

from collections.abc import Iterable
from dataclasses import dataclass

from ingestion import journal

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
    return journal.named(list(names), most=MOST_NAMED)
