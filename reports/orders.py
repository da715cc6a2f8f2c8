"""`orders.csv`: tonight's orders as a broker takes them."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from reports.exports import csv_bytes
from reports.queries import open_published
from warehouse.files import write_bytes

ORDER_TYPES: Mapping[str, tuple[str, str]] = {
    "next_open": ("market_on_open", "OPG"),
    "next_close": ("market_on_close", "CLS"),
}
"""When the portfolio is filled → order type and time in force, in the usual abbreviations."""

COLUMNS = (
    "symbol", "side", "quantity", "order_type", "time_in_force", "session_date",
    "reference_price_usd", "notional_usd", "expected_cost_usd", "world",
)  # fmt: skip
STORED = (
    "symbol", "side", "quantity_shares", "effective_session", "price_usd", "notional_usd",
    "expected_cost_usd",
)  # fmt: skip
SHARE_DIGITS, PRICE_DIGITS, DOLLAR_DIGITS = 9, 6, 2


def write_orders_csv(warehouse: Path, path: Path, *, fill: str) -> None:
    """Write the published night's orders; the header alone when there is nothing to do.

    Parameters
    ----------
    warehouse : the published file.
    path : the file to write, whole.
    fill : `next_open` or `next_close`.

    Notes
    -----
    `session_date` is the session to trade in, `reference_price_usd` the close that the order was
    sized at. Numbers are plain decimals: shares to 9 places, prices to 6, dollars to 2; what is
    less than a billionth of a share is no order. The last column names the world, so that a
    simulated order says so wherever the file goes.
    """
    order_type, time_in_force = ORDER_TYPES[fill]
    with open_published(warehouse) as published:
        context = published.one("ops.build_context", ["world"])
        rows = published.rows("analytics.orders", STORED, order_by="symbol")
    world = context["world"] or "unknown"
    lines = [_line(row, order_type, time_in_force, world) for row in rows]
    lines = [line for line in lines if line[COLUMNS.index("quantity")] != "0"]
    columns = {
        name: pa.array([line[at] for line in lines], pa.string()) for at, name in enumerate(COLUMNS)
    }
    write_bytes(path, csv_bytes(pa.table(columns)))


def _line(row: Mapping[str, Any], order_type: str, time_in_force: str, world: str) -> list[str]:
    return [
        row["symbol"],
        row["side"],
        plain(row["quantity_shares"], SHARE_DIGITS),
        order_type,
        time_in_force,
        row["effective_session"].isoformat(),
        plain(row["price_usd"], PRICE_DIGITS),
        plain(row["notional_usd"], DOLLAR_DIGITS),
        plain(row["expected_cost_usd"], DOLLAR_DIGITS),
        world,
    ]


def fraction_warning(quantities: Iterable[float]) -> str | None:
    """Say that a broker may refuse orders, None where every one is for whole shares.

    Parameters
    ----------
    quantities : shares of each order.
    """
    fractions = sum("." in plain(quantity, SHARE_DIGITS) for quantity in quantities)
    if not fractions:
        return None
    said = "1 order is" if fractions == 1 else f"{fractions} orders are"
    return (
        f"{said} for a fraction of a share, which most brokers do not take at the open or the "
        "close; `orders.shares: whole` in config/portfolio.yaml rounds all but those that close a "
        "position."
    )


def plain(number: float, digits: int) -> str:
    """Write a number without exponent, without zeros at its end and without a float's noise."""
    text = f"{Decimal(repr(float(number))):.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
