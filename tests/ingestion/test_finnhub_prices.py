"""Finnhub's paid prices and its free quote on the wire."""

from datetime import UTC, date, datetime

import pytest

from ingestion.errors import BadPayloadError, EntitlementError
from ingestion.providers import finnhub_prices
from ingestion.windows import RegularHours
from tests.ingestion.transport import Canned
from warehouse.sessions import new_york_sessions

FIRST, LAST = date(2017, 6, 26), date(2017, 6, 30)


def at(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def candles(*stamps, **changes):
    price = {name: [101.0] * len(stamps) for name in "ohlc"}
    return Canned({"s": "ok", "t": list(stamps), "v": [5.0] * len(stamps), **price, **changes})


def daily(source, answer):
    return finnhub_prices.fetch_daily_candles(source("finnhub", answer), "ZZQ", FIRST, LAST)


def test_daily_candle_is_of_its_utc_date_and_says_that_it_is_adjusted(source, bench):
    (row,) = daily(source, candles(at("2017-06-29T00:00"))).to_pylist()

    assert list(row.values())[:8] == [
        "ZZQ", date(2017, 6, 29), 101.0, 101.0, 101.0, 101.0, 5.0, "splits",
    ]  # fmt: skip
    assert bench.transport.requests[0].url == (
        "https://finnhub.test/api/v1/stock/candle?symbol=ZZQ&resolution=D"
        f"&from={at('2017-06-26T00:00')}&to={at('2017-06-30T23:59:59')}"
    )


def test_session_that_is_not_over_is_left_out(source, bench):
    bench.market.now = datetime(2017, 6, 30, 20, 14, tzinfo=UTC)  # 16:14 New York
    answer = candles(at("2017-06-29T00:00"), at("2017-06-30T00:00"))

    assert daily(source, answer)["session_date"].to_pylist() == [date(2017, 6, 29)]


def test_no_data_comes_without_arrays(source):
    assert daily(source, Canned({"s": "no_data"})).num_rows == 0


@pytest.mark.parametrize(
    "answer",
    [
        candles(at("2017-06-29T00:00"), c=[]),
        candles(at("2017-06-29T00:00"), c=[0.0]),
        candles(at("2017-06-22T00:00")),
        candles(at("2017-06-29T00:00"), s="error"),
        Canned({"s": "ok"}),
        Canned([]),
    ],
)
def test_candles_of_another_shape_give_no_rows(source, answer):
    with pytest.raises(BadPayloadError):
        daily(source, answer)


def test_plans_refusal_is_of_the_endpoint_but_of_a_foreign_symbol_alone(source):
    refused = Canned({"error": "You don't have access to this resource."}, 403)
    scopes = []
    for symbol in ("ZZQ", "RY.TO"):
        with pytest.raises(EntitlementError) as caught:
            finnhub_prices.fetch_splits(source("finnhub", refused), symbol, FIRST, LAST)
        scopes.append(caught.value.scope)

    assert scopes == ["endpoint", "symbol"]


def intraday(source, first, last, *answers):
    hours = RegularHours(new_york_sessions(), first, last)
    return finnhub_prices.fetch_intraday_bars(
        source("finnhub", *answers), "ZZQ", first, last, hours
    )


def test_intraday_keeps_regular_hours_and_ends_bars_five_minutes_later(source):
    # 09:25, 09:30, 15:55 and 16:00 New York in summer
    stamps = [at(f"2017-06-29T{clock}") for clock in ("13:25", "13:30", "19:55", "20:00")]
    table = intraday(source, FIRST, LAST, candles(*stamps))

    assert [str(end) for end in table["bar_end_at"].to_pylist()] == [
        "2017-06-29 13:35:00+00:00", "2017-06-29 20:00:00+00:00",
    ]  # fmt: skip
    assert set(table["adjustment_mode"].to_pylist()) == {"none"}


def test_two_months_are_asked_for_in_windows_of_a_month(source, bench):
    nothing = [Canned({"s": "no_data"})] * 3
    intraday(source, date(2017, 4, 1), date(2017, 6, 5), *nothing)

    assert len(bench.transport.requests) == 3


def test_split_and_dividend_are_read_by_their_effective_day(source):
    split = {"symbol": "ZZQ", "date": "2017-06-28", "fromFactor": 1, "toFactor": 4}
    paid = {"symbol": "ZZQ", "date": "2017-06-29", "amount": 0.5, "adjustedAmount": 0.125,
            "currency": "USD"}  # fmt: skip
    ahead = {**split, "date": "2017-07-10"}
    splits = finnhub_prices.fetch_splits(
        source("finnhub", Canned([split, ahead])), "ZZQ", FIRST, LAST
    )
    dividends = finnhub_prices.fetch_dividends(
        source("finnhub", Canned([paid])), "ZZQ", FIRST, LAST
    )

    assert [(row["from_factor"], row["to_factor"]) for row in splits.to_pylist()] == [(1.0, 4.0)]
    assert dividends["amount"].to_pylist() == [0.5]


@pytest.mark.parametrize(
    "rows",
    [
        [{"symbol": "ZZR", "date": "2017-06-28", "fromFactor": 1, "toFactor": 4}],
        [{"symbol": "ZZQ", "date": "2017-06-28", "fromFactor": 0, "toFactor": 4}],
        [{"symbol": "ZZQ", "date": "soon", "fromFactor": 1, "toFactor": 4}],
        {},
    ],
)
def test_splits_of_another_shape_give_no_rows(source, rows):
    with pytest.raises(BadPayloadError):
        finnhub_prices.fetch_splits(source("finnhub", Canned(rows)), "ZZQ", FIRST, LAST)


def test_quote_tells_the_new_york_date_of_the_last_trade_and_lands_nothing(source):
    # half past midnight UTC is still the evening before in New York
    asked = source("finnhub", Canned({"c": 101.2, "t": at("2017-06-30T00:30")}))

    assert finnhub_prices.fetch_quoted_day(asked, "ZZQ") == date(2017, 6, 29)
    assert asked.journal.fetches[0].row_count == 0


def test_quote_of_zeros_is_no_trade(source):
    zeros = Canned({"c": 0, "d": None, "dp": None, "h": 0, "l": 0, "o": 0, "pc": 0, "t": 0})

    assert finnhub_prices.fetch_quoted_day(source("finnhub", zeros), "ZZQ") is None
