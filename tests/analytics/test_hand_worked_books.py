"""Accounts that are short, levered, or in two symbols, worked by hand to the cent."""

from analytics.backtest import run_backtest
from tests.analytics.hand_worked import Day, assert_account, near, trades_of
from tests.analytics.toy import one_variant, toy_market


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
