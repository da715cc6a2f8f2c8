"""Financial Modeling Prep on the wire."""

from datetime import UTC, date, datetime

import pytest

from ingestion.errors import BadPayloadError, EntitlementError
from ingestion.providers import fmp
from tests.ingestion.transport import Canned

FIRST, LAST = date(2017, 6, 1), date(2017, 6, 30)


def price(day="2017-06-29", **changes):
    prices = {"adjOpen": 100.5, "adjHigh": 102.0, "adjLow": 100.1, "adjClose": 101.2}
    return {"symbol": "ZZQ", "date": day, **prices, "volume": 1200345, **changes}


def prices(source, *rows, first=FIRST, answers=1):
    made = source("fmp", *[Canned(list(rows))] * answers)
    return fmp.fetch_daily_prices(made, "ZZQ", first, LAST).to_pylist()


def test_adjusted_names_hold_raw_prices(source, bench):
    (row,) = prices(source, price())

    assert list(row.values())[:7] == [
        "ZZQ", date(2017, 6, 29), 100.5, 102.0, 100.1, 101.2, 1200345.0,
    ]  # fmt: skip
    assert "/historical-price-eod/non-split-adjusted?" in bench.transport.requests[0].url


def test_newest_first_becomes_oldest_first(source):
    rows = prices(source, price("2017-06-29"), price("2017-06-28"))

    assert [row["session_date"].day for row in rows] == [28, 29]


def test_unfinished_row_of_today_is_left_out(source, bench):
    bench.market.now = datetime(2017, 6, 30, 18, tzinfo=UTC)

    assert len(prices(source, price("2017-06-30"), price("2017-06-29"))) == 1


def test_long_history_is_asked_for_in_parts_of_fewer_than_5000_records(source, bench):
    prices(source, first=date(1990, 1, 1), answers=2)
    windows = [request.url.split("from=")[1] for request in bench.transport.requests]

    assert windows == ["1990-01-01&to=2005-01-12", "2005-01-13&to=2017-06-30"]


@pytest.mark.parametrize(
    "row",
    [
        price(symbol="ZZR"),
        price("2017-05-31"),
        price(""),
        price(adjClose="x"),
        {"date": "2017-06-29"},
    ],
)
def test_row_of_another_shape_is_refused(source, row):
    with pytest.raises(BadPayloadError):
        prices(source, row)


def test_null_price_is_landed(source):
    assert prices(source, price(adjClose=None))[0]["close"] is None


def actions(source, function, *rows):
    return function(source("fmp", Canned(list(rows))), "ZZQ", FIRST).to_pylist()


def test_splits_before_the_window_and_announced_ones_are_left_out(source):
    days = ("2017-07-03", "2017-06-12", "2017-05-31")
    rows = [{"symbol": "ZZQ", "date": day, "numerator": 4, "denominator": 1} for day in days]

    (row,) = actions(source, fmp.fetch_splits, *rows)
    assert (row["execution_date"], row["numerator"]) == (date(2017, 6, 12), 4.0)


def test_dividend_is_the_one_per_share_as_traded(source):
    row = {"symbol": "ZZQ", "date": "2017-06-15", "recordDate": "", "adjDividend": 0.05,
           "dividend": 0.25}  # fmt: skip

    assert actions(source, fmp.fetch_dividends, row)[0]["dividend"] == 0.25


def test_two_payments_of_one_day_are_added_and_a_repeated_one_is_not(source):
    rows = [{"date": "2017-06-15", "dividend": amount} for amount in (0.25, 2.0, 0.25)]

    assert [row["dividend"] for row in actions(source, fmp.fetch_dividends, *rows)] == [2.25]


@pytest.mark.parametrize("numerator", [0, -1, None, "4"])
def test_split_without_a_ratio_is_refused(source, numerator):
    row = {"date": "2017-06-12", "numerator": numerator, "denominator": 1}
    with pytest.raises(BadPayloadError):
        actions(source, fmp.fetch_splits, row)


def test_plan_that_caps_the_limit_is_asked_without_one(source, bench):
    capped = Canned("Premium Query Parameter: 'Special Parameters : 'limit' must be", 402)
    made = source("fmp", capped, Canned([]))
    fmp.fetch_dividends(made, "ZZQ", FIRST)

    assert [request.url.split("?")[1] for request in bench.transport.requests] == [
        "symbol=ZZQ&limit=1000", "symbol=ZZQ",
    ]  # fmt: skip


def test_plan_that_excludes_the_symbol_is_not_asked_again(source, bench):
    refused = Canned("Premium Query Parameter: 'Special Endpoint : 'symbol'", 402)
    with pytest.raises(EntitlementError):
        fmp.fetch_splits(source("fmp", refused), "ZZQ", FIRST)

    assert len(bench.transport.requests) == 1


@pytest.mark.parametrize(
    ("flavour", "fields", "mode"),
    [
        ("full", ("open", "high", "low", "close"), "splits"),
        ("light", ("price",), "splits"),
        ("dividend-adjusted", ("adjOpen", "adjHigh", "adjLow", "adjClose"), "splits_and_dividends"),
        ("non-split-adjusted", ("adjOpen", "adjHigh", "adjLow", "adjClose"), "none"),
    ],
)
def test_every_flavour_says_what_it_adjusts_for(source, bench, flavour, fields, mode):
    row = {"symbol": "ZZQ", "date": "2017-06-29", "volume": 5, **dict.fromkeys(fields, 7.0)}
    table = fmp.fetch_daily_prices(
        source("fmp", Canned([row])), "ZZQ", FIRST, LAST, flavour=flavour
    )

    assert table["close"].to_pylist() == [7.0]
    assert table["open"].to_pylist() == [7.0 if len(fields) > 1 else None]
    assert table["adjustment_mode"].to_pylist() == [mode]
    assert f"/historical-price-eod/{flavour}?" in bench.transport.requests[0].url
