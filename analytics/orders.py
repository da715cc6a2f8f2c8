"""Orders: the way from what is held to what was decided."""

import numpy as np
import pandas as pd

from analytics.account import Account
from analytics.costs import TradingCosts
from analytics.holdings import CASH
from analytics.sizing import Sized
from analytics.tables import texts


def list_orders(account: Account, sized: Sized, *, costs: TradingCosts) -> pd.DataFrame:
    r"""List tonight's orders in shares as traded.

    .. math:: \Delta q_s = w_s E / p_s - q_s

    Parameters
    ----------
    account : N symbols, what is held of them and wanted.
    sized : what of the difference is sent.
    costs : for the expected cost.

    Returns
    -------
    One row per order, by symbol: `symbol, side` (`buy`/`sell`), `quantity_shares`, `notional_usd`
    (both positive), `expected_cost_usd`, `current_weight`, `final_weight` (the target),
    `planned_weight` (after the order, at the deciding close), `price_usd` (deciding raw close),
    `reason` (why it is smaller than the target asks, else null).

    Notes
    -----
    A buy of the simulated book may exceed the cash there is: borrowing is what leverage above 1
    means. It is bounded by the gross limit on the final weights, and cash below 0 pays the bill.
    Missing data: a symbol without a close gets no order.
    """
    at = np.flatnonzero(sized.change != 0.0)
    change, price, shares = sized.change[at], account.price_usd[at], account.shares[at]
    notional = np.abs(change) * price
    return pd.DataFrame(
        {
            "symbol": pd.Series([account.symbols[s] for s in at], dtype="str"),
            "side": pd.Series(np.where(change > 0.0, "buy", "sell"), dtype="str"),
            "quantity_shares": np.abs(change),
            "notional_usd": notional,
            "expected_cost_usd": notional * costs.trading_fraction,
            "current_weight": shares * price / account.equity_usd,
            "final_weight": account.final_weight[at],
            "planned_weight": (shares + change) * price / account.equity_usd,
            "price_usd": price,
            "reason": texts(sized.reasons[at]),
        }
    ).sort_values("symbol", ignore_index=True)


def list_holdings(account: Account, sized: Sized, *, costs: TradingCosts) -> pd.DataFrame:
    """List what is held or wanted, orders or none, and the cash.

    Parameters
    ----------
    account : N symbols, what is held of them and wanted.
    sized : what of the difference is sent.
    costs : of the orders, which the planned cash has paid.

    Returns
    -------
    One row per symbol that is held or wanted, and `CASH` (one dollar a share): `symbol,
    is_simulated, quantity_shares, price_usd` (latest raw close known, null without one),
    `value_usd, current_weight, final_weight` (null where there is no target), `planned_weight`,
    `reason`: why the planned weight is not the final one, null where it is.
    """
    final = account.final_weight
    is_shown = (account.shares != 0.0) | (np.nan_to_num(final) != 0.0)
    at = np.flatnonzero(is_shown)
    traded = np.where(sized.change == 0.0, 0.0, np.abs(sized.change) * account.price_usd)
    spent = np.where(sized.change == 0.0, 0.0, sized.change * account.price_usd)
    cash = account.cash_usd
    planned_cash = (
        cash - float(np.add.reduce(spent)) - (float(np.add.reduce(traded)) * costs.trading_fraction)
    )
    equity = account.equity_usd if account.equity_usd > 0.0 else np.nan
    value = account.value_usd[at]
    reasons = [sized.reasons[s] or account.notes[s] for s in at]
    return pd.DataFrame(
        {
            "symbol": pd.Series([*(account.symbols[s] for s in at), CASH], dtype="str"),
            "is_simulated": account.is_simulated,
            "quantity_shares": np.append(account.shares[at], cash),
            "price_usd": np.append(account.price_usd[at], 1.0),
            "value_usd": np.append(value, cash),
            "current_weight": np.append(value, cash) / equity,
            "final_weight": np.append(final[at], np.nan),
            "planned_weight": np.append(value + spent[at], planned_cash) / equity,
            "reason": texts([*reasons, None]),
        }
    )
