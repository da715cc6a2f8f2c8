"""A small made-up market landed in a real ledger: all of it legal, none of it meaningful."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from warehouse.connection import Connection
from warehouse.ledger import land, open_ledger
from warehouse.sessions import Sessions

FUNDS = ("SPY", "HYG", "LQD", "SVXY", "VXX")
INDEXES = ("VIX", "VIX9D", "VIX3M", "VIX6M", "VVIX")
STAMP = pa.timestamp("us", tz="UTC")
WORLD = "custom:synthetic"
METHOD = "vader-3.3.2-finance-1"


@dataclass
class Market:
    """Rows by raw table, as a provider would have said them, and when they were fetched.

    A test bends one of them by appending to `rows` or editing it before landing.
    """

    days: Sequence[date]
    fetched_at: datetime
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def add(self, table: str, **row: Any) -> None:
        """Append one row to a raw table, without its `raw.` prefix."""
        self.rows.setdefault(table, []).append(row)


def make_market(members: Sequence[str], sessions: Sessions, days: Sequence[date]) -> Market:
    """Random walks for all symbols on the given sessions; seeded per symbol, so prefix-stable."""
    fetched_at = sessions.decided_at(sessions.next_session(days[-1])) + timedelta(hours=6)
    market = Market(days, fetched_at)
    for symbol in (*members, *FUNDS):
        _add_bars(market, symbol)
    for symbol in members:
        _add_actions(market, symbol)
        _add_news(market, symbol, sessions)
        _add_reports(market, symbol, sessions)
    _add_series(market, sessions)
    _add_indexes(market)
    return market


def land_market(connection: Connection, market: Market, sessions: Sessions) -> int:
    """Land every row as one batch; returns the ledger version."""
    open_ledger(connection, WORLD, now=market.fetched_at)
    tables = {
        f"raw.{name}": _table(connection, name, rows, market.fetched_at)
        for name, rows in market.rows.items()
    }
    landing = land(connection, tables, sessions=sessions, run_id="synthetic", now=market.fetched_at)
    score_headlines(connection, landing.ledger_version)
    return landing.ledger_version


def _table(
    connection: Connection, name: str, rows: Sequence[Mapping[str, Any]], fetched_at: datetime
) -> pa.Table:
    """Rows as the arrow table that landing wants; a row may carry its own `fetched_at`."""
    empty = connection.execute(
        f"select * exclude (available_at, fetched_at, ledger_version, response_hash, row_hash) "
        f"from raw.{name} limit 0"
    ).to_arrow_table()
    schema = empty.schema.append(pa.field("fetched_at", STAMP)).append(
        pa.field("response_hash", pa.string())
    )
    full = [{"fetched_at": fetched_at, "response_hash": "synthetic", **row} for row in rows]
    return pa.Table.from_pylist(full, schema)


def _rng(*names: str) -> np.random.Generator:
    return np.random.default_rng(int(hashlib.sha256("|".join(names).encode()).hexdigest()[:8], 16))


def _add_bars(market: Market, symbol: str) -> None:
    rng = _rng("bars", symbol)
    close = 60.0
    volatility = 0.003 if symbol in ("HYG", "LQD") else 0.015
    for day in market.days:
        step, gap, up, down = rng.normal(0.0003, volatility), *rng.random(3)
        opened = close * (1 + volatility * (gap - 0.5))
        close *= float(np.exp(step))
        bar = {
            "symbol": symbol,
            "session_date": day,
            "open": opened,
            "high": max(opened, close) * (1 + volatility * up),
            "low": min(opened, close) * (1 - volatility * down),
            "close": close,
            "volume": 1e6 * (1 + up),
        }
        market.add(
            "polygon__daily_bars", **bar, vwap=close, transactions=1000, adjustment_mode="none"
        )
        market.add("fmp__daily_prices", **bar, adjustment_mode="none")


def _add_actions(market: Market, symbol: str) -> None:
    """A quarterly dividend from both providers, and a split once."""
    for day in market.days[40::63]:
        market.add(
            "polygon__dividends",
            symbol=symbol,
            ex_dividend_date=day,
            dividend_id=f"{symbol}-{day}",
            cash_amount=0.25,
            currency="USD",
            distribution_type="recurring",
        )
        market.add("fmp__dividends", symbol=symbol, ex_dividend_date=day, dividend=0.25)
    split_day = market.days[len(market.days) // 2]
    market.add("polygon__splits", symbol=symbol, execution_date=split_day, split_from=1, split_to=2)
    for name in ("polygon__daily_bars", "fmp__daily_prices"):
        for row in market.rows[name]:
            if row["symbol"] == symbol and row["session_date"] >= split_day:
                for column in ("open", "high", "low", "close"):
                    row[column] /= 2


def _add_news(market: Market, symbol: str, sessions: Sessions) -> None:
    words = ("gains on strong results", "falls on weak outlook", "reports quarterly results")
    rng = _rng("news", symbol)
    for number, day in enumerate(market.days):
        for story in range(int(rng.integers(0, 3))):
            published = sessions.decided_at(day) - timedelta(hours=float(rng.uniform(0.1, 20)))
            told = {
                "story_id": f"{symbol}-{number}-{story}",
                "symbol": symbol,
                "published_at": published,
                "headline": f"{symbol} {words[int(rng.integers(0, 3))]} ({number})",
                "publisher": "Synthetic",
            }
            market.add("finnhub__company_news", **told)
            if number % 5 == 0:  # told again by FMP, and something else as well
                market.add("fmp__news", **told)
                other = {"story_id": f"{told['story_id']}-b", "headline": f"{symbol} ({number})"}
                market.add("fmp__news", **(told | other))
        _add_opinions(market, symbol, number, sessions.decided_at(day))


def _add_opinions(market: Market, symbol: str, number: int, decided_at: datetime) -> None:
    """What providers think, fetched two hours after each decision; Polygon now and then only."""
    known = {"symbol": symbol, "fetched_at": decided_at + timedelta(hours=2)}
    market.add(
        "finnhub__news_sentiment",
        **known,
        observed_date=decided_at.date(),
        bullish_fraction=(number % 7) / 10,
        bearish_fraction=0.3,
    )
    if number % 9 == 0:
        market.add(
            "polygon__news_sentiment",
            **known,
            story_id=f"{symbol}-{number}",
            published_at=decided_at - timedelta(hours=3),
            sentiment=("positive", "neutral", "negative")[number // 9 % 3],
        )


def _add_reports(market: Market, symbol: str, sessions: Sessions) -> None:
    """Two figures of every fiscal year, accepted on some evening of February; Finnhub's weekly."""
    rng = _rng("reports", symbol)
    for year in sorted({day.year for day in market.days})[:-1]:
        accepted_on = sessions.next_session(date(year + 1, 2, 1) + timedelta(int(rng.integers(25))))
        figures = {"earningsYield": rng.uniform(0.02, 0.08), "returnOnEquity": rng.normal(0.1, 0.1)}
        for metric, value in figures.items():
            market.add(
                "fmp__fundamentals",
                symbol=symbol,
                statement="key_metrics",
                period_end_date=date(year, 12, 31),
                fiscal_period="FY",
                metric=metric,
                value=float(value),
                currency="USD",
                accepted_at=sessions.decided_at(accepted_on) + timedelta(minutes=15),
            )
    for day in market.days[::5]:
        market.add(
            "finnhub__fundamentals",
            symbol=symbol,
            period_end_date=day,
            fiscal_period="snapshot",
            metric="peTTM",
            value=float(rng.uniform(-5, 30)),
            fetched_at=sessions.decided_at(day) + timedelta(hours=2),
        )


