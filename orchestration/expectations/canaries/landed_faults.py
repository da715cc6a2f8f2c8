"""What is planted for gate 1: one defect per claim, just beyond its threshold.

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
    Canary,
    Frames,
    Key,
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
        paid = {"NEGATIVE": -0.01, "ZERO": 102.0, "SPIN": 11.0, "TWIN": 0.1}
        rows = [
            {"symbol": symbol, "ex_dividend_date": later, amount: cash, "dividend_id": "E"}
            for symbol, cash in paid.items()
        ]
        _add_landed(frames, table, [*rows, rows[-1]])


def _spoil_minutes(frames: Frames) -> None:
    """Bars of tonight, told apart by the hour (UTC) at which they end."""
    ends = {hour: pd.Timestamp(f"{TONIGHT} {hour}:00", tz="UTC") for hour in (14, 15, 16)}
    early = pd.Timestamp(f"{EVE} 13:34", tz="UTC")  # begins a minute before the session
    for table in INTRADAY_TABLES:
        spoil(frames, table, {"bar_end_at": ends[14]}, close=0.0, symbol="ZERO")
        spoil(frames, table, {"bar_end_at": ends[15]}, close=102.1, symbol="CROSSED")
        spoil(frames, table, {"bar_end_at": ends[16]}, symbol="TWIN")
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


def _on(tables: Sequence[str], expectation: str, planted: str, *keys: Key) -> list[Canary]:
    """The same canary in suites of the same name as their tables."""
    return [
        Canary(table.removeprefix("raw."), expectation, planted, frozenset(keys))
        for table in tables
    ]


SPLITS, DIVIDENDS, HISTORIES = (
    (*SPLIT_TABLES,),
    (*DIVIDEND_TABLES,),
    [f"{table}_history" for table in BAR_TABLES],
)
LANDED_CANARIES = (
    *_on(
        (*BAR_TABLES, *SPLITS, *DIVIDENDS, *INTRADAY_TABLES, *NEWS_TABLES, *FIGURE_TABLES,
         RATES_TABLE, FRED_TABLE, FILE_TABLE, QUOTES_TABLE),
        "columns_are_present", "a column taken away",
    ),
    *_on(INTRADAY_TABLES, "one_row_per_key", "a bar twice", ("TWIN", TONIGHT)),
    *_on(INTRADAY_TABLES, "intraday_prices_are_positive", "close 0", ("ZERO", TONIGHT)),
    *_on(INTRADAY_TABLES, "intraday_ranges_hold_their_prices", "close 1.1 % above the high",
         ("CROSSED", TONIGHT)),
    *_on(INTRADAY_TABLES, "intraday_bars_are_in_regular_hours", "a bar a minute too early",
         ("EARLY", EVE)),
    *_on(BAR_TABLES, "one_row_per_key", "a bar twice", ("TWIN", TONIGHT)),
    *_on(BAR_TABLES, "prices_are_present", "no close", ("NULL", TONIGHT)),
    *_on(BAR_TABLES, "prices_are_positive", "prices of 0", ("ZERO", TONIGHT)),
    *_on(BAR_TABLES, "volumes_are_not_negative", "volume -1", ("NEGATIVE", TONIGHT)),
    *_on(BAR_TABLES, "opens_and_closes_lie_in_the_range", "close 1.1 % above the high",
         ("CROSSED", TONIGHT)),
    *_on(BAR_TABLES, "ranges_are_tight", "close 0.02 % above the high",
         ("SLIPPED", TONIGHT), ("CROSSED", TONIGHT)),
    *_on(BAR_TABLES, "bars_are_on_sessions", "a bar on a holiday", ("HOLIDAY", HOLIDAY)),
    *_on(BAR_TABLES, "jumps_have_a_corporate_action", "close 4.45 times the one before",
         ("JUMP", TONIGHT)),
    *_on(["daily_bars_agreement"], "providers_agree_on_closes", "closes 0.6 % apart",
         ("DIFFERENT", TONIGHT)),
    *_on(["daily_bars_coverage"], "no_missing_trading_days", "one session missing",
         ("HOLE", TONIGHT)),
    *_on(["daily_bars_coverage"], "required_inputs_reach_tonight", "one session late",
         ("LATE", EVE), ("NEVER", "missing")),
    *_on(SPLITS, "one_row_per_key", "a split twice", ("TWIN", D0)),
    *_on(SPLITS, "split_ratios_are_positive", "ratios 0 and 1001", ("NULL", D0), ("NEGATIVE", D0)),
    *_on(SPLITS, "splits_move_the_price", "a 1.3-for-1 that no close shows", ("GHOST", D20)),
    *_on(["splits_agreement"], "providers_agree_on_splits", "ratios 0.6 % apart",
         ("DIFFERENT", D0)),
    *_on(DIVIDENDS, "one_row_per_key", "a payment twice", ("TWIN", D20)),
    *_on(DIVIDENDS, "dividends_are_not_negative", "a cent less than nothing", ("NEGATIVE", D20)),
    *_on(DIVIDENDS, "dividends_are_below_the_price", "102 USD on a price of 100", ("ZERO", D20)),
    *_on(DIVIDENDS, "large_dividends_take_the_price_down", "11 % that the price did not pay",
         ("SPIN", D20), ("ZERO", D20)),
    *_on(NEWS_TABLES, "one_row_per_key", "a story twice", ("BBB", "2018-03-23")),
    *_on(NEWS_TABLES, "headlines_are_not_blank", "a blank headline", ("AAA", "2018-03-23")),
    *_on(NEWS_TABLES, "stories_are_not_from_the_future", "a second after its fetch",
         ("BBB", TONIGHT)),
    *_on(FIGURE_TABLES, "one_row_per_key", "a figure twice", ("TWIN", YEAR_END)),
    *_on(FIGURE_TABLES, "figures_are_numbers", "infinity", ("INF", YEAR_END)),
    *_on(FIGURE_TABLES, "periods_are_over", "two days before its end", ("EARLY", NEXT_PERIOD)),
    *_on(FIGURE_TABLES, "returns_on_equity_are_believable", "50.5 and -50.5 times the equity",
         ("HUGE", YEAR_END), ("LOSS", YEAR_END)),
    *_on(FIGURE_TABLES[:1], "acceptances_follow_their_period", "accepted a day early",
         ("BBB", YEAR_END)),
    *_on(FIGURE_TABLES[:1], "earnings_yields_are_believable", "yields of 2.1 and -5.1",
         ("AAA", YEAR_END), ("CCC", YEAR_END)),
    *_on([RATES_TABLE], "rates_are_believable", "25.1 % and -2.1 %",
         ("month3", TONIGHT), ("month3", EVE_BEFORE)),
    *_on([RATES_TABLE], "one_row_per_key", "a rate twice", ("month3", EVE)),
    *_on([FRED_TABLE], "one_row_per_key", "an observation twice", ("BAMLH0A0HYM2", D5)),
    *_on([FRED_TABLE], "values_are_finite", "infinity", ("BAMLH0A0HYM2", D10)),
    *_on([FRED_TABLE], "values_are_believable", "a spread of 0.09 %",
         ("BAMLC0A0CM", D12), ("BAMLH0A0HYM2", D10)),
    *_on([FRED_TABLE], "values_do_not_leap", "2.1 points in a day", ("DGS3MO", D14)),
    *_on([FRED_TABLE], "dates_are_weekdays_or_month_ends", "a Saturday",
         ("BAMLH0A0HYM2", "2018-02-10")),
    *_on([FRED_TABLE], "dates_are_not_after_the_night", "tomorrow", ("BAMLH0A0HYM2", "2018-03-30")),
    *_on(["fred_coverage"], "series_reach_their_due_date", "a day late", ("DGS3MO", "2018-03-26")),
    *_on([FILE_TABLE], "one_row_per_key", "a close twice", ("VVIX", D5)),
    *_on([FILE_TABLE], "closes_are_present", "no close", ("VIX6M", D10)),
    *_on([FILE_TABLE], "closes_are_believable", "a close of 2.9", ("VIX9D", D12)),
    *_on([FILE_TABLE], "closes_do_not_leap", "3.56 times the close before",
         ("VIX3M", D14), ("VIX9D", D12)),
    *_on([FILE_TABLE], "closes_are_on_sessions", "a close on a holiday", ("VVIX", HOLIDAY)),
    *_on([FILE_TABLE], "candles_hold_their_close", "close 0.02 % above the high",
         ("VIX", D16), ("VIX9D", D12), ("VIX3M", D14)),
    *_on([QUOTES_TABLE], "one_row_per_key", "a close twice", ("VVIX", TONIGHT)),
    *_on([QUOTES_TABLE], "closes_are_present", "no close", ("VIX6M", TONIGHT)),
    *_on([QUOTES_TABLE], "closes_are_believable", "a close of 2.9", ("VIX9D", TONIGHT)),
    *_on([QUOTES_TABLE], "closes_do_not_leap", "3.56 times the close before",
         ("VIX3M", TONIGHT), ("VIX9D", TONIGHT)),
    *_on([QUOTES_TABLE], "closes_are_on_sessions", "a close on a holiday", ("VVIX", HOLIDAY)),
    *_on([QUOTES_TABLE], "candles_hold_their_close", "close 0.02 % above the high",
         ("VIX", TONIGHT), ("VIX", EVE), ("VIX9D", TONIGHT), ("VIX3M", TONIGHT)),
    *_on([QUOTES_TABLE], "quotes_agree_with_the_file", "closes 0.6 % apart", ("VIX", EVE)),
    *_on(["index_coverage"], "no_missing_trading_days", "one session missing", ("VIX6M", EVE)),
    *_on(["index_coverage"], "required_inputs_reach_tonight", "one session late", ("VIX6M", EVE)),
    *_on(HISTORIES, "history_did_not_shrink", "11 % of the rows gone", ("AAA", D0)),
    *_on(HISTORIES, "history_starts_where_it_did", "a later first date", ("BBB", D0)),
    *_on([f"{FRED_TABLE}_history"], "history_did_not_shrink", "11 % of the rows gone",
         ("BAMLH0A0HYM2", YEAR_END)),
    *_on([f"{FRED_TABLE}_history"], "history_starts_where_it_did", "a later first date",
         ("BAMLC0A0CM", YEAR_END)),
    *_on([f"{FILE_TABLE}_history"], "history_did_not_shrink", "11 % of the rows gone", ("VIX", D0)),
    *_on([f"{FILE_TABLE}_history"], "history_starts_where_it_did", "a later first date",
         ("VVIX", D0)),
)  # fmt: skip
