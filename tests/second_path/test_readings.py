"""The second path by hand: small cases that show how each rule of the design was read."""

import gzip
import json
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from tests.second_path import law, responses
from tests.second_path.backtest import bill_rates, simulate
from tests.second_path.credit import Spreads, credit_view
from tests.second_path.decisions import ENTER, EXIT, blank
from tests.second_path.equities import equity_decisions, weight_per_position
from tests.second_path.exchange import BAR_READY, Axis, axis_up_to, in_new_york, stamp
from tests.second_path.features import halves_up
from tests.second_path.prices import Market, adjusted_prices
from tests.second_path.sentiment import (
    provider_opinions,
    session_sentiment,
    story_score,
    text_score,
)
from tests.second_path.volatility import volatility_decisions

NAN = np.nan


@pytest.fixture(scope="module")
def axis() -> Axis:
    """Sessions up to Friday 2016-07-08; Monday 2016-07-04 is a holiday."""
    return axis_up_to(datetime(2016, 7, 8, 20, 15, tzinfo=UTC))


def prices(closes: list[float], opens: list[float] | None = None, symbol: str = "ZZQ") -> Market:
    close = np.array(closes, dtype=float)[:, None]
    first = close if opens is None else np.array(opens, dtype=float)[:, None]
    return Market((symbol,), first, close, close, close)


def short_axis(axis: Axis, sessions: int) -> Axis:
    """The last sessions of an axis, and the one that follows them."""
    return Axis(axis.days[-sessions - 1 :])


def test_night_begins_at_a_quarter_past_four_in_new_york(axis):
    early = axis_up_to(datetime(2016, 7, 8, 20, 14, 59, tzinfo=UTC))
    assert (axis.night, early.night) == (date(2016, 7, 8), date(2016, 7, 7))
    assert axis.days[-1] == date(2016, 7, 11)


def test_stored_response_keeps_metadata_before_the_body(tmp_path):
    meta = {
        "provider": "fred", "symbol": "DGS3MO", "status": 200, "fetched_at": "2016-07-08T21:00:00Z",
        "url": "http://h/fred/series/observations?series_id=DGS3MO",
    }  # fmt: skip
    rows = [{"date": "2016-07-05", "value": "0.28"}, {"date": "2016-07-06", "value": "."}]
    body = json.dumps({"observations": rows}).encode()
    folder = tmp_path / "fred" / "2016-07-08"
    folder.mkdir(parents=True)
    (folder / "00.gz").write_bytes(gzip.compress(json.dumps(meta).encode() + b"\n" + body))
    found = responses.observations(responses.read_responses(tmp_path))
    assert found["value"].tolist() == [0.28]


def test_adjustment_runs_forward_and_an_action_waits_for_the_next_bar(axis):
    # 100 -> (51 + 1) x 2 / 100: the split day is the bar's; the dividend fell on the gap before it
    bars = pd.DataFrame(
        {"symbol": "ZZQ", "session_date": [date(2016, 7, 1), date(2016, 7, 7)],
         "open": [99.0, 50.0], "high": [101.0, 52.0], "low": [98.0, 49.0], "close": [100.0, 51.0]}
    )  # fmt: skip
    splits = pd.DataFrame({"symbol": ["ZZQ"], "day": [date(2016, 7, 7)], "ratio": [2.0]})
    dividends = pd.DataFrame({"symbol": ["ZZQ"], "day": [date(2016, 7, 5)], "cash": [1.0]})
    row = adjusted_prices(bars, splits, dividends, axis).iloc[-1]
    assert row["adjusted_close"] == pytest.approx(104.0)
    assert row["adjusted_open"] == pytest.approx(50 * 104 / 51)
    assert row["total_return"] == pytest.approx(0.04)


def test_story_counts_for_the_session_whose_four_oclock_follows(axis):
    at_close = datetime(2016, 7, 1, 20, 0, tzinfo=UTC)
    after = datetime(2016, 7, 1, 20, 0, 1, tzinfo=UTC)
    news = pd.DataFrame(
        {"symbol": "ZZQ", "story_id": ["1", "2", "3", "4"],
         "published_at": [at_close, at_close, after, datetime(2016, 7, 8, 21, tzinfo=UTC)],
         "headline": ["Great  win", "great win", "Great loss", "after the night"],
         "summary": None, "url": "https://wire.test/"}
    )  # fmt: skip
    found = session_sentiment(news, axis)
    days = [axis.days[at] for at in found["at"]]
    assert days == [date(2016, 7, 1), date(2016, 7, 5)]
    assert found["article_count"].tolist() == [1, 1]


