"""The engine of the design, told as a bookkeeper would: one session after the other."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from tests.second_path import law
from tests.second_path.decisions import Decisions
from tests.second_path.exchange import H15_READY, Axis, in_new_york, stamp
from tests.second_path.prices import Market

COLUMNS = (
    "gross_return",
    "cost_return",
    "net_return",
    "turnover",
    "gross_exposure",
    "net_exposure",
)


def bill_rates(observations: pd.DataFrame, axis: Axis) -> np.ndarray:
    """(sessions,) the 3-month bill in percent, last available when each session decided."""
    own = observations[observations["series_id"] == law.BILL].sort_values("observed_date")
    available = [
        stamp(in_new_york(axis.next_session(day), H15_READY)) for day in own["observed_date"]
    ]
    at = np.searchsorted(available, axis.decided[: axis.count], side="right") - 1
    values = np.append(own["value"].to_numpy(float), 0.0)  # position -1: nothing known yet
    return values[at]


@dataclass
class Book:
    """Holdings of one variant in adjusted units, and the orders that still wait."""

    shares: np.ndarray
    cash: float = law.INITIAL_EQUITY_USD
    waiting: np.ndarray = field(init=False)
    sessions_missed: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.waiting = np.zeros(len(self.shares), dtype=bool)
        self.sessions_missed = np.zeros(len(self.shares), dtype=int)

    def equity(self, prices: np.ndarray) -> float:
        return self.cash + float(np.sum(self._values(prices)))

    def _values(self, prices: np.ndarray) -> np.ndarray:
        return np.where(self.shares == 0, 0.0, self.shares * prices)

    def trade(self, who: np.ndarray, wanted: np.ndarray, prices: np.ndarray) -> tuple[float, float]:
        """Move the chosen symbols to the wanted shares; the traded value and its cost."""
        delta = np.where(who, wanted - self.shares, 0.0)
        value = np.where(who, delta * prices, 0.0)
        traded = float(np.sum(np.abs(value)))
        cost = traded * law.COST_FRACTION
        self.cash -= float(np.sum(value)) + cost
        self.shares = np.where(who, wanted, self.shares)
        self.waiting = self.waiting & ~who
        return traded, cost

    def carry(self, prices: np.ndarray, bill_pct: float, days: int) -> float:
        """Interest on cash and the fee on borrowed shares since the previous close; the fee."""
        short_value = -float(np.sum(np.minimum(self._values(prices), 0.0)))
        fee = short_value * law.BORROW_FRACTION_ANNUAL * days / 360
        self.cash += self.cash * bill_pct / 100 * days / 365 - fee
        return fee

    def exposures(self, prices: np.ndarray, leverage: np.ndarray) -> tuple[float, float]:
        values, equity = self._values(prices), self.equity(prices)
        return float(np.sum(np.abs(values))) / equity, float(np.sum(values * leverage)) / equity


def simulate(
    decisions: Decisions, market: Market, bills: np.ndarray, axis: Axis, begin: int
) -> pd.DataFrame:
    """Daily rows of one variant; `begin` is the session of the strategy's first decision."""
    columns = [market.column(symbol) for symbol in decisions.symbols]
    opens, has_bar = market.adjusted_open[:, columns], market.has_bar[:, columns]
    closes = market.last_close()[:, columns]
    changes, targets = decisions.changes(), pd.DataFrame(decisions.target).ffill().to_numpy()
    leverage = _leverage(decisions.symbols, axis)
    days, book, rows = axis.calendar_days(), Book(np.zeros(len(columns))), []
    for t in range(begin + 1, axis.count):
        equity_before = book.equity(closes[t - 1])
        fee = book.carry(closes[t - 1], bills[t - 1], int(days[t]))
        book.waiting |= changes[t - 1]
        fills = book.waiting & has_bar[t]
        wanted = targets[t - 1] * equity_before / closes[t - 1]
        traded, cost = book.trade(fills, wanted, opens[t])
        sold, exit_cost = _close_untradable(book, has_bar[t], closes[t])
        net = book.equity(closes[t]) / equity_before - 1
        costs = (fee + cost + exit_cost) / equity_before
        turnover = (traded + sold) / equity_before
        exposures = book.exposures(closes[t], leverage[t])
        rows.append((net + costs, costs, net, turnover, *exposures))
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame.insert(0, "session_date", list(axis.days[begin + 1 : axis.count]))
    return frame


def _close_untradable(book: Book, has_bar: np.ndarray, closes: np.ndarray) -> tuple[float, float]:
    """Leave, at its last close, whatever is held and has had no bar for five sessions."""
    book.sessions_missed = np.where(has_bar, 0, book.sessions_missed + 1)
    gone = (book.shares != 0) & (book.sessions_missed >= law.NOT_TRADABLE_AFTER_SESSIONS)
    return book.trade(gone, np.zeros(len(closes)), closes)


def _leverage(symbols: tuple[str, ...], axis: Axis) -> np.ndarray:
    """(sessions, symbols) leverage per unit as effective on each session."""
    return np.array(
        [[law.leverage(symbol, day) for symbol in symbols] for day in axis.days[: axis.count]]
    )
