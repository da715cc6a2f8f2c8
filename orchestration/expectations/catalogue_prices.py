"""Gate 1 on daily bars, splits and dividends: what must hold when they have landed, and why.

Severity: `quarantine` where the row itself is wrong, `block` where the whole table is, `warn` where
a person should know and the numbers still stand. Thresholds: `thresholds.py`.
"""

# A claim reads as one entry of a table, not as eight lines.
# fmt: off
from orchestration.expectations.catalogue_shared import landed_columns, one_row
from orchestration.expectations.claims import Between, Claim, OneOf, Suite
from orchestration.expectations.landed_actions import SPLIT_TABLES
from orchestration.expectations.landed_bars import BAR_TABLES
from orchestration.expectations.landed_intraday import INTRADAY_TABLES
from orchestration.expectations.thresholds import (
    DIVIDEND_ROUNDING_USD,
    LARGE_DIVIDEND_RETURN_FRACTION,
    LARGEST_SPLIT_RATIO,
    PRICE_ROUNDING_FRACTION,
    PROVIDER_CLOSE_FRACTION,
    RANGE_VIOLATION_FRACTION,
)


def _bars(table: str) -> Suite:
    return Suite(
        name=table.removeprefix("raw."),
        gate=1,
        table=table,
        grain="One row per symbol and session.",
        subject=("symbol",),
        dated_by="session_date",
        shown=("open", "high", "low", "close", "volume"),
        claims=(
            landed_columns("symbol", "session_date", "open", "high", "low", "close", "volume"),
            one_row("symbol", "session_date"),
            Claim("prices_are_present", "missing_prices", OneOf((0,)), "quarantine",
                  "Fills need the open, stops the close, the average true range high and low.",
                  "a price that is missing or not finite"),
            Claim("prices_are_positive", "lowest_price", Between(0, is_open=True), "quarantine",
                  "Providers write 0 for unknown; a price of nothing gives endless returns.",
                  "a price that is not positive"),
            Claim("volumes_are_not_negative", "volume", Between(0), "quarantine",
                  "Shares traded cannot be negative, so the row is garbage; unknown is allowed.",
                  "a negative volume"),
            Claim("opens_and_closes_lie_in_the_range", "range_violation_fraction",
                  Between(high=RANGE_VIOLATION_FRACTION), "quarantine",
                  "An open or close more than 1 % outside high and low, or a high below the low, "
                  "mixes two bars; at most one of the prices can be right.",
                  "an open or close far outside its high and low"),
            Claim("ranges_are_tight", "range_violation_fraction",
                  Between(high=PRICE_ROUNDING_FRACTION), "warn",
                  "Vendors patch one price and not the others; below 1 % the close stays usable. "
                  "Rounding to four decimals is no violation."),
            Claim("bars_are_on_sessions", "is_session", OneOf((True,)), "quarantine",
                  "The exchange's own calendar: a bar on a holiday belongs to another day.",
                  "a date on which the exchange was closed"),
            Claim("jumps_have_a_corporate_action", "move_over_limit", Between(high=1),
                  "quarantine",
                  "Total return after known splits and dividends, over what the instrument may "
                  "move in a day: stocks -44 % or +80 %, other funds -26 % or +35 %; a factor of "
                  "4.1 or 1.8 when a second provider has the same close. SVXY and VXX may move by "
                  "a factor of 20 when the VIX moved by 30 % that session or the one before. Open "
                  "and close at a split's ratio are a forgotten split whatever the size.",
                  "a jump that no split, dividend or second source explains"),
        ),
    )


def _splits(table: str, *ratio: str) -> Suite:
    return Suite(
        name=table.removeprefix("raw."),
        gate=1,
        table=table,
        grain="One row per symbol and execution date.",
        subject=("symbol",),
        dated_by="execution_date",
        shown=("split_ratio", "close_before", "close_on", "close_next"),
        claims=(
            landed_columns("symbol", "execution_date", *ratio),
            one_row("symbol", "execution_date"),
            Claim("split_ratios_are_positive", "split_ratio",
                  Between(0, LARGEST_SPLIT_RATIO, is_open=True), "quarantine",
                  "New shares per old one; more than a thousand is a slip of the decimal point.",
                  "a ratio that is impossible"),
            Claim("splits_move_the_price", "is_in_prices", OneOf((True,)), "quarantine",
                  "Providers list splits twice under two dates. One that the closes of its own "
                  "and of the next session both ignore did not happen; applying it would invent a"
                  " return of its whole ratio.",
                  "no effect on the closes of its own and of the next session"),
        ),
    )


