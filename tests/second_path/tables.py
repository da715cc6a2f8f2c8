"""The second path in the shape of the published tables, to be compared row by row."""

import numpy as np
import pandas as pd

from tests.second_path import law
from tests.second_path.exchange import BAR_READY
from tests.second_path.recompute import SecondPath

SENTIMENT_METHOD = "vader-3.3.2-finance-1"


def _days(path: SecondPath, at: np.ndarray) -> np.ndarray:
    return np.array(path.axis.days, dtype="datetime64[us]")[at]


def _bar_stamps(path: SecondPath, at: np.ndarray) -> np.ndarray:
    return path.axis.stamps(BAR_READY)[at]


def price_rows(path: SecondPath) -> pd.DataFrame:
    prices = path.prices
    at = prices["session_date"].map(path.axis.position).to_numpy(int)
    names = {name: f"{name}_usd" for name in ("open", "high", "low", "close")}
    names |= {f"adjusted_{name}": f"adjusted_{usd}" for name, usd in names.items()}
    kept = prices[["symbol", *names, "volume", "total_return"]]
    return kept.rename(columns=names | {"volume": "volume_shares"}).assign(
        session_date=_days(path, at),
        provider="polygon",
        available_us=_bar_stamps(path, at),
    )


def sentiment_rows(path: SecondPath) -> pd.DataFrame:
    """Every symbol and session; only those with a story must be published."""
    at = np.repeat(np.arange(path.axis.count), len(path.market.symbols))
    frame = pd.DataFrame(
        {
            "symbol": np.tile(path.market.symbols, path.axis.count),
            "at": at,
            "session_date": _days(path, at),
            "sentiment_3d": path.sentiment_3d.ravel(),
            "method": SENTIMENT_METHOD,
        }
    )
    frame = frame.merge(path.sentiment, on=["symbol", "at"], how="left")
    frame = frame.merge(path.opinions, on=["symbol", "at"], how="left")
    return frame.assign(
        article_count=frame["article_count"].fillna(0),
        is_required=frame["article_count"].notna(),
        provider_sentiment_score=frame["provider_sentiment_score"].astype(float),
        provider_sentiment_source=frame["provider_sentiment_source"].astype(object),
    ).drop(columns="at")


def spread_rows(path: SecondPath) -> pd.DataFrame:
    parts = [
        pd.DataFrame(
            {
                "session_date": _days(path, spreads.position),
                "spread_source": spreads.source,
                "hy_oas_pct": spreads.hy,
                "ig_oas_pct": spreads.ig,
                "hy_ig_spread_pct": spreads.spread,
                "spread_zscore": spreads.zscore,
                "hy_oas_percentile": spreads.percentile,
                "credit_stress": spreads.stress,
                "available_us": spreads.available,
            }
        )
        for spreads in path.spreads
    ]
    return pd.concat(parts, ignore_index=True)


def term_structure_rows(path: SecondPath) -> pd.DataFrame:
    """Sessions with any of the indices; only those with VIX and VIX3M must be published."""
    frame = pd.DataFrame({name.lower(): level for name, level in path.levels.items()})
    ratio = path.levels["VIX"] / path.levels["VIX3M"]
    shapes = path.term_structure
    names = np.select([shapes == 1, shapes == -1], ["contango", "backwardation"], "flat")
    at = np.arange(path.axis.count)
    frame = frame.assign(
        session_date=_days(path, at),
        vix_vix3m_ratio=ratio,
        term_structure=names,
        available_us=_bar_stamps(path, at),
        is_required=~np.isnan(ratio),
    )
    return frame[frame[[name.lower() for name in law.INDEX_NAMES]].notna().any(axis=1)]


def feature_rows(path: SecondPath) -> pd.DataFrame:
    at, column = np.nonzero(path.market.has_bar)
    published = {
        "sma_20": "sma_20_usd",
        "sma_50": "sma_50_usd",
        "rsi_14": "rsi_14",
        "atr_14": "atr_14_usd",
        "volatility_20": "volatility_20_annual",
        "momentum_12_1": "momentum_12_1_return",
        "sentiment_3d": "sentiment_3d",
        "earnings_yield": "earnings_yield",
        "return_on_equity": "return_on_equity",
    }
    known = np.nan_to_num(path.features["figures_known"][at, column]).astype(np.int64)
    return pd.DataFrame(
        {
            "symbol": np.array(path.market.symbols)[column],
            "session_date": _days(path, at),
            **{name: path.features[own][at, column] for own, name in published.items()},
            "available_us": np.maximum(_bar_stamps(path, at), known),
        }
    )


def backtest_rows(path: SecondPath, strategy: str, variant: str) -> pd.DataFrame:
    frame = path.backtest(strategy, variant)
    at = frame["session_date"].map(path.axis.position).to_numpy(int)
    return frame.assign(session_date=_days(path, at))
