"""Buckets: no window of a minute ever sees more calls than allowed."""

import threading

import pytest

from ingestion.limits import Allowance, TokenBucket, allowance_per_minute
from tests.ingestion.transport import VirtualTime


def bucket(time: VirtualTime, *allowances: Allowance, is_idle: bool = False) -> TokenBucket:
    return TokenBucket(allowances, is_idle=is_idle, sleep=time.sleep, monotonic=time.monotonic)


def taken_at(time: VirtualTime, tokens: TokenBucket, count: int) -> list[float]:
    moments = []
    for _ in range(count):
        tokens.take()
        moments.append(time.now)
    return moments


def test_bucket_lets_a_burst_through_and_then_waits_for_its_window():
    time = VirtualTime()

    assert taken_at(time, bucket(time, Allowance(2, 60)), 5) == [0, 0, 60, 60, 120]


def test_no_window_of_a_minute_holds_more_calls_than_allowed():
    time = VirtualTime()
    moments = taken_at(time, bucket(time, Allowance(60, 60), Allowance(30, 1)), 300)

    for start in moments:
        assert sum(1 for moment in moments if start <= moment < start + 60) <= 60
        assert sum(1 for moment in moments if start <= moment < start + 1) <= 30


def test_idle_bucket_remembers_the_calls_it_let_through():
    time = VirtualTime()
    tokens = bucket(time, Allowance(5, 60), is_idle=True)
    assert taken_at(time, tokens, 20) == [0] * 20
    tokens.pause(10)

    assert taken_at(time, tokens, 6) == [60, 60, 60, 60, 60, 120]


def test_pause_holds_everybody_back():
    time = VirtualTime()
    tokens = bucket(time, Allowance(5, 60))
    tokens.pause(42)

    assert taken_at(time, tokens, 1) == [42]


def test_threads_share_one_bucket():
    time = VirtualTime()
    tokens = bucket(time, Allowance(10, 60))
    threads = [threading.Thread(target=tokens.take) for _ in range(25)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert time.now >= 120


@pytest.mark.parametrize(
    ("rate", "allowance"),
    [(90, Allowance(90, 60)), (2.5, Allowance(2, 60)), (0.5, Allowance(1, 120))],
)
def test_rate_becomes_an_allowance(rate, allowance):
    assert allowance_per_minute(rate) == allowance


def test_rate_of_zero_is_refused():
    with pytest.raises(ValueError, match="must be positive"):
        allowance_per_minute(0)
