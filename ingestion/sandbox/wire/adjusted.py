"""How vendors rewrite prices: by the splits and the dividends that are known at the moment."""

from datetime import date

import numpy as np

from ingestion.sandbox.bars import Bars, chained_bars
from ingestion.sandbox.streams import Floats, Integers
from ingestion.sandbox.view import View

DECIMALS = 4


def split_factors(view: View, symbol: str, at: Integers) -> Floats:
    """(n_bars,) what a raw price of session `at` counts in today's shares; 1 after the last."""
    factors = np.ones(len(at))
    for split in view.splits(symbol):
        factors[at < split.at] *= split.shares_before / split.shares_after
    return factors


def dividend_factors(view: View, symbol: str, at: Integers) -> Floats:
    """(n_bars,) the share of a price that was not paid out since; 1 after the last ex-date."""
    factors = np.ones(len(at))
    for paid in view.dividends(symbol):
        factors[at < paid.at] *= 1 - paid.cash_usd * split_on(view, symbol, paid.at) / float(
            view.market.history(symbol).close[paid.at - 1]
        )
    return factors


def split_on(view: View, symbol: str, at: int) -> float:
    """Shares after for one share before in session `at`; 1 without a split."""
    on_day = (split for split in view.splits(symbol) if split.at == at)
    return next((split.shares_after / split.shares_before for split in on_day), 1.0)


def shares_since(view: View, symbol: str, at: int) -> float:
    """Shares that one share of session `at` has become."""
    shares = 1.0
    for split in view.splits(symbol):
        if split.at > at:
            shares *= split.shares_after / split.shares_before
    return shares


def split_adjusted(view: View, symbol: str, bars: Bars) -> Bars:
    """The bars in today's shares: splits only, never dividends."""
    factors = split_factors(view, symbol, bars.at)
    return _scaled(bars, factors, np.round(bars.volume / factors, DECIMALS))


def dividend_adjusted(view: View, symbol: str, bars: Bars) -> Bars:
    """The bars in today's shares and net of all dividends paid since."""
    adjusted = split_adjusted(view, symbol, bars)
    return _scaled(adjusted, dividend_factors(view, symbol, bars.at), adjusted.volume)


def _scaled(bars: Bars, factors: Floats, volume: Floats) -> Bars:
    return Bars(
        bars.at,
        np.round(bars.open * factors, DECIMALS),
        np.round(bars.high * factors, DECIMALS),
        np.round(bars.low * factors, DECIMALS),
        np.round(bars.close * factors, DECIMALS),
        volume,
    )


def bars_so_far(view: View, symbol: str, first: date, last: date) -> Bars:
    """Raw bars between two dates, today's unfinished one included while its session is open."""
    bars = view.columns(symbol, first, last)
    if not first <= view.today <= last:
        return bars
    return chained_bars([bars, view.unfinished_bar(symbol)])
