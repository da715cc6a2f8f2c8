"""What is planted for gate 1: one defect per claim of `landed_canaries.py`, just beyond it.

Thresholds are written out here and not read from the claims: a claim whose bound was widened must
miss its canary. Whoever moves a threshold on purpose moves its canary, too.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from orchestration.expectations.canaries.landed_night import (
    DAYS,
    STOCKS,
    bars_of,
    gate_context,
    landed_tables,
    stamped,
)
from orchestration.expectations.canaries.planting import (
    Frames,
    add,
    drop,
    first_row,
    repeat,
    spoil,
)
from orchestration.expectations.landed_actions import DIVIDEND_TABLES, SPLIT_TABLES
from orchestration.expectations.landed_bars import BAR_TABLES
from orchestration.expectations.landed_intraday import INTRADAY_TABLES
from orchestration.expectations.outcome import GateContext, HistoryExtent

NEWS_TABLES = ("raw.polygon__news", "raw.finnhub__company_news", "raw.fmp__news")
FIGURE_TABLES = ("raw.fmp__fundamentals", "raw.finnhub__fundamentals")
PROFILES_TABLE = "raw.fmp__profiles"
STORY_OPINIONS_TABLE = "raw.polygon__news_sentiment"
WEEKLY_OPINIONS_TABLE = "raw.finnhub__news_sentiment"
FRED_TABLE, RATES_TABLE = "raw.fred__observations", "raw.fmp__treasury_rates"
FILE_TABLE, QUOTES_TABLE = "raw.cboe__index_history", "raw.cboe__delayed_quotes"
TONIGHT = "2018-03-29"
HOLIDAY = "2018-02-19"
HOLIDAY_STAMP = pd.Timestamp(HOLIDAY)
YEAR_END, NEXT_PERIOD = "2017-12-31", "2018-03-31"
D0, D5, D10, D12, D14, D16, D20, EVE, EVE_BEFORE = (
    str(DAYS[at].date()) for at in (0, 5, 10, 12, 14, 16, 20, -2, -3)
)
# one symbol for each thing that can be wrong with bars, named after it
BAR_FAULTS = (
    "NULL", "ZERO", "NEGATIVE", "CROSSED", "SLIPPED", "HOLIDAY", "JUMP", "TWIN", "DIFFERENT",
    "HOLE", "LATE", "GHOST", "SPIN",
)  # fmt: skip
JUMP_USD = 445.0  # from 100, a factor above 4.1 that no split's ratio is near to
KEPT = 0.89  # of the rows that an earlier night saw


def _extent(first: date, rows_now: int) -> HistoryExtent:
    """What an earlier night saw of a subject that has since lost just over a tenth."""
    return HistoryExtent(first, int(np.ceil(rows_now / KEPT)))


PREVIOUS = {
    **{(table, "AAA"): _extent(DAYS[0].date(), len(DAYS)) for table in BAR_TABLES},
    **{(table, "BBB"): HistoryExtent(date(2018, 1, 1), 1) for table in BAR_TABLES},
    (FRED_TABLE, "BAMLH0A0HYM2"): _extent(date(2017, 12, 31), len(DAYS) + 4),
    (FRED_TABLE, "BAMLC0A0CM"): HistoryExtent(date(2017, 12, 30), 1),
    (FILE_TABLE, "VIX"): _extent(DAYS[0].date(), len(DAYS) - 1),
    (FILE_TABLE, "VVIX"): HistoryExtent(date(2018, 1, 1), 1),
}


def faulty_landed_tables() -> Frames:
    """Every raw table of a quiet night with one fault for every claim about single rows."""
    frames = landed_tables((*STOCKS, "SVXY", *BAR_FAULTS))
    for plant in (
        _spoil_bars,
        _spoil_actions,
        _spoil_minutes,
        _spoil_news,
        _spoil_series,
        _spoil_figures,
        _spoil_opinions,
        _spoil_indexes,
    ):
        plant(frames)
    return frames


def landed_context() -> GateContext:
    """What the gate knows of that night: also what it waits for in vain, and what was there."""
    return gate_context(
        required_symbols=(*STOCKS, "LATE", "NEVER"),
        required_indexes=("VIX", "VIX6M"),
        previous_extents=PREVIOUS,
    )


def _add_landed(frames: Frames, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Append raw rows with what landing adds."""
    more = stamped(pd.DataFrame([dict(row) for row in rows]))
    frames[table] = pd.concat([frames[table], more], ignore_index=True)


