"""Gate 1 on news, macro series and volatility indexes, and on what is not there at all.

Severity: `quarantine` where the row itself is wrong, `block` where the whole table is, `warn` where
a person should know and the numbers still stand. Thresholds: `thresholds.py`.
"""

# A claim reads as one entry of a table, not as eight lines.
# fmt: off
from orchestration.expectations.catalogue_shared import landed_columns, one_row
from orchestration.expectations.claims import Between, Claim, OneOf, Suite
from orchestration.expectations.thresholds import (
    PRICE_ROUNDING_FRACTION,
    PROVIDER_CLOSE_FRACTION,
    ROWS_KEPT_FRACTION,
)


def _news(table: str) -> Suite:
    return Suite(
        name=table.removeprefix("raw."),
        gate=1,
        table=table,
        grain="One row per story and symbol.",
        subject=("symbol",),
        dated_by="day",
        shown=("headline", "published_at"),
        claims=(
            landed_columns("story_id", "symbol", "published_at", "headline"),
            one_row("story_id", "symbol"),
            Claim("headlines_are_not_blank", "is_blank", OneOf((False,)), "warn",
                  "A blank headline scores 0 and dilutes the day's mean."),
            Claim("stories_are_not_from_the_future", "minutes_after_fetch", Between(high=0),
                  "quarantine",
                  "A story stamped later than its own fetch has a wrong stamp, and the stamp "
                  "decides which session may know it.",
                  "a publication stamp after the moment it was fetched"),
        ),
    )


def _index(table: str, *more: Claim) -> Suite:
    return Suite(
        name=table.removeprefix("raw."),
        gate=1,
        table=table,
        grain="One row per index and session.",
        subject=("index_name",),
        dated_by="session_date",
        shown=("open", "high", "low", "close"),
        claims=(
            landed_columns("index_name", "session_date", "open", "high", "low", "close"),
            one_row("index_name", "session_date"),
            Claim("closes_are_present", "missing_close", OneOf((False,)), "quarantine",
                  "The ratio reads the close alone; two-column files have nothing else.",
                  "a close that is missing or not finite"),
            Claim("closes_are_believable", "range_excess", Between(high=0), "quarantine",
                  "VIX family between 3 and 200 points (9.14 to 150.19 so far), VIX9D to 300, "
                  "VVIX between 30 and 400.",
                  "a close outside the index's believable range"),
            Claim("closes_do_not_leap", "move_over_limit", Between(high=1), "quarantine",
                  "Three and a half times or less a day: the record is +116 % on 2018-02-05. Five"
                  " sessions at a new level make it real.",
                  "a close too far from the one before"),
            Claim("closes_are_on_sessions", "is_session", OneOf((True,)), "quarantine",
                  "Quote pages replay the last session on holidays.",
                  "a date on which the exchange was closed"),
            Claim("candles_hold_their_close", "candle_violation_fraction",
                  Between(high=PRICE_ROUNDING_FRACTION), "warn",
                  "Cboe's own file has 47 VIX candles (1992-2006) with open or close outside high"
                  " and low. The close is what we read: it stays."),
            *more,
        ),
    )


def _coverage(name: str, table: str, subject: str, what: str) -> Suite:
    return Suite(
        name=name,
        gate=1,
        table=table,
        grain=f"One row per {what}, all its providers together.",
        subject=(subject,),
        dated_by="last_date",
        shown=("missing_dates", "sessions_behind"),
        claims=(
            Claim("no_missing_trading_days", "missing_sessions", OneOf((0,)), "warn",
                  "Every session between first and last observation; a delisted symbol simply "
                  "ends, and VXX did not exist from 2019-01-30 to 2019-05-01."),
            Claim("required_inputs_reach_tonight", "sessions_behind", Between(high=0), "warn",
                  "A late input makes the night DEGRADED and freezes the symbol; it does not stop"
                  " the others."),
        ),
    )


def history_suite(table: str) -> Suite:
    """The suite that notices when a provider forgets."""
    return Suite(
        name=f"{table.removeprefix('raw.')}_history",
        gate=1,
        table=table,
        grain="One row per subject that an earlier night knew.",
        subject=("subject",),
        dated_by="first_date",
        shown=("first_date", "previous_first_date", "rows_kept_fraction"),
        claims=(
            Claim("history_did_not_shrink", "rows_kept_fraction", Between(ROWS_KEPT_FRACTION),
                  "warn",
                  "The ledger never deletes, so fewer rows than an earlier night saw mean a purge"
                  " or a wrong file; ICE spreads lost all but three years at FRED in April 2026."),
            Claim("history_starts_where_it_did", "is_start_kept", OneOf((True,)), "warn",
                  "A later first date moves every seed: first price, Wilder's start, percentiles."),
        ),
    )


FRED = Suite(
    name="fred__observations",
    gate=1,
    table="raw.fred__observations",
    grain="One row per series and observation date.",
    subject=("series_id",),
    dated_by="observed_date",
    shown=("value",),
    claims=(
        landed_columns("series_id", "observed_date", "value"),
        one_row("series_id", "observed_date"),
        Claim("values_are_finite", "is_finite", OneOf((True,)), "quarantine",
              "A missing value is no row at all.",
              "a value that is no number"),
        Claim("values_are_believable", "range_excess", Between(high=0), "quarantine",
              "High-yield spread 0.1 to 40 % (peak 21.82 in 2008), investment grade 0.1 to 20 % "
              "(6.56), 3-month bill -2 to 25 % (17.01 in 1981).",
              "a value outside the series' believable range"),
        Claim("values_do_not_leap", "move_over_limit", Between(high=1), "quarantine",
              "Daily change at most 3 points for high yield (1.4 in March 2020), 1.5 for "
              "investment grade, 2 for the bill; five observations at a new level make it real.",
              "a value too far from the one before"),
        Claim("dates_are_weekdays_or_month_ends", "is_weekend_row", OneOf((False,)), "quarantine",
              "ICE closes its months on whatever day they end; any other weekend is a shifted "
              "date. Bond holidays differ from the exchange's: weekdays are never judged.",
              "a weekend date that does not end a month"),
        Claim("dates_are_not_after_the_night", "days_after_night", Between(high=0), "quarantine",
              "Nothing is observed before it happens.",
              "a date after the night"),
    ),
)

SERIES_COVERAGE = Suite(
    name="fred_coverage",
    gate=1,
    table="raw.fred__observations",
    grain="One row per awaited series.",
    subject=("series_id",),
    dated_by="last_date",
    shown=("last_date", "due_date"),
    claims=(
        Claim("series_reach_their_due_date", "days_late", Between(high=0), "warn",
              "Spreads of the session before, rates of the one before that; bond holidays aside."),
    ),
)

QUOTE_AGREEMENT = Claim(
    "quotes_agree_with_the_file", "file_difference_fraction",
    Between(high=PROVIDER_CLOSE_FRACTION), "warn",
    "The file replaces the quote the next day; a difference moves a decision's input.",
)

NEWS = tuple(
    _news(table) for table in ("raw.polygon__news", "raw.finnhub__company_news", "raw.fmp__news")
)
INDEX_HISTORY = _index("raw.cboe__index_history")
INDEX_QUOTES = _index("raw.cboe__delayed_quotes", QUOTE_AGREEMENT)
BAR_COVERAGE = _coverage("daily_bars_coverage", "raw.polygon__daily_bars", "symbol", "symbol")
INDEX_COVERAGE = _coverage("index_coverage", "raw.cboe__index_history", "index_name", "index")
