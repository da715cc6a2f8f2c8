"""Ways to spoil a table of a healthy night."""

from typing import Any

import numpy as np
import pandas as pd

Frames = dict[str, pd.DataFrame]


def matching(frame: pd.DataFrame, where: dict[str, Any]) -> np.ndarray:
    """Which rows match; at least one must, or the fault would test nothing."""
    chosen = np.logical_and.reduce([frame[column] == value for column, value in where.items()])
    assert chosen.any(), f"no row matches {where}"
    return chosen


def spoil(frames: Frames, table: str, where: dict[str, Any], **values: Any) -> None:
    """Overwrite cells of the rows that match."""
    frame = frames[table]
    chosen = matching(frame, where)
    frames[table] = frame.assign(
        **{column: frame[column].mask(chosen, value) for column, value in values.items()}
    )


def add(frames: Frames, table: str, rows: list[dict[str, Any]]) -> None:
    """Append rows."""
    frames[table] = pd.concat([frames[table], pd.DataFrame(rows)], ignore_index=True)


def repeat(frames: Frames, table: str, where: dict[str, Any]) -> None:
    """Append a second copy of the rows that match."""
    frame = frames[table]
    frames[table] = pd.concat([frame, frame[matching(frame, where)]], ignore_index=True)


def drop(frames: Frames, table: str, where: dict[str, Any]) -> None:
    """Remove the rows that match."""
    frame = frames[table]
    frames[table] = frame[~matching(frame, where)]
