"""The engine's accounts in vectorbt.

What is told to vectorbt, so that both mean the same:

- orders: a target percentage of the account's value in the session after a target changed, and
  again in every session until the symbol has a bar; nothing between two changes.
- `val_price`: the close of the session before. vectorbt values the account with it once a session,
  before the first order, and sizes every order of the session with that value and that price:
  shares = target x equity / close, both of the deciding session.
- `price`: the fill price of the session, `fees` the engine's fraction of traded value, no slippage.
- one group of columns with shared cash for each account; closes carried forward over gaps.
- cash must not run out: vectorbt would cut the order short, the engine borrows. With enough cash
  the order of execution within a session plays no part, and vectorbt's default will do.

vectorbt knows neither interest nor borrow fees, and it holds a symbol that stops trading for ever.
"""

from typing import TYPE_CHECKING

import numpy as np

from analytics.arrays import Bools, Floats
from analytics.book import INITIAL_EQUITY_USD
from analytics.costs import TradingCosts
from analytics.market import Market

if TYPE_CHECKING:
    from vectorbt import Portfolio

COSTS = TradingCosts(borrow_fee_annual_fraction=0.0)
"""The platform's trading costs without the borrow fee that vectorbt does not know."""


def order_sizes(targets: Floats, has_bar: Bools) -> Floats:
    """Return the weight to be ordered at each session, (T, S), NaN where there is no order.

    Parameters
    ----------
    targets : (T, S), weight decided at each close.
    has_bar : (T, S), sessions in which an order can be filled.
    """
    is_changed = np.diff(targets, axis=0, prepend=0.0) != 0.0
    sizes, is_waiting = np.full(targets.shape, np.nan), np.zeros(targets.shape[1], dtype=np.bool_)
    for f in range(1, len(targets)):
        is_waiting |= is_changed[f - 1]
        sizes[f] = np.where(is_waiting & has_bar[f], targets[f - 1], np.nan)
        is_waiting &= ~has_bar[f]
    return sizes


def vectorbt_arguments(market: Market, targets: Floats, fill: str) -> dict[str, object]:
    """Lay the accounts of (T, S, V) targets side by side, one group of S columns each."""
    _, n_symbols, n_accounts = targets.shape
    prices = market.open_usd if fill == "next_open" else market.close_usd
    sizes = [order_sizes(targets[:, :, v], market.has_bar) for v in range(n_accounts)]

    def repeated(values: Floats) -> Floats:
        return np.tile(values, n_accounts)

    return {
        "close": repeated(market.mark_usd),
        "size": np.hstack(sizes),
        "size_type": "targetpercent",
        "price": repeated(prices),
        "val_price": repeated(np.vstack([market.mark_usd[:1], market.mark_usd[:-1]])),
        "fees": COSTS.trading_fraction,
        "init_cash": INITIAL_EQUITY_USD,
        "cash_sharing": True,
        "group_by": np.repeat(np.arange(n_accounts), n_symbols),
        "freq": "1D",
    }


def simulate(arguments: dict[str, object]) -> "Portfolio":
    """Simulate the accounts."""
    import vectorbt  # six seconds, which the collection of tests need not wait for

    return vectorbt.Portfolio.from_orders(**arguments)
