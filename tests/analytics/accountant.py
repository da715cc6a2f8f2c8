"""Recompute daily rows from fills and prices alone; no code shared with the engine."""

from itertools import pairwise

import pandas as pd

COST, BORROW = 0.0005, 0.005


def recompute(
    fills: pd.DataFrame,
    closes: dict[pd.Timestamp, dict[str, float]],
    days: list[pd.Timestamp],
    bill_pct: dict[pd.Timestamp, float],
) -> pd.DataFrame:
    """Return net, cost, gross, turnover and gross exposure of one variant, session by session.

    `fills`: symbol, effective_session, shares, fill_price_usd. `closes`: adjusted, by
    session and symbol, the latest one carried forward. `days`: the session of the first decision
    and all after it.
    """
    cash, held = 1_000_000.0, dict.fromkeys(closes[days[0]], 0.0)
    by_day = dict(list(fills.groupby("effective_session")))
    rows, equity, values = [], cash, dict.fromkeys(held, 0.0)
    for before, day in pairwise(days):
        elapsed = (day - before).days
        bill = bill_pct.get(before, 0.0)
        interest = cash * (0.0 if pd.isna(bill) else bill) / 100 * elapsed / 365
        borrow = sum(-value for value in values.values() if value < 0) * BORROW * elapsed / 360
        traded = 0.0
        for fill in by_day[day].itertuples() if day in by_day else ():
            change = (fill.shares - held[fill.symbol]) * fill.fill_price_usd
            traded, cash = traded + abs(change), cash - change
            held[fill.symbol] = fill.shares
        costs = traded * COST + borrow
        cash += interest - costs
        values = {s: q * closes[day][s] if q else 0.0 for s, q in held.items()}
        closing = cash + sum(values.values())
        net, cost = closing / equity - 1, costs / equity
        exposure = sum(map(abs, values.values())) / closing
        rows.append((day, net + cost, cost, net, traded / equity, exposure))
        equity = closing
    columns = ["gross_return", "cost_return", "net_return", "turnover", "gross_exposure"]
    return pd.DataFrame(rows, columns=["session_date", *columns])
