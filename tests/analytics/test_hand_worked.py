"""Whole accounts worked by hand: every share, cost, fee and cent of small markets.

Each test draws its market and its account, one line a session. A size is target x equity / close,
both of the session before; a trade costs 5 bps of its value; a bill of 3.65 % pays 0.0001 a day.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from analytics.backtest import Backtest, run_backtest
from analytics.trades import list_trades
from tests.analytics.toy import NAN, one_variant, toy_market

CAPITAL = 1_000_000.0
WORDS = ("trend_down", "stop")
TREND_DOWN, STOP = 0, 1


def near(value):
    return pytest.approx(value, rel=1e-12, abs=1e-14)


@dataclass(frozen=True)
class Day:
    """One session of an account, dollars; `shares` of each symbol and `cash` as of its close.

    `traded`: value bought and sold; `cost`: of trading, and borrow fees.
    """

    shares: Sequence[float]
    traded: float
    cost: float
    cash: float
    equity: float


def assert_account(run: Backtest, days: Sequence[Day]) -> None:
    """Compare each session of a run with what was worked by hand."""
    opening = np.array([CAPITAL, *(day.equity for day in days[:-1])])
    equity = np.array([day.equity for day in days])
    held = shares_at_closes(run)
    assert run.net_return[:, 0].tolist() == near((equity / opening - 1.0).tolist())
    assert (run.cost_return[:, 0] * opening).tolist() == near([day.cost for day in days])
    assert (run.turnover[:, 0] * opening).tolist() == near([day.traded for day in days])
    for found, day in zip(held, days, strict=True):
        assert found.tolist() == near(list(day.shares))
    value = (held * run.market.mark_usd[run.sessions]).sum(axis=1)
    cash = CAPITAL * np.cumprod(1.0 + run.net_return[:, 0]) - value
    assert cash.tolist() == pytest.approx([day.cash for day in days], rel=1e-12, abs=1e-6)


def shares_at_closes(run: Backtest) -> np.ndarray:
    """Carry the fills of one variant forward, (R, S)."""
    held = np.zeros((len(run.sessions), len(run.market.symbols)))
    fills = run.fills
    for session, symbol, shares in zip(
        fills.session, fills.symbol, fills.shares_after, strict=True
    ):
        held[session - run.sessions[0] :, symbol] = shares
    return held


def trades_of(run: Backtest, reason: int = TREND_DOWN) -> pd.DataFrame:
    shape = (*run.market.has_bar.shape, 1)
    return list_trades(run, reasons=np.full(shape, reason), reason_names=WORDS)


def test_round_trip_with_costs():
    """Half the account in A, decided at session 0, out decided at session 3.

    session   open  close   what happens
          0           100   0.5 x 1,000,000 / 100 = 5,000 shares wanted
          1    101    100   bought for 505,000, cost 252.50
          2    103    104
          3    105    110   out is decided
          4    112    108   sold for 560,000, cost 280
          5    108    107   nothing is held
    """
    market = toy_market(
        {"A": [100, 100, 104, 110, 108, 107]}, opens={"A": [100, 101, 103, 105, 112, 108]}
    )
    run = run_backtest(market, one_variant({"A": [0.5, 0.5, 0.5, 0.0, 0.0, 0.0]}, market))
    cash = 494_747.50  # 1,000,000 - 505,000 - 252.50
    after = 1_054_467.50  # 494,747.50 + 560,000 - 280
    assert_account(
        run,
        [
            Day([5_000], traded=505_000, cost=252.50, cash=cash, equity=994_747.50),
            Day([5_000], traded=0, cost=0, cash=cash, equity=1_014_747.50),
            Day([5_000], traded=0, cost=0, cash=cash, equity=1_044_747.50),
            Day([0], traded=560_000, cost=280, cash=after, equity=after),
            Day([0], traded=0, cost=0, cash=after, equity=after),
        ],
    )
    (trade,) = trades_of(run).itertuples()
    # 5,000 x (112 - 101) = 55,000 less 532.50 of costs, over the 505,000 bought
    assert trade.net_return == near(54_467.50 / 505_000)
    assert (trade.entered, trade.exited, trade.exit_reason) == (1, 4, "trend_down")
    assert (trade.entry_price_usd, trade.exit_price_usd) == (101.0, 112.0)


def test_gap_through_the_stop_is_filled_at_the_next_open():
    """The stop is at 95 % of the close that decided the entry, tested on closes only.

    session   open   low  close   what happens
          0                 100   entry decided, so the stop is at 95
          1    100    93     96   5,000 shares for 500,000, cost 250; a low of 93 is no close
          2     95    94     94   94 <= 95: out is decided
          3     80    78     82   the gap: sold for 400,000 and not for 475,000, cost 200
    """
    market = toy_market({"A": [100, 96, 94, 82]}, opens={"A": [100, 100, 95, 80]})
    run = run_backtest(market, one_variant({"A": [0.5, 0.5, 0.0, 0.0]}, market))
    cash = 499_750  # 1,000,000 - 500,000 - 250
    assert_account(
        run,
        [
            Day([5_000], traded=500_000, cost=250, cash=cash, equity=979_750),
            Day([5_000], traded=0, cost=0, cash=cash, equity=969_750),
            Day([0], traded=400_000, cost=200, cash=899_550, equity=899_550),
        ],
    )
    (trade,) = trades_of(run, STOP).itertuples()
    # 5,000 x (80 - 100) = -100,000 less 450 of costs: 20 % are lost behind a stop of 5 %
    assert trade.net_return == near(-100_450 / 500_000)
    assert (trade.exited, trade.exit_price_usd, trade.exit_reason) == (3, 80.0, "stop")


def test_split_changes_raw_prices_and_nothing_else():
    """A splits 2:1 in session 2: 5,000 shares in adjusted units are 10,000 as traded after it.

    session   raw open  raw close  split   adjusted close             adjusted open
          0                   100          100                        (raw open x adjusted / raw)
          1        101        104          104                        101
          2         53       52.5   2:1    104 x 52.5 x 2 / 104 = 105 53 x 105 / 52.5 = 106
          3         54         55          105 x 55 / 52.5 = 110      54 x 110 / 55 = 108
    """
    market = toy_market(
        {"A": [100, 104, 105, 110]},
        opens={"A": [100, 101, 106, 108]},
        raw_closes={"A": [100, 104, 52.5, 55]},
        raw_opens={"A": [100, 101, 53, 54]},
    )
    run = run_backtest(market, one_variant({"A": [0.5, 0.5, 0.0, 0.0]}, market))
    cash = 494_747.50  # bought at 101: 1,000,000 - 505,000 - 252.50
    after = 1_034_477.50  # 10,000 as traded at 54: + 540,000 - 270
    assert_account(
        run,
        [
            Day([5_000], traded=505_000, cost=252.50, cash=cash, equity=cash + 520_000),
            Day([5_000], traded=0, cost=0, cash=cash, equity=cash + 10_000 * 52.5),
            Day([0], traded=540_000, cost=270, cash=after, equity=after),
        ],
    )
    (trade,) = trades_of(run).itertuples()
    assert (trade.entry_price_usd, trade.exit_price_usd) == (101.0, 54.0)
    # 540,000 - 505,000 less 522.50 of costs
    assert trade.net_return == near(34_477.50 / 505_000)


def test_dividend_is_reinvested_at_the_close_of_its_day():
    """2 dollars a share in session 2: 5,000 shares buy 10,000 / 98 more of them, 5,102.04 in all.

    session   raw open  raw close  dividend  adjusted close                 adjusted open
          0                   100            100, as traded
          1        100        100            100                            100
          2         98         98      2     100 x (98 + 2) / 100 = 100     98 x 100 / 98 = 100
          3         98      98.98            100 x 98.98 / 98 = 101         98 x 101 / 98.98 = 100
          4      99.96      98.98            101                            99.96 x 101 / 98.98
                                                                            = 102
    """
    market = toy_market(
        {"A": [100, 100, 100, 101, 101]},
        opens={"A": [100, 100, 100, 100, 102]},
        raw_closes={"A": [100, 100, 98, 98.98, 98.98]},
        raw_opens={"A": [100, 100, 98, 98, 99.96]},
    )
    run = run_backtest(market, one_variant({"A": [0.5, 0.5, 0.5, 0.0, 0.0]}, market))
    as_traded = 5_000 + 10_000 / 98
    cash = 499_750  # 1,000,000 - 500,000 - 250
    after = 1_009_495  # + 510,000 - 255
    assert as_traded * 99.96 == near(510_000)
    assert_account(
        run,
        [
            Day([5_000], traded=500_000, cost=250, cash=cash, equity=999_750),
            Day([5_000], traded=0, cost=0, cash=cash, equity=cash + as_traded * 98),
            Day([5_000], traded=0, cost=0, cash=cash, equity=cash + as_traded * 98.98),
            Day([0], traded=510_000, cost=255, cash=after, equity=after),
        ],
    )
    (trade,) = trades_of(run).itertuples()
    # as traded the price fell, from 100 to 99.96; 2 % were earned, less 505 of costs
    assert (trade.entry_price_usd, trade.exit_price_usd) == (100.0, 99.96)
    assert trade.net_return == near(9_495 / 500_000)


def test_symbol_that_stops_trading_is_closed_at_its_last_close_in_the_fifth_session():
    """A prints its last bar in session 2.

    session   close   what happens
          0     100   5,000 shares wanted
          1     100   bought for 500,000, cost 250
          2     110   the last bar
       3..6       -   held at 110, four sessions without a bar
          7       -   the fifth: sold at 110 for 550,000, cost 275
    """
    market = toy_market({"A": [100, 100, 110, NAN, NAN, NAN, NAN, NAN]})
    run = run_backtest(market, one_variant({"A": [0.5] * 8}, market))
    cash = 499_750  # 1,000,000 - 500,000 - 250
    waiting = Day([5_000], traded=0, cost=0, cash=cash, equity=1_049_750)
    assert_account(
        run,
        [
            Day([5_000], traded=500_000, cost=250, cash=cash, equity=999_750),
            *[waiting] * 5,
            Day([0], traded=550_000, cost=275, cash=1_049_475, equity=1_049_475),
        ],
    )
    assert run.fills.is_forced.tolist() == [False, True]
    (trade,) = trades_of(run).itertuples()
    assert (trade.exited, trade.exit_price_usd) == (7, 110.0)
    assert trade.exit_reason == "not_tradable"
    assert trade.net_return == near((50_000 - 525) / 500_000)


def test_short_pays_borrow_for_the_weekend_and_earns_the_bill_on_its_proceeds():
    """Half the account short, from Friday to Tuesday, with a bill of 3.65 %.

    session      open  close   interest, on cash before   borrow, on short value before
    0 Thursday           100   -5,000 shares wanted
    1 Friday      102    100   1 day on 1,000,000: 100    nothing was short
      sold for 510,000, cost 255; cash 1,000,000 + 100 + 510,000 - 255 = 1,509,845
    2 Monday       99     90   3 days on 1,509,845:       3 days on 500,000:
                               452.9535                   500,000 x 0.5 % x 3 / 360 = 20.8333
      out is decided
    3 Tuesday      91     93   1 day on Monday's cash     1 day on 450,000: 6.25
      bought back for 455,000, cost 227.50
    """
    market = toy_market(
        {"A": [100, 100, 90, 93]},
        opens={"A": [100, 102, 99, 91]},
        bill_pct=[3.65] * 4,
        first="2024-03-07",
    )
    run = run_backtest(market, one_variant({"A": [-0.5, -0.5, 0.0, 0.0]}, market))
    friday = 1_509_845.0
    borrow = 500_000 * 0.005 * 3 / 360
    monday = friday + 452.9535 - borrow
    tuesday = monday + monday * 0.0001 - 6.25 - 455_000 - 227.50
    assert_account(
        run,
        [
            Day([-5_000], traded=510_000, cost=255, cash=friday, equity=friday - 500_000),
            Day([-5_000], traded=0, cost=borrow, cash=monday, equity=monday - 450_000),
            Day([0], traded=455_000, cost=227.50 + 6.25, cash=tuesday, equity=tuesday),
        ],
    )
    (trade,) = trades_of(run).itertuples()
    # 5,000 x (102 - 91) less 482.50 of costs; interest and fees belong to the account
    assert trade.net_return == near((55_000 - 482.50) / 510_000)


def test_flip_from_long_to_short_is_one_fill_and_two_trades():
    """Half long is turned into 44 % short.

    session   open  close   what happens
          0           100   5,000 shares wanted
          1    100    110   bought for 500,000, cost 250; equity 499,750 + 550,000 = 1,049,750
          2    108    104   -0.44 x 1,049,750 / 110 = -4,199 wanted: 9,199 sold at 108
                            for 993,492, cost 496.746; cash 1,492,745.254; short 436,696
          3    104    100   borrow of a day: 436,696 x 0.5 % / 360
    """
    market = toy_market({"A": [100, 110, 104, 100]}, opens={"A": [100, 100, 108, 104]})
    run = run_backtest(market, one_variant({"A": [0.5, -0.44, -0.44, -0.44]}, market))
    borrow = 436_696 * 0.005 / 360
    cash = 1_492_745.254  # 499,750 + 993,492 - 496.746
    last = cash - borrow
    assert_account(
        run,
        [
            Day([5_000], traded=500_000, cost=250, cash=499_750, equity=1_049_750),
            Day([-4_199], traded=993_492, cost=496.746, cash=cash, equity=1_056_049.254),
            Day([-4_199], traded=0, cost=borrow, cash=last, equity=last - 419_900),
        ],
    )
    long, short = trades_of(run).itertuples()
    # 5,000 x 8 less 250 to buy and 5,000 x 108 x 5 bps = 270 to sell
    assert (long.exit_reason, long.net_return) == ("reversed", near(39_480 / 500_000))
    # still open: 4,199 sold at 108, for 453,492, at a cost of 226.746, and marked at 100
    assert (short.entered, short.exited) == (2, -1)
    assert short.net_return == near((4_199 * 8 - 226.746) / 453_492)


def test_order_that_finds_no_bar_waits_and_is_sized_again():
    """A has no bar in sessions 1 and 2, while B doubles the half of the account that it got.

    session   A open  A close   B close   what happens
          0              100        10    3,000 A and 50,000 B wanted
          1        -       -        10    B bought for 500,000, cost 250; A waits
          2        -       -        20    equity 499,750 + 1,000,000 = 1,499,750
          3       90      80        20    A sized anew: 0.3 x 1,499,750 / 100 = 4,499.25,
                                          at 90 for 404,932.50, cost 202.46625
          4       80       -        20    a held symbol without a bar keeps its last close
    """
    market = toy_market(
        {"A": [100, NAN, NAN, 80, NAN], "B": [10, 10, 20, 20, 20]},
        opens={"A": [100, NAN, NAN, 90, NAN], "B": [10, 10, 20, 20, 20]},
    )
    run = run_backtest(market, one_variant({"A": [0.3] * 5, "B": [0.5] * 5}, market))
    cash = 94_615.03375  # 499,750 - 404,932.50 - 202.46625
    both = [4_499.25, 50_000]
    equity = cash + 359_940 + 1_000_000  # 4,499.25 x 80 and 50,000 x 20
    assert_account(
        run,
        [
            Day([0, 50_000], traded=500_000, cost=250, cash=499_750, equity=999_750),
            Day([0, 50_000], traded=0, cost=0, cash=499_750, equity=1_499_750),
            Day(both, traded=404_932.50, cost=202.46625, cash=cash, equity=equity),
            Day(both, traded=0, cost=0, cash=cash, equity=equity),
        ],
    )


def test_only_the_symbol_whose_target_changed_trades_while_the_other_drifts():
    """A doubles and is left alone; B is reduced, which counts A's gain.

    session   A    B    what happens
          0  100   50   5,000 A and 8,000 B wanted: 0.5 and 0.4
          1  100   50   bought for 500,000 + 400,000, cost 450; cash 99,550
          2  200   55   equity 99,550 + 1,000,000 + 440,000 = 1,539,550; A's weight is 0.65
                        B's target falls to 0.2: 0.2 x 1,539,550 / 55 = 5,598.3636 wanted
          3  190   55   2,401.6364 B sold for 132,090, cost 66.045
    """
    market = toy_market({"A": [100, 100, 200, 190], "B": [50, 50, 55, 55]})
    targets = one_variant({"A": [0.5] * 4, "B": [0.4, 0.4, 0.2, 0.2]}, market)
    run = run_backtest(market, targets)
    cash = 231_573.955  # 99,550 + 132,090 - 66.045
    left = 0.2 * 1_539_550 / 55  # worth 307,910
    equity = cash + 950_000 + 307_910
    assert_account(
        run,
        [
            Day([5_000, 8_000], traded=900_000, cost=450, cash=99_550, equity=999_550),
            Day([5_000, 8_000], traded=0, cost=0, cash=99_550, equity=1_539_550),
            Day([5_000, left], traded=132_090, cost=66.045, cash=cash, equity=equity),
        ],
    )
    assert run.gross_exposure[:, 0].tolist() == near(
        [900_000 / 999_550, 1_440_000 / 1_539_550, 1_257_910 / equity]
    )


def test_next_close_fills_at_the_close_what_was_sized_at_the_close_before():
    """The opens play no part.

    session   open  close   what happens
          0    100    100   5,000 shares wanted
          1    120    110   bought for 550,000, cost 275; equity 1,000,000 - 275
          2     90    121   equity + 55,000 = 1,054,725; out is decided
          3    150    100   sold for 500,000, cost 250
    """
    market = toy_market({"A": [100, 110, 121, 100]}, opens={"A": [100, 120, 90, 150]})
    targets = one_variant({"A": [0.5, 0.5, 0.0, 0.0]}, market)
    run = run_backtest(market, targets, fill="next_close")
    cash = 449_725  # 1,000,000 - 550,000 - 275
    assert_account(
        run,
        [
            Day([5_000], traded=550_000, cost=275, cash=cash, equity=999_725),
            Day([5_000], traded=0, cost=0, cash=cash, equity=1_054_725),
            Day([0], traded=500_000, cost=250, cash=949_475, equity=949_475),
        ],
    )
    (trade,) = trades_of(run).itertuples()
    assert (trade.entry_price_usd, trade.exit_price_usd) == (110.0, 100.0)
    assert trade.net_return == near((-50_000 - 525) / 550_000)


def test_negative_cash_pays_the_bill_for_the_weekend():
    """One and a half times the account, bought on a Friday with a bill of 7.3 % from then on.

    session      close   bill   what happens
    0 Thursday     100   3.65   15,000 shares wanted
    1 Friday       100   7.30   a day at Thursday's 3.65 % on 1,000,000: 100
                                bought for 1,500,000, cost 750; cash -500,650
    2 Monday       102   3.65   three days at Friday's 7.3 %: -500,650 x 0.0006 = -300.39
    3 Tuesday      102   3.65   a day at Monday's 3.65 %: -500,950.39 x 0.0001 = -50.095039
    """
    market = toy_market(
        {"A": [100, 100, 102, 102]}, bill_pct=[3.65, 7.30, 3.65, 3.65], first="2024-03-07"
    )
    run = run_backtest(market, one_variant({"A": [1.5] * 4}, market))
    monday, tuesday = -500_950.39, -501_000.485039
    assert_account(
        run,
        [
            Day([15_000], traded=1_500_000, cost=750, cash=-500_650, equity=999_350),
            Day([15_000], traded=0, cost=0, cash=monday, equity=monday + 1_530_000),
            Day([15_000], traded=0, cost=0, cash=tuesday, equity=tuesday + 1_530_000),
        ],
    )


def test_levered_fund_counts_in_net_exposure_with_its_leverage():
    """SPY at 0.5, and a fund at 0.4 that is -1 times its index until session 1, -0.5 from 2 on.

    session   SPY  fund   leverage   what happens
          0   100    50         -1   5,000 SPY and 8,000 of the fund wanted
          1   100    50         -1   bought for 900,000, cost 450; cash 99,550
                                     net (500,000 - 1 x 400,000) / 999,550
          2   110    45       -0.5   equity 99,550 + 550,000 + 360,000 = 1,009,550
                                     net (550,000 - 0.5 x 360,000) / 1,009,550
    """
    market = toy_market(
        {"SPY": [100, 100, 110], "FUND": [50, 50, 45]}, leverage={"FUND": [-1.0, -1.0, -0.5]}
    )
    targets = one_variant({"SPY": [0.5] * 3, "FUND": [0.4] * 3}, market)
    run = run_backtest(market, targets)
    assert_account(
        run,
        [
            Day([5_000, 8_000], traded=900_000, cost=450, cash=99_550, equity=999_550),
            Day([5_000, 8_000], traded=0, cost=0, cash=99_550, equity=1_009_550),
        ],
    )
    assert run.net_exposure[:, 0].tolist() == near([100_000 / 999_550, 370_000 / 1_009_550])
    assert run.gross_exposure[:, 0].tolist() == near([900_000 / 999_550, 910_000 / 1_009_550])
