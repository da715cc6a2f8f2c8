"""Macro observations, index closes and stories as gate 1 sees them."""

import pandas as pd
import pytest

from orchestration.expectations.calendar import Calendar
from orchestration.expectations.canaries.landed_night import (
    DAYS,
    SESSIONS,
    gate_context,
    index_of,
    series_of,
)
from orchestration.expectations.landed_series import index_closes, observations, stories

CALENDAR = Calendar([day.date() for day in SESSIONS])
NO_QUOTES = index_of("VIX", 15.0).iloc[:0]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2018-02-10", True),  # a Saturday
        ("2017-12-31", False),  # a Sunday that ends its month
        ("2018-03-30", False),  # Good Friday: bonds trade on other days than stocks
    ],
)
def test_observation_on_a_weekend_must_end_a_month(day: str, expected: bool) -> None:
    frame = series_of("BAMLH0A0HYM2", 3.4).iloc[:1].assign(observed_date=pd.Timestamp(day))
    assert observations(frame, gate_context())["is_weekend_row"].tolist() == [expected]


def test_series_without_a_listed_range_is_judged_on_its_dates_only() -> None:
    frame = series_of("UNRATE", 3.4)
    frame = frame.assign(value=frame["value"].mask(frame.index == 5, 1e6))
    found = observations(frame, gate_context())
    assert found[["range_excess", "move_over_limit"]].isna().all(axis=None)


def test_vix_that_more_than_doubles_is_believed() -> None:
    found = index_closes(index_of("VIX", 15.0), NO_QUOTES, CALENDAR)
    assert found["move_over_limit"].max() < 1


def test_quote_is_measured_against_the_file_before_it() -> None:
    file = index_of("VIX", 15.0).iloc[:-1]
    quote = index_of("VIX", 15.0).iloc[-1:].assign(close=150.0)
    found = index_closes(file, quote, CALENDAR).set_index("table")
    assert found.loc["raw.cboe__delayed_quotes", "move_over_limit"] > 1
    assert found.loc["raw.cboe__index_history", "move_over_limit"].max() < 1


def test_quote_that_the_file_has_replaced_is_compared_with_it() -> None:
    file = index_of("VIX", 15.0)
    quote = file.iloc[-1:].assign(close=15.3)
    found = index_closes(file, quote, CALENDAR)
    assert found["file_difference_fraction"].dropna().tolist() == pytest.approx([0.02])


def test_index_file_with_closes_only_has_no_candle_to_violate() -> None:
    closes = index_of("VVIX", 90.0).assign(open=None, high=None, low=None)
    found = index_closes(closes, NO_QUOTES, CALENDAR)
    assert found["candle_violation_fraction"].isna().all()


def test_story_belongs_to_its_new_york_date() -> None:
    published = pd.to_datetime(["2018-03-29 03:59:59", "2018-03-29 04:00:00"], utc=True)
    news = pd.DataFrame({"published_at": published, "headline": "x", "fetched_at": published})
    assert stories(news)["day"].tolist() == [pd.Timestamp("2018-03-28"), DAYS[-1]]
