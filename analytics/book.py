"""The session step: one book of account, advanced from one close to the next.

Backtests and the portfolio share this step, so a return means the same thing everywhere. A book
holds V accounts over the S symbols of one market; every array is (S, V) or (V,).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from analytics.arrays import Bools, Floats, Ints
from analytics.costs import BORROW_DAYS_PER_YEAR, TradingCosts
from analytics.errors import ParameterError
from analytics.market import SESSIONS_WITHOUT_BAR_UNTIL_CLOSED, Market

INITIAL_EQUITY_USD = 1_000_000.0

Fill = Literal["next_open", "next_close"]


@dataclass(frozen=True, eq=False)
class SessionTotals:
    """What one session did to the accounts; every array (V,), over the equity before.

    `gross_exposure` and `net_exposure` are at the close, over closing equity; `net_exposure`
    counts leverage.
    """

    net_return: Floats
    cost_return: Floats
    turnover: Floats
    gross_exposure: Floats
    net_exposure: Floats


@dataclass(frozen=True, eq=False)
class Fills:
    """Every fill of a simulation, in the order of sessions; every array (F,).

    `session`, `symbol`, `account`: indices. `shares_before`, `shares_after`, `price_usd` in
    adjusted units, `raw_price_usd` as traded, `target_weight` that was filled. `is_forced`: closed
    because the symbol stopped trading (or the account had lost everything), not by a target.
    """

    session: Ints
    symbol: Ints
    account: Ints
    shares_before: Floats
    shares_after: Floats
    price_usd: Floats
    raw_price_usd: Floats
    target_weight: Floats
    is_forced: Bools


class Book:
    """V accounts over one market, known as of the close of one session.

    `cash_usd`, `equity_usd` (V,); `shares` (S, V) in adjusted units; `value_usd` (S, V) at the
    latest close known; `is_settled` (S, V), what was filled, or closed because it stopped
    trading, in the latest session.
    """

    def __init__(
        self,
        market: Market,
        costs: TradingCosts,
        *,
        n_accounts: int,
        fill: Fill = "next_open",
        capital_usd: float = INITIAL_EQUITY_USD,
        has_fill_log: bool = True,
    ) -> None:
        if fill not in ("next_open", "next_close"):
            raise ParameterError(f"fill must be next_open or next_close, got {fill!r}")
        shape = (len(market.symbols), n_accounts)
        self.cash_usd: Floats = np.full(n_accounts, float(capital_usd))
        self.equity_usd: Floats = self.cash_usd.copy()
        self.shares: Floats = np.zeros(shape)
        self.value_usd: Floats = np.zeros(shape)
        self._market = market
        self._fill_log = FillLog(market, fill)
        self._has_fill_log = has_fill_log
        self._gross_usd: Floats = np.zeros(n_accounts)
        self._net_usd: Floats = np.zeros(n_accounts)
        self._is_ruined: Bools = np.zeros(n_accounts, dtype=np.bool_)
        self._has_ruined = False
        # plain numbers: one session after another, each costs a microsecond less
        self._bill_returns: list[float] = market.bill_returns.tolist()
        year_parts = market.calendar_days / BORROW_DAYS_PER_YEAR
        self._borrow_fees: list[float] = (costs.borrow_fee_annual_fraction * year_parts).tolist()
        self._trading_fraction = costs.trading_fraction
        # Where there is no price nothing is held and nothing is filled: 0 and 1 are placeholders.
        self._mark = np.nan_to_num(market.mark_usd, nan=0.0)
        self._size_price = np.nan_to_num(market.mark_usd, nan=1.0)
        # A close known by f-1 sizes the order, a bar at f fills it.
        self._can_fill = market.has_bar.copy()
        self._can_fill[1:] &= np.isfinite(market.mark_usd[:-1])
        self._is_gone = market.missing_sessions == SESSIONS_WITHOUT_BAR_UNTIL_CLOSED
        self._any_gone: list[bool] = self._is_gone.any(axis=1).tolist()
        self._is_levered: list[bool] = (market.leverage != 1.0).any(axis=1).tolist()
        self._fill_price = np.nan_to_num(self._fill_log.prices_usd, nan=0.0)
        self.is_settled: Bools = np.empty(shape, dtype=np.bool_)
        self._after: Floats = np.empty(shape)
        self._delta: Floats = np.empty(shape)

    def advance(self, f: int, targets: Floats, is_sent: Bools) -> SessionTotals:
        """Fill at session f what was decided at the close of f-1, and close the session.

        Parameters
        ----------
        f : index of the session; the book stands at the close of f-1.
        targets : (S, V), weight of equity wanted; read only where `is_sent`.
        is_sent : (S, V), orders in the market for session f.

        Returns
        -------
        The session's totals; the book then stands at the close of f.

        Notes
        -----
        Known at f-1, and all that sizes an order: `targets`, equity and the latest closes of f-1,
        the bill of that decision. Known only in f: the fill price and the close.
        Missing data: an order without a bar at f, or without any close by f-1, is not filled.
        """
        opening = self.equity_usd
        interest = self.cash_usd * self._bill_returns[f]
        # |v| less v is twice the short part; exactly 0 for a book that is long only
        borrow = (self._gross_usd - self._net_usd) * (0.5 * self._borrow_fees[f])
        bought_usd, traded_usd = self._trade(f, targets, is_sent)
        cost = traded_usd * self._trading_fraction
        cost += borrow
        self.cash_usd = self.cash_usd + interest
        self.cash_usd -= cost
        self.cash_usd -= bought_usd
        if self._has_ruined:
            opening = self._write_off(cost, traded_usd)
        self._close(f)
        closing = self.equity_usd
        net_return = closing / opening
        net_return -= 1.0
        if self._has_ruined:
            net_return[self._is_ruined] = 0.0
            closing = np.where(self._is_ruined, 1.0, closing)
        if np.minimum.reduce(self.equity_usd) <= 0.0:
            self._is_ruined = self.equity_usd <= 0.0
            self._has_ruined = True
        return SessionTotals(
            net_return=net_return,
            cost_return=cost / opening,
            turnover=traded_usd / opening,
            gross_exposure=self._gross_usd / closing,
            net_exposure=self._levered_usd(f) / closing,
        )

    def _write_off(self, cost: Floats, traded_usd: Floats) -> Floats:
        """Write off what ruined accounts owe, so that all their later rows are 0.

        Returns the (V,) equity to measure the session against, 1 for them.
        """
        for usd in (self.cash_usd, cost, traded_usd):
            usd[self._is_ruined] = 0.0
        return np.where(self._is_ruined, 1.0, self.equity_usd)

    def fills(self) -> Fills:
        """Return every fill so far; none if the book was made without a log."""
        return self._fill_log.fills()

    def _trade(self, f: int, targets: Floats, is_sent: Bools) -> tuple[Floats, Floats]:
        """Fill orders, return the (V,) value bought less sold, and the value traded."""
        filling = self.is_settled
        np.logical_and(is_sent, self._can_fill[f][:, None], out=filling)
        if self._has_ruined:
            np.logical_and(filling, ~self._is_ruined, out=filling)
        if not (self._any_gone[f] or self._has_ruined or filling.any()):
            return np.zeros_like(self.cash_usd), np.zeros_like(self.cash_usd)
        after, delta = self._after, self._delta
        np.multiply(targets, self.equity_usd, out=delta)
        np.divide(delta, self._size_price[f - 1][:, None], out=delta)
        np.copyto(after, self.shares)
        np.copyto(after, delta, where=filling)
        if self._any_gone[f]:
            after[self._is_gone[f]] = 0.0
        if self._has_ruined:
            after[:, self._is_ruined] = 0.0
        if self._has_fill_log:
            self._fill_log.record(f, self.shares, after, targets, filling)
        if self._any_gone[f]:
            filling |= self._is_gone[f][:, None] & (self.shares != 0.0)
        np.subtract(after, self.shares, out=delta)
        np.multiply(delta, self._fill_price[f][:, None], out=delta)
        bought_usd = np.add.reduce(delta, axis=0)
        np.absolute(delta, out=delta)
        traded_usd = np.add.reduce(delta, axis=0)
        self.shares, self._after = after, self.shares
        return bought_usd, traded_usd

    def _close(self, f: int) -> None:
        """Mark the holdings at the latest close known in f."""
        np.multiply(self.shares, self._mark[f][:, None], out=self.value_usd)
        self._net_usd = np.add.reduce(self.value_usd, axis=0)
        np.absolute(self.value_usd, out=self._delta)
        self._gross_usd = np.add.reduce(self._delta, axis=0)
        self.equity_usd = self.cash_usd + self._net_usd

    def _levered_usd(self, f: int) -> Floats:
        """Return the (V,) market value counted with each fund's leverage."""
        if not self._is_levered[f]:
            return self._net_usd
        np.multiply(self.value_usd, self._market.leverage[f][:, None], out=self._delta)
        levered: Floats = np.add.reduce(self._delta, axis=0)
        return levered


