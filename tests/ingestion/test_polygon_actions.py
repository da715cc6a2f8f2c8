"""Massive's splits and dividends on the wire, by the present path and by the old one."""

from datetime import date

import pytest

from ingestion.errors import BadPayloadError
from ingestion.providers.polygon_actions import fetch_actions
from tests.ingestion.transport import Canned

FIRST, LAST = date(2017, 1, 1), date(2017, 6, 30)


def split(ticker="ZZQ", day="2017-06-12", **changes):
    return {"ticker": ticker, "execution_date": day, "split_from": 1.0, "split_to": 4.0, **changes}


def splits(source, *rows, **changes):
    answer = Canned({"status": "OK", "results": list(rows)})
    return fetch_actions(
        source("polygon", answer), "splits", ["ZZQ", "ZZR"], FIRST, LAST, **changes
    )


def test_splits_of_all_symbols_come_in_one_request(source, bench):
    table = splits(source, split(), split("ZZR")).table

    assert table["symbol"].to_pylist() == ["ZZQ", "ZZR"]
    assert (
        "ticker.any_of=ZZQ%2CZZR&execution_date.gte=2017-01-01" in bench.transport.requests[0].url
    )


def test_many_symbols_are_asked_for_in_chunks(source, bench):
    answers = [Canned({"status": "OK", "results": []})] * 3
    names = [f"S{number}" for number in range(201)]
    fetch_actions(source("polygon", *answers), "splits", names, FIRST, LAST)

    assert len(bench.transport.requests) == 3
    assert max(len(request.url) for request in bench.transport.requests) < 1000


def test_announced_split_is_left_out_until_its_day(source):
    assert splits(source, split(day="2017-06-30"), split(day="2017-07-03")).table.num_rows == 1


def test_split_told_twice_counts_once(source):
    assert splits(source, split(), split()).table.num_rows == 1


@pytest.mark.parametrize(
    "bad", [split(split_to=0), split(split_to=None), split(day=""), split(day="2016-12-30")]
)
def test_bad_split_refuses_its_own_symbol_only(source, bad):
    answer = splits(source, bad, split(), split("ZZR"))

    assert answer.table["symbol"].to_pylist() == ["ZZR"]
    assert "unusable row in splits" in answer.refused["ZZQ"]


def test_split_of_a_symbol_not_asked_for_refuses_the_answer(source):
    with pytest.raises(BadPayloadError, match="not asked for"):
        splits(source, split("OTHER"))


def test_two_dividends_of_one_day_are_two_rows(source):
    rows = [
        {"ticker": "ZZQ", "ex_dividend_date": "2017-06-15", "id": name, "cash_amount": amount}
        for name, amount in (("a", 0.25), ("b", 2))
    ]
    answer = Canned({"status": "OK", "results": rows})
    table = fetch_actions(source("polygon", answer), "dividends", ["ZZQ"], FIRST, LAST).table

    assert table["cash_amount"].to_pylist() == [0.25, 2.0]
    assert table["currency"].to_pylist() == [None, None]


def test_market_wide_answer_is_asked_for_without_names_and_kept_for_the_wanted(source, bench):
    table = splits(source, split(), split("OTHER"), is_market_wide=True).table

    assert table["symbol"].to_pylist() == ["ZZQ"]
    assert bench.transport.requests[0].url == (
        "https://polygon.test/stocks/v1/splits?execution_date.gte=2017-01-01"
        "&execution_date.lte=2017-06-30&sort=execution_date.asc&limit=5000"
    )


def test_old_path_asks_one_name_at_a_time_in_its_own_words(source, bench):
    row = {"ticker": "ZZQ", "execution_date": "2017-06-12", "split_from": 1, "split_to": 4}
    answers = [Canned({"status": "OK", "results": rows}) for rows in ([row], [])]
    table = fetch_actions(
        source("polygon", *answers), "splits", ["ZZQ", "ZZR"], FIRST, LAST, is_old_path=True
    ).table

    assert table["split_to"].to_pylist() == [4.0]
    assert [request.url.partition("/v3/")[2] for request in bench.transport.requests] == [
        f"reference/splits?ticker={symbol}&execution_date.gte=2017-01-01"
        "&execution_date.lte=2017-07-10&sort=execution_date&order=asc&limit=1000"
        for symbol in ("ZZQ", "ZZR")
    ]


def test_split_that_the_old_path_repeats_counts_on_its_later_date(source):
    rows = [split(day=day) for day in ("2017-06-22", "2017-06-29", "2017-03-01")]
    table = splits(source, *rows, is_market_wide=True, is_old_path=True).table

    assert [str(day) for day in table["execution_date"].to_pylist()] == ["2017-03-01", "2017-06-29"]


def test_repeat_whose_real_date_lies_ahead_is_left_out_on_both(source):
    rows = [split(day="2017-06-28"), split(day="2017-07-05")]

    assert splits(source, *rows, is_market_wide=True, is_old_path=True).table.num_rows == 0


def test_old_paths_dividend_carries_its_type(source):
    row = {"ticker": "ZZQ", "ex_dividend_date": "2017-06-15", "id": "E1", "cash_amount": 0.25}
    answer = Canned({"status": "OK", "results": [{**row, "dividend_type": "CD"}]})
    table = fetch_actions(
        source("polygon", answer), "dividends", ["ZZQ"], FIRST, LAST, is_old_path=True
    ).table

    assert table["distribution_type"].to_pylist() == ["CD"]
