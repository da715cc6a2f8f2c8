"""Accounts in one stock worked by hand: every share, cost and cent, whatever prices do."""

from analytics.backtest import run_backtest
from tests.analytics.hand_worked import STOP, Day, assert_account, near, trades_of
from tests.analytics.toy import NAN, one_variant, toy_market


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
