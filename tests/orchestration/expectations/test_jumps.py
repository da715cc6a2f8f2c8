"""Jumps as gate 1 sees them: which are real, which are faults, and who can tell."""

import pandas as pd
import pytest

from orchestration.expectations.canaries.landed_night import (
    DAYS,
    STOCKS,
    gate_context,
    landed_tables,
    stamped,
)
from orchestration.expectations.canaries.planting import Frames, add, drop
from orchestration.expectations.landed import Landed, tidy
from orchestration.expectations.landed_bars import BAR_TABLES

POLYGON, FMP = BAR_TABLES[:2]
SYMBOLS = (*STOCKS, "SVXY", "VXX", "SPY")


def scale(frames: Frames, table: str, symbol: str, factor: float, since: int = -1) -> None:
    """Multiply the prices of a symbol from one session on."""
    frame = frames[table]
    chosen = (frame["symbol"] == symbol) & (frame["session_date"] >= DAYS[since])
    prices = ["open", "high", "low", "close"]
    frames[table] = frame.assign(
        **{price: frame[price].mask(chosen, frame[price] * factor) for price in prices}
    )


def disbelieved(frames: Frames, table: str = POLYGON) -> set[str]:
    landed = Landed({name: tidy(frame) for name, frame in frames.items()}, gate_context())
    bars = landed.bars(table)
    return set(bars.loc[bars["move_over_limit"] > 1, "symbol"])


@pytest.fixture
def frames() -> Frames:
    return landed_tables(SYMBOLS)


def test_svxy_may_fall_to_a_sixth_the_day_after_the_vix_doubled(frames: Frames) -> None:
    assert disbelieved(frames) == set()


def test_svxy_may_not_fall_while_the_vix_sleeps(frames: Frames) -> None:
    scale(frames, POLYGON, "SVXY", 0.4)
    assert disbelieved(frames) == {"SVXY"}


def test_lost_vix_close_gives_a_volatility_fund_the_benefit_of_the_doubt(frames: Frames) -> None:
    scale(frames, POLYGON, "SVXY", 0.4)
    for table in ("raw.cboe__index_history", "raw.cboe__delayed_quotes"):
        frames[table] = frames[table][frames[table]["session_date"] < DAYS[-1]]
    assert disbelieved(frames) == set()


def test_crash_that_both_providers_show_is_real(frames: Frames) -> None:
    for table in BAR_TABLES:
        scale(frames, table, "AAA", 0.43)
    assert disbelieved(frames) == set()


def test_crash_that_one_provider_shows_is_a_fault_of_that_provider(frames: Frames) -> None:
    scale(frames, POLYGON, "AAA", 0.43)
    assert (disbelieved(frames), disbelieved(frames, FMP)) == ({"AAA"}, set())


def test_tenfold_price_is_a_fault_even_when_both_providers_show_it(frames: Frames) -> None:
    for table in BAR_TABLES:
        scale(frames, table, "AAA", 10.0)
    assert disbelieved(frames) == {"AAA"}


def test_fund_may_move_less_than_a_stock(frames: Frames) -> None:
    for symbol in ("AAA", "SPY"):
        scale(frames, POLYGON, symbol, 0.72)
    assert disbelieved(frames) == {"SPY"}


def test_split_explains_the_prices_of_both_providers(frames: Frames) -> None:
    for table in BAR_TABLES:
        scale(frames, table, "AAA", 0.25, since=-5)
    row = {"symbol": "AAA", "execution_date": DAYS[-5], "numerator": 4.0, "denominator": 1.0}
    add(frames, "raw.fmp__splits", stamped(pd.DataFrame([row])).to_dict("records"))
    assert disbelieved(frames) == set()


def test_split_on_a_holiday_counts_for_the_next_session(frames: Frames) -> None:
    after = list(DAYS).index(pd.Timestamp("2018-02-20"))
    scale(frames, POLYGON, "AAA", 0.25, since=after)
    row = {"symbol": "AAA", "execution_date": pd.Timestamp("2018-02-19"), "split_to": 4.0}
    rows = stamped(pd.DataFrame([{**row, "split_from": 1.0}])).to_dict("records")
    add(frames, "raw.polygon__splits", rows)
    assert disbelieved(frames) == set()


def test_split_listed_twice_does_not_condemn_the_bars(frames: Frames) -> None:
    scale(frames, POLYGON, "AAA", 0.25, since=20)
    rows = [
        {"symbol": "AAA", "execution_date": DAYS[at], "split_to": 4.0, "split_from": 1.0}
        for at in (20, 26)
    ]
    add(frames, "raw.polygon__splits", stamped(pd.DataFrame(rows)).to_dict("records"))
    assert disbelieved(frames) == set()


def test_split_of_tonight_without_its_jump_condemns_tonights_bar(frames: Frames) -> None:
    row = {"symbol": "AAA", "execution_date": DAYS[-1], "split_to": 4.0, "split_from": 1.0}
    add(frames, "raw.polygon__splits", stamped(pd.DataFrame([row])).to_dict("records"))
    assert disbelieved(frames) == {"AAA"}


def test_hole_of_a_few_sessions_does_not_hide_a_jump(frames: Frames) -> None:
    for at in (-3, -2):
        drop(frames, POLYGON, {"symbol": "AAA", "session_date": DAYS[at]})
    scale(frames, POLYGON, "AAA", 0.43)
    assert disbelieved(frames) == {"AAA"}
