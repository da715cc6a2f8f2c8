"""Dividends that two providers have: compared by date, several payments of one date together."""

import pandas as pd
import pytest

from orchestration.expectations.canaries.landed_night import DAYS
from orchestration.expectations.landed_actions import dividends_side_by_side


def paid(*rows: tuple[str, pd.Timestamp, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["symbol", "day", "amount"])


def test_special_that_one_provider_lacks_is_the_difference_of_the_date() -> None:
    # by hand: 0.25 and a special of 1.00 against 0.25 alone; BBB stands with one provider only
    first = paid(("AAA", DAYS[5], 0.25), ("AAA", DAYS[5], 1.0), ("BBB", DAYS[5], 0.3))
    second = paid(("AAA", DAYS[5], 0.25))
    found = dividends_side_by_side({"raw.polygon__dividends": first, "raw.fmp__dividends": second})
    assert found["symbol"].tolist() == ["AAA"]
    assert found["second"].tolist() == ["raw.fmp__dividends"]
    assert found["amount_difference_usd"].tolist() == pytest.approx([1.0])


def test_order_of_payments_and_a_third_provider_change_nothing() -> None:
    first, second = paid(("AAA", DAYS[5], 0.25), ("AAA", DAYS[9], 0.5)), paid(("AAA", DAYS[9], 0.5))
    third = paid(("AAA", DAYS[9], 9.0), ("AAA", DAYS[5], 0.3))
    tables = {"a": first, "b": second, "c": third}
    turned = {name: frame.iloc[::-1] for name, frame in tables.items()}
    for given in (tables, turned):
        found = dividends_side_by_side(given).sort_values("day")
        assert found["second"].tolist() == ["c", "b"]
        assert found["amount_difference_usd"].tolist() == pytest.approx([0.05, 0.0])
