"""The account that tonight's orders are for: a person's, or the simulated one."""

import math
from dataclasses import dataclass
from datetime import date

from reports.queries import Published, Row

CASH = "CASH"
HOLDING_COLUMNS = (
    "symbol", "is_simulated", "quantity_shares", "price_usd", "value_usd", "current_weight",
    "final_weight", "planned_weight", "reason", "price_date",
)  # fmt: skip
ORDER_COLUMNS = (
    "symbol", "side", "quantity_shares", "notional_usd", "expected_cost_usd", "current_weight",
    "final_weight", "planned_weight", "price_usd", "reason",
)  # fmt: skip


@dataclass(frozen=True)
class Account:
    """The account at the deciding close.

    `is_simulated`: the portfolio's own book, None where nobody says. `cash_usd`, `equity_usd`,
    `planned_cash_usd` (after the orders and their costs): None where not known. `rows`: symbols
    held or wanted, of `analytics.holdings`, each with its `order`, a row of `analytics.orders`, or
    None.
    """

    is_simulated: bool | None
    equity_usd: float | None
    cash_usd: float | None
    planned_cash_usd: float | None
    rows: tuple[Row, ...]

    @property
    def name(self) -> str:
        """Whose equity a figure in USD is of."""
        return "your account" if self.is_simulated is False else "the simulated account"

    def usd(self, fraction: float | None) -> float | None:
        """A fraction of equity as an amount, None where either is not known."""
        if fraction is None or self.equity_usd is None:
            return None
        return fraction * self.equity_usd


def read_account(published: Published, session: date) -> Account:
    """Read holdings and orders; without holdings there are the orders, and the simulated equity."""
    holdings = published.rows("analytics.holdings", HOLDING_COLUMNS, order_by="symbol")
    orders = {
        row["symbol"]: row
        for row in published.rows("analytics.orders", ORDER_COLUMNS, order_by="symbol")
    }
    if not holdings:
        rows = [_ordered_only(order) for order in orders.values()]
        return Account(None, simulated_equity(published, session), None, None, tuple(rows))
    cash = next((row for row in holdings if row["symbol"] == CASH), None)
    symbols = [row for row in holdings if row is not cash]
    values = [row["value_usd"] for row in holdings]
    equity = None if cash is None or None in values else math.fsum(values)
    planned = None if cash is None else cash["planned_weight"]
    return Account(
        is_simulated=holdings[0]["is_simulated"],
        equity_usd=equity,
        cash_usd=cash["value_usd"] if cash else None,
        planned_cash_usd=None if equity is None or planned is None else planned * equity,
        rows=(
            *({**row, "order": orders.pop(row["symbol"], None)} for row in symbols),
            *map(_ordered_only, orders.values()),
        ),
    )


def simulated_equity(published: Published, session: date) -> float | None:
    """Equity of the simulated portfolio at the session's close, None where there is none."""
    rows = published.latest(
        "analytics.portfolio_daily", ["equity_usd"], session, order_by="session_date"
    )
    return rows[0]["equity_usd"] if rows else None


def _ordered_only(order: Row) -> Row:
    row = {name: order.get(name) for name in HOLDING_COLUMNS}
    return {**row, "quantity_shares": None, "order": order}