def _add_series(market: Market, sessions: Sessions) -> None:
    rng = _rng("series")
    level = {"BAMLH0A0HYM2": 4.0, "BAMLC0A0CM": 1.3, "DGS3MO": 1.0}
    scale = {"BAMLH0A0HYM2": 0.06, "BAMLC0A0CM": 0.02, "DGS3MO": 0.02}
    for day in market.days:
        for series_id, value in level.items():
            level[series_id] = max(value + rng.normal(0, scale[series_id]), 0.05)
            market.add(
                "fred__observations",
                series_id=series_id,
                observed_date=day,
                value=round(level[series_id], 2),
                source_endpoint="api",
            )


def _add_indexes(market: Market) -> None:
    rng = _rng("indexes")
    vix = 18.0
    for day in market.days:
        vix = float(np.clip(vix * np.exp(rng.normal(0, 0.06)), 9, 70))
        for index_name in INDEXES:
            tilt = {"VIX": 1.0, "VIX9D": 0.97, "VIX3M": 0.7 + 6.5 / vix, "VIX6M": 1.1, "VVIX": 5}
            market.add(
                "cboe__index_history",
                index_name=index_name,
                session_date=day,
                close=round(vix * tilt[index_name] * float(np.exp(rng.normal(0, 0.01))), 2),
            )


def score_headlines(connection: Connection, version: int) -> None:
    """Scores in [-1, 1] by words, standing in for the real scorer."""
    connection.execute(
        """
        insert into raw.mqp__headline_scores
        select distinct md5(concat_ws(chr(31), headline, nullif(trim(summary), ''))), ?, case
            when headline like '%gains%' then 0.4 when headline like '%falls%' then -0.4 else 0.05
        end, ?::integer, md5(headline || '|score')
        from (
            select headline, summary from raw.finnhub__company_news
            union all select headline, summary from raw.polygon__news
            union all select headline, summary from raw.fmp__news
        )
        where md5(concat_ws(chr(31), headline, nullif(trim(summary), '')))
            not in (select headline_hash from raw.mqp__headline_scores)
        """,
        [METHOD, version],
    )


def utc(text: str) -> datetime:
    """A UTC moment from its ISO text."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
