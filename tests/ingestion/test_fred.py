"""FRED's API and its graph file on the wire."""

from datetime import date

import pytest

from ingestion.errors import BadPayloadError
from ingestion.providers import fred
from tests.ingestion.transport import Canned

FIRST, LAST = date(2017, 6, 1), date(2017, 6, 30)
SERIES = "BAMLH0A0HYM2"


def body(*pairs, count=None, offset=0):
    rows = [{"realtime_start": "2017-07-01", "date": day, "value": value} for day, value in pairs]
    return Canned({"count": len(rows) if count is None else count, "offset": offset,
                   "observations": rows})  # fmt: skip


def observations(source, *answers):
    return fred.fetch_observations(source("fred", *answers), SERIES, FIRST, LAST)


def graph(source, text):
    answer = Canned(text, content_type="text/csv")
    return fred.fetch_graph(source("fred_graph", answer), SERIES, FIRST, LAST)


def rows(answer):
    return [(row["observed_date"].day, row["value"]) for row in answer.table.to_pylist()]


def test_blank_day_is_no_row_but_was_spoken_of(source):
    answer = observations(source, body(("2017-06-28", "3.71"), ("2017-06-29", ".")))

    assert rows(answer) == [(28, 3.71)]
    assert answer.observed_through == date(2017, 6, 29)
    assert answer.table["source_endpoint"].to_pylist() == ["api"]


def test_empty_window_has_no_rows_and_no_last_day(source):
    answer = observations(source, body())

    assert (rows(answer), answer.observed_through) == ([], None)


def test_second_page_is_asked_for_where_the_count_says_so(source, bench):
    answer = observations(
        source, body(("2017-06-28", "1"), count=2), body(("2017-06-29", "2"), count=2, offset=1)
    )

    assert rows(answer) == [(28, 1.0), (29, 2.0)]
    assert "offset=1" in bench.transport.requests[1].url


@pytest.mark.parametrize("header", ["observation_date", "DATE"])
@pytest.mark.parametrize("blank", ["", "."])
def test_both_spellings_of_the_graph_file_are_read(source, header, blank):
    text = f"\ufeff{header},{SERIES}\r\n2017-06-28,3.71\r\n2017-06-29,{blank}\r\n"
    answer = graph(source, text)

    assert rows(answer) == [(28, 3.71)]
    assert answer.observed_through == date(2017, 6, 29)
    assert answer.table["source_endpoint"].to_pylist() == ["graph"]


@pytest.mark.parametrize(
    "answer",
    [
        body(("2017-06-28", "NaN")),
        body(("2017-06-28", "inf")),
        body(("2017-06-28", "n/a")),
        body(("2017-05-31", "3.71")),
        body(("28/06/2017", "3.71")),
        Canned({"observations": []}),
        Canned({"count": 0, "offset": 0}),
        Canned("not json"),
    ],
)
def test_api_answer_of_another_shape_is_refused(source, answer):
    with pytest.raises(BadPayloadError):
        observations(source, answer)


@pytest.mark.parametrize(
    "text",
    ["", "PK\x03\x04zip", "observation_date,OTHER\n", f"when,{SERIES}\n",
     f"observation_date,{SERIES}\n2017-06-28\n", f"observation_date,{SERIES}\n2017-06-28,x\n"],
)  # fmt: skip
def test_graph_file_of_another_shape_is_refused(source, text):
    with pytest.raises(BadPayloadError):
        graph(source, text)


def test_graph_file_with_its_header_only_is_empty(source):
    assert rows(graph(source, f"observation_date,{SERIES}\n")) == []
