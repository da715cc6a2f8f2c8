"""Gate 1: a night with nothing wrong passes, and every claim can fail."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from orchestration.expectations.gates import LANDED_SUITES, run_gate_1
from orchestration.expectations.landed_actions import DIVIDEND_TABLES, SPLIT_TABLES
from orchestration.expectations.landed_bars import BAR_TABLES
from orchestration.expectations.landed_intraday import INTRADAY_TABLES
from orchestration.expectations.outcome import (
    CheckResult,
    GateOutcome,
    HistoryExtent,
    QuarantineRow,
)
from tests.orchestration.expectations.faults import Frames, add, drop, repeat, spoil
from tests.orchestration.expectations.landed_night import (
    DAYS,
    STOCKS,
    bars_of,
    gate_context,
    landed_tables,
    stamped,
)

BARS = BAR_TABLES
NEWS_TABLES = ("raw.polygon__news", "raw.finnhub__company_news", "raw.fmp__news")
TONIGHT = "2018-03-29"
HOLIDAY = "2018-02-19"
D5, D10, D12, D14, D16, D20, EVE = (
    str(DAYS[at].date()) for at in (5, 10, 12, 14, 16, 20, len(DAYS) - 2)
)
# one symbol for each thing that can be wrong with bars, named after it
BAR_FAULTS = (
    "NULL", "ZERO", "NEGATIVE", "CROSSED", "SLIPPED", "HOLIDAY", "JUMP", "TWIN", "DIFFERENT",
    "HOLE", "LATE", "GHOST", "SPIN",
)  # fmt: skip


def add_landed(frames: Frames, table: str, rows: list[dict[str, object]]) -> None:
    """Append raw rows with what landing adds."""
    add(frames, table, stamped(pd.DataFrame(rows)).to_dict("records"))


def spoil_bars(frames: Frames) -> None:
    for table in BARS:
        tonight = {"session_date": pd.Timestamp(TONIGHT)}
        for price in ("open", "high", "low", "close"):
            spoil(frames, table, {"symbol": "ZERO", **tonight}, **{price: 0.0})
            spoil(frames, table, {"symbol": "JUMP", **tonight}, **{price: 1000.0})
        spoil(frames, table, {"symbol": "NULL", **tonight}, close=np.nan)
        spoil(frames, table, {"symbol": "NEGATIVE", **tonight}, volume=-1.0)
        spoil(frames, table, {"symbol": "CROSSED", **tonight}, high=90.0, low=110.0)
        spoil(frames, table, {"symbol": "SLIPPED", **tonight}, high=100.0, close=100.3, open=100.0)
        add_landed(frames, table, [{**bars_of("HOLIDAY").iloc[0], "session_date": HOLIDAY_STAMP}])
        repeat(frames, table, {"symbol": "TWIN", **tonight})
        drop(frames, table, {"symbol": "HOLE", "session_date": DAYS[20]})
        drop(frames, table, {"symbol": "LATE", **tonight})
    spoil(frames, BARS[1], {"symbol": "DIFFERENT", **tonight}, close=98.9, low=98.0, open=98.9)


def spoil_actions(frames: Frames) -> None:
    first, later = DAYS[0], DAYS[20]
    for table, (after, before) in SPLIT_TABLES.items():
        ratios = {"NULL": (0.0, first), "TWIN": (2.0, first), "GHOST": (4.0, later)}
        ratios["DIFFERENT"] = (2.0 if "polygon" in table else 3.0, first)
        rows = [
            {"symbol": symbol, "execution_date": day, after: ratio, before: 1.0}
            for symbol, (ratio, day) in ratios.items()
        ]
        add_landed(frames, table, [*rows, rows[1]])
    for table, amount in DIVIDEND_TABLES.items():
        paid = {"NEGATIVE": -1.0, "ZERO": 150.0, "SPIN": 30.0, "TWIN": 0.1}
        rows = [
            {"symbol": symbol, "ex_dividend_date": later, amount: cash, "dividend_id": "E"}
            for symbol, cash in paid.items()
        ]
        add_landed(frames, table, [*rows, rows[-1]])


def spoil_minutes(frames: Frames) -> None:
    """Bars of tonight, told apart by the hour (UTC) at which they end."""
    ends = {hour: pd.Timestamp(f"{TONIGHT} {hour}:00", tz="UTC") for hour in (14, 15, 16)}
    early = pd.Timestamp(f"{EVE} 13:30", tz="UTC")  # ends as the session opens
    for table in INTRADAY_TABLES:
        frames[table] = frames[table].assign(symbol="AAA")
        spoil(frames, table, {"bar_end_at": ends[14]}, close=0.0, symbol="ZERO")
        spoil(frames, table, {"bar_end_at": ends[15]}, close=120.0, symbol="CROSSED")
        spoil(frames, table, {"bar_end_at": ends[16]}, symbol="TWIN")
        repeat(frames, table, {"symbol": "TWIN"})
        bar = frames[table].iloc[0].to_dict()
        add(frames, table, [{**bar, "symbol": "EARLY", "bar_end_at": early}])


def spoil_news(frames: Frames) -> None:
    for table in NEWS_TABLES:
        spoil(frames, table, {"story_id": "AAA-0"}, headline=" ")
        late = pd.Timestamp("2018-03-29 20:21", tz="UTC")  # a minute after its fetch
        spoil(frames, table, {"story_id": "BBB-9"}, published_at=late)
        repeat(frames, table, {"story_id": "BBB-1"})


def spoil_series(frames: Frames) -> None:
    table, spread, grade, bill = "raw.fred__observations", "BAMLH0A0HYM2", "BAMLC0A0CM", "DGS3MO"
    spoil(frames, table, {"series_id": spread, "observed_date": DAYS[10]}, value=np.inf)
    spoil(frames, table, {"series_id": grade, "observed_date": DAYS[12]}, value=-1.0)
    spoil(frames, table, {"series_id": bill, "observed_date": DAYS[14]}, value=8.0)
    for day in DAYS[-6:]:
        drop(frames, table, {"series_id": bill, "observed_date": day})
    saturday, tomorrow = pd.Timestamp("2018-02-10"), pd.Timestamp("2018-04-02")
    for day in (saturday, tomorrow):
        add_landed(frames, table, [{"series_id": spread, "observed_date": day, "value": 3.4}])
    repeat(frames, table, {"series_id": spread, "observed_date": DAYS[5]})


def spoil_indexes(frames: Frames) -> None:
    """The file on different days, the quotes tonight."""
    tonight = DAYS[-1]
    for table, days in (
        ("raw.cboe__index_history", (DAYS[10], DAYS[12], DAYS[14], DAYS[16], DAYS[5])),
        ("raw.cboe__delayed_quotes", (tonight, tonight, tonight, tonight, tonight)),
    ):
        spoil(frames, table, {"index_name": "VIX6M", "session_date": days[0]}, close=np.nan)
        spoil(frames, table, {"index_name": "VIX9D", "session_date": days[1]}, close=2.0)
        spoil(frames, table, {"index_name": "VIX3M", "session_date": days[2]}, close=68.0)
        spoil(frames, table, {"index_name": "VIX", "session_date": days[3]}, high=14.0)
        repeat(frames, table, {"index_name": "VVIX", "session_date": days[4]})
        add_landed(
            frames, table, [{"index_name": "VVIX", "session_date": HOLIDAY_STAMP, "close": 90.0}]
        )
    quotes = "raw.cboe__delayed_quotes"
    spoil(frames, quotes, {"index_name": "VIX", "session_date": DAYS[-2]}, close=16.0)


def spoil_figures(frames: Frames) -> None:
    """Faults of the year's end 2017; the second table has other metrics and no acceptance."""
    later = {"period_end_date": pd.Timestamp("2018-03-31")}
    for table, metric in (
        ("raw.fmp__fundamentals", "returnOnEquity"),
        ("raw.finnhub__fundamentals", "roeTTM"),
    ):
        figure = frames[table].iloc[0].to_dict() | {"metric": metric}
        add(
            frames,
            table,
            [
                {**figure, "symbol": "INF", "metric": "evToSales", "value": np.inf},
                {**figure, "symbol": "HUGE", "value": 1e6},
                {**figure, "symbol": "EARLY", **later, "accepted_at": pd.NaT},
                {**figure, "symbol": "TWIN", "value": None},
                {**figure, "symbol": "TWIN", "value": None},
            ],
        )
    table = "raw.fmp__fundamentals"
    about = {"symbol": "AAA", "metric": "earningsYield"}
    spoil(frames, table, about, value=3.0)
    early = pd.Timestamp("2017-12-30 21:45", tz="UTC")
    spoil(frames, table, {"symbol": "BBB", "metric": "evToSales"}, accepted_at=early)
    rates = "raw.fmp__treasury_rates"
    spoil(frames, rates, {"observed_date": DAYS[-1]}, value=160.0)
    repeat(frames, rates, {"observed_date": DAYS[-2]})