def _spoil_bars(frames: Frames) -> None:
    tonight = {"session_date": DAYS[-1]}
    quiet = float(bars_of("AAA")["close"].iloc[-1])
    for table in BAR_TABLES:
        for price in ("open", "high", "low", "close"):
            spoil(frames, table, {"symbol": "ZERO", **tonight}, **{price: 0.0})
            spoil(frames, table, {"symbol": "JUMP", **tonight}, **{price: JUMP_USD})
        spoil(frames, table, {"symbol": "NULL", **tonight}, close=np.nan)
        spoil(frames, table, {"symbol": "NEGATIVE", **tonight}, volume=-1.0)
        spoil(frames, table, {"symbol": "CROSSED", **tonight}, high=100.0, close=101.1, open=100.0)
        spoil(frames, table, {"symbol": "SLIPPED", **tonight}, high=100.0, close=100.02, open=100.0)
        holiday = {**first_row(bars_of("HOLIDAY")), "session_date": HOLIDAY_STAMP}
        _add_landed(frames, table, [holiday])
        repeat(frames, table, {"symbol": "TWIN", **tonight})
        drop(frames, table, {"symbol": "HOLE", "session_date": DAYS[20]})
        drop(frames, table, {"symbol": "LATE", **tonight})
    spoil(frames, BAR_TABLES[1], {"symbol": "DIFFERENT", **tonight}, close=quiet * 0.994)


def _spoil_actions(frames: Frames) -> None:
    first, later = DAYS[0], DAYS[20]
    for table, (after, before) in SPLIT_TABLES.items():
        ratios = {
            "NULL": (0.0, first), "TWIN": (2.0, first), "GHOST": (1.3, later),
            "NEGATIVE": (1001.0, first), "DIFFERENT": (2.0 if "polygon" in table else 2.012, first),
        }  # fmt: skip
        rows: list[dict[str, Any]] = [
            {"symbol": symbol, "execution_date": day, after: ratio, before: 1.0}
            for symbol, (ratio, day) in ratios.items()
        ]
        _add_landed(frames, table, [*rows, rows[1]])
    for table, amount in DIVIDEND_TABLES.items():
        paid = {
            "NEGATIVE": -0.01, "ZERO": 102.0, "SPIN": 11.0,
            "DIFFERENT": 0.2 if "polygon" in table else 0.2051, "TWIN": 0.1,
        }  # fmt: skip
        rows = [
            {"symbol": symbol, "ex_dividend_date": later, amount: cash, "dividend_id": "E"}
            for symbol, cash in paid.items()
        ]
        _add_landed(frames, table, [*rows, rows[-1]])


def _spoil_minutes(frames: Frames) -> None:
    """Bars of tonight, told apart by the hour (UTC) at which they end."""
    ends = {hour: pd.Timestamp(f"{TONIGHT} {hour}:00", tz="UTC") for hour in (14, 15, 16, 17)}
    early = pd.Timestamp(f"{EVE} 13:34", tz="UTC")  # begins a minute before the session
    for table in INTRADAY_TABLES:
        spoil(frames, table, {"bar_end_at": ends[14]}, close=0.0, symbol="ZERO")
        spoil(frames, table, {"bar_end_at": ends[15]}, close=102.1, symbol="CROSSED")
        spoil(frames, table, {"bar_end_at": ends[16]}, symbol="TWIN")
        spoil(frames, table, {"bar_end_at": ends[17]}, volume=-1.0, symbol="NEGATIVE")
        repeat(frames, table, {"symbol": "TWIN"})
        bar = first_row(frames[table])
        add(frames, table, [{**bar, "symbol": "EARLY", "bar_end_at": early}])


def _spoil_news(frames: Frames) -> None:
    for table in NEWS_TABLES:
        spoil(frames, table, {"story_id": "AAA-0"}, headline=" ")
        late = pd.Timestamp("2018-03-29 20:20:01", tz="UTC")  # a second after its fetch
        spoil(frames, table, {"story_id": "BBB-9"}, published_at=late)
        repeat(frames, table, {"story_id": "BBB-1"})


