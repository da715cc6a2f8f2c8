"""Forward adjustment, and the prices of all symbols side by side on the session axis."""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from tests.second_path.exchange import BAR_READY, OPEN_BELL, Axis, in_new_york


def usable_bars(bars: pd.DataFrame, axis: Axis) -> pd.DataFrame:
    """Bars of sessions up to the night that were complete when they were fetched."""
    kept = [
        day in axis.position and day <= axis.night and in_new_york(day, BAR_READY) <= fetched_at
        for day, fetched_at in zip(bars["session_date"], bars["fetched_at"], strict=True)
    ]
    return bars.loc[kept].reset_index(drop=True)


def adjusted_prices(
    bars: pd.DataFrame, splits: pd.DataFrame, dividends: pd.DataFrame, axis: Axis
) -> pd.DataFrame:
    """Raw bars with adjusted prices and total return beside them, by symbol and session."""
    parts = [
        _adjust_symbol(
            own.reset_index(drop=True),
            _known(splits[splits["symbol"] == symbol], axis),
            _known(dividends[dividends["symbol"] == symbol], axis),
        )
        for symbol, own in bars.groupby("symbol", sort=True)
    ]
    return pd.concat(parts, ignore_index=True)


def _known(actions: pd.DataFrame, axis: Axis) -> pd.DataFrame:
    """Actions effective by the opening bell of the night's session; announced ones do not count."""
    decided = axis.decided[axis.count - 1]
    moments = [int(in_new_york(day, OPEN_BELL).timestamp() * 1e6) for day in actions["day"]]
    return actions.loc[np.array(moments, dtype=np.int64) <= decided]


def _adjust_symbol(
    bars: pd.DataFrame, splits: pd.DataFrame, dividends: pd.DataFrame
) -> pd.DataFrame:
    days = list(bars["session_date"])
    ratio = split_ratios(days, splits)
    cash = np.zeros(len(days))
    for at, value in _on_bars(days, dividends["day"], dividends["cash"]):
        cash[at] += value
    close = bars["close"].to_numpy(float)
    adjusted = np.empty(len(close))
    adjusted[0] = close[0]
    for t in range(1, len(close)):
        adjusted[t] = adjusted[t - 1] * (close[t] + cash[t]) * ratio[t] / close[t - 1]
    factor = adjusted / close
    return bars.assign(
        adjusted_open=bars["open"] * factor,
        adjusted_high=bars["high"] * factor,
        adjusted_low=bars["low"] * factor,
        adjusted_close=adjusted,
        total_return=np.append(np.nan, adjusted[1:] / adjusted[:-1] - 1),
    )


def split_ratios(days: list[date], splits: pd.DataFrame) -> np.ndarray:
    """(bars,) shares after each bar's splits for one before; 1 without a split."""
    ratio = np.ones(len(days))
    for at, value in _on_bars(days, splits["day"], splits["ratio"]):
        ratio[at] *= value
    return ratio


def _on_bars(days: list[date], action_days: pd.Series, values: pd.Series) -> list[tuple]:
    """Each action on the first bar at or after its day; the first stored bar absorbs nothing."""
    found = []
    for day, value in zip(action_days, values, strict=True):
        at = bisect_left(days, day)
        if 0 < at < len(days):
            found.append((at, value))
    return found


@dataclass(frozen=True)
class Market:
    """(sessions, symbols) adjusted prices; NaN where a symbol has no bar."""

    symbols: tuple[str, ...]
    adjusted_open: np.ndarray
    adjusted_high: np.ndarray
    adjusted_low: np.ndarray
    adjusted_close: np.ndarray

    @property
    def has_bar(self) -> np.ndarray:
        return ~np.isnan(self.adjusted_close)

    def column(self, symbol: str) -> int:
        return self.symbols.index(symbol)

    def close_of(self, symbol: str) -> np.ndarray:
        return self.adjusted_close[:, self.column(symbol)]

    def last_close(self) -> np.ndarray:
        """Each symbol's latest close at or before each session."""
        return pd.DataFrame(self.adjusted_close).ffill().to_numpy()


def market_of(prices: pd.DataFrame, axis: Axis) -> Market:
    symbols = tuple(sorted(prices["symbol"].unique()))
    rows = prices["session_date"].map(axis.position).to_numpy(int)
    columns = prices["symbol"].map({symbol: at for at, symbol in enumerate(symbols)}).to_numpy(int)

    def spread_out(name: str) -> np.ndarray:
        wide = np.full((axis.count, len(symbols)), np.nan)
        wide[rows, columns] = prices[name]
        return wide

    return Market(
        symbols,
        spread_out("adjusted_open"),
        spread_out("adjusted_high"),
        spread_out("adjusted_low"),
        spread_out("adjusted_close"),
    )