HOLIDAY_STAMP = pd.Timestamp(HOLIDAY)
PREVIOUS = {
    **{(table, "AAA"): HistoryExtent(DAYS[0].date(), 1000) for table in BARS},
    **{(table, "BBB"): HistoryExtent(date(2017, 1, 3), 1) for table in BARS},
    ("raw.fred__observations", "BAMLH0A0HYM2"): HistoryExtent(date(2017, 12, 31), 1000),
    ("raw.fred__observations", "BAMLC0A0CM"): HistoryExtent(date(1996, 12, 31), 1),
    ("raw.cboe__index_history", "VIX"): HistoryExtent(DAYS[0].date(), 1000),
    ("raw.cboe__index_history", "VVIX"): HistoryExtent(date(2006, 3, 6), 1),
}


@pytest.fixture(scope="module")
def healthy() -> GateOutcome:
    return run_gate_1(landed_tables((*STOCKS, "SVXY")), context=gate_context())


@pytest.fixture(scope="module")
def poisoned() -> GateOutcome:
    """One night with one fault for every claim, each on a subject of its own."""
    frames = landed_tables((*STOCKS, "SVXY", *BAR_FAULTS))
    for fault in (
        spoil_bars,
        spoil_actions,
        spoil_minutes,
        spoil_news,
        spoil_series,
        spoil_figures,
        spoil_indexes,
    ):
        fault(frames)
    context = gate_context(
        required_symbols=(*STOCKS, "LATE", "NEVER"),
        required_indexes=("VIX", "VIX6M"),
        previous_extents=PREVIOUS,
    )
    return run_gate_1(frames, context=context)