def test_story_is_its_headline_halfway_to_what_its_summary_adds():
    headline, added = "ZZQ beats estimates", "Its outlook disappoints."
    assert story_score(headline, None) == story_score(headline, "Zzq beats estimates. A firm.")
    assert story_score(headline, added) == pytest.approx(
        (text_score(headline) + text_score(added)) / 2
    )
    assert text_score("crude oil shares") == 0


def test_opinion_is_known_from_its_fetch_on_and_for_three_sessions_of_stories(axis):
    # fetched on Friday evening: known on Tuesday (Monday is a holiday) and the two sessions after
    told, fetched = datetime(2016, 7, 1, 15, tzinfo=UTC), datetime(2016, 7, 1, 22, tzinfo=UTC)
    readings = pd.DataFrame(
        {"symbol": "ZZQ", "story_id": ["1", "2"], "published_at": told,
         "tone": ["positive", "neutral"], "fetched_at": fetched}
    )  # fmt: skip
    snapshots = pd.DataFrame({"symbol": ["ZZQ", "ZZR"], "score": 0.25, "fetched_at": fetched})
    found = provider_opinions(readings, snapshots, axis)
    rows = [
        (row.symbol, axis.days[row.at].day, row.provider_sentiment_score)
        for row in found.itertuples()
    ]
    assert [row for row in rows if row[0] == "ZZQ"][:2] == [("ZZQ", 5, 0.5), ("ZZQ", 6, 0.5)]
    assert [row for row in rows if row[0] == "ZZR"][:2] == [("ZZR", 5, 0.25), ("ZZR", 6, 0.25)]


def test_bill_of_a_day_serves_decisions_two_sessions_later(axis):
    # published 18:00 of the next session, after that session's own decision at 16:30
    observed = pd.DataFrame(
        {"series_id": law.BILL, "observed_date": [date(2016, 7, 1), date(2016, 7, 5)],
         "value": [0.25, 0.30]}
    )  # fmt: skip
    rates = dict(zip(axis.days, bill_rates(observed, axis), strict=False))
    assert rates[date(2016, 7, 5)] == 0.0
    assert rates[date(2016, 7, 6)] == 0.25
    assert rates[date(2016, 7, 7)] == 0.30


def test_spread_of_six_sessions_ago_yields_to_the_proxy(axis):
    end = axis.count - 1
    nine = stamp(in_new_york(axis.days[end - 5], BAR_READY))
    row = np.array([0.0])
    oas = Spreads("oas", np.array([end - 6]), row, row, row, row + 1, row, np.array([nine]))
    everything = np.full(axis.count, 2.0)
    proxy = Spreads("price_proxy", np.arange(axis.count), *[everything] * 5, axis.decided[:-1])
    zscore = credit_view(oas, proxy, axis).zscore
    assert zscore[end - 6 :].tolist() == [2.0, 1.0, 1.0, 1.0, 1.0, 1.0, 2.0]


def test_weight_rounds_the_overlay_to_quarters_halves_up():
    stress = np.array([NAN, 0.75, 0.2, -1.0])
    weights = weight_per_position(10, stress, np.array([0, 0, -1, 0]))
    assert weights.tolist() == pytest.approx([0.1, 0.075, 0.05, 0.15])


def walk(closes: list[float]) -> dict[str, list]:
    """Events and signals of the balanced style where the trend is up while close > 90."""
    close = np.array(closes, dtype=float)[:, None]
    has_bar = ~np.isnan(close)
    features = {
        "sma_20": np.where(has_bar, 91.0, NAN),
        "sma_50": np.where(has_bar, 90.0, NAN),
        "rsi_14": np.full(close.shape, 50.0),
        "sentiment_3d": np.zeros(close.shape),
    }
    found = equity_decisions(features, prices(closes), ("ZZQ",), np.full(len(closes), 0.1))
    return {each.variant: each for each in found}


def test_stop_is_five_percent_below_the_deciding_close_and_forbids_an_entry_that_day():
    position = walk([100, 95.01, 95.0, 96])["balanced_position"]
    assert position.event[:, 0].tolist() == [ENTER, 0, EXIT, ENTER]
    assert position.reason[2, 0] == "stop"


def test_event_mode_holds_each_entry_for_one_session():
    event = walk([100, 101, 102, 80, 100])["balanced_event"]
    assert event.signal[:, 0].tolist() == [1, 0, 0, 0, 1]
    assert event.event[:, 0].tolist() == [ENTER, EXIT, 0, 0, ENTER]


