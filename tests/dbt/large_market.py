"""A made-up market of any size, drawn in arrays and landed in a real ledger.

The market of `tests.dbt.synthetic` is made row by row, for a handful of symbols.
"""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from tests.dbt.intraday_market import session_bars
from tests.dbt.synthetic import FUNDS, INDEXES, WORLD, score_headlines
from warehouse.connection import Connection
from warehouse.ledger import land, open_ledger
from warehouse.sessions import Sessions

STAMP = pa.timestamp("us", tz="UTC")
SERIES_LEVELS = {"BAMLH0A0HYM2": 4.0, "BAMLC0A0CM": 1.3, "DGS3MO": 1.0}
INDEX_LEVELS = dict(zip(INDEXES, (18.0, 17.5, 20.0, 21.0, 95.0), strict=True))
SESSIONS_PER_DIVIDEND, SESSIONS_PER_STORY = 63, 21
HEADLINES = ("gains on strong results", "falls on weak outlook", "reports quarterly results")


def member_names(count: int) -> list[str]:
    """Tickers S0000, S0001, ..."""
    return [f"S{number:04d}" for number in range(count)]


def land_large_market(
    connection: Connection, n_symbols: int, sessions: Sessions, days: Sequence[date], *, seed: int
) -> int:
    """Land bars, actions, news, macro series and the VIX family of a seed; returns the version.

    Every second member pays dividends, every tenth splits once, every one is in the news once a
    month. The first members have intraday bars of the last sessions.
    """
    rng = np.random.default_rng(seed)
    members = member_names(n_symbols)
    fetched_at = sessions.decided_at(sessions.next_session(days[-1])) + timedelta(hours=6)
    dates = np.array(days, dtype="datetime64[D]")
    split_days = _split_days(n_symbols, len(days))
    tables = {
        "raw.polygon__daily_bars": _bars(rng, [*members, *FUNDS], dates, split_days),
        "raw.polygon__splits": _splits(members, dates, split_days),
        "raw.polygon__dividends": _dividends(members, dates),
        "raw.polygon__intraday_bars": _intraday_bars(members[:6], sessions, days[-30:], seed),
        "raw.finnhub__company_news": _stories(members, sessions, days),
        "raw.fred__observations": _series(rng, dates),
        "raw.cboe__index_history": _indexes(rng, dates),
    }
    open_ledger(connection, WORLD, now=fetched_at)
    stamped = {name: _stamped(rows, fetched_at) for name, rows in tables.items()}
    landing = land(connection, stamped, sessions=sessions, run_id="scale", now=fetched_at)
    score_headlines(connection, landing.ledger_version)
    return landing.ledger_version


def _stamped(rows: pa.Table, fetched_at: object) -> pa.Table:
    moments = pa.repeat(pa.scalar(fetched_at, STAMP), rows.num_rows)
    hashes = pa.repeat(pa.scalar("synthetic"), rows.num_rows)
    return rows.append_column("fetched_at", moments).append_column("response_hash", hashes)


def _named(names: Sequence[str], at: np.ndarray) -> pa.Array:
    """Names by position, as plain text."""
    return pa.array(names).take(pa.array(at))


