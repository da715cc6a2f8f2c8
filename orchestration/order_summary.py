"""What a night says of its orders in sentences: from which holdings, and why some are smaller."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from analytics.holdings import CASH
from ingestion.journal import named

if TYPE_CHECKING:
    import pandas as pd

WHY: Mapping[str, str] = {
    "unmanaged": "held, but no strategy of the portfolio has a target: kept, and no order",
    "no_bar": "no bar of tonight: no order, and what is held counts at the latest close",
    "frozen": "no new decision tonight: no order",
    "short_history": "held, but too young for a target: kept, and no order",
    "warming_up": "held while the portfolio is warming up: kept, and no order",
    "limit": "kept smaller than the target by a limit, as it binds this account",
    "cash": "orders cut by the cash there is",
    "whole_shares": "orders rounded down to whole shares",
    "minimum_trade": "orders below minimum_trade_usd that are not sent, or only in part",
}
"""Reason of a row of `analytics.holdings` → what is said of its symbols, of a person's account."""


@dataclass(frozen=True)
class OrderSummary:
    """Tonight's orders summed up.

    `source`: `file` or `simulated`. `problem`: why there can be no orders, None as a rule.
    `warnings`: what a person should know of, sentence by sentence. Figures are None where unknown.
    """

    source: str
    count: int
    equity_usd: float | None
    cash_usd: float
    planned_cash_usd: float | None
    problem: str | None
    warnings: tuple[str, ...]

    def as_row(self) -> dict[str, Any]:
        """As it stands in `run_status.json`."""
        return {"holdings": self.source, **{k: v for k, v in vars(self).items() if k != "source"}}


def summed_up(
    holdings: "pd.DataFrame", orders: "pd.DataFrame", *, night: date
) -> OrderSummary | None:
    """Sum tonight's holdings and orders up.

    Parameters
    ----------
    holdings, orders : rows of `analytics.holdings` and `analytics.orders`.
    night : whose closes the holdings should be valued at.

    Returns
    -------
    The summary; None on a night without a portfolio.
    """
    if holdings.empty:
        return None
    by_symbol = holdings.set_index("symbol")
    cash = by_symbol.loc[[CASH]].iloc[0]
    is_simulated = bool(by_symbol["is_simulated"].all())
    unpriced = sorted(by_symbol.index[by_symbol["reason"].eq("no_price").to_numpy(dtype=bool)])
    equity = None if unpriced else float(by_symbol["value_usd"].sum())
    problem = None if is_simulated else _problem(unpriced, equity)
    is_told = not (is_simulated or problem)
    planned = None if problem or not equity else float(cash["planned_weight"]) * equity
    return OrderSummary(
        source="simulated" if is_simulated else "file",
        count=len(orders),
        equity_usd=equity,
        cash_usd=float(cash["quantity_shares"]),
        planned_cash_usd=planned,
        problem=problem,
        warnings=(*_warnings(by_symbol["reason"].items()), *_old_prices(holdings, night))
        if is_told
        else (),
    )


def _problem(unpriced: list[str], equity: float | None) -> str | None:
    if unpriced:
        return (
            f"No orders: {named(unpriced)} is held without a price, so that the account's worth is "
            "not known; take the row out of the holdings file, or wait for its bars."
        )
    if equity is not None and equity <= 0.0:
        return (
            f"No orders: the account of the holdings file is worth {equity:,.2f} USD at tonight's "
            "closes, and it must be more than 0; correct the file and run the night again."
        )
    return None


def _warnings(reasons: Iterable[tuple[Any, Any]]) -> Iterable[str]:
    by_reason: dict[str, list[str]] = {}
    for symbol, reason in reasons:
        by_reason.setdefault(str(reason), []).append(str(symbol))
    for reason, sentence in WHY.items():
        if reason in by_reason:
            yield f"Holdings ({reason}): {named(by_reason[reason])}: {sentence}."


def _old_prices(holdings: "pd.DataFrame", night: date) -> Iterable[str]:
    """Name what is held and valued at a close before the night's, with the day of it."""
    is_old = (holdings["price_date"] < night.isoformat()) & (holdings["value_usd"] != 0.0)
    told = [
        f"{symbol} ({day:%Y-%m-%d})"
        for symbol, day in zip(
            holdings.loc[is_old, "symbol"], holdings.loc[is_old, "price_date"], strict=True
        )
    ]
    if told:
        yield (
            f"Holdings (old price): {named(told)}: no bar of {night}, so valued at the close of "
            "the day in brackets, and with it the equity that all orders are sized on."
        )
