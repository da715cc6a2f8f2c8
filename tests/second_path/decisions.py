"""What a variant decided, session by session: the common shape of all strategies."""

from dataclasses import dataclass

import numpy as np

NO_EVENT, ENTER, EXIT = 0, 1, -1
EVENT_NAMES = {NO_EVENT: None, ENTER: "enter", EXIT: "exit"}


@dataclass(frozen=True)
class Decisions:
    """(sessions, symbols) of one variant. A NaN target means that there is no row.

    `is_frozen` marks rows that carry the last decision over because no new one could be made.
    """

    strategy: str
    variant: str
    symbols: tuple[str, ...]
    target: np.ndarray
    signal: np.ndarray
    event: np.ndarray
    reason: np.ndarray
    is_frozen: np.ndarray

    def changes(self) -> np.ndarray:
        """(sessions, symbols) rows whose target differs from the one before (0 before any)."""
        held = np.zeros(len(self.symbols))
        changed = np.zeros(self.target.shape, dtype=bool)
        for t, row in enumerate(self.target):
            now = np.where(np.isnan(row), held, row)
            changed[t] = now != held
            held = now
        return changed


def blank(strategy: str, variant: str, symbols: tuple[str, ...], sessions: int) -> Decisions:
    shape = (sessions, len(symbols))
    return Decisions(
        strategy,
        variant,
        symbols,
        target=np.full(shape, np.nan),
        signal=np.zeros(shape, dtype=int),
        event=np.zeros(shape, dtype=int),
        reason=np.full(shape, None, dtype=object),
        is_frozen=np.zeros(shape, dtype=bool),
    )


def event_between(before: int, after: int) -> int:
    """Entering from flat or by reversal, leaving to flat, or nothing."""
    if before == after:
        return NO_EVENT
    return ENTER if after != 0 else EXIT


def rows_until(has_bar: np.ndarray, sessions_after: int) -> range:
    """Sessions at which a symbol has rows: its first bar to a few sessions after its latest."""
    bars = np.flatnonzero(has_bar)
    if len(bars) == 0:
        return range(0)
    return range(int(bars[0]), min(len(has_bar), int(bars[-1]) + sessions_after + 1))