class FillLog:
    """The fills of a book, kept session by session and joined at the end."""

    def __init__(self, market: Market, fill: Fill) -> None:
        prices = market.open_usd if fill == "next_open" else market.close_usd
        raw = market.raw_open_usd if fill == "next_open" else market.raw_close_usd
        # without a bar only a forced close can happen, and that is at the last close
        self.prices_usd: Floats = np.where(market.has_bar, prices, market.mark_usd)
        self._raw_prices = np.where(market.has_bar, raw, market.raw_mark_usd)
        self._parts: list[tuple[Floats | Ints | Bools, ...]] = []

    def record(
        self, f: int, before: Floats, after: Floats, targets: Floats, is_ordered: Bools
    ) -> None:
        """Keep what changed hands at session f, (S, V) holdings before and after."""
        symbol, account = np.nonzero(before != after)
        if symbol.shape[0] == 0:
            return
        ordered = is_ordered[symbol, account]
        self._parts.append(
            (
                np.full(symbol.shape[0], f, dtype=np.int64),
                symbol.astype(np.int64),
                account.astype(np.int64),
                before[symbol, account],
                after[symbol, account],
                self.prices_usd[f, symbol],
                self._raw_prices[f, symbol],
                np.where(ordered, targets[symbol, account], 0.0),
                ~ordered,
            )
        )

    def fills(self) -> Fills:
        """Join the sessions."""
        joined = [_joined(self._parts, column) for column in range(9)]
        session, symbol, account = (column.astype(np.int64) for column in joined[:3])
        before, after, price, raw_price, target = (
            column.astype(np.float64) for column in joined[3:8]
        )
        return Fills(
            session=session,
            symbol=symbol,
            account=account,
            shares_before=before,
            shares_after=after,
            price_usd=price,
            raw_price_usd=raw_price,
            target_weight=target,
            is_forced=joined[8].astype(np.bool_),
        )


def _joined(parts: list[tuple[Floats | Ints | Bools, ...]], column: int) -> Floats | Ints | Bools:
    """Join one column of the log over the sessions."""
    if not parts:
        return np.empty(0, dtype=np.float64)
    return np.concatenate([part[column] for part in parts])
