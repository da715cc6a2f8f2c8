"""The record: what the decisions that were published in time have earned since.

A backtest is computed anew every night and may look better than anything that was ever decided. A
decision stands in the ledger and does not move; here it is carried out, with the costs and rules of
the portfolio's own backtest.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.arrays import Bools, Floats, Ints
from analytics.book import Book
from analytics.frames import Calendar, require_columns, to_days
from analytics.limits import orders_sent
from analytics.market import Market
from analytics.settings import PortfolioConfig
from analytics.targets import FROZEN_REASONS, first_word

OVERRIDE = "; "
"""A decision's reason is the signal's and, after this, why the weight is not the signal's own."""


@dataclass(frozen=True, eq=False)
class PastDecisions:
    """What is known of the nights before tonight.

    `decisions`: rows of `analytics.decisions`. `nights`: one row per night that something is known
    of, recorded or not: `night, status`, the `code_hash` and `config_hash` that decided it, and
    `restated_rows`, how many rows that it had read a provider has replaced since.
    """

    decisions: pd.DataFrame
    nights: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Decided:
    """What was decided on T sessions of S symbols; session 0 is the first recorded night.

    `first`: index of that night in the calendar. `market`: T sessions of the S symbols that have
    prices. `symbols`: S' of them, also those without. `published` (T, S'): final weights summed
    over sleeves, NaN where a night does not name the symbol. `targets` (T, S): the same, NaN also
    where the night made no new decision for the symbol; NaN is no order. `is_named` (T, S).
    `is_recorded` (T,).
    """

    first: int
    market: Market
    symbols: tuple[str, ...]
    published: Floats
    targets: Floats
    is_named: Bools
    is_recorded: Bools

    @property
    def unpriced(self) -> tuple[str, ...]:
        """Symbols that were decided and have no price at all: they are never bought."""
        return tuple(symbol for symbol in self.symbols if symbol not in self.market.symbols)


@dataclass(frozen=True, eq=False)
class Record:
    """What the decisions earned: R = T - 1 rows, the first one being the session after night 0.

    Returns, costs, two-sided turnover and exposures (R,) as in a backtest. `equity_usd` (T,) and
    `holding` (T, S), weights of equity, at the close of each session.
    """

    decided: Decided
    net_return: Floats
    cost_return: Floats
    turnover: Floats
    gross_exposure: Floats
    net_exposure: Floats
    equity_usd: Floats
    holding: Floats

    @property
    def gross_return(self) -> Floats:
        """Return before trading and borrow costs, (R,)."""
        return self.net_return + self.cost_return

    @property
    def sessions(self) -> Ints:
        """Index of each row's session in the calendar, (R,)."""
        return self.decided.first + 1 + np.arange(self.net_return.shape[0], dtype=np.int64)


def decided_from_frame(
    decisions: pd.DataFrame, *, market: Market, calendar: Calendar
) -> Decided | None:
    """Lay the recorded decisions out on the sessions since the first of them.

    Parameters
    ----------
    decisions : rows of `analytics.decisions`: `night, symbol, final_weight, reason`; the order of
        rows does not matter. Nights after the calendar's last, or off it, are left out.
    market : the calendar's sessions of every symbol with prices.
    calendar : the sessions up to tonight.

    Returns
    -------
    The decisions; None when no night was recorded yet.

    Notes
    -----
    A symbol's target is the sum of its rows of the night, which is what the night published. No
    order, so that what is held stays and drifts: on a night without a record; for a symbol that the
    night does not name (it has left the configuration: nobody decided to sell it), or whose reason
    says that no new decision was made (its weight is then the holding of the backtest, which is not
    ours); and for a weight that is missing. A missing weight never becomes a sell order.
    """
    require_columns(decisions, "decisions", "night", "symbol", "final_weight", "reason")
    t = calendar.index_of(to_days(decisions["night"]))
    rows, t = decisions[t >= 0], t[t >= 0]
    if rows.empty:
        return None
    first = int(t.min())
    s, names = pd.factorize(rows["symbol"], sort=True)
    symbols = tuple(map(str, names))
    shape = (calendar.sessions.shape[0] - first, len(symbols))
    published = np.zeros(shape)
    order = np.lexsort((rows["final_weight"].to_numpy(), s, t))  # sums never depend on row order
    weights = rows["final_weight"].to_numpy(dtype=np.float64, na_value=np.nan)
    np.add.at(published, (t[order] - first, s[order]), weights[order])
    is_named, is_frozen = np.zeros((2, *shape), dtype=np.bool_)
    is_named[t - first, s] = True
    held_back = _are_frozen(rows["reason"])
    is_frozen[t[held_back] - first, s[held_back]] = True
    published[~is_named] = np.nan
    priced = [column for column, symbol in enumerate(symbols) if symbol in market.symbols]
    return Decided(
        first=first,
        market=market.since(first).select([symbols[column] for column in priced]),
        symbols=symbols,
        published=published,
        targets=np.where(is_frozen, np.nan, published)[:, priced],
        is_named=is_named[:, priced],
        is_recorded=is_named.any(axis=1),
    )