def _dividends(table: str, amount: str, *key: str) -> Suite:
    return Suite(
        name=table.removeprefix("raw."),
        gate=1,
        table=table,
        grain="One row per symbol, ex-date and payment.",
        subject=("symbol",),
        dated_by="ex_dividend_date",
        shown=("amount", "close_before", "close_on"),
        claims=(
            landed_columns("symbol", "ex_dividend_date", *key, amount),
            one_row("symbol", "ex_dividend_date", *key),
            Claim("dividends_are_not_negative", "amount", Between(0), "quarantine",
                  "Cash per share paid out.",
                  "a negative amount"),
            Claim("dividends_are_below_the_price", "price_fraction", Between(high=1), "quarantine",
                  "Nobody pays out more than a share was worth; wrong currency units do.",
                  "an amount above the last close"),
            Claim("large_dividends_take_the_price_down", "large_dividend_return",
                  Between(high=LARGE_DIVIDEND_RETURN_FRACTION), "quarantine",
                  "Above a tenth of the price (specials, spin-offs) the close falls by the "
                  "amount: EBAY 2015 left +1.0 %, XLF 2016 +0.6 %. A return above 10 % means that"
                  " the price never paid it.",
                  "a large amount that the price did not pay"),
        ),
    )


def _intraday(table: str) -> Suite:
    return Suite(
        name=table.removeprefix("raw."),
        gate=1,
        table=table,
        grain="One row per symbol, interval and bar.",
        subject=("symbol",),
        dated_by="day",
        shown=("bar_end_at", "open", "high", "low", "close", "volume"),
        claims=(
            landed_columns("symbol", "bar_interval", "bar_end_at", "open", "high", "low", "close",
                           "volume"),
            one_row("symbol", "bar_interval", "bar_end_at"),
            Claim("intraday_prices_are_positive", "lowest_price", Between(0, is_open=True),
                  "quarantine",
                  "A bar has all four prices or it is none; a minute without a trade has no bar.",
                  "a price that is missing or not positive"),
            Claim("intraday_ranges_hold_their_prices", "range_violation_fraction",
                  Between(high=RANGE_VIOLATION_FRACTION), "quarantine",
                  "An open or close outside high and low mixes two bars.",
                  "an open or close far outside its high and low"),
            Claim("intraday_volumes_are_not_negative", "volume", Between(0), "quarantine",
                  "Shares traded cannot be negative, so the row is garbage; unknown is allowed.",
                  "a negative volume"),
            Claim("intraday_bars_are_in_regular_hours", "minutes_outside_hours", Between(high=0),
                  "quarantine",
                  "Opening and closing moments of the exchange's own calendar, early closes too: a "
                  "bar outside is of another market, or an hour wrong after a clock change.",
                  "a bar outside the session's hours"),
        ),
    )


BAR_AGREEMENT = Suite(
    name="daily_bars_agreement",
    gate=1,
    table="raw.polygon__daily_bars",
    grain="One row per symbol and session that two providers have.",
    subject=("symbol",),
    dated_by="session_date",
    shown=("close", "second", "close_second"),
    claims=(
        Claim("providers_agree_on_closes", "close_difference_fraction",
              Between(high=PROVIDER_CLOSE_FRACTION), "warn",
              "Primary and consolidated closes differ by less than 0.5 %; more is another "
              "company's price, another day's, or a split that one of them lacks."),
    ),
)

SPLIT_AGREEMENT = Suite(
    name="splits_agreement",
    gate=1,
    table="raw.polygon__splits",
    grain="One row per split that two providers have.",
    subject=("symbol",),
    dated_by="execution_date",
    shown=("split_ratio", "second", "split_ratio_second"),
    claims=(
        Claim("providers_agree_on_splits", "ratio_difference_fraction",
              Between(high=PROVIDER_CLOSE_FRACTION), "warn",
              "Wrong factors happen (15 for 5); the first provider's counts."),
    ),
)

DIVIDEND_AGREEMENT = Suite(
    name="dividends_agreement",
    gate=1,
    table="raw.polygon__dividends",
    grain="One row per symbol and ex-date that two providers have.",
    subject=("symbol",),
    dated_by="ex_dividend_date",
    shown=("amount", "second", "amount_second"),
    claims=(
        Claim("providers_agree_on_dividends", "amount_difference_usd",
              Between(high=DIVIDEND_ROUNDING_USD), "warn",
              "Some providers round to cents; more is another currency, a forgotten split or a "
              "special that one of them lacks. The first provider's counts."),
    ),
)

BARS = tuple(_bars(table) for table in BAR_TABLES)
SPLITS = tuple(_splits(table, *ratio) for table, ratio in SPLIT_TABLES.items())
DIVIDENDS = (
    _dividends("raw.polygon__dividends", "cash_amount", "dividend_id"),
    _dividends("raw.fmp__dividends", "dividend"),
    _dividends("raw.finnhub__dividends", "amount"),
    _dividends("raw.yahoo__dividends", "amount"),
)
INTRADAY = tuple(_intraday(table) for table in INTRADAY_TABLES)
