"""Vendors' split-adjusted bars taken back to what was traded, and joined to older ones."""

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from ingestion.adjustment import (
    basis_of,
    joined_to,
    splits_in,
    splits_of,
    stands_on_other_splits,
    undo_splits,
)
from ingestion.errors import BadPayloadError
from ingestion.tables import SCHEMAS

CANDLES = "raw.finnhub__daily_candles"
BEFORE, SPLIT_DAY, AFTER = date(2017, 6, 9), date(2017, 6, 12), date(2017, 6, 13)


def bars(*rows, mode="splits"):
    """Bars of ZZQ whose four prices are equal: (day, price, volume)."""
    columns = {name: [] for name in SCHEMAS[CANDLES].names}
    for day, price, volume in rows:
        values = ("ZZQ", day, *[price] * 4, volume, mode, datetime(2017, 7, 1, tzinfo=UTC), "hash")
        for name, value in zip(columns, values, strict=True):
            columns[name].append(value)
    return pa.table(columns, schema=SCHEMAS[CANDLES])


def numbers(table):
    return list(zip(table["close"].to_pylist(), table["volume"].to_pylist(), strict=True))


def test_four_for_one_between_two_bars_is_undone_before_its_day_only():
    # 400 USD and 1,000 shares on the 9th, 4-for-1, then 101 USD: the vendor sends 100 and 4,000
    adjusted = bars((BEFORE, 100.0, 4000.0), (SPLIT_DAY, 101.0, 5000.0))
    undone = undo_splits(adjusted, {SPLIT_DAY: 4.0})

    assert numbers(undone) == [(400.0, 1000.0), (101.0, 5000.0)]
    assert undone["adjustment_mode"].to_pylist() == ["splits_undone"] * 2


def test_two_splits_multiply_and_a_reverse_split_divides():
    adjusted = bars((BEFORE, 30.0, 200.0), (SPLIT_DAY, 120.0, 50.0))
    undone = undo_splits(adjusted, {SPLIT_DAY: 4.0, AFTER: 0.1})

    assert numbers(undone) == [(12.0, 500.0), (12.0, 500.0)]


def test_unknown_price_stays_unknown():
    undone = undo_splits(bars((BEFORE, None, None)), {SPLIT_DAY: 4.0})

    assert numbers(undone) == [(None, None)]


def test_basis_survives_its_text():
    splits = {SPLIT_DAY: 4.0, BEFORE: 1.5}

    assert splits_in(basis_of(splits)) == splits
    assert splits_in("") == {}


@pytest.mark.parametrize(
    ("held", "gained", "is_other"),
    [
        ({}, {}, False),
        ({"etag": "a"}, {"etag": "b"}, False),
        ({"splits": ""}, {}, False),
        ({"splits": ""}, {"splits": "2017-06-12 4"}, True),
        ({"splits": "2017-06-12 4"}, {}, True),
    ],
)
def test_only_other_splits_are_another_basis(held, gained, is_other):
    assert stands_on_other_splits(held, gained) is is_other


def test_bar_that_differs_by_rounding_is_the_held_one():
    held = bars((BEFORE, 400.01, 1000.0), mode="splits_undone")
    gained = bars((BEFORE, 400.0, 1000.0), (AFTER, 101.0, 1.0), mode="splits_undone")

    assert numbers(joined_to(held, gained)) == [(400.01, 1000.0), (101.0, 1.0)]


def test_corrected_bar_replaces_the_held_one():
    days = [date(2017, 6, day) for day in (5, 6, 7)]
    held = bars(*((day, 100.0, 1.0) for day in days))
    gained = bars((days[0], 90.0, 1.0), *((day, 100.0, 1.0) for day in days[1:]))

    assert numbers(joined_to(held, gained))[0] == (90.0, 1.0)


def test_split_listed_before_the_vendor_applies_it_is_refused():
    held = bars((BEFORE, 400.0, 1000.0))
    gained = bars((BEFORE, 1600.0, 250.0))

    with pytest.raises(BadPayloadError, match="stand at 4 times"):
        joined_to(held, gained)


def test_split_that_the_vendor_had_forgotten_may_move_the_bars_before_it():
    held = bars((BEFORE, 100.0, 4000.0))
    gained = bars((BEFORE, 400.0, 1000.0))

    assert numbers(joined_to(held, gained, late=[SPLIT_DAY])) == [(400.0, 1000.0)]


def test_bars_without_a_common_session_are_joined():
    assert joined_to(bars(), bars((AFTER, 1.0, 1.0))).num_rows == 1


def told(*rows):
    """Splits of ZZQ as a vendor told them: (day, shares after for one, day of the answer)."""
    values = [
        {
            "symbol": "ZZQ",
            "execution_date": day,
            "from_factor": 1.0,
            "to_factor": ratio,
            "fetched_at": datetime(2017, 7, told_on, tzinfo=UTC),
            "response_hash": "hash",
        }
        for day, ratio, told_on in rows
    ]
    return pa.Table.from_pylist(values, schema=SCHEMAS["raw.finnhub__splits"])


@pytest.mark.parametrize(
    ("rows", "splits"),
    [
        ([(SPLIT_DAY, 1.5, 1)], {SPLIT_DAY: 1.5}),
        ([(SPLIT_DAY, 4.0, 1), (AFTER, 4.0, 2)], {AFTER: 4.0}),  # moved to a later day
        ([(SPLIT_DAY, 4.0, 2), (AFTER, 4.0, 1)], {SPLIT_DAY: 4.0}),  # and to an earlier one
        ([(SPLIT_DAY, 4.0, 1), (AFTER, 4.0, 1)], {AFTER: 4.0}),  # told twice in one answer
        ([(SPLIT_DAY, 4.0, 1), (AFTER, 2.0, 1)], {SPLIT_DAY: 4.0, AFTER: 2.0}),
        ([(date(2014, 6, 9), 4.0, 1), (AFTER, 4.0, 2)], {date(2014, 6, 9): 4.0, AFTER: 4.0}),
    ],
)
def test_splits_are_ratios_by_day_and_a_corrected_day_counts_once(rows, splits):
    assert splits_of(told(*rows), "to_factor", "from_factor") == splits