def run_record(decided: Decided, config: PortfolioConfig) -> Record:
    """Carry the recorded decisions out, from cash at the close of the first recorded night.

    Parameters
    ----------
    decided : what was decided, T sessions.
    config : capital, fill, costs and the smallest order, as configured tonight.

    Returns
    -------
    One row per session after the first recorded night.

    Notes
    -----
    Timing: the decision of night t sizes orders at the close of t and is filled in t+1; an order
    that finds no bar there lapses, and the next night decides anew. What tonight decided has not
    earned anything yet. A change below the smallest order is not sent unless the target is 0. All
    else (costs, borrow, interest, a symbol that stops trading) is the book's.
    Where every night is recorded and nothing else changed, this is the portfolio's backtest return
    by return if that held nothing on the first recorded night. Else, once the first orders are
    filled, both hold the same but for changes too small to be sent (less than twice the smallest
    order per symbol) and for symbols frozen from the start.
    """
    n_sessions, n_symbols = decided.targets.shape
    book = Book(
        decided.market,
        config.costs,
        n_accounts=1,
        fill=config.fill,
        capital_usd=config.capital_usd,
        has_fill_log=False,
    )
    net, cost, turnover, gross_exposure, net_exposure = np.empty((5, n_sessions - 1))
    equity, holding = np.empty(n_sessions), np.zeros((n_sessions, n_symbols))
    equity[0] = config.capital_usd
    for f in range(1, n_sessions):
        # known at f-1: the decision of that night and what is held at its close
        told = np.isfinite(decided.targets[f - 1])
        wanted = np.where(told, decided.targets[f - 1], holding[f - 1])
        is_sent = orders_sent(
            wanted,
            holding=holding[f - 1],
            is_frozen=~told,
            minimum_order=config.minimum_order_weight,
        )
        totals = book.advance(f, wanted[:, None], is_sent[:, None])
        net[f - 1 : f], cost[f - 1 : f] = totals.net_return, totals.cost_return
        turnover[f - 1 : f] = totals.turnover
        gross_exposure[f - 1 : f] = totals.gross_exposure
        net_exposure[f - 1 : f] = totals.net_exposure
        equity[f] = float(book.equity_usd[0])
        holding[f] = book.value_usd[:, 0] / (equity[f] if equity[f] > 0.0 else 1.0)
    return Record(decided, net, cost, turnover, gross_exposure, net_exposure, equity, holding)


def _are_frozen(reasons: pd.Series) -> Bools:
    """Tell which decisions say that no new decision could be made for the symbol."""
    texts, told = pd.factorize(reasons)
    overrides = [str(reason).partition(OVERRIDE)[2] for reason in told]
    is_frozen = [first_word(override) in FROZEN_REASONS for override in overrides]
    return np.array([*is_frozen, False])[texts]  # a null reason is text -1, the last flag