def _spoil_series(frames: Frames) -> None:
    table, spread, grade, bill = FRED_TABLE, "BAMLH0A0HYM2", "BAMLC0A0CM", "DGS3MO"
    spoil(frames, table, {"series_id": spread, "observed_date": DAYS[10]}, value=np.inf)
    spoil(frames, table, {"series_id": grade, "observed_date": DAYS[12]}, value=0.09)
    spoil(frames, table, {"series_id": bill, "observed_date": DAYS[14]}, value=3.7)
    for day in DAYS[-3:]:
        drop(frames, table, {"series_id": bill, "observed_date": day})
    saturday, tomorrow = pd.Timestamp("2018-02-10"), pd.Timestamp("2018-03-30")
    for day in (saturday, tomorrow):
        _add_landed(frames, table, [{"series_id": spread, "observed_date": day, "value": 3.4}])
    repeat(frames, table, {"series_id": spread, "observed_date": DAYS[5]})


def _spoil_indexes(frames: Frames) -> None:
    """The file on different days, the quotes tonight."""
    for table, days in (
        (FILE_TABLE, (DAYS[10], DAYS[12], DAYS[14], DAYS[16], DAYS[5])),
        (QUOTES_TABLE, (DAYS[-1],) * 5),
    ):
        spoil(frames, table, {"index_name": "VIX6M", "session_date": days[0]}, close=np.nan)
        spoil(frames, table, {"index_name": "VIX9D", "session_date": days[1]}, close=2.9)
        spoil(frames, table, {"index_name": "VIX3M", "session_date": days[2]}, close=60.5)
        spoil(frames, table, {"index_name": "VIX", "session_date": days[3]}, high=14.997)
        repeat(frames, table, {"index_name": "VVIX", "session_date": days[4]})
        _add_landed(
            frames, table, [{"index_name": "VVIX", "session_date": HOLIDAY_STAMP, "close": 90.0}]
        )
    spoil(frames, QUOTES_TABLE, {"index_name": "VIX", "session_date": DAYS[-2]}, close=15.09)


def _spoil_figures(frames: Frames) -> None:
    """Faults of the year's end 2017; the second table has other metrics and no acceptance."""
    later = {"period_end_date": pd.Timestamp(NEXT_PERIOD)}
    for table, metric, limit in zip(
        FIGURE_TABLES, ("returnOnEquity", "roeTTM"), (50.5, 5050.0), strict=True
    ):
        figure = first_row(frames[table]) | {"metric": metric}
        add(
            frames,
            table,
            [
                {**figure, "symbol": "INF", "metric": "evToSales", "value": np.inf},
                {**figure, "symbol": "HUGE", "value": limit},
                {**figure, "symbol": "LOSS", "value": -limit},
                {**figure, "symbol": "EARLY", **later, "accepted_at": pd.NaT},
                {**figure, "symbol": "TWIN", "value": None},
                {**figure, "symbol": "TWIN", "value": None},
            ],
        )
    table = FIGURE_TABLES[0]
    for symbol, earnings_yield in (("AAA", 2.1), ("CCC", -5.1)):
        about = {"symbol": symbol, "metric": "earningsYield"}
        spoil(frames, table, about, value=earnings_yield)
    early = pd.Timestamp("2017-12-30 21:45", tz="UTC")
    spoil(frames, table, {"symbol": "BBB", "metric": "evToSales"}, accepted_at=early)
    for day, rate in ((DAYS[-1], 25.1), (DAYS[-3], -2.1)):
        spoil(frames, RATES_TABLE, {"observed_date": day}, value=rate)
    repeat(frames, RATES_TABLE, {"observed_date": DAYS[-2]})


def _spoil_opinions(frames: Frames) -> None:
    """Profiles, and what providers think of stories and of a week."""
    spoil(frames, PROFILES_TABLE, {"symbol": "NULL"}, name=" ")
    repeat(frames, PROFILES_TABLE, {"symbol": "TWIN"})
    table, late = STORY_OPINIONS_TABLE, pd.Timestamp("2018-03-29 20:20:01", tz="UTC")
    spoil(frames, table, {"story_id": "AAA-0"}, sentiment="guess")
    repeat(frames, table, {"story_id": "AAA-3"})
    spoil(frames, table, {"story_id": "AAA-9"}, published_at=late)
    table = WEEKLY_OPINIONS_TABLE
    spoil(frames, table, {"observed_date": DAYS[-5]}, bullish_fraction=1.01)
    spoil(frames, table, {"observed_date": DAYS[-3]}, bearish_fraction=-0.01)
    repeat(frames, table, {"observed_date": DAYS[-1]})
