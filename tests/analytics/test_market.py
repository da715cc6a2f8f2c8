"""The market's arrays."""

import numpy as np
import pytest

from analytics.costs import TradingCosts, bill_returns, calendar_days_between
from analytics.errors import InputError, ParameterError
from analytics.market import build_market
from tests.analytics.toy import NAN, toy_market, weekdays


def test_mark_is_the_latest_close_known():
    market = toy_market({"A": [NAN, 10, NAN, 12]})
    np.testing.assert_array_equal(market.mark_usd[:, 0], [NAN, 10, 10, 12])


def test_missing_sessions_count_from_the_first_bar_on():
    market = toy_market({"A": [NAN, 10, NAN, NAN, 12, NAN]})
    assert market.missing_sessions[:, 0].tolist() == [0, 0, 1, 2, 0, 1]


def test_half_a_bar_is_no_bar():
    market = toy_market({"A": [10.0, 11.0, 12.0]}, opens={"A": [10.0, NAN, 12.0]})
    assert market.has_bar[:, 0].tolist() == [True, False, True]
    np.testing.assert_array_equal(market.close_usd[:, 0], [10, NAN, 12])


def test_fill_leverage_is_that_of_the_session_after():
    market = build_market(
        sessions=weekdays(2), symbols=("A",), open_usd=np.ones((2, 1)), close_usd=np.ones((2, 1)),
        leverage=np.array([[-1.0], [NAN]]), next_leverage=np.array([-0.5]),
    )  # fmt: skip
    assert market.leverage[:, 0].tolist() == [-1.0, 1.0]
    assert market.fill_leverage[:, 0].tolist() == [1.0, -0.5]


def test_unknown_next_leverage_counts_as_one():
    market = build_market(
        sessions=weekdays(2), symbols=("A",), open_usd=np.ones((2, 1)), close_usd=np.ones((2, 1)),
        next_leverage=np.array([NAN]),
    )  # fmt: skip
    assert market.fill_leverage[-1, 0] == 1.0


def test_calendar_days_span_weekends():
    assert calendar_days_between(weekdays(7)).tolist() == [0, 1, 1, 1, 1, 3, 1]


def test_bill_return_of_a_session_uses_the_yield_known_at_the_decision_before():
    found = bill_returns(np.array([NAN, 3.65, NAN, 7.3]), np.array([0.0, 1.0, 3.0, 1.0]))
    assert found.tolist() == pytest.approx([0.0, 0.0, 0.0003, 0.0001])


def test_selected_market_keeps_the_order_asked_for():
    market = toy_market({"A": [1.0, 2.0], "B": [3.0, 4.0]}).select(("B", "A"))
    assert market.symbols == ("B", "A")
    assert market.mark_usd[1].tolist() == [4.0, 2.0]


def test_unknown_symbol_is_refused():
    with pytest.raises(InputError, match="no symbol Z"):
        toy_market({"A": [1.0]}).select(("Z",))


@pytest.mark.parametrize("price", [0.0, -1.0])
def test_price_that_is_not_positive_is_refused_with_symbol_and_day(price):
    with pytest.raises(InputError, match=r"open_usd of A on 2024-03-05 must be positive"):
        toy_market({"A": [1.0, price]})


def test_sessions_must_ascend():
    with pytest.raises(InputError, match="ascend"):
        build_market(
            sessions=weekdays(2)[::-1], symbols=("A",), open_usd=np.ones((2, 1)),
            close_usd=np.ones((2, 1)),
        )  # fmt: skip


def test_prices_of_another_shape_are_refused():
    with pytest.raises(InputError, match="close_usd must have shape"):
        build_market(
            sessions=weekdays(2),
            symbols=("A",),
            open_usd=np.ones((2, 1)),
            close_usd=np.ones((3, 1)),
        )


def test_negative_cost_is_refused():
    with pytest.raises(ParameterError, match="slippage_bps"):
        TradingCosts(slippage_bps=-1.0)


def test_quarantined_sessions_neither_count_nor_end_the_run():
    market = toy_market(
        {"A": [100, NAN, NAN, NAN, NAN, 101, NAN]},
        quarantined={"A": [False, False, True, True, False, False, True]},
    )
    assert market.missing_sessions[:, 0].tolist() == [0, 1, 1, 1, 2, 0, 0]


def bars_market(moments, dates):
    ones = np.ones((len(moments), 1))
    return build_market(
        sessions=np.array(moments, dtype="datetime64[us]"),
        dates=np.array(dates, dtype="datetime64[D]"),
        symbols=("A",),
        open_usd=ones,
        close_usd=-ones if len(moments) == 1 else ones,
        bill_pct=np.full(len(moments), 3.65),
    )


def test_bars_of_one_session_are_no_days_apart():
    # 20:59 UTC on a Friday and 00:30 UTC after it are one New York date
    market = bars_market(
        ["2024-03-08T20:59", "2024-03-09T00:30", "2024-03-11T14:00"],
        ["2024-03-08", "2024-03-08", "2024-03-11"],
    )
    assert market.calendar_days.tolist() == [0, 0, 3]
    assert market.bill_returns.tolist() == pytest.approx([0, 0, 0.0003])


def test_bars_are_told_by_their_moment():
    with pytest.raises(InputError, match="of A on 2024-03-08T20:59:00"):
        bars_market(["2024-03-08T20:59"], ["2024-03-08"])


def test_dates_of_bars_must_not_fall_back():
    with pytest.raises(InputError, match="never fall back"):
        bars_market(["2024-03-08T20:00", "2024-03-08T21:00"], ["2024-03-09", "2024-03-08"])


def test_traded_value_is_the_mean_of_the_last_20_bars_that_tell_a_volume():
    closes = np.full((25, 2), 10.0)
    closes[3, 0] = np.nan  # a session without a bar is none of the 20
    volume = np.tile(np.arange(1.0, 26.0)[:, None], (1, 2))
    volume[:, 1] = 0.0  # a provider that does not know
    market = build_market(
        sessions=weekdays(25), symbols=("A", "B"), open_usd=closes, close_usd=closes,
        raw_close_usd=closes * 2, volume_shares=volume,
    )  # fmt: skip
    assert np.isnan(market.traded_value_usd[:20, 0]).all()
    # sessions 1..21 without the fourth: (231 - 4) / 20 shares at 20 dollars
    assert market.traded_value_usd[20, 0] == pytest.approx((231 - 4) / 20 * 20)
    assert market.traded_value_usd[24, 0] == pytest.approx(np.mean(np.arange(6, 26)) * 20)
    assert np.isnan(market.traded_value_usd[:, 1]).all()


def test_liquidity_is_without_end_where_no_volume_is_given():
    closes = np.full((3, 1), 10.0)
    market = build_market(sessions=weekdays(3), symbols=("A",), open_usd=closes, close_usd=closes)
    assert np.isinf(market.traded_value_usd).all()
