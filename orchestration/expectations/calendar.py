"""The exchange calendar as arrays: which dates are sessions, and how many lie between two."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd


class Calendar:
    """Every session in order; a session's number is its place in that order."""

    def __init__(self, sessions: Sequence[date]) -> None:
        self.days = np.array(sorted(set(sessions)), dtype="datetime64[D]")

    def number(self, days: pd.Series) -> npt.NDArray[np.int64]:
        """The number of each session, of the next one where a date is none."""
        return np.searchsorted(self.days, _as_days(days)).astype(np.int64)

    def is_session(self, days: pd.Series) -> npt.NDArray[np.bool_]:
        """Whether the exchange trades on each date."""
        return np.isin(_as_days(days), self.days)

    def number_of(self, day: date) -> int:
        """The number of one session, of the next one where the date is none."""
        return int(np.searchsorted(self.days, np.datetime64(day)))

    def day(self, number: int) -> date:
        """The date of a session by its number."""
        return date.fromisoformat(str(self.days[number]))


def _as_days(days: pd.Series) -> npt.NDArray[np.datetime64]:
    return pd.to_datetime(days).to_numpy().astype("datetime64[D]")
