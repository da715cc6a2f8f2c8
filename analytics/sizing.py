"""From the change that is wanted to the change that can be sent: cash, whole shares, small orders.

Every step only takes away, in this order: what reduces a position is rounded and fixed first, for
its proceeds pay for the rest; then what buys back shorts, then what opens a position on any side.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.arrays import Bools, Floats, kept_part
from analytics.settings import OrderSettings

CASH_SHORT, WHOLE_SHARES, MINIMUM_TRADE = "cash", "whole_shares", "minimum_trade"
REASONS = (CASH_SHORT, WHOLE_SHARES, MINIMUM_TRADE)
"""Why an order is smaller than the target asks, or is none at all."""

ALMOST_WHOLE = 1e-9  # of a share: 2,999.9999999999 shares are 3,000 that a division has touched


@dataclass(frozen=True, eq=False)
class OrderRules:
    """What orders cost and how small they may be.

    `cost_fraction` of traded value. `minimum_usd`: smaller orders are not sent, of those that cash
    has cut also those below `minimum_cut_usd`. `is_whole`: no fractions of a share.
    """

    cost_fraction: float
    minimum_usd: float = 0.0
    minimum_cut_usd: float = 0.0
    is_whole: bool = False


@dataclass(frozen=True, eq=False)
class Sized:
    """Changes of S symbols.

    `change` (S,), shares to trade, negative to sell. `reasons` (S,): one of `REASONS` where it is
    less than was asked, else None.
    """

    change: Floats
    reasons: npt.NDArray[np.object_]


def order_rules(
    settings: OrderSettings, *, cost_fraction: float, minimum_order: float, equity_usd: float
) -> OrderRules:
    """Turn the file's section into rules for an account of a certain size."""
    return OrderRules(
        cost_fraction=cost_fraction,
        minimum_usd=settings.minimum_trade_usd,
        minimum_cut_usd=minimum_order * equity_usd,
        is_whole=settings.shares == "whole",
    )


def size_orders(
    wanted_shares: Floats,
    held_shares: Floats,
    *,
    price_usd: Floats,
    is_sent: Bools,
    rules: OrderRules,
    cash_usd: float | None = None,
) -> Sized:
    r"""Cut the wanted changes to what can be sent.

    With cash :math:`C` (buffer taken off), sales of longs :math:`V`, shorts bought back :math:`B`,
    short sales :math:`H`, shorts left over :math:`L`, purchases :math:`A` and the cost fraction
    :math:`c`, purchases and short sales are scaled by the largest :math:`k \le 1` with

    .. math:: k A (1 + c) + k H c \le C + V (1 - c) - B (1 + c) - L

    Parameters
    ----------
    wanted_shares : (S,), shares that the target asks for.
    held_shares : (S,), shares held, negative when short.
    price_usd : (S,), what a share costs; NaN only where nothing is sent and nothing held short.
    is_sent : (S,), symbols that may trade.
    rules : costs, minima, fractions.
    cash_usd : what may be spent, the buffer taken off already; None where buying on credit is
        allowed.

    Returns
    -------
    Changes between 0 and what was asked, and why they are smaller.

    Notes
    -----
    What short sales bring in is not spent: neither tonight's (`H` has no part in the sum but its
    costs) nor that of shorts held before, which is in the cash and stays set aside (`L`). Buying
    shorts back comes first and is scaled by a factor of its own where even that cannot be paid;
    nothing is opened then. What is opened keeps its proportions: the short leg of a pair does not
    go out whole where the long one is cut.
    A position that is closed is closed whole, fractions included, however small it is. A reversal
    is a close and an opening: the opening alone can be cut, and only once all is closed.
    """
    price = np.where(np.isfinite(price_usd), price_usd, 0.0)
    kept = kept_part(wanted_shares, held_shares)
    asked_down = np.where(is_sent, kept - held_shares, 0.0)
    asked_up = np.where(is_sent, wanted_shares - kept, 0.0)
    is_closed = is_sent & (kept == 0.0) & (held_shares != 0.0)

    down, up = asked_down, asked_up
    if rules.is_whole:
        down = np.where(is_closed, down, np.trunc(_snapped(down, most=np.abs(held_shares))))
        up = _snapped(up)
    is_small = ~is_closed & (asked_down != 0.0) & (np.abs(down) * price < rules.minimum_usd)
    down = np.where(is_small, 0.0, down)
    is_cut = np.zeros(down.shape, dtype=np.bool_)
    if cash_usd is not None:
        account = _Account(held_shares, price, cash_usd)
        down, up, is_cut = _within_cash(down, up, account=account, rules=rules)
    up = np.trunc(up) if rules.is_whole else up

    value = np.abs(down + up) * price
    is_flat = is_closed & (down == asked_down)
    smallest = np.where(is_cut, max(rules.minimum_usd, rules.minimum_cut_usd), rules.minimum_usd)
    is_small |= is_sent & (value < smallest)
    change = np.where(is_small, np.where(is_flat, down, 0.0), down + up)
    lost = np.abs(asked_down + asked_up) - np.abs(change)
    reasons = np.full(change.shape, None, dtype=object)
    for reason, is_cause in (
        (WHOLE_SHARES, lost > ALMOST_WHOLE),
        (MINIMUM_TRADE, is_small & (lost > 0.0)),
        (CASH_SHORT, is_cut),
    ):
        reasons[is_cause] = reason
    return Sized(change, reasons)


@dataclass(frozen=True, eq=False)
class _Account:
    held_shares: Floats
    price: Floats
    cash_usd: float


def _within_cash(
    down: Floats, up: Floats, *, account: _Account, rules: OrderRules
) -> tuple[Floats, Floats, Bools]:
    """Scale what costs cash to the cash there is; returns both parts and which symbols were cut."""
    price, cost = account.price, rules.cost_fraction
    is_cover, is_short, is_buy = down > 0.0, up < 0.0, up > 0.0
    sold = _value(np.where(down < 0.0, down, 0.0), price)
    cash = account.cash_usd + sold * (1.0 - cost)

    covers = _share(cash, _value(np.where(is_cover, down, 0.0), price) * (1.0 + cost))
    if covers < 1.0:  # what cannot be closed is not the time to open anything
        down = np.where(is_cover, down * covers, down)
        down = np.where(is_cover & rules.is_whole, np.trunc(down), down)
        return down, np.zeros_like(up), is_cover | is_short | is_buy
    cash -= _value(np.where(is_cover, down, 0.0), price) * (1.0 + cost)
    cash -= _value(np.minimum(account.held_shares + down, 0.0), price)

    opened = _value(np.where(is_buy, up, 0.0), price) * (1.0 + cost)
    opened += _value(np.where(is_short, up, 0.0), price) * cost
    opens = _share(cash, opened)
    return down, up * opens, (is_buy | is_short) & (opens < 1.0)


def _share(budget: float, cost: float) -> float:
    """Return the largest part, at most 1, of a cost that a budget pays."""
    return 1.0 if cost <= max(budget, 0.0) else max(budget, 0.0) / cost


def _value(shares: Floats, price: Floats) -> float:
    """Return the value of positions or trades, whatever their side."""
    return float(np.add.reduce(np.abs(shares) * price))


def _snapped(shares: Floats, *, most: Floats | float = np.inf) -> Floats:
    """Take for whole what only a division kept from being so, unless that exceeds what there is."""
    whole = np.rint(shares)
    is_whole = (np.abs(shares - whole) <= ALMOST_WHOLE) & (np.abs(whole) <= most)
    snapped: Floats = np.where(is_whole, whole, shares)
    return snapped
