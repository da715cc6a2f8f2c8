"""The session step: one book of account, advanced from one close to the next.

Backtests and the portfolio share this step, so a return means the same thing everywhere. A book
holds V accounts over the S symbols of one market; every array is (S, V) or (V,).
"""

from typing import NamedTuple

import numpy as np

from analytics.arrays import Bools, Floats, Ints
from analytics.costs import BORROW_DAYS_PER_YEAR, TradingCosts
from analytics.errors import ParameterError
from analytics.fills import Fill, FillLog, Fills
from analytics.market import SESSIONS_WITHOUT_BAR_UNTIL_CLOSED, Market

INITIAL_EQUITY_USD = 1_000_000.0


class SessionTotals(NamedTuple):
    """What sessions did to the accounts, in dollars; every array (V,), or (R, V) for R sessions.

    `opening_usd`, `closing_usd`: equity before and after. `cost_usd`: of trading and borrow.
    `traded_usd`: two-sided. `gross_usd`, `levered_usd`: market value at the close, regardless of
    sign, and counted with each fund's leverage. Accounts that have lost everything have an equity
    of 1 and nothing else, so that what is over equity is 0.
    """

    opening_usd: Floats
    closing_usd: Floats
    cost_usd: Floats
    traded_usd: Floats
    gross_usd: Floats
    levered_usd: Floats

    @property
    def net_return(self) -> Floats:
        """Return after all costs."""
        growth = self.closing_usd / self.opening_usd
        growth -= 1.0
        return growth

    @property
    def cost_return(self) -> Floats:
        """Trading costs and borrow fees over the equity before."""
        return self.cost_usd / self.opening_usd

    @property
    def turnover(self) -> Floats:
        """Value bought and sold over the equity before."""
        return self.traded_usd / self.opening_usd

    @property
    def gross_exposure(self) -> Floats:
        """Market value regardless of sign over closing equity."""
        return self.gross_usd / self.closing_usd

    @property
    def net_exposure(self) -> Floats:
        """Market value counted with leverage over closing equity."""
        return self.levered_usd / self.closing_usd


