"""A warm night on Polygon's free plan costs at most twenty requests, whatever the universe."""

from dataclasses import replace
from datetime import timedelta

import pytest

MOST_WARM_REQUESTS = 20


def polygon_requests(bench):
    return [path for path in bench.transport.paths() if path.startswith("polygon.test")]


def night(bench):
    """One collection of everything that Polygon serves first; how long it waited."""
    wanted = bench.only(bar_symbols=tuple(bench.market.symbols), intraday_symbols=("S0",))
    started = bench.time.now
    collected = bench.collect(wanted)
    assert [problem for problem in collected.problems if problem.is_degrading] == []
    return timedelta(seconds=bench.time.now - started)


def load(bench, symbol_count):
    """The first night of so many symbols, and Polygon's five calls a minute from then on."""
    bench.market.symbols = [f"S{number}" for number in range(symbol_count)]
    night(bench)
    rates = {name: rate for name, rate in bench.settings.rates.items() if name != "polygon"}
    bench.settings = replace(bench.settings, rates=rates)


@pytest.mark.parametrize(("symbol_count", "sessions"), [(20, 1), (20, 4), (500, 4)])
def test_warm_night_stays_within_twenty_requests_to_polygon(bench, symbol_count, sessions):
    load(bench, symbol_count)
    bench.next_session(sessions)
    took = night(bench)

    # eleven to fourteen sessions, splits, dividends, one symbol's minutes
    assert len(polygon_requests(bench)) == 13 + sessions
    assert len(polygon_requests(bench)) <= MOST_WARM_REQUESTS
    assert took <= timedelta(minutes=4)


def test_second_run_of_a_warm_night_costs_nothing(bench):
    load(bench, 20)
    bench.next_session()
    night(bench)
    night(bench)

    assert polygon_requests(bench) == []
