"""A quiet quarter around 2018-02-05, when the VIX more than doubled, as it landed.

Stocks at 100 USD with a small wiggle, SVXY (which lost most of its value on the 6th), five
volatility indexes, three macro series, two stories a day. Night: 2018-03-29, a Thursday before a
holiday.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas as pd

from orchestration.expectations.outcome import GateContext

NIGHT = date(2018, 3, 29)
DECIDED_AT = datetime(2018, 3, 29, 20, 30, tzinfo=UTC)
CLOSED = pd.DatetimeIndex(["2018-01-15", "2018-02-19", "2018-03-30"])
SESSIONS = pd.bdate_range("2018-01-02", "2018-04-03").difference(CLOSED)
DAYS = SESSIONS[pd.Timestamp(NIGHT) >= SESSIONS]
STOCKS = ("AAA", "BBB", "CCC")
VIX = {"2018-02-05": 37.0, "2018-02-06": 30.0}
SVXY_AFTER_THE_SHOCK = 0.17


def stamped(frame: pd.DataFrame) -> pd.DataFrame:
    """Add what landing adds."""
    return frame.assign(
        available_at=pd.Timestamp("2018-01-02", tz="UTC"),
        fetched_at=pd.Timestamp("2018-03-29 20:20", tz="UTC"),
        ledger_version=7,
    )


def bars_of(symbol: str, days: pd.DatetimeIndex = DAYS) -> pd.DataFrame:
    """Bars that wiggle by half a percent; SVXY keeps 17 % from 2018-02-06 on."""
    close = 100.0 + 0.5 * np.sin(np.arange(len(days)))
    if symbol == "SVXY":
        close = np.where(days >= pd.Timestamp("2018-02-06"), close * SVXY_AFTER_THE_SHOCK, close)
    prices = {"open": close, "high": close * 1.01, "low": close * 0.99, "close": close}
    return pd.DataFrame({"symbol": symbol, "session_date": days, **prices, "volume": 1e6})


def minutes_of(symbol: str) -> pd.DataFrame:
    """Every 5-minute bar of the last two sessions: the clocks changed three weeks before."""
    ends = [
        (day + pd.Timedelta(hours=9, minutes=35 + 5 * number)).tz_localize("America/New_York")
        for day in DAYS[-2:]
        for number in range(78)
    ]
    prices = {"open": 100.0, "high": 101.0, "low": 99.0, "close": 100.5}
    bar = {"symbol": symbol, "bar_interval": "5m", **prices, "volume": 1e4}
    return pd.DataFrame({**bar, "bar_end_at": pd.DatetimeIndex(ends).tz_convert("UTC")})


def index_of(name: str, level: float) -> pd.DataFrame:
    """Closes at one level; the VIX with its shock."""
    shock = VIX if name == "VIX" else {}
    close = np.array([shock.get(str(day.date()), level) for day in DAYS])
    candle = {"open": close, "high": close, "low": close, "close": close}
    return pd.DataFrame({"index_name": name, "session_date": DAYS, **candle})


def series_of(name: str, value: float) -> pd.DataFrame:
    """One value on every session and on the month-end Sunday that ICE keeps."""
    days = DAYS.insert(0, pd.Timestamp("2017-12-31"))
    return pd.DataFrame(
        {"series_id": name, "observed_date": days, "value": value, "source_endpoint": "api"}
    )


def stories_of(symbol: str) -> pd.DataFrame:
    """Two stories on each of the last five sessions."""
    published = [day + pd.Timedelta(hours=hour) for day in DAYS[-5:] for hour in (14, 19)]
    return pd.DataFrame(
        {
            "story_id": [f"{symbol}-{number}" for number in range(len(published))],
            "symbol": symbol,
            "published_at": pd.DatetimeIndex(published).tz_localize("UTC"),
            "headline": f"{symbol} opens plant",
        }
    )


def figures_of(symbol: str) -> pd.DataFrame:
    """Three figures of the fiscal year 2017, accepted in February."""
    figures = {"returnOnEquity": 0.18, "earningsYield": 0.05, "evToSales": 3.1}
    return pd.DataFrame(
        {
            "symbol": symbol,
            "statement": "key_metrics",
            "period_end_date": pd.Timestamp("2017-12-31"),
            "fiscal_period": "FY",
            "metric": list(figures),
            "value": list(figures.values()),
            "accepted_at": pd.Timestamp("2018-02-20 21:45", tz="UTC"),
        }
    )


def bill_rates() -> pd.DataFrame:
    """The bill rate of the last five sessions."""
    return pd.DataFrame({"maturity": "month3", "observed_date": DAYS[-5:], "value": 1.6})


def profiles_of(symbol: str) -> pd.DataFrame:
    """Who a company is."""
    who = {"symbol": symbol, "name": f"{symbol} Inc.", "sector": "Energy", "is_etf": False}
    return pd.DataFrame([who])


def opinions_of(symbol: str) -> pd.DataFrame:
    """The provider likes the stories that it sends."""
    told = stories_of(symbol)[["story_id", "symbol", "published_at"]]
    return told.assign(sentiment="positive")


def weekly_opinions_of(symbol: str) -> pd.DataFrame:
    """Nine of ten articles are bullish, day after day."""
    fractions = {"company_news_score": 0.5, "bullish_fraction": 0.9, "bearish_fraction": 0.1}
    return pd.DataFrame({"symbol": symbol, "observed_date": DAYS[-5:], **fractions})


def landed_tables(symbols: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Every raw table of a night in which nothing is wrong."""
    bars = stamped(pd.concat([bars_of(name) for name in symbols]))
    news = stamped(pd.concat([stories_of(symbol) for symbol in symbols[:2]]))
    levels = {"VIX": 15.0, "VIX9D": 14.0, "VIX3M": 17.0, "VIX6M": 18.0, "VVIX": 90.0}
    indexes = stamped(pd.concat([index_of(name, level) for name, level in levels.items()]))
    rates = {"BAMLH0A0HYM2": 3.4, "BAMLC0A0CM": 1.0, "DGS3MO": 1.6}
    return {
        "raw.polygon__daily_bars": bars,
        "raw.fmp__daily_prices": bars.copy(),
        "raw.finnhub__daily_candles": bars.copy(),
        "raw.yahoo__daily_bars": bars.copy(),
        "raw.polygon__intraday_bars": stamped(minutes_of("AAA")),
        "raw.finnhub__intraday_bars": stamped(minutes_of("AAA")),
        "raw.polygon__splits": stamped(
            pd.DataFrame(columns=["symbol", "execution_date", "split_from", "split_to"])
        ),
        "raw.fmp__splits": stamped(
            pd.DataFrame(columns=["symbol", "execution_date", "numerator", "denominator"])
        ),
        "raw.finnhub__splits": stamped(
            pd.DataFrame(columns=["symbol", "execution_date", "to_factor", "from_factor"])
        ),
        "raw.yahoo__splits": stamped(
            pd.DataFrame(columns=["symbol", "execution_date", "numerator", "denominator"])
        ),
        "raw.polygon__dividends": stamped(
            pd.DataFrame(
                {
                    "symbol": ["AAA"],
                    "ex_dividend_date": [DAYS[30]],
                    "dividend_id": ["E1"],
                    "cash_amount": [0.25],
                }
            )
        ),
        "raw.fmp__dividends": stamped(
            pd.DataFrame({"symbol": ["AAA"], "ex_dividend_date": [DAYS[30]], "dividend": [0.25]})
        ),
        "raw.finnhub__dividends": stamped(
            pd.DataFrame({"symbol": ["AAA"], "ex_dividend_date": [DAYS[30]], "amount": [0.25]})
        ),
        "raw.yahoo__dividends": stamped(
            pd.DataFrame({"symbol": ["AAA"], "ex_dividend_date": [DAYS[30]], "amount": [0.25]})
        ),
        "raw.polygon__news": news,
        "raw.finnhub__company_news": news.copy(),
        "raw.fmp__news": news.copy(),
        "raw.fred__observations": stamped(
            pd.concat([series_of(name, value) for name, value in rates.items()])
        ),
        "raw.cboe__index_history": indexes[indexes["session_date"] < pd.Timestamp(NIGHT)],
        "raw.fmp__fundamentals": stamped(pd.concat([figures_of(symbol) for symbol in symbols])),
        "raw.finnhub__fundamentals": stamped(figures_of("AAA").assign(metric="roeTTM").iloc[:1]),
        "raw.fmp__profiles": stamped(pd.concat([profiles_of(symbol) for symbol in symbols])),
        "raw.polygon__news_sentiment": stamped(opinions_of("AAA")),
        "raw.finnhub__news_sentiment": stamped(weekly_opinions_of("AAA")),
        "raw.fmp__treasury_rates": stamped(bill_rates()),
        "raw.cboe__delayed_quotes": indexes[indexes["session_date"] >= DAYS[-2]],
    }


def gate_context(**changes: Any) -> GateContext:
    """What a gate knows of that night."""
    known: dict[str, Any] = {
        "night": NIGHT,
        "decided_at": DECIDED_AT,
        "sessions": [day.date() for day in SESSIONS],
        "required_symbols": (*STOCKS, "SVXY"),
        "series_due": {"BAMLH0A0HYM2": date(2018, 3, 28), "DGS3MO": date(2018, 3, 27)},
    }
    return GateContext(**{**known, **changes})
