"""Intraday accounts on sessions of five 5-minute bars, 14:30 to 14:55 UTC."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from analytics.bars import bar_rows, hours_from_frame
from analytics.costs import TradingCosts
from analytics.errors import InputError
from analytics.intraday import NO_LATER_BAR, SESSION_END, IntradayRun, run_intraday
from analytics.performance import backtest_metrics

FREE = TradingCosts(0.0, 0.0, 0.0, 0.0)
BAR = timedelta(minutes=5)
MONDAY = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)  # no session: what is before the first
N_BARS = 5


def near(value):
    return pytest.approx(value, rel=1e-12, abs=1e-15)


def opening(day: int) -> datetime:
    """When session 0, 1, ... opens: weekdays from the Monday on."""
    return datetime.fromisoformat(f"{np.busday_offset('2024-03-04', day)}T14:30:00+00:00")


def sessions(count: int = 10) -> pd.DataFrame:
    opens = [opening(day) for day in range(count)]
    return pd.DataFrame(
        {
            "session_date": [moment.date() for moment in opens],
            "open_at": opens,
            "close_at": [moment + N_BARS * BAR for moment in opens],
        }
    )


def bill(percent: float = 0.0, count: int = 10) -> pd.DataFrame:
    days = sessions(count)["session_date"]
    return pd.DataFrame({"session_date": days, "bill_3m_pct": [percent] * count})


def toy_bars(days, *, split_ratio=1.0, split_day=99) -> pd.DataFrame:
    """One (open, close) per bar and day in split-adjusted units, None for a bar that is missing."""
    rows = []
    for day, prices in enumerate(days):
        factor = split_ratio if day >= split_day else 1.0
        for number, pair in enumerate(prices, start=1):
            if pair is not None:
                rows.append(
                    {
                        "symbol": "SPY",
                        "bar_interval": "5m",
                        "session_date": opening(day).date(),
                        "bar_end_at": opening(day) + number * BAR,
                        "open_usd": pair[0] / factor,
                        "close_usd": pair[1] / factor,
                        "split_adjusted_open_usd": pair[0],
                        "split_adjusted_close_usd": pair[1],
                    }
                )
    return pd.DataFrame(rows)


def toy_signals(bars: pd.DataFrame, days, *, variant="toy") -> pd.DataFrame:
    """One (weight, word) per existing bar; a word alone is the weight of the bar before."""
    told = [pair for day in days for pair in day]
    rows = bars[["symbol", "bar_interval", "session_date", "bar_end_at"]].iloc[: len(told)]
    return rows.assign(
        variant=variant,
        target_weight=[float(weight) for weight, _ in told],
        reason=[f"{word}: as worked" for _, word in told],
    )


def run_of(bars, *signals, percent=0.0, costs=None) -> IntradayRun:
    return run_intraday(
        bars,
        pd.concat(signals),
        symbol="SPY",
        sessions=sessions(),
        bill=bill(percent),
        costs=costs,
    )


FLAT = (0, "flat")
BUY, KEEP, SELL = (1, "oversold"), (1, "hold"), (0, "middle_band")
SHORT, KEEP_SHORT, CLOSE = (-1, "overbought"), (-1, "hold"), (0, "session_end")
RISING = [(100, 100), (101, 102), (102, 103), (104, 104), (104, 104)]
LEVEL = [(100, 100)] * 5


def test_round_trip_inside_a_session_worked_by_hand():
    # 10,000 shares sized at 100, bought at 101, sold at 104: 30,000 less 5 bps of 2,050,000
    bars = toy_bars([RISING, LEVEL])
    run = run_of(bars, toy_signals(bars, [[BUY, KEEP, SELL, FLAT, FLAT], [FLAT] * 5]))
    assert run.sessions.astype(str).tolist() == ["2024-03-04", "2024-03-05"]
    assert run.rows.net_return[:, 0].tolist() == near([0.028975, 0.0])
    assert run.cost_return[:, 0].tolist() == near([0.001025, 0.0])
    assert run.rows.gross_return[:, 0].tolist() == near([0.03, 0.0])
    assert run.rows.turnover[:, 0].tolist() == near([2.05, 0.0])
    # 1,020,000 of 1,009,495 at the second bar's close, less at the third's
    assert run.rows.gross_exposure[:, 0].tolist() == near([1_020_000 / 1_009_495, 0.0])


def test_trade_has_the_moments_and_prices_of_its_fills():
    bars = toy_bars([RISING])
    run = run_of(bars, toy_signals(bars, [[BUY, KEEP, SELL, FLAT, FLAT]]))
    (trade,) = run.trades.to_dict("records")
    assert trade["entered_at"] == MONDAY + BAR
    assert trade["exited_at"] == MONDAY + 3 * BAR
    assert (trade["entry_price_usd"], trade["exit_price_usd"]) == (101, 104)
    assert (trade["side"], trade["entry_reason"], trade["exit_reason"]) == (
        1,
        "oversold",
        "middle_band",
    )
    assert trade["profit_usd"] == near(28_975)
    assert trade["net_return"] == near(28_975 / 1_010_000)


def test_second_session_is_measured_against_what_the_first_left():
    # 1,028,975 earn 1 bp overnight, sell short at 100 and lose 2 % of it: 1 % up, twice
    falls = [(100, 100), (100, 101), (101, 102), (102, 102), (102, 102)]
    bars = toy_bars([RISING, falls])
    days = [[BUY, KEEP, SELL, FLAT, FLAT], [SHORT, KEEP_SHORT, KEEP_SHORT, CLOSE, FLAT]]
    run = run_of(bars, toy_signals(bars, days), percent=3.65, costs=FREE)
    assert run.rows.bill_return.tolist() == near([0.0, 0.0001])
    assert run.rows.net_return[:, 0].tolist() == near([0.03, 1.0001 * 0.98 - 1.0])
    assert run.trades["side"].tolist() == [1, -1]
    assert run.trades["exit_reason"].tolist() == ["middle_band", "session_end"]


def test_missing_bar_delays_the_order_to_the_next_one():
    bars = toy_bars([[(100, 100), None, (102, 103), (104, 104), (104, 104)]])
    run = run_of(bars, toy_signals(bars, [[BUY, SELL, FLAT, FLAT]]), costs=FREE)
    assert run.trades["entered_at"].tolist() == [MONDAY + 2 * BAR]
    assert run.trades["entry_price_usd"].tolist() == [102]
    assert run.rows.net_return[0, 0] == near(0.02)


def test_clock_sells_where_the_last_bar_but_one_is_missing():
    # the signal still says hold at 14:45; at 14:50 the last bar begins, at 105
    bars = toy_bars([[(100, 100), (100, 100), (100, 100), None, (105, 110)]])
    run = run_of(bars, toy_signals(bars, [[BUY, KEEP, KEEP, CLOSE]]), costs=FREE)
    assert run.trades["exit_price_usd"].tolist() == [105]
    assert run.trades["exited_at"].tolist() == [MONDAY + 4 * BAR]
    assert run.trades["exit_reason"].tolist() == [SESSION_END]


def test_clock_withdraws_an_entry_that_only_the_last_bar_could_fill():
    bars = toy_bars([[(100, 100), (100, 100), (100, 100), None, (105, 110)]])
    run = run_of(bars, toy_signals(bars, [[FLAT, FLAT, BUY, FLAT]]))
    assert run.trades.empty
    assert run.rows.turnover.sum() == 0.0


def test_position_of_a_session_that_breaks_off_is_sold_at_the_next_open():
    """Nobody sells at a price of which it is known only later that it was the last.

    10,000 shares bought at 100 stand at 95 when the bars end; the next session opens at 60. Costs
    are 5 bps of 1,000,000, then of 600,000.
    """
    bars = toy_bars([[(100, 100), (100, 98), (97, 95), None, None], [(60, 60)] * 5])
    run = run_of(bars, toy_signals(bars, [[BUY, KEEP, KEEP], [FLAT] * 5]))
    assert run.trades["exit_reason"].tolist() == [NO_LATER_BAR]
    assert run.trades["exit_price_usd"].tolist() == [60]
    equity = [1_000_000 - 500 - 50_000, 1_000_000 - 500 - 400_000 - 300]
    assert run.rows.net_return[:, 0].tolist() == near(
        [equity[0] / 1_000_000 - 1, equity[1] / equity[0] - 1]
    )


def test_short_that_is_carried_overnight_pays_its_borrow_fee():
    # short 10,000 at 100 over one night: 0.5 % of 1,000,000 a year of 360 days
    bars = toy_bars([[(100, 100), (100, 100), (100, 100), None, None], [(100, 100)] * 5])
    costs = TradingCosts(0.0, 0.0, 0.0, borrow_fee_annual_fraction=0.005)
    run = run_of(
        bars, toy_signals(bars, [[SHORT, KEEP_SHORT, KEEP_SHORT], [FLAT] * 5]), costs=costs
    )
    assert run.rows.net_return[:, 0].tolist() == near([0.0, -0.005 / 360])


def test_order_that_finds_no_bar_is_forgotten_overnight():
    bars = toy_bars([[(100, 100), (100, 100), None, None, None], [(50, 50)] * 5])
    run = run_of(bars, toy_signals(bars, [[FLAT, BUY], [FLAT] * 5]))
    assert run.trades.empty


def test_exit_that_finds_no_bar_waits_for_the_next_session():
    bars = toy_bars([[(100, 100), (100, 100), (100, 103), None, None], [(50, 50)] * 5])
    run = run_of(bars, toy_signals(bars, [[BUY, KEEP, SELL], [FLAT] * 5]), costs=FREE)
    assert run.trades["exit_reason"].tolist() == [NO_LATER_BAR]
    assert run.trades["profit_usd"].tolist() == near([-500_000])


def test_reversal_is_two_trades():
    bars = toy_bars([[(100, 100), (100, 100), (110, 110), (99, 99), (99, 99)]])
    run = run_of(
        bars,
        toy_signals(bars, [[BUY, (-1, "reversed"), KEEP_SHORT, CLOSE, FLAT]]),
        costs=FREE,
    )
    # long 10,000 from 100 to 110; short 10,000, sized at the close of 100 before, 110 to 99
    assert run.trades["side"].tolist() == [1, -1]
    assert run.trades["exit_reason"].tolist() == ["reversed", "session_end"]
    assert run.trades["profit_usd"].tolist() == near([100_000, 110_000])


def test_split_overnight_shows_in_raw_prices_only():
    bars = toy_bars([LEVEL, RISING], split_ratio=2.0, split_day=1)
    run = run_of(bars, toy_signals(bars, [[FLAT] * 5, [BUY, KEEP, SELL, FLAT, FLAT]]), costs=FREE)
    assert run.rows.net_return[:, 0].tolist() == near([0.0, 0.03])
    assert run.trades["entry_price_usd"].tolist() == [50.5]


def test_idle_account_earns_the_bill_of_every_night():
    # Tuesday has no bar; Friday to Monday are three days
    days = [LEVEL, [None] * 5, LEVEL, LEVEL, LEVEL, LEVEL]
    bars = toy_bars(days)
    told = [[FLAT] * 5] * 5
    run = run_of(bars, toy_signals(bars, told), percent=3.65)
    assert run.rows.bill_return.tolist() == near([0, 1e-4, 1e-4, 1e-4, 1e-4, 3e-4])
    assert run.rows.net_return[:, 0].tolist() == near(run.rows.bill_return.tolist())


def test_rows_begin_with_the_session_of_the_first_decision():
    bars = toy_bars([LEVEL, RISING, LEVEL])
    late = toy_signals(bars.iloc[5:], [[BUY, KEEP, SELL, FLAT, FLAT], [FLAT] * 5])
    run = run_of(bars, late, percent=3.65, costs=FREE)
    assert run.sessions.astype(str).tolist() == ["2024-03-05", "2024-03-06"]
    # the capital stands at Monday's close, and earns Monday's night
    assert run.rows.net_return[0, 0] == near(1.0001 * 1.03 - 1.0)


def test_variants_and_intervals_have_accounts_of_their_own():
    bars = toy_bars([RISING])
    hours = bars.iloc[[4]].assign(bar_interval="1h")
    run = run_of(
        pd.concat([bars, hours]),
        toy_signals(bars, [[FLAT] * 5], variant="c_idle"),
        toy_signals(hours, [[FLAT]], variant="b_hour"),
        toy_signals(bars, [[BUY, KEEP, SELL, FLAT, FLAT]], variant="a_busy"),
        costs=FREE,
    )
    assert run.variants == ("a_busy", "b_hour", "c_idle")
    assert run.rows.net_return[0].tolist() == near([0.03, 0.0, 0.0])
    assert set(run.books) == {"5m", "1h"}


def test_hours_begin_on_the_sessions_own_clock():
    """An hour ends at 10:30, the last half hour at 16:00 and, at an early close, at 13:00."""
    zone, ends = "America/New_York", ["10:30", "15:30", "16:00", "10:30", "13:00"]
    dates = ["2017-11-22"] * 3 + ["2017-11-24"] * 2
    stamps = [pd.Timestamp(f"{day} {end}", tz=zone) for day, end in zip(dates, ends, strict=True)]
    hours = pd.DataFrame(
        {
            "session_date": ["2017-11-22", "2017-11-24"],
            "open_at": [pd.Timestamp(f"{d} 09:30", tz=zone) for d in ("2017-11-22", "2017-11-24")],
            "close_at": [
                pd.Timestamp("2017-11-22 16:00", tz=zone),
                pd.Timestamp("2017-11-24 13:00", tz=zone),
            ],
        }
    )
    bars = toy_bars([LEVEL]).assign(session_date=dates, bar_end_at=stamps)
    rows = bar_rows(bars, hours_from_frame(hours), interval="1h")
    started = pd.DatetimeIndex(rows.starts).tz_localize("UTC").tz_convert(zone)
    assert started.strftime("%H:%M").tolist() == ["09:30", "14:30", "15:30", "09:30", "12:30"]
    assert rows.is_last_bar.tolist() == [False, False, True, False, True]


def random_market(seed: int, n_days: int = 9):
    """Bars that may be missing, and signals of three variants that know nothing of the clock."""
    rng = np.random.default_rng(seed)
    level, days = 100.0, []
    for _ in range(n_days):
        opens = level * np.exp(np.cumsum(rng.normal(0, 0.01, N_BARS)))
        closes = opens * np.exp(rng.normal(0, 0.01, N_BARS))
        level = closes[-1]
        is_there = rng.random(N_BARS) < 0.8
        days.append(
            [pair if there else None for *pair, there in zip(opens, closes, is_there, strict=True)]
        )
    days[0][0] = (100.0, 100.0)
    bars = toy_bars(days)
    signals = [
        toy_signals(
            bars, [[(int(w), "told") for w in rng.integers(-1, 2, len(bars))]], variant=name
        )
        for name in "abc"
    ]
    return bars, pd.concat(signals)


def walked(bars: pd.DataFrame, signals: pd.DataFrame, *, rate: float, night: float) -> list[float]:
    """Session returns of one variant by a plain loop over bars, written from the rules alone."""
    wanted = dict(zip(signals["bar_end_at"], signals["target_weight"], strict=True))
    calendar = sessions()
    calendar = calendar[calendar["session_date"] <= bars["session_date"].max()]
    cash, shares, close, returns, evening = 1e6, 0.0, 0.0, [], None

    def trade(cash: float, shares: float, after: float, price: float) -> tuple[float, float]:
        bought = (after - shares) * price
        return cash - bought - abs(bought) * rate, after

    for day in calendar.itertuples():
        capital = cash + shares * close
        if evening is not None:
            nights = (day.session_date - evening).days
            cash += night * nights * cash - 0.005 * nights / 360 * max(-shares * close, 0.0)
        # what a session that broke off has left is sold at the first open
        evening, before, order = day.session_date, 0.0, 0.0 if shares else None
        for row in bars[bars["session_date"] == day.session_date].itertuples():
            is_last = row.bar_end_at == day.close_at
            if is_last:  # it begins: nothing is bought any more, everything is sold
                cash, shares = trade(cash, shares, 0.0, row.split_adjusted_open_usd)
            elif order is not None:
                cash, shares = trade(cash, shares, order, row.split_adjusted_open_usd)
            close, weight = row.split_adjusted_close_usd, wanted[row.bar_end_at]
            order = weight * (cash + shares * close) / close if weight != before else None
            before = weight
        returns.append((cash + shares * close) / capital - 1)
    return returns


@pytest.mark.parametrize("seed", range(8))
def test_sessions_equal_a_plain_loop_over_bars(seed):
    bars, signals = random_market(seed)
    run = run_of(bars, signals, percent=3.65)
    for v, name in enumerate(run.variants):
        mine = signals[signals["variant"] == name]
        expected = walked(bars, mine, rate=0.0005, night=1e-4)
        assert run.rows.net_return[:, v].tolist() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("seed", range(8))
def test_profits_of_the_trades_are_what_the_account_gained(seed):
    bars, signals = random_market(seed)
    run = run_of(bars, signals, costs=TradingCosts(borrow_fee_annual_fraction=0.0))
    grown = (np.prod(1 + run.rows.net_return, axis=0) - 1) * 1e6
    assert len(run.trades) > 15
    for v, name in enumerate(run.variants):
        profits = run.trades.loc[run.trades["variant"] == name, "profit_usd"]
        assert profits.sum() == pytest.approx(grown[v], abs=1e-6)


@pytest.mark.parametrize("seed", range(8))
def test_nothing_is_held_overnight_unless_the_bars_broke_off(seed):
    bars, signals = random_market(seed)
    run = run_of(bars, signals)
    book = run.books["5m"]
    at_end = book.rows.is_last_bar[book.backtest.sessions]
    assert (book.backtest.gross_exposure[at_end] == 0.0).all()
    closed = run.trades[run.trades["exit_reason"].notna()]
    is_same = closed["entered_at"].dt.date == closed["exited_at"].dt.date
    assert (is_same == (closed["exit_reason"] != NO_LATER_BAR)).all()


def test_gross_less_net_is_the_costs_on_one_equity_path():
    bars, signals = random_market(3)
    run = run_of(bars, signals)
    difference = run.rows.gross_return - run.rows.net_return
    assert difference == near(run.cost_return)
    assert run.cost_return == pytest.approx(0.0005 * run.rows.turnover, rel=1e-12)


def test_metrics_count_the_sessions_in_which_something_was_held():
    bars = toy_bars([RISING, LEVEL])
    run = run_of(bars, toy_signals(bars, [[BUY, KEEP, SELL, FLAT, FLAT], [FLAT] * 5]))
    metrics = backtest_metrics(run.rows)
    assert metrics["hit_rate"].tolist() == [1.0]
    assert np.isnan(metrics["sharpe"]).all()  # fewer than 20 sessions in the market


def test_past_sessions_do_not_move_when_the_future_is_scrambled():
    bars, signals = random_market(5)
    other_bars, other_signals = random_market(6)
    cut = opening(5).date()

    def spliced(one, other):
        return pd.concat([one[one["session_date"] < cut], other[other["session_date"] >= cut]])

    run = run_of(bars, signals)
    changed = run_of(spliced(bars, other_bars), spliced(signals, other_signals))
    assert (run.rows.net_return[:5] == changed.rows.net_return[:5]).all()
    assert (run.rows.net_return[5:] != changed.rows.net_return[5:]).any()


def test_signal_without_its_bar_is_refused():
    bars = toy_bars([LEVEL])
    signals = toy_signals(bars, [[FLAT] * 5])
    with pytest.raises(InputError, match="must have its bar"):
        run_of(bars.iloc[1:], signals)


def test_symbol_without_signals_is_refused():
    bars = toy_bars([LEVEL])
    with pytest.raises(InputError, match="no intraday signal of SPY"):
        run_of(bars, toy_signals(bars, [[FLAT] * 5]).assign(symbol="QQQ"))


def test_doubled_rows_are_refused():
    bars = toy_bars([LEVEL])
    signals = toy_signals(bars, [[FLAT] * 5])
    with pytest.raises(InputError, match="two rows for one variant and bar"):
        run_of(bars, signals, signals)
    with pytest.raises(InputError, match="two of one symbol, interval and moment"):
        run_of(pd.concat([bars, bars]), signals)


def test_bar_outside_its_session_is_refused():
    bars = toy_bars([[*LEVEL, (100, 100)]])
    with pytest.raises(InputError, match="ends at 2024-03-04T15:00"):
        run_of(bars, toy_signals(bars, [[FLAT] * 6]))


def test_sessions_of_other_days_are_refused():
    bars = toy_bars([LEVEL])
    early = sessions().assign(session_date=lambda rows: rows["session_date"] - timedelta(days=90))
    with pytest.raises(InputError, match="hold none of them"):
        run_intraday(
            bars, toy_signals(bars, [[FLAT] * 5]), symbol="SPY", sessions=early, bill=bill()
        )


def test_variant_on_two_intervals_is_refused():
    bars = toy_bars([LEVEL])
    hours = bars.iloc[[4]].assign(bar_interval="1h")
    with pytest.raises(InputError, match="one interval"):
        run_of(
            pd.concat([bars, hours]),
            toy_signals(bars, [[FLAT] * 5]),
            toy_signals(hours, [[FLAT]]),
        )


def test_missing_weight_is_refused():
    bars = toy_bars([LEVEL])
    signals = toy_signals(bars, [[FLAT] * 5])
    with pytest.raises(InputError, match="target weight"):
        run_of(bars, signals.assign(target_weight=None))
