"""Orders: the way from what is held to what was decided."""

import numpy as np
import pandas as pd

from analytics.arrays import Bools, Floats
from analytics.costs import TradingCosts


def list_orders(
    symbols: tuple[str, ...],
    final_weight: Floats,
    *,
    held_shares: Floats,
    price_usd: Floats,
    equity_usd: float,
    is_sent: Bools,
    costs: TradingCosts,
) -> pd.DataFrame:
    r"""List tonight's orders in shares as traded.

    .. math:: \Delta q_s = w_s E / p_s - q_s

    Parameters
    ----------
    symbols : S names.
    final_weight : (S,), weight of equity decided.
    held_shares : (S,), shares as traded that are held, negative when short.
    price_usd : (S,), raw closes of the deciding session, NaN where there is none yet.
    equity_usd : closing equity that the weights refer to.
    is_sent : (S,), from `limits.orders_sent`: frozen symbols and changes below the minimum get no
        order.
    costs : for the expected cost.

    Returns
    -------
    One row per order, by symbol: `symbol, side` (`buy`/`sell`), `quantity_shares` (fractional),
    `notional_usd` (both positive), `expected_cost_usd`, `current_weight`, `final_weight`.

    Notes
    -----
    A buy may exceed the cash there is: borrowing is what leverage above 1 means. It is bounded by
    the gross limit on the final weights, and cash below 0 pays the bill.
    Missing data: a symbol without a close gets no order.
    """
    has_price = np.isfinite(price_usd)
    price = np.where(has_price, price_usd, 1.0)
    wanted = np.where(final_weight == 0.0, 0.0, final_weight * equity_usd / price)
    change = np.where(is_sent & has_price, wanted - held_shares, 0.0)
    at = np.flatnonzero(change != 0.0)
    notional = np.abs(change[at]) * price[at]
    return pd.DataFrame(
        {
            "symbol": pd.Series([symbols[s] for s in at], dtype="str"),
            "side": pd.Series(np.where(change[at] > 0.0, "buy", "sell"), dtype="str"),
            "quantity_shares": np.abs(change[at]),
            "notional_usd": notional,
            "expected_cost_usd": notional * costs.trading_fraction,
            "current_weight": held_shares[at] * price[at] / equity_usd,
            "final_weight": final_weight[at],
        }
    ).sort_values("symbol", ignore_index=True)
