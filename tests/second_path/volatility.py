"""The VIX term structure and the volatility strategy's signals."""

import numpy as np
import pandas as pd

from tests.second_path import law
from tests.second_path.decisions import Decisions, blank, event_between, rows_until
from tests.second_path.exchange import BAR_READY, Axis, in_new_york
from tests.second_path.features import halves_up
from tests.second_path.prices import Market

SYMBOLS = ("SVXY", "VXX")


def index_levels(closes: pd.DataFrame, axis: Axis) -> dict[str, np.ndarray]:
    """(sessions,) closes of each index; NaN where there is none."""
    levels = {name: np.full(axis.count, np.nan) for name in law.INDEX_NAMES}
    for row in closes.itertuples():
        is_session = row.session_date in axis.position and row.session_date <= axis.night
        if not is_session or in_new_york(row.session_date, BAR_READY) > row.fetched_at:
            continue
        levels[row.index_name][axis.position[row.session_date]] = row.close
    return levels


def term_structure(ratio: np.ndarray, contango_ratio: float = law.CONTANGO_RATIO) -> np.ndarray:
    """1 contango, -1 backwardation, 0 flat or without a row."""
    rounded = halves_up(ratio)
    is_contango = np.nan_to_num(rounded, nan=1.0) <= contango_ratio
    is_backwardation = np.nan_to_num(rounded, nan=1.0) >= law.BACKWARDATION_RATIO
    return is_contango.astype(int) - is_backwardation.astype(int)


def volatility_decisions(
    levels: dict[str, np.ndarray], market: Market, axis: Axis, withheld: np.ndarray | None = None
) -> list[Decisions]:
    """All variants. `withheld` marks sessions whose VIX or VIX3M row was refused: no decision."""
    ratio = levels["VIX"] / levels["VIX3M"]
    has_bar = market.has_bar[:, [market.column(symbol) for symbol in SYMBOLS]]
    can_decide = has_bar if withheld is None else has_bar & ~withheld[:, None]
    begin = int(np.flatnonzero(~np.isnan(ratio) & can_decide.any(axis=1))[0])
    decided = []
    for name, variant in law.VOLATILITY_VARIANTS.items():
        out = blank("volatility", name, SYMBOLS, axis.count)
        wanted = _wanted(variant, levels["VIX"], ratio, axis)
        for column, symbol in enumerate(SYMBOLS):
            rows = rows_until(has_bar[:, column], law.FROZEN_SESSIONS_AFTER_LAST_BAR)
            sessions = range(max(begin, rows.start), rows.stop)
            _fill(out, column, symbol, wanted[:, column], can_decide[:, column], sessions, axis)
        decided.append(out)
    return decided


def _wanted(
    variant: law.VolatilityVariant, vix: np.ndarray, ratio: np.ndarray, axis: Axis
) -> np.ndarray:
    """(sessions, 2) whether each fund is wanted, where it is an instrument at the fill."""
    shape = term_structure(ratio, variant.contango_ratio)
    is_calm = halves_up(np.nan_to_num(vix, nan=np.inf)) <= variant.vix_cap
    wanted = np.zeros((axis.count, 2), dtype=bool)
    wanted[:, 0] = variant.shorts_volatility & (shape == 1) & is_calm
    wanted[:, 1] = variant.buys_volatility & (shape == -1)
    for column, symbol in enumerate(SYMBOLS):
        wanted[:, column] &= [law.is_instrument(symbol, day) for day in axis.days[1:]]
    return wanted


def _fill(
    out: Decisions,
    column: int,
    symbol: str,
    wanted: np.ndarray,
    can_decide: np.ndarray,
    sessions: range,
    axis: Axis,
) -> None:
    signal, target = 0, 0.0
    for t in sessions:
        before = signal
        if can_decide[t]:
            signal = int(wanted[t])
            per_unit = abs(law.leverage(symbol, axis.days[t + 1]))
            target = signal * law.VOLATILITY_WEIGHT_PER_LEVERAGE / per_unit
        out.is_frozen[t, column] = not can_decide[t]
        out.signal[t, column] = signal
        out.event[t, column] = event_between(before, signal)
        out.target[t, column] = target
