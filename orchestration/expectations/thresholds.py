"""Every number a claim compares with, and the evidence for it."""

from dataclasses import dataclass
from datetime import date
from math import log

PRICE_ROUNDING_FRACTION = 1e-4  # providers round to four decimals: a cent-sized slip is no fault
RANGE_VIOLATION_FRACTION = 0.01  # an open or close further outside the range is another day's bar
PROVIDER_CLOSE_FRACTION = 0.005  # primary and consolidated closes differ by less than this

LONGEST_SILENCE_SESSIONS = 5  # after a longer hole two prices say nothing about one day's move
SESSIONS_THAT_CONFIRM_A_LEVEL = 5  # providers withdraw a bad print within days

# A forgotten split shows in open and close alike; 3-for-2 is the smallest ratio in common use.
SPLIT_RATIOS = (1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 15.0, 20.0, 25.0, 30.0, 50.0, 100.0)
SPLIT_RATIO_TOLERANCE_LOG = log(1.05)  # the session's own ordinary move
SPLIT_LIKE_MOVE_LOG = log(1.4)  # just below the smallest ratio less the tolerance
SMALLEST_JUDGED_SPLIT_LOG = log(1.2)  # a 6-for-5 hides in a lively day
LARGEST_SPLIT_RATIO = 1000.0

LARGE_DIVIDEND_FRACTION = 0.10  # of the previous close: specials and spin-offs
LARGE_DIVIDEND_RETURN_FRACTION = 0.10  # spin-offs measured: EBAY 2015 +1.0 %, XLF 2016 +0.6 %
DIVIDEND_ROUNDING_USD = (
    0.005 + 1e-9
)  # half a cent per share and date: some providers round to cents

ROWS_KEPT_FRACTION = 0.9  # ICE spreads lost 85 % of their history at FRED in April 2026


@dataclass(frozen=True)
class MoveLimit:
    """Largest believable |log total return| of one session.

    `ordinary`: without further evidence. `confirmed`: when a second provider shows the same close
    or, for volatility funds, when the VIX itself moved.
    """

    ordinary: float
    confirmed: float


# Stocks: the large names of the default universe never moved by 44 % or more in a day without an
# action since 2010 (NVDA +30 % 2016-11-11, META -26 % 2022-02-03); AMC +301 % 2021-01-27 is the
# record of the meme days. Funds: SPY's worst session is -20 % (1987, index).
# Volatility funds: SVXY lost 83 % on 2018-02-06; ninety-five is the most one may lose and exist.
MOVE_LIMITS = {
    "stock": MoveLimit(ordinary=log(1.8), confirmed=log(4.1)),
    "fund": MoveLimit(ordinary=log(1.35), confirmed=log(1.8)),
    "volatility": MoveLimit(ordinary=log(1.8), confirmed=log(20.0)),
}
# |log| of the VIX in that session or the one before that lets a volatility fund jump: the funds
# settle at 16:15, so 2018-02-05 (VIX +116 %) shows in SVXY on the 6th.
VIX_SHOCK_LOG = log(1.3)

ASSET_CLASSES = {
    "SPY": "fund",
    "HYG": "fund",
    "LQD": "fund",
    "AGG": "fund",
    "TLT": "fund",
    "SVXY": "volatility",
    "VXX": "volatility",
}

# Days on which a subject did not exist or its source never had a value: no hole to look for.
KNOWN_SILENCES = {
    # the note matured; its successor took the ticker over
    "VXX": ((date(2019, 1, 30), date(2019, 5, 1)),),
    # never in Cboe's file
    "VVIX": (
        (date(2010, 11, 11), date(2010, 11, 11)),
        (date(2013, 5, 13), date(2013, 5, 13)),
    ),
}


@dataclass(frozen=True)
class SeriesRange:
    """Believable values of a macro series and its largest believable daily change, in percent."""

    low: float
    high: float
    largest_change: float


SERIES_RANGES = {
    # a zero is a provider's blank: no spread was below 0.5 since 1996
    # peak 21.82 on 2008-12-15; largest daily change about 1.4 in March 2020
    "BAMLH0A0HYM2": SeriesRange(low=0.1, high=40.0, largest_change=3.0),
    # peak 6.56 in December 2008; largest daily change below 0.6
    "BAMLC0A0CM": SeriesRange(low=0.1, high=20.0, largest_change=1.5),
    # in points: closes 9.14 to 82.69; largest daily change 24.86 on 2020-03-16
    "VIXCLS": SeriesRange(low=3.0, high=200.0, largest_change=50.0),
    # 17.01 in 1981, -0.05 in 2020; daily changes of more than 1 only under Volcker
    "DGS3MO": SeriesRange(low=-2.0, high=25.0, largest_change=2.0),
}


# A yield and a return are fractions here. Wide on purpose: young and ailing companies are extreme.
EARNINGS_YIELD_RANGE = (-5.0, 2.0)
LARGEST_RETURN_ON_EQUITY = 50.0


@dataclass(frozen=True)
class IndexRange:
    """Believable closes of a volatility index, in points."""

    low: float
    high: float


INDEX_RANGES = {
    "VIX": IndexRange(low=3.0, high=200.0),  # closes 9.14 (2017) to 82.69 (2020), 150.19 in 1987
    "VIX9D": IndexRange(low=3.0, high=300.0),  # the nearer the more violent
    "VIX3M": IndexRange(low=3.0, high=200.0),
    "VIX6M": IndexRange(low=3.0, high=200.0),
    "VVIX": IndexRange(low=30.0, high=400.0),  # volatility of volatility: 61 to 208 so far
}
INDEX_MOVE_LOG = log(3.5)  # VIX +116 % 2018-02-05; VIX9D more than doubled in 2017 already

WEIGHT_BOUNDS = {"equities": 1.5, "credit": 0.5, "volatility": 1.0}  # overlay 1.5 / N, N at least 1
LARGEST_WEIGHT = 1.5  # of a strategy not listed above

IDENTITY_TOLERANCE = 1e-9
RETURN_IDENTITY_TOLERANCE = 1e-12
PLANNED_TOLERANCE = 1e-6  # of equity: a billionth of a dear share in a small account, and more
