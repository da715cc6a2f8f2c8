"""Ways to spoil a table of a quiet night, and what a canary is: a spoilt row to be found."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Frames = dict[str, pd.DataFrame]
Key = tuple[str, str]


@dataclass(frozen=True)
class Canary:
    """The defect planted for one claim.

    `planted`: the defect in words. `keys`: (subject, ISO date) of every row that the claim must
    name, and of no other: mostly the planted one, sometimes also one planted for another claim;
    none where the claim is about the whole table.
    """

    suite: str
    expectation: str
    planted: str
    keys: frozenset[Key]


@dataclass(frozen=True)
class Fault:
    """Cells of a quiet table to overwrite, and the claim that must notice.

    `where`: values that choose the rows. `cells`: what is written there; empty where another fault
    has spoilt the row already. `key`: the row that must be named.
    """

    suite: str
    expectation: str
    where: Mapping[str, Any]
    cells: Mapping[str, Any]
    key: Key

    @property
    def canary(self) -> Canary:
        """The canary that this fault is."""
        written = ", ".join(f"{name} {value}" for name, value in self.cells.items())
        planted = written or f"the fault of {' '.join(self.key).strip()}"
        return Canary(self.suite, self.expectation, planted, frozenset({self.key}))


def merged(canaries: Iterable[Canary]) -> tuple[Canary, ...]:
    """One canary per claim, with all the rows that it must name."""
    by_claim: dict[tuple[str, str], Canary] = {}
    for canary in canaries:
        claim = (canary.suite, canary.expectation)
        first = by_claim.get(claim)
        by_claim[claim] = (
            canary
            if first is None
            else replace(
                first,
                planted=f"{first.planted}; {canary.planted}",
                keys=first.keys | canary.keys,
            )
        )
    return tuple(by_claim.values())


def matching(frame: pd.DataFrame, where: Mapping[str, Any]) -> npt.NDArray[np.bool_]:
    """Which rows match; at least one must, or the fault would test nothing."""
    chosen = np.ones(len(frame), dtype=bool)
    for column, value in where.items():
        chosen &= (frame[column] == value).to_numpy()
    if not chosen.any():
        raise ValueError(f"no row matches {where}")
    return chosen


def spoil(frames: Frames, table: str, where: Mapping[str, Any], **values: Any) -> None:
    """Overwrite cells of the rows that match."""
    frame = frames[table]
    chosen = matching(frame, where)
    frames[table] = frame.assign(
        **{column: frame[column].mask(chosen, value) for column, value in values.items()}
    )


def first_row(frame: pd.DataFrame) -> dict[str, Any]:
    """The first row of a frame, to make others of."""
    return {str(name): value for name, value in frame.iloc[0].items()}


def add(frames: Frames, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Append rows."""
    more = pd.DataFrame([dict(row) for row in rows])
    frames[table] = pd.concat([frames[table], more], ignore_index=True)


def repeat(frames: Frames, table: str, where: Mapping[str, Any]) -> None:
    """Append a second copy of the rows that match."""
    frame = frames[table]
    frames[table] = pd.concat([frame, frame[matching(frame, where)]], ignore_index=True)


def drop(frames: Frames, table: str, where: Mapping[str, Any]) -> None:
    """Remove the rows that match."""
    frame = frames[table]
    frames[table] = frame[~matching(frame, where)]
