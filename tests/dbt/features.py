"""The equity features as one writes them in pandas and in polars, on long frames of adjusted bars.

Both take the rows of all symbols in order of symbol and session: `symbol, high, low, close`.
"""

import numpy as np
import pandas as pd
import polars as pl

FAST, SLOW, DEVIATION, YEAR, MONTH, N = 20, 50, 20, 252, 21, 14


def pandas_features(bars: pd.DataFrame) -> pd.DataFrame:
    """Features by the names of `fct_equity_features`, row by row like the bars."""
    by_symbol = bars["symbol"].astype("category").cat.codes
    close = bars["close"]
    before = close.groupby(by_symbol).shift()
    change, returns = close - before, close / before - 1
    true_range = pd.concat(
        [bars["high"] - bars["low"], (bars["high"] - before).abs(), (bars["low"] - before).abs()],
        axis=1,
    ).max(axis=1)
    number = bars.groupby(by_symbol).cumcount()

    def rolling(values: pd.Series, window: int) -> object:
        return values.groupby(by_symbol).rolling(window)

    def wilder(moves: pd.Series) -> np.ndarray:
        # begun with the mean of the first 14 moves
        first = rolling(moves, N).mean().to_numpy()
        begun = moves.where(number > N, np.where(number == N, first, np.nan))
        smoothed = begun.groupby(by_symbol).ewm(alpha=1 / N, adjust=False, ignore_na=True)
        return np.where(number >= N, smoothed.mean().to_numpy(), np.nan)

    gain, loss = wilder(change.clip(lower=0)), wilder((-change).clip(lower=0))
    year_ago, month_ago = (close.groupby(by_symbol).shift(rows) for rows in (YEAR, MONTH))
    return pd.DataFrame(
        {
            "sma_20_usd": rolling(close, FAST).mean().to_numpy(),
            "sma_50_usd": rolling(close, SLOW).mean().to_numpy(),
            "rsi_14": 100 * gain / (gain + loss),
            "atr_14_usd": wilder(true_range),
            "volatility_20_annual": rolling(returns, DEVIATION).std().to_numpy() * np.sqrt(YEAR),
            "momentum_12_1_return": (month_ago / year_ago - 1).to_numpy(),
        }
    )


def polars_features(bars: pl.DataFrame) -> pl.DataFrame:
    """Features by the names of `fct_equity_features`, row by row like the bars; NaN until full."""
    close, before = pl.col("close"), pl.col("close").shift()
    number = pl.int_range(pl.len())
    change = close - before
    true_range = pl.max_horizontal(
        pl.col("high") - pl.col("low"),
        (pl.col("high") - before).abs(),
        (pl.col("low") - before).abs(),
    )

    def wilder(moves: pl.Expr) -> pl.Expr:
        # begun with the mean of the first 14 moves
        first = moves.slice(1, N).mean()
        begun = pl.when(number > N).then(moves).when(number == N).then(first)
        return begun.ewm_mean(alpha=1 / N, adjust=False, ignore_nulls=True)

    gain, loss = wilder(change.clip(lower_bound=0)), wilder((-change).clip(lower_bound=0))
    features = {
        "sma_20_usd": close.rolling_mean(FAST),
        "sma_50_usd": close.rolling_mean(SLOW),
        "rsi_14": 100 * gain / (gain + loss),
        "atr_14_usd": wilder(true_range),
        "volatility_20_annual": (close / before - 1).rolling_std(DEVIATION) * np.sqrt(YEAR),
        "momentum_12_1_return": close.shift(MONTH) / close.shift(YEAR) - 1,
    }
    by_symbol = {name: value.over("symbol") for name, value in features.items()}
    return bars.select(**by_symbol).fill_null(float("nan"))
