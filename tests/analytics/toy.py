"""Toy markets, small enough to work by hand."""

from collections.abc import Mapping, Sequence

import numpy as np

from analytics.arrays import Floats
from analytics.market import Market, build_market

MONDAY = "2024-03-04"  # three weeks without a holiday follow
NAN = float("nan")

Prices = Mapping[str, Sequence[float]]


def weekdays(count: int, first: str = MONDAY) -> np.ndarray:
    """Count weekdays from a first one on."""
    return np.busday_offset(np.datetime64(first, "D"), np.arange(count))


def toy_market(
    closes: Prices,
    *,
    opens: Prices | None = None,
    raw_closes: Prices | None = None,
    raw_opens: Prices | None = None,
    leverage: Mapping[str, Sequence[float]] | None = None,
    bill_pct: Sequence[float] | None = None,
    quarantined: Mapping[str, Sequence[bool]] | None = None,
    first: str = MONDAY,
) -> Market:
    """Build a market from one list per symbol, NaN where there is no bar; opens equal closes."""
    symbols = tuple(closes)
    length = len(closes[symbols[0]])

    def array(prices: Prices | None) -> Floats | None:
        return None if prices is None else columns(prices, symbols)

    units = (
        None
        if leverage is None
        else columns({s: [1.0] * length for s in symbols} | dict(leverage), symbols)
    )
    return build_market(
        sessions=weekdays(length, first),
        symbols=symbols,
        open_usd=columns(opens or closes, symbols),
        close_usd=columns(closes, symbols),
        raw_open_usd=array(raw_opens),
        raw_close_usd=array(raw_closes),
        leverage=units,
        is_quarantined=None
        if quarantined is None
        else columns({s: [False] * length for s in symbols} | dict(quarantined), symbols) > 0.0,
        bill_pct=None if bill_pct is None else np.array(bill_pct, dtype=float),
    )


def columns(values: Mapping[str, Sequence[float]], symbols: Sequence[str]) -> Floats:
    """Stack one list per symbol into (T, S)."""
    return np.array([values[symbol] for symbol in symbols], dtype=float).T


def one_variant(targets: Mapping[str, Sequence[float]], market: Market) -> Floats:
    """Stack one list of targets per symbol into (T, S, 1)."""
    return columns(targets, market.symbols)[:, :, None]