@pytest.fixture(scope="module")
def without_columns() -> GateOutcome:
    """Every raw table without its ledger version."""
    frames = landed_tables(STOCKS)
    bare = {table: frame.drop(columns="ledger_version") for table, frame in frames.items()}
    return run_gate_1(bare, context=gate_context())


def result_of(outcome: GateOutcome, suite: str, claim: str) -> CheckResult:
    found = [
        result for result in outcome.results if (result.suite, result.expectation) == (suite, claim)
    ]
    assert len(found) == 1
    return found[0]


def on_bars(claim: str, *keys: tuple[str, str]) -> list[tuple[str, str, set[tuple[str, str]]]]:
    return [(table.removeprefix("raw."), claim, set(keys)) for table in BAR_TABLES]


def on_histories(claim: str, *keys: tuple[str, str]) -> list[tuple[str, str, set[tuple[str, str]]]]:
    return [(table.removeprefix("raw.") + "_history", claim, set(keys)) for table in BAR_TABLES]


def on_splits(claim: str, *keys: tuple[str, str]) -> list[tuple[str, str, set[tuple[str, str]]]]:
    return [(table.removeprefix("raw."), claim, set(keys)) for table in SPLIT_TABLES]


def on_dividends(claim: str, *keys: tuple[str, str]) -> list[tuple[str, str, set[tuple[str, str]]]]:
    return [(table.removeprefix("raw."), claim, set(keys)) for table in DIVIDEND_TABLES]


def on_minutes(claim: str, *keys: tuple[str, str]) -> list[tuple[str, str, set[tuple[str, str]]]]:
    return [(table.removeprefix("raw."), claim, set(keys)) for table in INTRADAY_TABLES]


def on_news(claim: str, *keys: tuple[str, str]) -> list[tuple[str, str, set[tuple[str, str]]]]:
    return [(table.removeprefix("raw."), claim, set(keys)) for table in NEWS_TABLES]


def on_figures(claim: str, *keys: tuple[str, str]) -> list[tuple[str, str, set[tuple[str, str]]]]:
    return [(table, claim, set(keys)) for table in ("fmp__fundamentals", "finnhub__fundamentals")]


