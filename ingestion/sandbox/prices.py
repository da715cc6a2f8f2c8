"""Growth becomes prices as traded: candles and volume around the closes."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from ingestion.sandbox.actions import Dividend, Split, declare_actions
from ingestion.sandbox.catalogue import VXX_GAP, Instrument
from ingestion.sandbox.returns import Growth
from ingestion.sandbox.streams import Booleans, Floats, Integers, stream

OVERNIGHT_SHARE = 0.40  # of a session's variance falls between the closing and the opening bell


@dataclass(frozen=True)
class History:
    """One instrument over all sessions, (n_sessions,) arrays of raw prices in USD.

    `has_bar` says in which sessions it traded; the other elements mean nothing. Prices carry two
    decimals, four below one dollar.
    """

    instrument: Instrument
    has_bar: Booleans
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Integers
    splits: tuple[Split, ...]
    dividends: tuple[Dividend, ...]


def price_history(
    instrument: Instrument,
    seed: int,
    growth: Growth,
    days: Sequence[date],
    is_short_session: Booleans,
) -> History:
    """Turn an instrument's growth into what a data vendor would have recorded."""
    first = bisect_left(days, instrument.first_day)
    log_growth = np.where(np.arange(len(days)) > first, growth.log_return, 0.0)
    closes, declared = declare_actions(
        instrument, seed, np.exp(np.cumsum(log_growth)), growth.yield_annual, days
    )
    has_bar = _trades_on(instrument, days)
    opens, highs, lows = _candles(instrument.symbol, seed, growth, closes)
    return History(
        instrument,
        has_bar,
        _rounded(opens),
        _rounded(highs),
        _rounded(lows),
        _rounded(closes),
        _volumes(instrument, seed, growth, closes, is_short_session),
        tuple(split for split in declared.splits if has_bar[split.at]),
        tuple(dividend for dividend in declared.dividends if has_bar[dividend.at]),
    )


def _trades_on(instrument: Instrument, days: Sequence[date]) -> Booleans:
    trades = np.ones(len(days), dtype=bool)
    trades[: bisect_left(days, instrument.first_day)] = False
    if instrument.last_day:
        trades[bisect_right(days, instrument.last_day) :] = False
    if instrument.symbol == "VXX":
        trades[bisect_left(days, VXX_GAP[0]) : bisect_right(days, VXX_GAP[1])] = False
    return trades


def _rounded(prices: Floats) -> Floats:
    return np.where(prices >= 1.0, np.round(prices, 2), np.round(prices, 4))


def _candles(
    symbol: str, seed: int, growth: Growth, closes: Floats
) -> tuple[Floats, Floats, Floats]:
    """Open, high, low: rounding keeps their order, since it never swaps two numbers."""
    draw = stream(seed, symbol, "candles").standard_normal((len(closes), 3)).T
    size = growth.volatility
    share = OVERNIGHT_SHARE
    overnight = share * growth.log_return + np.sqrt(share * (1 - share)) * size * draw[0]
    opens = closes * np.exp(overnight - growth.log_return)
    highs = np.maximum(opens, closes) * np.exp(0.30 * size * np.abs(draw[1]))
    lows = np.minimum(opens, closes) * np.exp(-0.30 * size * np.abs(draw[2]))
    return opens, highs, lows


def _volumes(
    instrument: Instrument,
    seed: int,
    growth: Growth,
    closes: Floats,
    is_short_session: Booleans,
) -> Integers:
    """More is traded on large moves, half as much on half days, and in shares of today's size."""
    noise = stream(seed, instrument.symbol, "volume").standard_normal(len(closes))
    excitement = np.minimum(np.abs(growth.log_return) / growth.volatility, 6.0)
    dollars = instrument.dollar_volume * np.exp(0.24 * noise) * (0.75 + 0.35 * excitement)
    dollars *= growth.volatility / np.mean(growth.volatility[:63])
    dollars *= np.where(is_short_session, 0.45, 1.0)
    return np.maximum(np.round(dollars / closes), 1.0).astype(np.int64)
