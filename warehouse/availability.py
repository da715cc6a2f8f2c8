"""When each dataset can be known, and what happens when a provider changes its mind.

This is the one table of availability rules. A rule turns what a row is about into the UTC moment
from which a market participant could know it; `ledger.land` applies it to every row that lands.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Literal

from warehouse.sessions import BAR_READY, Sessions

OAS_READY = time(9, 0)  # New York, next session: ICE publishes the evening's index overnight
H15_READY = time(18, 0)  # New York, next session: the Board's H.15 release reaches FRED by then
SESSION_OPENS = time(9, 30)  # New York: the first trade at the new terms

Rule = Callable[[Sessions, date], datetime]


def _bar_rule(sessions: Sessions, day: date) -> datetime:
    return sessions.at(day, BAR_READY)


def _action_rule(sessions: Sessions, day: date) -> datetime:
    return sessions.at(day, SESSION_OPENS)


def _oas_rule(sessions: Sessions, day: date) -> datetime:
    return sessions.at(sessions.next_session(day), OAS_READY)


def _h15_rule(sessions: Sessions, day: date) -> datetime:
    return sessions.at(sessions.next_session(day), H15_READY)


@dataclass(frozen=True)
class RawTable:
    """How one raw table is keyed, revised and dated.

    `policy`: `restate` means the newest version counts and keeps the observation's `available_at`;
    `vintage` means that every version is a row, known from the moment it appeared.
    `date_column`: the column that the availability rule reads.
    """

    name: str
    key: tuple[str, ...]
    policy: Literal["restate", "vintage"]
    date_column: str
    rule: str


ANNUAL_LAG_DAYS, QUARTERLY_LAG_DAYS = 90, 60
"""Calendar days after which a fiscal period counts as known when no acceptance time is."""

STAMP_RULES: dict[str, str] = {
    "its own stamp": "{date_column}",
    "a day after its stamp": "{date_column} + interval 1 day",
    "moment of the fetch": "fetched_at",
    "acceptance, else the fiscal period's end and a lag": (
        "coalesce(accepted_at, ({date_column} + case fiscal_period when 'FY' "
        f"then {ANNUAL_LAG_DAYS} else {QUARTERLY_LAG_DAYS} end)::timestamp "
        "at time zone 'America/New_York')"
    ),
}
"""Rules that read moments which the row itself carries, as SQL over its columns."""

RULES: dict[str, Rule] = {
    "16:15 New York of the session": _bar_rule,
    "09:30 New York of the effective day": _action_rule,
    "09:00 New York of the next session": _oas_rule,
    "18:00 New York of the next session": _h15_rule,
}

BY_SERIES = "by series"
SERIES_RULES: dict[str, str] = {
    "BAMLH0A0HYM2": "09:00 New York of the next session",
    "BAMLC0A0CM": "09:00 New York of the next session",
    "DGS3MO": "18:00 New York of the next session",
    # FRED's copy of the VIX: on the next day at an hour that nobody promises
    "VIXCLS": "18:00 New York of the next session",
}
"""FRED series differ in when they are published; an unlisted series gets the later rule."""

RAW_TABLES: tuple[RawTable, ...] = (
    RawTable(
        "raw.polygon__daily_bars",
        ("symbol", "session_date"),
        "restate",
        "session_date",
        "16:15 New York of the session",
    ),
    RawTable(
        "raw.polygon__splits",
        ("symbol", "execution_date"),
        "restate",
        "execution_date",
        "09:30 New York of the effective day",
    ),
    RawTable(
        "raw.polygon__dividends",
        ("symbol", "ex_dividend_date", "dividend_id"),
        "restate",
        "ex_dividend_date",
        "09:30 New York of the effective day",
    ),
    RawTable(
        "raw.polygon__news", ("story_id", "symbol"), "vintage", "published_at", "its own stamp"
    ),
    RawTable(
        "raw.fmp__daily_prices",
        ("symbol", "session_date"),
        "restate",
        "session_date",
        "16:15 New York of the session",
    ),
    RawTable(
        "raw.fmp__splits",
        ("symbol", "execution_date"),
        "restate",
        "execution_date",
        "09:30 New York of the effective day",
    ),
    RawTable(
        "raw.fmp__dividends",
        ("symbol", "ex_dividend_date"),
        "restate",
        "ex_dividend_date",
        "09:30 New York of the effective day",
    ),
    RawTable(
        "raw.finnhub__company_news",
        ("story_id", "symbol"),
        "vintage",
        "published_at",
        "its own stamp",
    ),
    RawTable(
        "raw.fred__observations",
        ("series_id", "observed_date"),
        "vintage",
        "observed_date",
        BY_SERIES,
    ),
    RawTable(
        "raw.cboe__index_history",
        ("index_name", "session_date"),
        "restate",
        "session_date",
        "16:15 New York of the session",
    ),
    RawTable(
        "raw.cboe__delayed_quotes",
        ("index_name", "session_date"),
        "restate",
        "session_date",
        "16:15 New York of the session",
    ),
    RawTable(
        "raw.polygon__intraday_bars",
        ("symbol", "bar_interval", "bar_end_at"),
        "restate",
        "bar_end_at",
        "its own stamp",
    ),
    RawTable(
        "raw.finnhub__intraday_bars",
        ("symbol", "bar_interval", "bar_end_at"),
        "restate",
        "bar_end_at",
        "its own stamp",
    ),
    RawTable(
        "raw.finnhub__daily_candles",
        ("symbol", "session_date"),
        "restate",
        "session_date",
        "16:15 New York of the session",
    ),
    RawTable(
        "raw.finnhub__splits",
        ("symbol", "execution_date"),
        "restate",
        "execution_date",
        "09:30 New York of the effective day",
    ),
    RawTable(
        "raw.finnhub__dividends",
        ("symbol", "ex_dividend_date"),
        "restate",
        "ex_dividend_date",
        "09:30 New York of the effective day",
    ),
    RawTable(
        "raw.yahoo__daily_bars",
        ("symbol", "session_date"),
        "restate",
        "session_date",
        "16:15 New York of the session",
    ),
    RawTable(
        "raw.yahoo__splits",
        ("symbol", "execution_date"),
        "restate",
        "execution_date",
        "09:30 New York of the effective day",
    ),
    RawTable(
        "raw.yahoo__dividends",
        ("symbol", "ex_dividend_date"),
        "restate",
        "ex_dividend_date",
        "09:30 New York of the effective day",
    ),
    RawTable(
        "raw.fmp__news",
        ("story_id", "symbol"),
        "vintage",
        "published_at",
        "a day after its stamp",
    ),
    RawTable(
        "raw.finnhub__news_sentiment",
        ("symbol", "observed_date"),
        "vintage",
        "observed_date",
        "moment of the fetch",
    ),
    RawTable(
        "raw.polygon__news_sentiment",
        ("story_id", "symbol"),
        "vintage",
        "published_at",
        "moment of the fetch",
    ),
    RawTable(
        "raw.fmp__fundamentals",
        ("symbol", "statement", "period_end_date", "fiscal_period", "metric"),
        "vintage",
        "period_end_date",
        "acceptance, else the fiscal period's end and a lag",
    ),
    RawTable(
        "raw.finnhub__fundamentals",
        ("symbol", "period_end_date", "fiscal_period", "metric"),
        "vintage",
        "period_end_date",
        "moment of the fetch",
    ),
    RawTable(
        "raw.fmp__profiles",
        ("symbol",),
        "vintage",
        "symbol",
        "moment of the fetch",
    ),
    RawTable(
        "raw.fmp__treasury_rates",
        ("maturity", "observed_date"),
        "vintage",
        "observed_date",
        "18:00 New York of the next session",
    ),
)
