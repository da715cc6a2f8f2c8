"""Cboe's files and delayed quotes on the wire."""

from datetime import date

import pytest

from ingestion.errors import BadPayloadError
from ingestion.providers import cboe
from tests.ingestion.transport import Canned

FIRST, LAST = date(2017, 6, 1), date(2017, 6, 30)
HEADER = "DATE,OPEN,HIGH,LOW,CLOSE"


def history(source, *answers, name="VIX", quoting=None):
    made = source("cboe", *answers)
    return cboe.fetch_index_history(made, name, FIRST, LAST, quoting=quoting or {})


def csv(*lines, **options):
    return Canned("\n".join([*lines, ""]), content_type="text/csv", **options)


def rows(answer):
    return [tuple(row.values())[:6] for row in answer.table.to_pylist()]


def test_line_becomes_a_row_and_older_days_are_left_out(source):
    answer = history(source, csv(HEADER, "05/31/2017,1,1,1,1", "06/30/2017,15.12,15.9,14.8,15.3"))

    assert rows(answer) == [("VIX", date(2017, 6, 30), 15.12, 15.9, 14.8, 15.3)]
    assert answer.observed_through == date(2017, 6, 30)


def test_file_of_two_columns_has_closes_only(source):
    answer = history(source, csv("\ufeffDATE,VVIX", "2017-06-30,90.1"), name="VVIX")

    assert rows(answer) == [("VVIX", date(2017, 6, 30), None, None, None, 90.1)]


def test_impossible_candle_and_nan_are_landed_for_the_gate(source):
    answer = history(source, csv(HEADER, "06/29/2017,41.6,13.6,12,13", "06/30/2017,nan,,1,2"))

    assert [row[2:] for row in rows(answer)] == [(41.6, 13.6, 12.0, 13.0), (None, None, 1.0, 2.0)]


def test_unchanged_file_is_not_sent_again(source, bench):
    answer = history(
        source, Canned("", 304), quoting={"etag": '"a"', "last-modified": "Fri, 30 Jun 2017"}
    )
    sent = bench.transport.requests[0].headers

    assert answer.is_unchanged
    assert (sent["If-None-Match"], sent["If-Modified-Since"]) == ('"a"', "Fri, 30 Jun 2017")


def test_validators_of_a_file_are_remembered(source):
    answer = history(source, csv(HEADER, headers={"ETag": '"b"'}))

    assert answer.validators == {"etag": '"b"'}


@pytest.mark.parametrize(
    "lines",
    [
        ("Trade Date,OPEN,HIGH,LOW,CLOSE",),
        ("DATE,VVIX", "06/30/2017,1"),
        (HEADER, "06/30/2017,1,2"),
        (HEADER, "06/30/2017,1,2,3,four"),
        (HEADER, "30/06/2017,1,1,1,1"),
        (HEADER, "07/03/2017,1,1,1,1"),
        ("",),
    ],
)
def test_file_of_another_shape_is_refused(source, lines):
    with pytest.raises(BadPayloadError):
        history(source, csv(*lines))


def quote(source, **changes):
    data = {"last_trade_time": "2017-06-30T16:15:01", "open": 11.0, "high": 12.0, "low": 10.0,
            "close": 11.5, **changes}  # fmt: skip
    return cboe.fetch_delayed_quote(source("cboe", Canned({"data": data})), "VIX", LAST)


def test_quote_after_the_close_is_the_sessions_row(source):
    (row,) = quote(source).to_pylist()

    assert list(row.values())[:6] == ["VIX", LAST, 11.0, 12.0, 10.0, 11.5]


@pytest.mark.parametrize("moment", ["2017-06-30T16:14:59", "2017-06-29T16:15:01"])
def test_quote_of_another_moment_is_no_row(source, moment):
    assert quote(source, last_trade_time=moment).num_rows == 0


@pytest.mark.parametrize("changes", [{"close": "x"}, {"last_trade_time": None}])
def test_quote_of_another_shape_is_refused(source, changes):
    with pytest.raises(BadPayloadError):
        quote(source, **changes)