class Book:
    """V accounts over one market, known as of the close of one session.

    `cash_usd`, `equity_usd` (V,); `shares` (S, V) in adjusted units; `value_usd` (S, V) at the
    latest close known; `settled`, what was filled, or closed because it stopped trading, in the
    latest session, as places in the flat (S, V).
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
        self._flat_shares = self.shares.reshape(-1)  # the same numbers
        self.settled: Ints = np.empty(0, dtype=np.int64)
        self._session = 0
        self._market = market
        self._fill_log = FillLog(market, fill, n_accounts)
        self._has_fill_log = has_fill_log
        self._gross_usd: Floats = np.zeros(n_accounts)
        self._net_usd: Floats = np.zeros(n_accounts)
        self._has_been_short = False
        self._is_ruined: Bools = np.zeros(n_accounts, dtype=np.bool_)
        self._has_ruined = False
        # plain numbers: one session after another, each costs a microsecond less
        self._bill_returns: list[float] = market.bill_returns.tolist()
        year_parts = market.calendar_days / BORROW_DAYS_PER_YEAR
        self._borrow_fees: list[float] = (costs.borrow_fee_annual_fraction * year_parts).tolist()
        self._trading_fraction = costs.trading_fraction
        # Where there is no price nothing is held: 0 is a placeholder.
        self._mark = np.where(np.isnan(market.mark_usd), 0.0, market.mark_usd)
        # A close known by f-1 sizes the order, a bar at f fills it.
        self._can_fill = market.has_bar.copy()
        self._can_fill[1:] &= np.isfinite(market.mark_usd[:-1])
        self._all_can_fill: list[bool] = np.logical_and.reduce(self._can_fill, axis=1).tolist()
        self._is_gone = market.missing_sessions == SESSIONS_WITHOUT_BAR_UNTIL_CLOSED
        self._any_gone: list[bool] = self._is_gone.any(axis=1).tolist()
        self._is_levered: list[bool] = (market.leverage != 1.0).any(axis=1).tolist()

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
        fee = self._borrow_fees[f]
        # |v| less v is twice the short part
        borrow = (self._gross_usd - self._net_usd) * (0.5 * fee) if self._has_been_short else None
        bought_usd, traded_usd = self._trade(f, targets, is_sent)
        cost = traded_usd * self._trading_fraction
        if borrow is not None:
            cost += borrow
        self.cash_usd = self.cash_usd + interest
        self.cash_usd -= cost
        self.cash_usd -= bought_usd
        if self._has_ruined:
            opening = self._write_off(cost, traded_usd)
        self._close(f)
        closing = self.equity_usd
        if self._has_ruined:
            closing = np.where(self._is_ruined, 1.0, closing)
        if np.minimum.reduce(self.equity_usd) <= 0.0:
            self._is_ruined = self.equity_usd <= 0.0
            self._has_ruined = True
        return SessionTotals(
            opening_usd=opening,
            closing_usd=closing,
            cost_usd=cost,
            traded_usd=traded_usd,
            gross_usd=self._gross_usd,
            levered_usd=self._levered_usd(f),
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

    @property
    def value_usd(self) -> Floats:
        """Holdings at the latest close known, (S, V)."""
        value: Floats = self.shares * self._mark[self._session][:, None]
        return value

    def _trade(self, f: int, targets: Floats, is_sent: Bools) -> tuple[Floats, Floats]:
        """Fill orders, return the (V,) value bought less sold, and the value traded."""
        n_accounts = self.cash_usd.shape[0]
        cells, is_forced = self._filled(f, is_sent)
        self.settled = cells
        if cells.shape[0] == 0:
            return np.zeros(n_accounts), np.zeros(n_accounts)
        symbol = cells // n_accounts
        account = cells - symbol * n_accounts
        target, before = targets.take(cells), self._flat_shares.take(cells)
        target[is_forced] = 0.0
        after = target * self.equity_usd.take(account)
        after /= self._market.mark_usd[f - 1].take(symbol)
        self._flat_shares[cells] = after
        self._has_been_short = self._has_been_short or bool(np.minimum.reduce(after) < 0.0)
        if self._has_fill_log:
            self._fill_log.record(f, cells, before, after, target, is_forced)
        change_usd = after - before
        change_usd *= self._fill_log.prices_usd[f].take(symbol)
        bought_usd = np.bincount(account, change_usd, n_accounts).astype(np.float64, copy=False)
        np.absolute(change_usd, out=change_usd)
        traded_usd = np.bincount(account, change_usd, n_accounts).astype(np.float64, copy=False)
        return bought_usd, traded_usd

    def _filled(self, f: int, is_sent: Bools) -> tuple[Ints, Bools]:
        """Return the places in the flat (S, V) that are filled, and which of them by force.

        They are few in most sessions, so that all that follows is short.
        """
        is_closed: Bools | None = None
        if not self._all_can_fill[f]:
            is_sent = is_sent & self._can_fill[f][:, None]
        if self._any_gone[f] or self._has_ruined:
            is_closed = (self._is_gone[f][:, None] | self._is_ruined) & (self.shares != 0.0)
            is_sent = (is_sent & ~self._is_ruined) | is_closed
        cells = is_sent.reshape(-1).nonzero()[0]
        is_forced = np.zeros(cells.shape, np.bool_) if is_closed is None else is_closed.take(cells)
        return cells, is_forced

    def _close(self, f: int) -> None:
        """Mark the holdings at the latest close known in f."""
        self._session = f
        self._net_usd = self._gross_usd = _valued(self.shares, self._mark[f])
        if self._has_been_short:
            self._gross_usd = _valued(np.absolute(self.shares), self._mark[f])
        self.equity_usd = self.cash_usd + self._net_usd

    def _levered_usd(self, f: int) -> Floats:
        """Return the (V,) market value counted with each fund's leverage."""
        if not self._is_levered[f]:
            return self._net_usd
        return _valued(self.shares, self._mark[f] * self._market.leverage[f])


def _valued(shares: Floats, prices: Floats) -> Floats:
    """Value of (S, V) shares at (S,) prices, (V,).

    Without BLAS, whose sums depend on the number of threads.
    """
    value: Floats = np.einsum("sv,s->v", shares, prices)
    return value
