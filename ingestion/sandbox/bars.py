"""Sessions of one name as served: as single bars, and as columns."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple, Self

import numpy as np

from ingestion.sandbox.streams import Booleans, Floats, Integers


class Bar(NamedTuple):
    """One session of one name as served; `at` is the session's number."""

    at: int
    day: date
    open: float
    high: float
    low: float
    close: float | None
    volume: float


class Bars(NamedTuple):
    """Sessions of one name as columns, (n_bars,) each; a withheld close is NaN."""

    at: Integers
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats

    @classmethod
    def none(cls) -> Self:
        """No bars at all."""
        price = np.empty(0)
        return cls(np.empty(0, np.int64), price, price, price, price, price)

    def chosen(self, places: Integers | Booleans | slice) -> "Bars":
        """Some of the bars, by their places."""
        return Bars(
            self.at[places],
            self.open[places],
            self.high[places],
            self.low[places],
            self.close[places],
            self.volume[places],
        )


def chained_bars(parts: Sequence[Bars]) -> Bars:
    """Several stretches of bars one after the other; at least one."""
    return Bars(
        np.concatenate([part.at for part in parts]),
        np.concatenate([part.open for part in parts]),
        np.concatenate([part.high for part in parts]),
        np.concatenate([part.low for part in parts]),
        np.concatenate([part.close for part in parts]),
        np.concatenate([part.volume for part in parts]),
    )
