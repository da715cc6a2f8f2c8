"""Massive (formerly Polygon) on the wire."""

import gzip
from datetime import UTC, date, datetime

import pytest

from ingestion.errors import BadPayloadError
from ingestion.providers import polygon
from tests.ingestion.bench import KEYS
from tests.ingestion.transport import Canned

FIRST, LAST = date(2017, 6, 26), date(2017, 6, 30)
MIDNIGHT = {
    day: int(datetime(2017, 6, day, 4, tzinfo=UTC).timestamp() * 1000) for day in range(22, 31)
}
CLOSE = {day: stamp + 16 * 3_600_000 for day, stamp in MIDNIGHT.items()}


def bar(day: int, **changes):
    prices = {"o": 100.5, "h": 102.0, "l": 100.1, "c": 101.2}
    return {**prices, "v": 1200345.5, "vw": 101.05, "n": 8123, "t": MIDNIGHT[day], **changes}


def bars(*rows, **changes):
    body = {"ticker": "ZZQ", "adjusted": False, "results": list(rows), "status": "OK", **changes}
    return Canned(body)


def fetched(source, *answers):
    return polygon.fetch_daily_bars(source("polygon", *answers), "ZZQ", FIRST, LAST).to_pylist()


def test_bar_becomes_a_row_of_its_new_york_date(source, bench):
    (row,) = fetched(source, bars(bar(29)))

    assert list(row.values())[:9] == [
        "ZZQ", date(2017, 6, 29), 100.5, 102.0, 100.1, 101.2, 1200345.5, 101.05, 8123,
    ]  # fmt: skip
    assert row["fetched_at"] == bench.market.now


def test_unadjusted_bars_are_asked_for_with_the_largest_page(source, bench):
    fetched(source, bars(bar(29)))

    assert bench.transport.requests[0].url == (
        "https://polygon.test/v2/aggs/ticker/ZZQ/range/1/day/2017-06-26/2017-06-30"
        "?adjusted=false&sort=asc&limit=50000"
    )


def test_pages_are_followed_with_the_key_in_the_header(source, bench):
    first = bars(bar(28), next_url="https://polygon.test:443/v2/next?cursor=x")
    rows = fetched(source, first, bars(bar(29)))

    assert [row["session_date"].day for row in rows] == [28, 29]
    assert [request.headers["Authorization"] for request in bench.transport.requests] == [
        f"Bearer {KEYS['polygon']}"
    ] * 2


def test_pages_that_point_at_themselves_are_refused(source):
    again = bars(bar(28), next_url="https://polygon.test/next")
    with pytest.raises(BadPayloadError, match="do not end"):
        fetched(source, *[again] * 3)


@pytest.mark.parametrize(
    "empty",
    [{"status": "OK"}, {"status": "DELAYED", "results": None}, {"status": "OK", "results": []}],
)
def test_empty_answers_give_no_rows(source, empty):
    assert fetched(source, Canned(empty)) == []


def test_nan_and_null_prices_are_landed_as_null(source):
    nan = float("nan")  # written as the literal NaN
    (row,) = fetched(source, bars(bar(29, o=nan, h=None, l=1, c=nan, vw=None)))

    assert [row[name] for name in ("open", "high", "low", "close", "vwap")] == [
        None, None, 1.0, None, None,
    ]  # fmt: skip


def test_bar_of_zeros_is_landed_as_it_came(source):
    (row,) = fetched(source, bars(bar(29, o=0, h=0, l=0, c=0, v=0)))

    assert (row["open"], row["close"], row["volume"]) == (0.0, 0.0, 0.0)


def test_unfinished_session_is_left_out(source, bench):
    bench.market.now = datetime(2017, 6, 30, 20, 14, tzinfo=UTC)  # 16:14 New York

    assert [row["session_date"].day for row in fetched(source, bars(bar(29), bar(30)))] == [29]


@pytest.mark.parametrize(
    "answer",
    [
        Canned('{"status":"OK","results":[{"o"'),
        Canned("Invalid name"),
        Canned(""),
        Canned({"status": "OK"}, content_type="text/plain"),
        Canned([]),
        Canned({"status": "OK", "results": {"o": 1}}),
        Canned({"status": "OK", "results": [5]}),
        Canned({"status": "FINE", "results": []}),
        bars(bar(29), ticker="ZZR"),
        bars(bar(29), adjusted=True),
        bars({key: value for key, value in bar(29).items() if key != "c"}),
        bars({key: value for key, value in bar(29).items() if key != "t"}),
        bars(bar(29, c="101.2")),
        bars(bar(29, c=True)),
        bars(bar(29, t=None)),
        bars(bar(22)),
        Canned('{"status":"OK","results":[{"o":Infinity,"h":1,"l":1,"c":1,"v":1,"t":1498708800000}]}'),
    ],
)  # fmt: skip
def test_answer_of_another_shape_gives_no_rows_but_is_kept(source, bench, answer):
    with pytest.raises(BadPayloadError):
        fetched(source, answer)
    (kept,) = bench.settings.raw_root.rglob("*.gz")

    assert gzip.decompress(kept.read_bytes()).endswith(answer.content())


def grouped(source, *rows, symbols=("ZZQ", "KIMpL"), day=30):
    answer = Canned({"status": "OK", "results": list(rows)})
    return polygon.fetch_grouped_day(source("polygon", answer), symbols, date(2017, 6, day))


def test_grouped_day_keeps_the_asked_symbols_and_their_case(source):
    rows = [{"T": name, **bar(30, t=CLOSE[30])} for name in ("ZZQ", "KIMPL", "KIMpL", "\x01junk")]
    table = grouped(source, *rows).table

    assert table["symbol"].to_pylist() == ["KIMpL", "ZZQ"]
    assert set(table["session_date"].to_pylist()) == {date(2017, 6, 30)}


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (bar(29, t=CLOSE[29]), "stamped with another day"),
        ({"t": CLOSE[30]}, "field 'o' is missing"),
        (bar(30, t=CLOSE[30], c="x"), "no number"),
    ],
)
def test_bad_grouped_row_refuses_its_own_symbol_only(source, bad, why):
    answer = grouped(source, {"T": "ZZQ", **bad}, {"T": "KIMpL", **bar(30, t=CLOSE[30])})

    assert answer.table["symbol"].to_pylist() == ["KIMpL"]
    assert why in answer.refused["ZZQ"]