YEAR_END = "2017-12-31"
FRED, FILE, QUOTES = "fred__observations", "cboe__index_history", "cboe__delayed_quotes"
FAILURES = [
    *on_minutes("one_row_per_key", ("TWIN", TONIGHT)),
    *on_minutes("intraday_prices_are_positive", ("ZERO", TONIGHT)),
    *on_minutes("intraday_ranges_hold_their_prices", ("CROSSED", TONIGHT)),
    *on_minutes("intraday_bars_are_in_regular_hours", ("EARLY", EVE)),
    *on_bars("one_row_per_key", ("TWIN", TONIGHT)),
    *on_bars("prices_are_present", ("NULL", TONIGHT)),
    *on_bars("prices_are_positive", ("ZERO", TONIGHT)),
    *on_bars("volumes_are_not_negative", ("NEGATIVE", TONIGHT)),
    *on_bars("opens_and_closes_lie_in_the_range", ("CROSSED", TONIGHT)),
    *on_bars("ranges_are_tight", ("CROSSED", TONIGHT), ("SLIPPED", TONIGHT)),
    *on_bars("bars_are_on_sessions", ("HOLIDAY", HOLIDAY)),
    *on_bars("jumps_have_a_corporate_action", ("JUMP", TONIGHT)),
    ("daily_bars_agreement", "providers_agree_on_closes", {("DIFFERENT", TONIGHT)}),
    ("daily_bars_coverage", "no_missing_trading_days", {("HOLE", TONIGHT)}),
    ("daily_bars_coverage", "required_inputs_reach_tonight", {("LATE", EVE), ("NEVER", "missing")}),
    *on_splits("one_row_per_key", ("TWIN", str(DAYS[0].date()))),
    *on_splits("split_ratios_are_positive", ("NULL", str(DAYS[0].date()))),
    *on_splits("splits_move_the_price", ("GHOST", D20)),
    ("splits_agreement", "providers_agree_on_splits", {("DIFFERENT", str(DAYS[0].date()))}),
    *on_dividends("one_row_per_key", ("TWIN", D20)),
    *on_dividends("dividends_are_not_negative", ("NEGATIVE", D20)),
    *on_dividends("dividends_are_below_the_price", ("ZERO", D20)),
    *on_dividends("large_dividends_take_the_price_down", ("SPIN", D20), ("ZERO", D20)),
    *on_news("one_row_per_key", ("BBB", "2018-03-23")),
    *on_news("headlines_are_not_blank", ("AAA", "2018-03-23")),
    *on_news("stories_are_not_from_the_future", ("BBB", TONIGHT)),
    *on_figures("one_row_per_key", ("TWIN", YEAR_END)),
    *on_figures("figures_are_numbers", ("INF", YEAR_END)),
    *on_figures("periods_are_over", ("EARLY", "2018-03-31")),
    *on_figures("returns_on_equity_are_believable", ("HUGE", YEAR_END)),
    ("fmp__fundamentals", "acceptances_follow_their_period", {("BBB", YEAR_END)}),
    ("fmp__fundamentals", "earnings_yields_are_believable", {("AAA", YEAR_END)}),
    ("fmp__treasury_rates", "rates_are_believable", {("month3", TONIGHT)}),
    ("fmp__treasury_rates", "one_row_per_key", {("month3", EVE)}),
    (FRED, "one_row_per_key", {("BAMLH0A0HYM2", D5)}),
    (FRED, "values_are_finite", {("BAMLH0A0HYM2", D10)}),
    (FRED, "values_are_believable", {("BAMLC0A0CM", D12), ("BAMLH0A0HYM2", D10)}),
    (FRED, "values_do_not_leap", {("BAMLC0A0CM", D12), ("DGS3MO", D14)}),
    (FRED, "dates_are_weekdays_or_month_ends", {("BAMLH0A0HYM2", "2018-02-10")}),
    (FRED, "dates_are_not_after_the_night", {("BAMLH0A0HYM2", "2018-04-02")}),
    ("fred_coverage", "series_reach_their_due_date", {("DGS3MO", str(DAYS[-7].date()))}),
    (FILE, "one_row_per_key", {("VVIX", D5)}),
    (FILE, "closes_are_present", {("VIX6M", D10)}),
    (FILE, "closes_are_believable", {("VIX9D", D12)}),
    (FILE, "closes_do_not_leap", {("VIX9D", D12), ("VIX3M", D14)}),
    (FILE, "closes_are_on_sessions", {("VVIX", HOLIDAY)}),
    (FILE, "candles_hold_their_close", {("VIX", D16), ("VIX9D", D12), ("VIX3M", D14)}),
    (QUOTES, "one_row_per_key", {("VVIX", TONIGHT)}),
    (QUOTES, "closes_are_present", {("VIX6M", TONIGHT)}),
    (QUOTES, "closes_are_believable", {("VIX9D", TONIGHT)}),
    (QUOTES, "closes_do_not_leap", {("VIX9D", TONIGHT), ("VIX3M", TONIGHT)}),
    (QUOTES, "closes_are_on_sessions", {("VVIX", HOLIDAY)}),
    (QUOTES, "candles_hold_their_close",
     {("VIX", TONIGHT), ("VIX", EVE), ("VIX9D", TONIGHT), ("VIX3M", TONIGHT)}),
    (QUOTES, "quotes_agree_with_the_file", {("VIX", EVE)}),
    ("index_coverage", "no_missing_trading_days", {("VIX6M", EVE)}),
    ("index_coverage", "required_inputs_reach_tonight", {("VIX6M", EVE)}),
    *on_histories("history_did_not_shrink", ("AAA", "2018-01-02")),
    *on_histories("history_starts_where_it_did", ("BBB", "2018-01-02")),
    ("fred__observations_history", "history_did_not_shrink", {("BAMLH0A0HYM2", "2017-12-31")}),
    ("fred__observations_history", "history_starts_where_it_did", {("BAMLC0A0CM", "2017-12-31")}),
    ("cboe__index_history_history", "history_did_not_shrink", {("VIX", "2018-01-02")}),
    ("cboe__index_history_history", "history_starts_where_it_did", {("VVIX", "2018-01-02")}),
]  # fmt: skip


