"""Prices, bills and leverage as the accountant lays them out, by session and symbol."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.accounting.books import Books

Array = npt.NDArray[Any]


class PriceGrid:
    """Prices, bills and leverage laid out by session and symbol, (T, S)."""

    def __init__(self, books: Books) -> None:
        sessions = books.sessions.sort_values("session_date")
        self.days = to_days(sessions["session_date"])
        self.decided = to_moments(sessions["decided_at"])
        names = pd.concat([books.prices["symbol"], books.positions["symbol"]]).unique()
        self.symbols = sorted(map(str, names))
        self._at = {symbol: column for column, symbol in enumerate(self.symbols)}
        prices = books.prices
        cells = (self.session(prices["session_date"]), self.column(prices["symbol"]))
        # a bar that became known only after its session's decision was not there to mark with
        is_known = to_moments(prices["available_at"]) <= self.decided[cells[0]]
        is_known &= cells[0] >= 0
        self.open = self._grid(prices["adjusted_open_usd"], cells, is_known)
        self.close = self._grid(prices["adjusted_close_usd"], cells, is_known)
        self.mark = pd.DataFrame(self.close).ffill().to_numpy()
        bills = np.full(len(self.days), np.nan)
        at = self.session(books.bills["session_date"])
        bills[at[at >= 0]] = books.bills["bill_3m_pct"].to_numpy(dtype=float, na_value=np.nan)[
            at >= 0
        ]
        self.bill = pd.Series(bills).ffill().fillna(0.0).to_numpy()
        self.leverage = self._leverage(books.leverage)

    def session(self, days: "pd.Series[Any]") -> Array:
        """Index of each day's session, -1 where it is none."""
        return pd.Index(self.days).get_indexer(pd.Index(to_days(days)))

    def column(self, symbols: "pd.Series[Any]") -> Array:
        """Index of each symbol."""
        return np.array([self._at.get(str(symbol), -1) for symbol in symbols], dtype=np.int64)

    def _grid(self, values: "pd.Series[Any]", cells: tuple[Array, Array], kept: Array) -> Array:
        grid = np.full((len(self.days), len(self.symbols)), np.nan)
        rows, columns = cells
        numbers = values.to_numpy(dtype=float, na_value=np.nan)
        grid[rows[kept], columns[kept]] = numbers[kept]
        return grid

    def _leverage(self, facts: pd.DataFrame) -> Array:
        grid = np.ones((len(self.days), len(self.symbols)))
        rows, columns = self.session(facts["session_date"]), self.column(facts["symbol"])
        kept = (rows >= 0) & (columns >= 0)
        grid[rows[kept], columns[kept]] = facts["leverage"].to_numpy(dtype=float)[kept]
        return grid


def to_days(values: "pd.Series[Any]") -> Array:
    """New York dates as days."""
    return pd.to_datetime(values).to_numpy().astype("datetime64[D]")


def to_moments(values: "pd.Series[Any]") -> Array:
    """UTC moments without their zone."""
    return (
        pd.DatetimeIndex(values)
        .tz_convert("UTC")
        .tz_localize(None)
        .to_numpy()
        .astype("datetime64[us]")
    )
