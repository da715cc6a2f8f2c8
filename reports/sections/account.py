"""The account: what it holds, what the orders change, and why an order is small or missing."""

from datetime import date
from typing import Any

from reports.account import Account, read_account
from reports.bars import Axis, Piece, Tick, axis_of, bar
from reports.night import Night
from reports.orders import fraction_warning
from reports.queries import Row

WEIGHTS = ("current_weight", "planned_weight", "final_weight")


def account_section(night: Night) -> dict[str, Any]:
    """Everything the page shows about the account, one row per symbol held, wanted or traded."""
    account = read_account(night.published, night.session)
    orders = [row["order"] for row in account.rows if row["order"]]
    axis = axis_of(row[name] for row in account.rows for name in WEIGHTS)
    return {
        "rows": [_row(row, axis, night.session) for row in account.rows],
        "is_known": bool(account.rows) or account.cash_usd is not None,
        "source": _source(account),
        "equity": account.equity_usd,
        "cash": account.cash_usd,
        "planned_cash": account.planned_cash_usd,
        "order_count": len(orders),
        "order_total": sum(order["notional_usd"] or 0.0 for order in orders),
        "order_cost": sum(order["expected_cost_usd"] or 0.0 for order in orders),
        "fraction_warning": fraction_warning(order["quantity_shares"] for order in orders),
        "unmanaged": [row["symbol"] for row in account.rows if row["reason"] == "unmanaged"],
        "old_prices": [
            f"{row['symbol']} ({row['price_date']})"
            for row in account.rows
            if row["quantity_shares"] and _is_old(row, night.session)
        ],
        "unpriced": [row["symbol"] for row in account.rows if row["reason"] == "no_price"],
    }


def _source(account: Account) -> str:
    if account.is_simulated is None:
        return "What the orders start from is not in this file."
    if account.is_simulated:
        return (
            "Orders start from the simulated portfolio's own book, which may buy on credit. "
            "Name what you really hold in config/holdings.csv, and they start from that."
        )
    return "Orders start from what config/holdings.csv says you hold."


def _row(row: Row, axis: Axis, session: date) -> dict[str, Any]:
    """Beside the figures a bar: filled as it will be, ticks where it is and where it should be."""
    after = row["planned_weight"]
    pieces = [] if after is None else [Piece(0.0, after, "less" if after < 0 else "main")]
    ticks = [
        Tick(row[name], kind)
        for name, kind in (("current_weight", "was"), ("final_weight", "goal"))
        if row[name] is not None
    ]
    order = row["order"]
    return {
        **row,
        "reason": (order and order["reason"]) or row["reason"] or "",
        "old_price_date": row["price_date"] if _is_old(row, session) else None,
        "bar": bar(axis, pieces, ticks),
    }


def _is_old(row: Row, session: date) -> bool:
    """Whether the close that a row is valued at is an earlier one than the night's."""
    return row["price_date"] is not None and row["price_date"] < session
