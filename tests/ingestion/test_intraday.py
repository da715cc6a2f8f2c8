"""Intraday bars: regular hours, the first load, the tail, and nights that do without."""

from datetime import UTC, date, datetime

import pytest

from ingestion.windows import RegularHours
from tests.ingestion.transport import Canned
from warehouse.sessions import new_york_sessions

POLYGON, FINNHUB = "raw.polygon__intraday_bars", "raw.finnhub__intraday_bars"


def collect(bench, **changes):
    return bench.collect(bench.only(intraday_symbols=("ZZQ",), **changes))


def asked(bench, part):
    return [request.url for request in bench.transport.requests if part in request.url]


def ends(collected, table=POLYGON):
    return collected.tables[table]["bar_end_at"].to_pylist()


def end_of(text):
    start = datetime.fromisoformat(text).replace(tzinfo=UTC)
    hours = RegularHours(new_york_sessions(), start.date(), start.date())
    end = hours.bar_end(int(start.timestamp()))
    return f"{end:%H:%M}" if end else None


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2017-03-10T14:30", "14:35"),  # winter: 09:30 New York
        ("2017-03-13T13:30", "13:35"),  # summer, the Monday after
        ("2017-03-13T14:25", "14:30"),
        ("2017-03-10T14:25", None),
        ("2017-11-03T13:30", "13:35"),
        ("2017-11-06T13:30", None),  # winter again: 08:30 New York
        ("2017-11-06T20:55", "21:00"),
        ("2017-11-06T21:00", None),
        ("2017-07-03T16:55", "17:00"),  # closes at 13:00
        ("2017-07-03T17:00", None),
        ("2017-07-04T15:00", None),
    ],
)
def test_regular_hours_follow_the_exchanges_clock(start, end):
    assert end_of(start) == end


def test_session_has_78_bars_from_0935_to_1600(bench):
    found = [end for end in ends(collect(bench)) if end.date() == date(2017, 6, 30)]

    assert (len(found), f"{found[0]:%H:%M}", f"{found[-1]:%H:%M}") == (78, "13:35", "20:00")


def test_first_night_loads_ninety_days_and_the_next_the_tail_in_one_request(bench):
    collect(bench)
    (first,) = asked(bench, "/range/5/minute/")
    bench.next_session()
    collected = collect(bench)
    (tail,) = asked(bench, "/range/5/minute/")

    assert "/2017-04-01/2017-06-30?adjusted=false" in first
    assert "/2017-06-19/2017-07-03?" in tail
    assert len({end.date() for end in ends(collected)}) == 45


def test_second_run_of_a_night_asks_nothing(bench):
    collect(bench)
    collect(bench)

    assert bench.transport.requests == []


def test_failing_provider_is_replaced(bench):
    bench.market.finnhub_plan = "paid"
    bench.fail("minute", Canned("", 503))
    collected = collect(bench)

    assert ends(collected, FINNHUB)[-1] == datetime(2017, 6, 30, 20, tzinfo=UTC)
    assert [(p.provider, p.is_degrading) for p in collected.problems] == [("polygon", False)]


def test_missing_intraday_bars_are_remarked_and_degrade_nothing(bench):
    bench.fail("minute", Canned("", 503))
    collected = collect(bench)

    (problem,) = collected.problems
    assert problem.message.startswith("no intraday bars of 2017-06-30: polygon answered 503")
    assert not problem.is_degrading


def test_free_plan_leaves_today_to_the_morning_without_asking_twice(bench):
    bench.market.plan, bench.market.now = "free", datetime(2017, 6, 30, 22, 30, tzinfo=UTC)
    bench.collect(bench.only(intraday_symbols=("ZZQ",), bar_symbols=("ZZQ",)))

    assert "/2017-06-29?" in asked(bench, "minute")[0]
    assert len(asked(bench, "minute")) == 1


def test_without_intraday_symbols_nothing_is_asked(bench):
    collected = bench.collect(bench.only())

    assert (bench.transport.requests, collected.problems) == ([], ())