def test_night_with_nothing_wrong_passes_every_claim(healthy: GateOutcome) -> None:
    assert [result for result in healthy.results if not result.success] == []
    assert (healthy.quarantine, healthy.blocked) == ((), False)


@pytest.mark.parametrize(("suite", "claim", "keys"), FAILURES)
def test_claim_names_exactly_the_rows_that_break_it(
    poisoned: GateOutcome, suite: str, claim: str, keys: set[tuple[str, str]]
) -> None:
    result = result_of(poisoned, suite, claim)
    assert (set(result.unexpected), result.success) == (keys, False)


def test_every_claim_of_the_catalogue_has_a_failing_case(without_columns: GateOutcome) -> None:
    catalogued = {(suite.name, claim.name) for suite, _ in LANDED_SUITES for claim in suite.claims}
    failing = {(suite, claim) for suite, claim, _ in FAILURES}
    failing |= {(result.suite, result.expectation) for result in without_columns.failures}
    assert catalogued == failing


def test_missing_column_blocks_and_is_named(without_columns: GateOutcome) -> None:
    result = result_of(without_columns, "fmp__splits", "columns_are_present")
    assert (result.detail, without_columns.blocked) == ("missing columns: ledger_version", True)


def test_second_row_of_a_key_blocks_the_night(poisoned: GateOutcome) -> None:
    assert result_of(poisoned, "polygon__daily_bars", "one_row_per_key").severity == "block"
    assert poisoned.blocked


def test_company_figures_never_freeze_their_symbol(poisoned: GateOutcome) -> None:
    assert not [row for row in poisoned.quarantine if "fundamentals" in row.dataset]


def test_warnings_quarantine_nothing(poisoned: GateOutcome) -> None:
    quarantined = {row.symbol for row in poisoned.quarantine}
    assert quarantined.isdisjoint({"SLIPPED", "HOLE", "LATE", "DIFFERENT", "VIX", *STOCKS[2:]})


def test_quarantine_names_table_symbol_date_and_reason(poisoned: GateOutcome) -> None:
    table, night = "raw.polygon__daily_bars", date(2018, 3, 29)
    found = [row for row in poisoned.quarantine if (row.dataset, row.symbol) == (table, "NULL")]
    reason = f"{table} has a price that is missing or not finite (NULL, 2018-03-29)."
    assert found == [QuarantineRow(table, "NULL", night, night, reason, 7)]


def test_table_that_is_not_given_counts_as_empty() -> None:
    frames = {"raw.polygon__daily_bars": landed_tables(STOCKS)["raw.polygon__daily_bars"]}
    outcome = run_gate_1(frames, context=replace(gate_context(), required_symbols=STOCKS))
    late = {result.suite for result in outcome.failures}
    assert late == {"fred_coverage", "index_coverage"}