def _split_days(n_symbols: int, n_sessions: int) -> np.ndarray:
    """(n_symbols,) session of each one's split, the number of sessions where there is none."""
    number = np.arange(n_symbols)
    return np.where(number % 10 == 3, n_sessions // 4 + number % (n_sessions // 2), n_sessions)


def _bars(
    rng: np.random.Generator, symbols: Sequence[str], dates: np.ndarray, split_days: np.ndarray
) -> pa.Table:
    """Random walks in whole cents, symbol by symbol in order of date."""
    shape = (len(symbols), len(dates))
    first = 10 ** rng.uniform(1.0, 2.5, shape[0])
    steps = rng.normal(0.0003, 0.015, shape)
    close = first[:, None] * np.exp(np.cumsum(steps, axis=1))
    for at, day in enumerate(split_days):
        close[at, day:] /= 2
    opened = close * (1 + 0.005 * rng.uniform(-1, 1, shape))
    high = np.maximum(opened, close) * (1 + 0.01 * rng.random(shape))
    low = np.minimum(opened, close) * (1 - 0.01 * rng.random(shape))
    cents = {
        name: np.maximum(values.ravel().round(2), 0.01)
        for name, values in {"open": opened, "high": high, "low": low, "close": close}.items()
    }
    count = close.size
    return pa.table(
        {
            "symbol": _named(symbols, np.repeat(np.arange(shape[0]), shape[1])),
            "session_date": pa.array(np.tile(dates, shape[0])),
            **cents,
            "volume": rng.integers(100_000, 10_000_000, count).astype(float),
            "vwap": cents["close"],
            "transactions": rng.integers(1_000, 100_000, count),
            "adjustment_mode": pa.repeat(pa.scalar("none"), count),
        }
    )


def _intraday_bars(
    symbols: Sequence[str], sessions: Sessions, days: Sequence[date], seed: int
) -> pa.Table:
    bars = pd.concat(
        session_bars(symbol, sessions, days, seed=seed + at) for at, symbol in enumerate(symbols)
    )
    told = bars.drop(columns="session_date").assign(bar_interval="5m", volume=1_000.0, vwap=0.0)
    rows = told.assign(transactions=10, adjustment_mode="none")
    return pa.Table.from_pandas(rows, preserve_index=False)


def _splits(members: Sequence[str], dates: np.ndarray, split_days: np.ndarray) -> pa.Table:
    has_split = np.flatnonzero(split_days < len(dates))
    return pa.table(
        {
            "symbol": _named(members, has_split),
            "execution_date": pa.array(dates[split_days[has_split]]),
            "split_from": np.ones(len(has_split)),
            "split_to": np.full(len(has_split), 2.0),
        }
    )


def _dividends(members: Sequence[str], dates: np.ndarray) -> pa.Table:
    payers, paid_on = np.arange(0, len(members), 2), dates[40::SESSIONS_PER_DIVIDEND]
    symbol = _named(members, np.repeat(payers, len(paid_on)))
    day = pa.array(np.tile(paid_on, len(payers)))
    return pa.table(
        {
            "symbol": symbol,
            "ex_dividend_date": day,
            "dividend_id": pc.binary_join_element_wise(symbol, day.cast(pa.string()), "-"),
            "cash_amount": np.full(len(day), 0.05),
            "currency": pa.repeat(pa.scalar("USD"), len(day)),
            "distribution_type": pa.repeat(pa.scalar("recurring"), len(day)),
        }
    )


def _stories(members: Sequence[str], sessions: Sessions, days: Sequence[date]) -> pa.Table:
    """One story a month for each member, an hour before a decision, members on different days."""
    symbol_at, day_at = np.divmod(np.arange(len(members) * len(days)), len(days))
    is_told = (day_at + symbol_at) % SESSIONS_PER_STORY == 0
    symbol_at, day_at = symbol_at[is_told], day_at[is_told]
    moments = pa.array([sessions.decided_at(day) - timedelta(hours=1) for day in days], STAMP)
    symbol, day = _named(members, symbol_at), pa.array(days).take(pa.array(day_at))
    words = _named(HEADLINES, (symbol_at + day_at // SESSIONS_PER_STORY) % len(HEADLINES))
    told_on = day.cast(pa.string())
    return pa.table(
        {
            "story_id": pc.binary_join_element_wise(symbol, told_on, "-"),
            "symbol": symbol,
            "published_at": moments.take(pa.array(day_at)),
            "headline": pc.binary_join_element_wise(symbol, words, told_on, " "),
            "summary": pa.nulls(len(symbol), pa.string()),
            "publisher": pa.repeat(pa.scalar("Synthetic"), len(symbol)),
            "url": pa.nulls(len(symbol), pa.string()),
        }
    )


def _walks(rng: np.random.Generator, levels: dict[str, float], n_sessions: int) -> np.ndarray:
    """(names, sessions) mean-reverting walks around each level."""
    log_walk = np.zeros((len(levels), n_sessions))
    shocks = rng.normal(0, 0.05, log_walk.shape)
    for t in range(1, n_sessions):
        log_walk[:, t] = 0.97 * log_walk[:, t - 1] + shocks[:, t]
    return (np.array(list(levels.values()))[:, None] * np.exp(log_walk)).round(2)


def _series(rng: np.random.Generator, dates: np.ndarray) -> pa.Table:
    names, count = list(SERIES_LEVELS), len(SERIES_LEVELS) * len(dates)
    return pa.table(
        {
            "series_id": _named(names, np.repeat(np.arange(len(names)), len(dates))),
            "observed_date": pa.array(np.tile(dates, len(names))),
            "value": _walks(rng, SERIES_LEVELS, len(dates)).ravel(),
            "source_endpoint": pa.repeat(pa.scalar("api"), count),
        }
    )


def _indexes(rng: np.random.Generator, dates: np.ndarray) -> pa.Table:
    names, count = list(INDEX_LEVELS), len(INDEX_LEVELS) * len(dates)
    close = _walks(rng, INDEX_LEVELS, len(dates)).ravel()
    return pa.table(
        {
            "index_name": _named(names, np.repeat(np.arange(len(names)), len(dates))),
            "session_date": pa.array(np.tile(dates, len(names))),
            **{name: pa.nulls(count, pa.float64()) for name in ("open", "high", "low")},
            "close": close,
        }
    )