def test_session_without_a_bar_carries_the_decision_over():
    decided = walk([100, NAN, 101, 102])
    assert decided["balanced_event"].signal[:, 0].tolist() == [1, 1, 0, 0]
    assert decided["balanced_event"].is_frozen[:, 0].tolist() == [False, True, False, False]


def test_rows_end_five_sessions_after_the_latest_bar():
    target = walk([100, *[NAN] * 7])["balanced_position"].target[:, 0]
    assert np.isnan(target).tolist() == [False] * 6 + [True] * 2


def test_comparisons_round_halves_up_at_the_tenth_decimal():
    assert halves_up(np.array([0.97999999996, 1e-11])).tolist() == [0.98, 0.0]


def test_volatility_weight_is_the_leverage_at_the_fill():
    axis = short_axis(axis_up_to(datetime(2018, 2, 28, 22, tzinfo=UTC)), 3)
    flat = np.full((3, 2), 50.0)
    market = Market(("SVXY", "VXX"), flat, flat, flat, flat)
    levels = {"VIX": np.full(3, 14.0), "VIX3M": np.full(3, 20.0)}
    contango = volatility_decisions(levels, market, axis)[0]
    assert contango.target[:, 0].tolist() == [0.5, 1.0, 1.0]  # filled on the 27th, 28th, 1st


def held(targets: list[float]):
    decisions = blank("test", "test", ("ZZQ",), len(targets))
    decisions.target[:, 0] = targets
    return decisions


def test_engine_sizes_at_the_deciding_close_and_fills_at_the_next_open(axis):
    # Tuesday 5 July decides 0.5 at 100: 5,000 shares, bought at 102 on the 6th, close 104.
    # cost 5 bps x 510,000 = 255; equity 1,000,000 + 5,000 x 2 - 255; no bill known, no interest
    market = prices([100, 100, 104, 104], opens=[100, 100, 102, 104])
    rows = simulate(held([0, 0.5, 0.5, 0.5]), market, np.zeros(4), short_axis(axis, 4), 0)
    bought = rows.iloc[1]
    assert bought["net_return"] == pytest.approx((5_000 * 2 - 255) / 1e6, abs=1e-15)
    assert bought["cost_return"] == pytest.approx(255 / 1e6)
    assert bought["gross_return"] == pytest.approx(bought["net_return"] + 255 / 1e6)
    assert bought["turnover"] == pytest.approx(0.51)
    assert bought["gross_exposure"] == pytest.approx(520_000 / 1_009_745)
    assert rows.iloc[2]["turnover"] == 0.0


def test_engine_pays_borrow_and_earns_interest_by_calendar_days(axis):
    # Short 10,000 at 100 on Friday 1 July; Tuesday the 5th is four calendar days later.
    # cash after the sale 2,000,000 - 500; interest 3.65 % x 4 / 365; borrow 0.5 % x 4 / 360
    four = Axis(axis.days[-7:-1])
    market, flat = prices([100.0] * 5), np.full(5, 3.65)
    rows = simulate(held([-1.0] * 5), market, np.where(np.arange(5) == 1, flat, 0), four, 0)
    before = 1e6 - 500
    interest = (before + 1e6) * 0.0365 * 4 / 365
    borrow = 1e6 * 0.005 * 4 / 360
    assert four.days[1:3] == (date(2016, 7, 1), date(2016, 7, 5))
    assert rows["net_return"][1] == pytest.approx((interest - borrow) / before, abs=1e-15)
    assert rows["cost_return"][1] == pytest.approx(borrow / before)


def test_engine_waits_for_a_bar_and_sizes_again_at_the_latest_close(axis):
    # the interest of the waiting session is in the equity that sizes the fill
    market = prices([100, NAN, 110], opens=[100, NAN, 100])
    rows = simulate(held([1.0] * 3), market, np.array([36.5, 0, 0]), short_axis(axis, 3), 0)
    days = (axis.days[-3] - axis.days[-4]).days
    assert rows["turnover"].tolist() == pytest.approx([0.0, 1.0])
    assert rows["net_return"][0] == pytest.approx(0.365 * days / 365)


def test_engine_closes_what_has_no_bar_for_five_sessions(axis):
    market = prices([100, 100, *[NAN] * 6])
    rows = simulate(held([1.0] * 8), market, np.zeros(8), short_axis(axis, 8), 0)
    assert (rows["gross_exposure"] > 0).tolist() == [True] * 5 + [False] * 2
    assert rows["cost_return"][5] == pytest.approx(law.COST_FRACTION, rel=1e-3)
