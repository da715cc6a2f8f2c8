"""Fills → trades: what was bought to open, what it earned, why it was closed."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.arrays import Bools, Floats, Ints
from analytics.backtest import Backtest
from analytics.costs import TradingCosts
from analytics.fills import Fills

NOT_TRADABLE = "not_tradable"
REVERSED = "reversed"


def list_trades(
    backtest: Backtest,
    *,
    reasons: Ints,
    reason_names: tuple[str, ...],
    costs: TradingCosts | None = None,
) -> pd.DataFrame:
    r"""List the trades of a backtest, a reversal being two.

    .. math:: r = \frac{\sum_i -q_i p_i - \kappa \sum_i |q_i| p_i + q_T c_T}
              {\sum_{i \text{ opens}} |q_i| p_i}

    Parameters
    ----------
    backtest : run with a fill log.
    reasons : (T, S, V), index into `reason_names` of the decision that last changed the target, as
        of session t; -1 where there is none.
    reason_names : the first words of the signals' reasons.
    costs : as the backtest was run with.

    Returns
    -------
    One row per trade, ordered by variant, symbol and entry: `variant`, `symbol` (indices),
    `entered`, `exited` (session indices, exited -1 while open), `entry_price_usd` of the opening
    fill and `exit_price_usd` of the closing one (raw, NaN while open), `net_return`, `profit_usd`,
    `exit_reason` (null while open).

    Notes
    -----
    `profit_usd` is after trading costs; `net_return` is profit over the value bought (or sold
    short) to open, additions included; an open trade is marked at the last close. Interest and
    borrow fees belong to the book, not to its trades. Prices of the profit are adjusted ones, so
    dividends count.
    """
    fills = _ordered(backtest.fills)
    if fills.session.shape[0] == 0:
        return _empty()
    before, after = fills.shares_before, fills.shares_after
    delta = after - before
    is_reversal = before * after < 0.0
    closing = np.where(
        is_reversal | (after == 0.0), -before, np.where(before * delta < 0.0, delta, 0.0)
    )
    opening = delta - closing
    is_start = (before == 0.0) | is_reversal
    is_end = (after == 0.0) | is_reversal
    trade = np.cumsum(is_start) - 1  # the trade that a fill leaves open, or just closed
    closed = trade - is_reversal  # a reversal's closing leg belongs to the trade before
    n_trades = int(trade[-1]) + 1

    rate = (costs or TradingCosts()).trading_fraction
    paid = -closing * fills.price_usd - np.abs(closing) * fills.price_usd * rate
    opened_usd = np.abs(opening) * fills.price_usd
    spent = -opening * fills.price_usd - opened_usd * rate
    profit = np.bincount(closed, paid, n_trades) + np.bincount(trade, spent, n_trades)
    opened = np.bincount(trade, opened_usd, n_trades)

    entry, exit_ = np.flatnonzero(is_start), np.full(n_trades, -1)
    exit_[closed[is_end]] = np.flatnonzero(is_end)
    is_open = exit_ < 0
    symbol, variant = fills.symbol[entry], fills.account[entry]
    last_close = backtest.market.mark_usd[-1, symbol]
    marked = np.where(is_open, backtest.final_shares[symbol, variant] * last_close, 0.0)
    return pd.DataFrame(
        {
            "variant": variant,
            "symbol": symbol,
            "entered": fills.session[entry],
            "exited": np.where(is_open, -1, fills.session[exit_]),
            "entry_price_usd": fills.raw_price_usd[entry],
            "exit_price_usd": np.where(is_open, np.nan, fills.raw_price_usd[exit_]),
            "net_return": (profit + marked) / opened,
            "profit_usd": profit + marked,
            "exit_reason": pd.Series(
                np.where(
                    is_open, None, _exit_reasons(fills, is_reversal, reasons, reason_names)[exit_]
                ),
                dtype="str",
            ),
        }
    )


def _ordered(fills: Fills) -> Fills:
    """Order by variant, symbol, session."""
    order = np.lexsort((fills.session, fills.symbol, fills.account))
    return Fills(**{name: value[order] for name, value in vars(fills).items()})


def _exit_reasons(
    fills: Fills, is_reversal: Bools, reasons: Ints, names: tuple[str, ...]
) -> npt.NDArray[np.object_]:
    """Name why each fill closed what it closed, (F,)."""
    # decided at the close before the fill
    code = reasons[fills.session - 1, fills.symbol, fills.account]
    words = np.array([*names, "unknown"], dtype=object)[code]  # code -1 is the last word
    words[is_reversal] = REVERSED
    words[fills.is_forced] = NOT_TRADABLE
    return words


def _empty() -> pd.DataFrame:
    columns: dict[str, Floats | Ints] = {
        name: np.empty(0, dtype=np.int64) for name in ("variant", "symbol", "entered", "exited")
    }
    for name in ("entry_price_usd", "exit_price_usd", "net_return", "profit_usd"):
        columns[name] = np.empty(0, dtype=np.float64)
    return pd.DataFrame(columns).assign(exit_reason=pd.Series([], dtype="str"))
