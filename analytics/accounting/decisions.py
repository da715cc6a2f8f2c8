"""What had been decided by each session, as the tables of decisions say it."""

import numpy as np
import pandas as pd

from analytics.accounting.books import Books
from analytics.accounting.market import Array, PriceGrid

WALK_FORWARD = "walk_forward"
PORTFOLIO = "portfolio"


def decided_targets(books: Books, market: PriceGrid, strategy: str, variant: str) -> Array | None:
    """Targets as of each session's decision, (T, S); None where no table says what was decided."""
    if strategy == PORTFOLIO:
        return _portfolio_targets(books.weights, market)
    signals = books.signals[books.signals["strategy"] == strategy]
    if signals.empty:
        return None
    if variant != WALK_FORWARD:
        return _carried(signals[signals["variant"] == variant], market)
    return _stitched(signals, books.windows[books.windows["strategy"] == strategy], market)


def _portfolio_targets(weights: pd.DataFrame, market: PriceGrid) -> Array:
    """Final weights summed over sleeves, as every session decided them."""
    targets = np.full((len(market.days), len(market.symbols)), np.nan)
    total = weights.groupby(["session_date", "symbol"], as_index=False)["final_weight"].sum()
    targets[market.session(total["session_date"]), market.column(total["symbol"])] = total[
        "final_weight"
    ]
    return targets


def _carried(rows: pd.DataFrame, market: PriceGrid) -> Array:
    """One variant's targets, carried on until they change."""
    targets = np.full((len(market.days), len(market.symbols)), np.nan)
    targets[market.session(rows["session_date"]), market.column(rows["symbol"])] = rows[
        "target_weight"
    ]
    return pd.DataFrame(targets).ffill().to_numpy()


def _stitched(signals: pd.DataFrame, windows: pd.DataFrame, market: PriceGrid) -> Array:
    """The governing variant's targets; a frozen symbol keeps the target it had."""
    frozen, default = _frozen(signals, market)
    governing = np.full(len(market.days), default, dtype=object)
    ordered = windows.sort_values("session_date")
    for first, variant in zip(
        market.session(ordered["session_date"]), ordered["variant"], strict=True
    ):
        governing[first:] = str(variant)
    targets = np.full((len(market.days), len(market.symbols)), np.nan)
    for variant in sorted(set(governing)):
        own = _carried(signals[signals["variant"] == variant], market)
        rows = governing == variant
        targets[rows] = own[rows]
    return pd.DataFrame(np.where(frozen, np.nan, targets)).ffill().to_numpy()


def _frozen(signals: pd.DataFrame, market: PriceGrid) -> tuple[Array, str]:
    """Where no new decision was made, (T, S), and the variant whose every session has a row."""
    counts = signals.groupby("variant").size()
    default = str(counts[counts == counts.max()].index[0])
    rows = signals[signals["variant"] == default]
    words = rows["reason"].astype(str).str.extract(r"^(\w+)", expand=False)
    rows = rows[words.isin(["quarantined", "no_bar"])]
    frozen = np.zeros((len(market.days), len(market.symbols)), dtype=bool)
    frozen[market.session(rows["session_date"]), market.column(rows["symbol"])] = True
    return frozen, default
