"""The equity features, window by window as the design writes them."""

import numpy as np
import pandas as pd
import talib

from tests.second_path.exchange import Axis
from tests.second_path.prices import Market

SESSIONS_PER_YEAR = 252


def halves_up(values: np.ndarray | float) -> np.ndarray | float:
    """Rounded to 10 decimals, halves up: what every deciding comparison is made on."""
    return np.floor(np.asarray(values) * 1e10 + 0.5) / 1e10


def sentiment_3d(sentiment: pd.DataFrame, symbols: tuple[str, ...], axis: Axis) -> np.ndarray:
    """(sessions, symbols) sum of the last three sessions' scores / 3, no news counting 0."""
    daily = np.zeros((axis.count, len(symbols)))
    for row in sentiment.itertuples():
        if row.symbol in symbols:
            daily[row.at, symbols.index(row.symbol)] = row.sentiment_score
    padded = np.vstack([np.zeros((2, len(symbols))), daily])
    return (padded[:-2] + padded[1:-1] + padded[2:]) / 3


def equity_features(market: Market, three_day: np.ndarray) -> dict[str, np.ndarray]:
    """(sessions, symbols) of every feature; windows run over a symbol's own bars."""
    names = ("sma_20", "sma_50", "rsi_14", "atr_14", "volatility_20", "momentum_12_1")
    wide = {name: np.full(market.adjusted_close.shape, np.nan) for name in names}
    for column in range(len(market.symbols)):
        rows = np.flatnonzero(market.has_bar[:, column])
        own = _symbol_features(
            market.adjusted_high[rows, column],
            market.adjusted_low[rows, column],
            market.adjusted_close[rows, column],
        )
        for name in names:
            wide[name][rows, column] = own[name]
    wide["sentiment_3d"] = np.where(market.has_bar, three_day, np.nan)
    return wide


def _symbol_features(high: np.ndarray, low: np.ndarray, close: np.ndarray) -> dict[str, np.ndarray]:
    returns = close[1:] / close[:-1] - 1
    momentum = np.full(len(close), np.nan)
    momentum[252:] = close[231:-21] / close[:-252] - 1
    deviation = _over_windows(returns, 20, lambda windows: windows.std(axis=1, ddof=1))
    return {
        "sma_20": _over_windows(close, 20, lambda windows: windows.mean(axis=1)),
        "sma_50": _over_windows(close, 50, lambda windows: windows.mean(axis=1)),
        "rsi_14": talib.RSI(close, 14),
        "atr_14": talib.ATR(high, low, close, 14),
        "volatility_20": np.append(np.nan, deviation) * np.sqrt(SESSIONS_PER_YEAR),
        "momentum_12_1": momentum,
    }


def _over_windows(values: np.ndarray, window: int, statistic) -> np.ndarray:
    """A statistic of each full trailing window, NaN before the first."""
    result = np.full(len(values), np.nan)
    if len(values) >= window:
        windows = np.lib.stride_tricks.sliding_window_view(values, window)
        result[window - 1 :] = statistic(windows)
    return result
