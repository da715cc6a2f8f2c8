"""Backtests: target weights in, one equity path per variant out."""

from dataclasses import dataclass

import numpy as np

from analytics.arrays import Bools, Floats, Ints
from analytics.book import INITIAL_EQUITY_USD, Book, SessionTotals
from analytics.costs import TradingCosts
from analytics.errors import ParameterError
from analytics.fills import Fill, Fills
from analytics.market import Market


@dataclass(frozen=True, eq=False)
class Backtest:
    """R rows of V variants, the first row being the session after the first decision.

    `sessions` (R,): index of each row's session in the market. Returns, costs and two-sided
    `turnover` (R, V) over the previous closing equity; exposures (R, V) at the close over closing
    equity, `net_exposure` counting leverage. `final_shares` (S, V) in adjusted units.
    """

    market: Market
    fill: Fill
    first_decision: int
    sessions: Ints
    net_return: Floats
    cost_return: Floats
    turnover: Floats
    gross_exposure: Floats
    net_exposure: Floats
    final_shares: Floats
    fills: Fills

    @property
    def gross_return(self) -> Floats:
        """Return before trading and borrow costs, (R, V): net plus cost, one equity path."""
        return self.net_return + self.cost_return

    @property
    def bill_returns(self) -> Floats:
        """The bill's return over the interval of each row, (R,)."""
        return self.market.bill_returns[self.sessions]


def first_decided_session(targets: Floats) -> int:
    """Return the first session with a target; T when nothing was ever decided.

    Parameters
    ----------
    targets : (T, S, V), NaN before the first decision.
    """
    for t, wanted in enumerate(targets):
        if not np.isnan(wanted).all():
            return t
    return len(targets)


def run_backtest(
    market: Market,
    targets: Floats,
    *,
    costs: TradingCosts | None = None,
    fill: Fill = "next_open",
    capital_usd: float = INITIAL_EQUITY_USD,
    is_renewed: Bools | None = None,
    first_decision: int | None = None,
    has_fill_log: bool = True,
) -> Backtest:
    r"""Simulate target weights on adjusted prices, one account per variant.

    .. math:: q_f = w_{f-1} \cdot E_{f-1} / c_{f-1}

    Parameters
    ----------
    market : T sessions of S symbols.
    targets : (T, S, V), weight of equity decided at session t, carried forward by the caller; NaN
        before a variant's first decision.
    costs : trading and borrow costs, the platform's when left out.
    fill : `next_open` or `next_close` of the session after the decision.
    capital_usd : stands at the close of the first decision, before the first row.
    is_renewed : (T, V), decisions that are carried out for every symbol although its target did
        not change (the benchmarks' monthly rebalancing); none when left out.
    first_decision : session of the first decision, the first with any target when left out.
    has_fill_log : keep every fill; switch it off for thousands of variants.

    Returns
    -------
    Rows from the session after the first decision of any variant.

    Raises
    ------
    ParameterError
        If a shape is wrong, or a target is missing after it was decided.

    Notes
    -----
    Timing: row f uses targets, equity and closes known at f-1 to size, and prices of f to fill and
    to mark. Only a symbol whose own target changed trades; between changes its shares are held. An
    order that finds no bar waits and is sized again, at the latest target and close.
    Missing data: a symbol held without a bar for 5 sessions, quarantined ones not counted, is
    closed at its last close, with costs, and is not bought back before its target changes. An
    account that has lost everything stays empty. Before the first known bill cash earns nothing.
    """
    if targets.ndim != 3 or targets.shape[:2] != market.has_bar.shape:
        raise ParameterError(f"targets must be {market.has_bar.shape} * V, got {targets.shape}")
    n_sessions, n_symbols, n_variants = targets.shape
    start = first_decided_session(targets) if first_decision is None else first_decision
    rows = np.arange(start + 1, n_sessions, dtype=np.int64)
    book = Book(
        market,
        costs or TradingCosts(),
        n_accounts=n_variants,
        fill=fill,
        capital_usd=capital_usd,
        has_fill_log=has_fill_log,
    )
    usd = [np.empty((rows.shape[0], n_variants)) for _ in SessionTotals._fields]
    queue = OrderQueue(n_symbols, n_variants)
    for row, f in enumerate(rows.tolist()):
        # what is known at f-1: the decisions up to it
        wanted, is_sent = queue.orders(
            targets[f - 1], None if is_renewed is None else is_renewed[f - 1]
        )
        totals = book.advance(f, wanted, is_sent)
        queue.settle(book.settled)
        for column, value in zip(usd, totals, strict=True):
            column[row] = value
    if np.isnan(book.equity_usd).any():  # no order can be sized by a weight that is missing
        raise ParameterError(_missing_target(market, targets))
    totals = SessionTotals(*usd)
    return Backtest(
        market=market,
        fill=fill,
        first_decision=start,
        sessions=rows,
        net_return=totals.net_return,
        cost_return=totals.cost_return,
        turnover=totals.turnover,
        gross_exposure=totals.gross_exposure,
        net_exposure=totals.net_exposure,
        final_shares=book.shares.copy(),
        fills=book.fills(),
    )


def _missing_target(market: Market, targets: Floats) -> str:
    """Say where a target is missing that was decided before."""
    missing = np.argwhere(np.isnan(targets[1:]) & ~np.isnan(targets[:-1]))
    places = [
        f"{market.symbols[s]} of variant {v} on {market.sessions[t + 1]}" for t, s, v in missing[:3]
    ]
    return f"targets must be carried forward, found none after the decision for {', '.join(places)}"


class OrderQueue:
    """Which targets still wait to be carried out, (S, V)."""

    def __init__(self, n_symbols: int, n_variants: int) -> None:
        self._before: Floats = np.zeros((n_symbols, n_variants))
        self._is_changed: Bools = np.zeros((n_symbols, n_variants), dtype=np.bool_)
        self._is_waiting: Bools = np.zeros((n_symbols, n_variants), dtype=np.bool_)
        self._is_undecided: Bools = np.ones((n_symbols, n_variants), dtype=np.bool_)
        self._has_undecided = True

    def orders(self, targets: Floats, is_renewed: Bools | None) -> tuple[Floats, Bools]:
        """Take in one session's decision; return what is wanted, and where that is an order.

        Parameters
        ----------
        targets : (S, V), NaN where the variant has not decided yet.
        is_renewed : (V,), decisions carried out although targets did not change.
        """
        if self._has_undecided:
            targets = self._decided(targets)
        np.not_equal(targets, self._before, out=self._is_changed)
        np.logical_or(self._is_waiting, self._is_changed, out=self._is_waiting)
        if is_renewed is not None:
            self._is_waiting |= is_renewed[None, :]
        self._before = targets
        return targets, self._is_waiting

    def _decided(self, targets: Floats) -> Floats:
        """Take 0 for what was never decided; what goes missing later stays missing."""
        self._is_undecided &= np.isnan(targets)
        self._has_undecided = bool(self._is_undecided.any())
        return np.where(self._is_undecided, 0.0, targets)

    def settle(self, settled: Ints) -> None:
        """Take off the queue what was filled, or closed because it stopped trading.

        Parameters
        ----------
        settled : places in the flat (S, V).
        """
        self._is_waiting.reshape(-1)[settled] = False
