"""A random market that hangs together: factor, funds, VIX, spreads, and positions by simple rules.

One common factor with changing volatility, stocks and funds on top of it, a VIX that follows the
volatility and spreads that follow the stress. Nothing here checks the rules of a strategy.
"""

from datetime import date

import numpy as np
import pyarrow as pa

NIGHT = date(2017, 6, 30)
STOCKS = ("AAPL", "MSFT", "JPM", "XOM", "KO", "EBAY")
FUNDS = ("SPY", "HYG", "LQD", "SVXY", "VXX")
SLEEVES = ("equities", "credit", "volatility")


class Market:
    """Arrays (n_sessions,) or (n_sessions, n_symbols) that every table is cut from."""

    def __init__(self, stocks: tuple[str, ...], count: int) -> None:
        rng = np.random.default_rng(31)
        self.rng, self.stocks, self.symbols = rng, stocks, (*stocks, *FUNDS)
        self.dates = np.busday_offset(np.datetime64(NIGHT), np.arange(1 - count, 1))
        shocks = rng.standard_normal(count)
        log_vol = np.zeros(count)
        for t in range(1, count):
            log_vol[t] = 0.97 * log_vol[t - 1] + 0.12 * rng.standard_normal() - 0.02 * shocks[t - 1]
        self.vol = 0.008 * np.exp(log_vol)
        factor = 0.0003 + self.vol * shocks
        betas = np.array([*rng.uniform(0.5, 1.2, len(stocks)), 1.0, 0.3, 0.1, 1.4, -1.8])
        noise = np.array([*([0.013] * len(stocks)), 0.0, 0.002, 0.002, 0.012, 0.02])
        drift = np.array([*([0.0001] * len(stocks)), 0, 0, 0, 0.0006, -0.0012])
        own = rng.standard_normal((count, len(self.symbols))) * noise
        self.returns = np.clip(factor[:, None] * betas + own + drift, -0.5, 0.5)
        self.close = 80 * np.cumprod(1 + self.returns, axis=0)
        self.sma20, self.sma50 = rolling_mean(self.close, 20), rolling_mean(self.close, 50)
        self.vix = np.maximum(100 * self.vol * np.sqrt(252), 9.5) + rng.normal(0, 0.4, count)
        self.vix3m = 0.5 * self.vix + 8.5
        stress = rolling_mean(self.vix[:, None], 10)[:, 0]
        self.hy = np.nan_to_num(2.2 + 0.16 * stress, nan=4.0)
        self.ig = 0.7 + 0.22 * self.hy + rng.normal(0, 0.01, count)

    def column(self, symbol: str) -> int:
        return self.symbols.index(symbol)

    def positions(self, strategy: str, variant: int) -> tuple[tuple[str, ...], np.ndarray]:
        """Symbols and the target weight after each session, (n_sessions, k)."""
        if strategy == "equities":
            trend = (self.close > self.sma50) & (self.sma20 > self.sma50 * (1 + 0.004 * variant))
            return self.stocks, trend[:, : len(self.stocks)] / len(self.stocks)
        if strategy == "credit":
            gap = self.hy - self.ig
            z = (gap - gap.mean()) / gap.std()
            side = np.where(z > 1 + 0.1 * variant, 1, np.where(z < -1 + 0.1 * variant, -1, 0))
            return ("HYG", "LQD"), np.column_stack([0.5 * side, -0.5 * side])
        short = 0.5 * (self.vix / self.vix3m <= 0.98 - 0.01 * variant)
        return ("SVXY", "VXX"), np.column_stack([short, 0 * short])


def rolling_mean(values: np.ndarray, window: int) -> np.ndarray:
    sums = np.cumsum(values, axis=0)
    mean = np.full(values.shape, np.nan)
    mean[window - 1 :] = (sums[window - 1 :] - np.vstack([0 * sums[:1], sums[:-window]])) / window
    return mean


def moments(dates: np.ndarray) -> pa.Array:
    return pa.array(dates.astype("datetime64[us]") + np.timedelta64(20 * 60 + 30, "m"),
                    pa.timestamp("us")).cast(pa.timestamp("us", "UTC"))  # fmt: skip


def days(dates: np.ndarray) -> pa.Array:
    return pa.array(dates.astype("datetime64[D]"), pa.date32())


def following(dates: np.ndarray) -> np.ndarray:
    return np.busday_offset(dates, 1, roll="forward")


def nulls(values: np.ndarray) -> pa.Array:
    return pa.array(values, pa.float64(), from_pandas=True)
