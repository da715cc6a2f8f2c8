"""What a night says of its orders."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from orchestration.order_summary import OrderSummary, summed_up

ORDERS = pd.DataFrame({"symbol": ["KO"]})


def told(
    *rows: tuple[Any, ...],
    cash: float = 100.0,
    is_simulated: bool = False,
    priced: Mapping[str, str] | None = None,
) -> OrderSummary:
    """`rows`: symbol, value, reason; a tenth of the equity stays in cash; `priced`: other days."""
    frame = pd.DataFrame(
        [*rows, ("CASH", cash, None)], columns=["symbol", "value_usd", "reason"]
    ).assign(is_simulated=is_simulated, quantity_shares=cash, planned_weight=0.1)
    days = {**dict.fromkeys(frame["symbol"], "2024-06-28"), "CASH": None, **(priced or {})}
    frame["price_date"] = pd.to_datetime(frame["symbol"].map(days))
    found = summed_up(frame, ORDERS, night=date(2024, 6, 28))
    assert found is not None
    return found


def test_figures_are_those_of_the_account() -> None:
    found = told(("KO", 300.0, None))
    assert found.as_row() == {
        "holdings": "file",
        "count": 1,
        "equity_usd": 400.0,
        "cash_usd": 100.0,
        "planned_cash_usd": pytest.approx(40.0),
        "problem": None,
        "warnings": (),
    }


def test_symbols_that_fare_alike_share_a_sentence() -> None:
    found = told(("SPY", 1.0, "unmanaged"), ("TLT", 1.0, "unmanaged"), ("KO", 1.0, "cash"))
    assert found.warnings == (
        "Holdings (unmanaged): SPY, TLT: held, but no strategy of the portfolio has a target: "
        "kept, and no order.",
        "Holdings (cash): KO: orders cut by the cash there is.",
    )


def test_holding_without_a_price_is_named_and_the_worth_is_unknown() -> None:
    found = told(("ZZZ", np.nan, "no_price"))
    assert found.problem is not None
    assert found.problem.startswith("No orders: ZZZ is held without a price")
    assert (found.equity_usd, found.planned_cash_usd, found.warnings) == (None, None, ())


def test_account_worth_nothing_is_a_problem() -> None:
    found = told(("KO", 50.0, None), cash=-80.0)
    assert found.problem is not None
    assert "is worth -30.00 USD at tonight's closes" in found.problem


def test_simulated_book_has_no_warnings() -> None:
    found = told(("KO", 300.0, "frozen"), is_simulated=True)
    assert (found.source, found.problem, found.warnings) == ("simulated", None, ())


def test_night_without_a_portfolio_has_no_summary() -> None:
    assert summed_up(pd.DataFrame(columns=["symbol"]), ORDERS, night=date(2024, 6, 28)) is None


def test_holding_at_an_old_close_is_named_with_its_day() -> None:
    # ZZZ is wanted and not held: nothing is valued at its old close
    found = told(
        ("KO", 300.0, "no_bar"), ("SPY", 200.0, "unmanaged"), ("TLT", 9.0, None),
        ("ZZZ", 0.0, None),
        priced={"KO": "2024-06-27", "SPY": "2024-06-20", "ZZZ": "2024-06-03"},
    )  # fmt: skip
    assert found.problem is None
    assert found.warnings[-1] == (
        "Holdings (old price): KO (2024-06-27), SPY (2024-06-20): no bar of 2024-06-28, so valued "
        "at the close of the day in brackets, and with it the equity that all orders are sized on."
    )
    assert not any("old price" in sentence for sentence in told(("KO", 1.0, None)).warnings)
