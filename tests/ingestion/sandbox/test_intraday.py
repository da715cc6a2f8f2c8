"""Minutes of the simulated market, and Massive's pages of them."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from ingestion.sandbox.intraday import Minutes, minutes_of
from ingestion.sandbox.market import Market
from tests.ingestion.sandbox.conftest import SEED, Client
from warehouse.sessions import NEW_YORK

HALF_DAY = date(2025, 11, 28)  # the day after Thanksgiving closes at 13:00


def _minutes(market: Market, symbol: str, at: int) -> Minutes:
    history = market.history(symbol)
    return minutes_of(history, market.seed, at, market.days[at], *market.hours(at))


def _range(client: Client, symbol: str, span: str, first: str, last: str, **query: object) -> dict:
    path = f"/v2/aggs/ticker/{symbol}/range/{span}/{first}/{last}"
    return client.get("polygon", path, **{"adjusted": "false", "limit": 50000, **query}).json()


@pytest.mark.parametrize("symbol", ["AAPL", "HYG", "VXX", "SVXY", "ZZDL"])
def test_minutes_add_up_to_the_session(market: Market, symbol: str) -> None:
    history = market.history(symbol)
    for at in np.flatnonzero(history.has_bar)[::97].tolist():
        found = _minutes(market, symbol, at)
        assert (found.open[0], found.close[-1]) == (history.open[at], history.close[at])
        assert (found.high.max(), found.low.min()) == (history.high[at], history.low[at])
        assert found.volume.sum() == history.volume[at]
        assert np.all(found.low <= np.minimum(found.open, found.close))
        assert np.all(found.high >= np.maximum(found.open, found.close))
        assert np.all(found.volume > 0)


def test_minutes_never_depend_on_how_far_was_simulated(market: Market) -> None:
    young = Market(SEED, 2013)
    short, long = _minutes(young, "KO", 700), _minutes(market, "KO", 700)
    for few, many in zip(vars(short).values(), vars(long).values(), strict=True):
        assert few.tolist() == many.tolist()


def test_half_day_has_210_minutes(market: Market) -> None:
    at = market.session_number(HALF_DAY)
    assert len(_minutes(market, "KO", at).start) == market.minutes_per_session[at] == 210
    assert market.minutes_per_session[at - 1] == 390


def test_joined_minutes_by_hand() -> None:
    # 9:30 to 9:32 and 10:00: two bars of half an hour on the clock's marks
    start = 34200 + np.array([0, 60, 1800])
    price = np.array([10.0, 11.0, 12.0])
    joined = Minutes(start, price, price + 1, price - 1, price + 0.5, np.array([1, 2, 4])).joined(
        0, 30
    )
    assert joined.start.tolist() == [34200, 36000]
    assert joined.open.tolist() == [10.0, 12.0]
    assert joined.high.tolist() == [12.0, 13.0]
    assert joined.low.tolist() == [9.0, 11.0]
    assert joined.close.tolist() == [11.5, 12.5]
    assert joined.volume.tolist() == [3, 4]


def test_first_hour_bar_begins_at_nine(client: Client) -> None:
    bars = _range(client, "KO", "1/hour", "2026-11-20", "2026-11-20")["results"]
    clocks = [datetime.fromtimestamp(bar["t"] / 1000, NEW_YORK).hour for bar in bars]
    assert clocks == [9, 10, 11, 12, 13, 14, 15]


@pytest.mark.parametrize("span", ["1/minute", "5/minute", "7/minute", "30/minute", "1/hour"])
def test_intraday_bars_agree_with_the_day(client: Client, span: str) -> None:
    day = client.bars("JPM", "2026-11-18", "2026-11-18")["results"][0]
    bars = _range(client, "JPM", span, "2026-11-18", "2026-11-18")["results"]
    assert (bars[0]["o"], bars[-1]["c"]) == (day["o"], day["c"])
    assert max(bar["h"] for bar in bars) == day["h"]
    assert min(bar["l"] for bar in bars) == day["l"]
    assert sum(bar["v"] for bar in bars) == day["v"]


@pytest.mark.parametrize(
    ("day", "opening"),
    [
        ("2026-03-06", datetime(2026, 3, 6, 14, 30, tzinfo=UTC)),
        ("2026-03-09", datetime(2026, 3, 9, 13, 30, tzinfo=UTC)),
        ("2026-10-30", datetime(2026, 10, 30, 13, 30, tzinfo=UTC)),
        ("2026-11-02", datetime(2026, 11, 2, 14, 30, tzinfo=UTC)),
    ],
)
def test_sessions_open_half_past_nine_across_clock_changes(
    client: Client, day: str, opening: datetime
) -> None:
    bars = _range(client, "KO", "30/minute", day, day)["results"]
    assert bars[0]["t"] == int(opening.timestamp()) * 1000
    assert len(bars) == 13


def test_pages_cut_no_bar_and_lose_none(client: Client) -> None:
    whole = _range(client, "KO", "5/minute", "2026-11-16", "2026-11-20")["results"]
    assert len(whole) == 5 * 78
    reply = _range(client, "KO", "5/minute", "2026-11-16", "2026-11-20", limit=1000)
    assert [bar for page in client.pages(reply) for bar in page] == whole
    assert len(reply["results"]) == 200  # `limit` counts minutes


def test_pages_shorter_than_a_bar_and_backwards(client: Client) -> None:
    whole = _range(client, "KO", "1/hour", "2026-11-20", "2026-11-20")["results"]
    short = _range(client, "KO", "1/hour", "2026-11-20", "2026-11-20", limit=10)
    back = _range(client, "KO", "1/hour", "2026-11-20", "2026-11-20", limit=100, sort="desc")
    assert [bar for page in client.pages(short) for bar in page] == whole
    assert [bar for page in client.pages(back) for bar in page] == whole[::-1]


def test_minutes_can_be_asked_for_in_milliseconds(client: Client) -> None:
    whole = _range(client, "KO", "1/minute", "2026-11-20", "2026-11-20")["results"]
    stamps = str(whole[10]["t"]), str(whole[19]["t"])
    assert _range(client, "KO", "1/minute", *stamps)["results"] == whole[10:20]


def test_adjusted_minutes_divide_by_later_splits(client: Client, market: Market) -> None:
    split = market.history("AAPL").splits[-1]
    day = market.days[split.at - 1].isoformat()
    raw = _range(client, "AAPL", "1/hour", day, day)["results"]
    adjusted = _range(client, "AAPL", "1/hour", day, day, adjusted="true")["results"]
    ratio = split.shares_after / split.shares_before
    assert [bar["c"] for bar in adjusted] == pytest.approx(
        [bar["c"] / ratio for bar in raw], abs=1e-4
    )


@pytest.mark.parametrize(
    ("symbol", "day"),
    [("KO", "2026-11-21"), ("NOPE", "2026-11-20"), ("ZZDL", "2026-11-20"), ("VXX", "2019-03-01")],
)
def test_no_minutes_is_no_results_key(client: Client, symbol: str, day: str) -> None:
    reply = _range(client, symbol, "5/minute", day, day)
    assert ("results" in reply, reply["resultsCount"]) == (False, 0)


def test_minute_appears_when_it_is_over(
    client: Client, client_at: Callable[..., Client], market: Market
) -> None:
    opening = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
    final = _range(client, "KO", "1/minute", "2026-11-20", "2026-11-20")["results"]
    for seconds, count in ((-60, 0), (59, 0), (60, 1), (3600, 60), (6 * 3600 + 1800, 390)):
        then = client_at(opening + timedelta(seconds=seconds), ("KO",))
        seen = _range(then, "KO", "1/minute", "2026-11-20", "2026-11-20").get("results", [])
        assert seen == final[:count]


def test_unfinished_bar_holds_the_minutes_so_far(client_at: Callable[..., Client]) -> None:
    then = client_at(datetime(2026, 11, 20, 15, 2, tzinfo=UTC), ("KO",))
    minutes = _range(then, "KO", "1/minute", "2026-11-20", "2026-11-20")["results"]
    bars = _range(then, "KO", "5/minute", "2026-11-20", "2026-11-20")["results"]
    assert (len(minutes), len(bars)) == (32, 7)
    assert bars[-1]["v"] == sum(minute["v"] for minute in minutes[30:])


def test_bars_stay_in_order(client: Client) -> None:
    bars = _range(client, "KO", "15/minute", "2026-10-26", "2026-11-06")["results"]
    assert all(before["t"] < after["t"] for before, after in pairwise(bars))
