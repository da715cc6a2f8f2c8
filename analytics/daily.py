"""Daily rows: what metrics are computed from, whatever a path was simulated on."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from analytics.arrays import Floats
from analytics.backtest import Backtest

if TYPE_CHECKING:
    import pandas as pd  # half a second that explaining a weight does not need


@dataclass(frozen=True, eq=False)
class DailyRows:
    """The daily rows that metrics are computed from.

    `net_return`, `gross_return`, `turnover`, `gross_exposure` (R, V), `bill_return` (R,).
    """

    net_return: Floats
    gross_return: Floats
    turnover: Floats
    gross_exposure: Floats
    bill_return: Floats

    @classmethod
    def of(cls, backtest: Backtest) -> "DailyRows":
        """Return the rows of a backtest, R sessions of its V variants."""
        return cls(
            net_return=backtest.net_return,
            gross_return=backtest.gross_return,
            turnover=backtest.turnover,
            gross_exposure=backtest.gross_exposure,
            bill_return=backtest.bill_returns,
        )

    def between(self, first: int, last: int) -> "DailyRows":
        """Return rows `first` to `last`, the last one excluded."""
        return DailyRows(**{name: value[first:last] for name, value in vars(self).items()})


@dataclass(frozen=True, eq=False)
class NamedRows:
    """Daily rows of one strategy whose V columns are `variants`."""

    strategy: str
    variants: tuple[str, ...]
    rows: DailyRows

    def between(self, first: int, last: int) -> "NamedRows":
        """Return rows `first` to `last`, the last one excluded."""
        return replace(self, rows=self.rows.between(first, last))


def published_rows(daily: "pd.DataFrame", bill_return: Floats) -> DailyRows:
    """Return the rows of one published path, V = 1.

    Parameters
    ----------
    daily : R rows of `analytics.backtest_daily`, one variant, ascending.
    bill_return : (R,), the bill's return over the interval of each row.
    """
    columns = {
        name: daily[name].to_numpy(dtype=np.float64)[:, None]
        for name in ("net_return", "gross_return", "turnover", "gross_exposure")
    }
    return DailyRows(**columns, bill_return=bill_return)
