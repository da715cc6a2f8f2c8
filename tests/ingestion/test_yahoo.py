"""Yahoo's chart on the wire."""

from datetime import UTC, date, datetime

import pytest

from ingestion.errors import BadPayloadError, NotFoundError, TransientError
from ingestion.providers import yahoo
from tests.ingestion.transport import Canned

FIRST, LAST = date(2017, 6, 26), date(2017, 6, 30)


def opening(text):
    """09:30 New York in summer."""
    return int(datetime.fromisoformat(f"{text}T13:30").replace(tzinfo=UTC).timestamp())


def chart(*rows, symbol="ZZQ", events=None, **changes):
    """A chart of rows (stamp, price, volume) with four equal prices."""
    quote = {name: [row[1] for row in rows] for name in ("open", "high", "low", "close")}
    result = {
        "meta": {"symbol": symbol, "exchangeTimezoneName": "America/New_York"},
        "timestamp": [row[0] for row in rows],
        "indicators": {"quote": [{**quote, "volume": [row[2] for row in rows]}]},
        **({"events": events} if events else {}),
        **changes,
    }
    return Canned({"chart": {"result": [result], "error": None}})


def fetched(source, answer, symbol="ZZQ", first=FIRST, last=LAST):
    asked = source("yahoo", *(answer if isinstance(answer, list) else [answer]))
    return yahoo.fetch_chart(asked, symbol, first, last, today=date(2017, 6, 30))


def closes(bars):
    days = [str(day)[5:] for day in bars["session_date"].to_pylist()]
    return list(zip(days, bars["close"].to_pylist(), strict=True))


@pytest.fixture(autouse=True)
def with_yahoo(bench):
    bench.with_yahoo()


def test_bar_is_of_the_session_that_opened_then(source, bench):
    found = fetched(source, chart((opening("2017-06-29"), 101.0, 5)))

    assert closes(found.bars) == [("06-29", 101.0)]
    assert found.bars["adjustment_mode"].to_pylist() == ["splits"]
    assert bench.transport.requests[0].url == (
        "https://yahoo.test/v8/finance/chart/ZZQ?period1=1498435200&period2=1498867200"
        "&interval=1d&events=div%2Csplits"
    )


def test_winter_bar_opens_an_hour_later_in_utc(source, bench):
    bench.market.now = datetime(2017, 12, 1, 22, tzinfo=UTC)
    friday = date(2017, 3, 10)  # the last session before the clocks changed: 14:30 UTC
    monday = date(2017, 3, 13)
    rows = [(1489156200, 1.0, 1), (1489411800, 2.0, 1)]

    assert closes(fetched(source, chart(*rows), first=friday, last=monday).bars) == [
        ("03-10", 1.0), ("03-13", 2.0),
    ]  # fmt: skip


def test_class_share_has_a_hyphen_on_the_wire(source, bench):
    bars = fetched(source, chart((opening("2017-06-29"), 1.0, 5), symbol="BRK-B"), "BRK.B").bars

    assert bars["symbol"].to_pylist() == ["BRK.B"]
    assert "/chart/BRK-B?" in bench.transport.requests[0].url


def test_session_without_any_price_is_no_bar(source):
    rows = [(opening("2017-06-28"), None, None), (opening("2017-06-29"), 101.0, None)]

    assert closes(fetched(source, chart(*rows)).bars) == [("06-29", 101.0)]


def test_repeated_last_row_gives_way_to_the_bar_of_the_session(source):
    rows = [(opening("2017-06-30"), 101.0, 5), (1498852801, 99.0, 1)]  # 16:00:01 New York

    assert closes(fetched(source, chart(*rows)).bars) == [("06-30", 101.0)]


def test_row_in_progress_is_left_out(source, bench):
    bench.market.now = datetime(2017, 6, 30, 18, tzinfo=UTC)
    rows = [(opening("2017-06-29"), 101.0, 5), (1498845600, 99.0, 1)]

    assert closes(fetched(source, chart(*rows)).bars) == [("06-29", 101.0)]


def test_empty_window_has_no_stamps(source):
    answer = chart()
    del answer.body["chart"]["result"][0]["timestamp"]
    answer.body["chart"]["result"][0]["indicators"] = {"quote": [{}]}

    assert fetched(source, answer).bars.num_rows == 0


def test_actions_come_with_the_bars_and_dividends_as_they_were_paid(source):
    # 0.40 paid on the 27th, 4-for-1 on the 29th: Yahoo says 0.10
    split = {"date": opening("2017-06-29"), "numerator": 4.0, "denominator": 1.0}
    paid = {"date": opening("2017-06-27"), "amount": 0.1}
    later = {"date": opening("2017-06-30"), "amount": 0.2}
    events = {"splits": {"1": split}, "dividends": {"1": paid, "2": later}}
    found = fetched(source, chart((opening("2017-06-28"), 100.0, 4), events=events))

    assert found.splits["numerator"].to_pylist() == [4.0]
    assert found.dividends["amount"].to_pylist() == [0.4, 0.2]


@pytest.mark.parametrize(
    "answer",
    [
        chart((opening("2017-06-29"), 1.0, 5), symbol="ZZR"),
        chart((opening("2017-06-22"), 1.0, 5)),
        chart((opening("2017-06-29"), 1.0, 5), indicators={"quote": [{}]}),
        chart((opening("2017-06-29"), 1.0, 5), timestamp=[1, 2]),
        chart((1, 1.0, 5), meta={"symbol": "ZZQ", "exchangeTimezoneName": "Europe/London"}),
        Canned({"chart": {"result": None, "error": {"code": "Bad", "description": "x"}}}),
        Canned({"chart": {"result": []}}),
    ],
)
def test_chart_of_another_shape_gives_no_rows(source, answer):
    with pytest.raises(BadPayloadError):
        fetched(source, answer)


def test_unknown_symbol_is_not_found(source):
    error = {"code": "Not Found", "description": "No data found, symbol may be delisted"}
    with pytest.raises(NotFoundError):
        fetched(source, Canned({"chart": {"result": None, "error": error}}, 404))


@pytest.mark.parametrize(
    "answer",
    [
        Canned("Too Many Requests", 429, "text/plain"),
        Canned("<html>Will be right back...</html>", 200, "text/html"),
    ],
)
def test_throttle_and_outage_pass(source, bench, answer):
    with pytest.raises(TransientError):
        fetched(source, [answer] * 5)

    assert len(bench.transport.requests) > 1
