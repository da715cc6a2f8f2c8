"""Prepare landed daily bars: what each bar must satisfy becomes a column to judge."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from orchestration.expectations.calendar import Calendar
from orchestration.expectations.moves import measure
from orchestration.expectations.outcome import GateContext
from orchestration.expectations.thresholds import (
    ASSET_CLASSES,
    MOVE_LIMITS,
    PROVIDER_CLOSE_FRACTION,
    VIX_SHOCK_LOG,
)

BAR_TABLES = (
    "raw.polygon__daily_bars",
    "raw.fmp__daily_prices",
    "raw.finnhub__daily_candles",
    "raw.yahoo__daily_bars",
)
"""Best provider first."""
PRICES = ["open", "high", "low", "close"]
KEYS = ["symbol", "day"]


def bars_with_shapes(bars: pd.DataFrame, calendar: Calendar) -> pd.DataFrame:
    """Bars sorted by symbol and day with what one bar alone tells.

    Adds `day, is_session, session, missing_prices, lowest_price, range_violation_fraction` and
    `is_usable`: a finite positive close on a session, the first of its key.
    """
    frame = bars.assign(day=pd.to_datetime(bars["session_date"]))
    frame = frame.sort_values(KEYS, kind="stable").reset_index(drop=True)
    prices = frame[PRICES].astype(float).replace([np.inf, -np.inf], np.nan)
    body = prices[["open", "close"]]
    above = body.max(axis=1) / prices["high"] - 1.0
    below = 1.0 - body.min(axis=1) / prices["low"]
    crossed = prices["low"] / prices["high"] - 1.0
    violation = pd.concat([above, below, crossed], axis=1).max(axis=1).clip(lower=0.0)
    is_session = calendar.is_session(frame["day"])
    return frame.assign(
        is_session=is_session,
        session=calendar.number(frame["day"]),
        missing_prices=prices.isna().sum(axis=1),
        lowest_price=prices.min(axis=1),
        # a price that is not positive has no ratio; the claim on positive prices tells it
        range_violation_fraction=violation.where(prices.min(axis=1) > 0),
        is_usable=(prices["close"] > 0) & is_session & ~frame.duplicated(KEYS),
    )


def usable_closes(shaped: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One usable close per symbol and session, from the best provider that has it."""
    parts = [
        frame.loc[frame["is_usable"], ["symbol", "day", "session", "close"]]
        for frame in shaped.values()
    ]
    joined = pd.concat(parts).drop_duplicates(KEYS)
    return joined.sort_values(KEYS).reset_index(drop=True)


def agreement(shaped: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Sessions for which two providers have a usable close: one row per symbol and session.

    `close` is that of the best provider, `close_second` of the next one, `second` its table.
    """
    columns = ["symbol", "session_date", "day", "close"]
    usable = [
        frame.loc[frame["is_usable"], columns].assign(table=table)
        for table, frame in shaped.items()
    ]
    ranked = pd.concat([frame for frame in usable if len(frame)] or usable[:1])
    rank = ranked.groupby(KEYS, sort=False).cumcount()
    second = ranked.loc[rank == 1, [*KEYS, "close", "table"]]
    second = second.rename(columns={"close": "close_second", "table": "second"})
    both = ranked.loc[rank == 0, columns].merge(second, on=KEYS)
    difference = (both["close"] / both["close_second"] - 1.0).abs()
    return both.assign(close_difference_fraction=difference)


def moves(
    frame: pd.DataFrame,
    actions: pd.DataFrame,
    agreed: pd.DataFrame,
    vix: pd.DataFrame,
    context: GateContext,
) -> pd.Series:
    """Each bar's move beyond its actions as a multiple of what its instrument may move in a day.

    Parameters
    ----------
    frame : the result of `bars_with_shapes`.
    actions : `symbol, day, split, paid` with the day of the bar that shows them.
    agreed : the result of `agreement`; a second provider with the same close confirms a move.
    vix : `session, close` of the VIX.

    Returns
    -------
    (n_bars,), NaN for a bar without a usable close.
    """
    good = frame.loc[frame["is_usable"], ["symbol", "day", "session", "open", "close"]]
    good = good.merge(actions, on=KEYS, how="left").set_index(good.index)
    limits, by_vix = _limits(good, agreed, vix, context)
    measured = pd.DataFrame(
        {
            "symbol": good["symbol"],
            "value": good["close"],
            # what the VIX explains is no forgotten split, whatever its size: SVXY fell to a sixth
            "opened": good["open"].where((good["open"] > 0) & ~by_vix),
            "session": good["session"],
            "split": good["split"].fillna(1.0),
            "paid": good["paid"].fillna(0.0),
            "limit": limits,
        }
    )
    return measure(measured, "symbol").reindex(frame.index)


def _limits(
    good: pd.DataFrame, agreed: pd.DataFrame, vix: pd.DataFrame, context: GateContext
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Each bar's largest believable move, and whether the VIX is what explains it."""
    classes = {**ASSET_CLASSES, **context.asset_classes}
    kinds = good["symbol"].map(classes).fillna("stock")
    kinds = kinds.where(kinds.isin(list(MOVE_LIMITS)), "stock")
    ordinary = kinds.map({kind: limit.ordinary for kind, limit in MOVE_LIMITS.items()})
    confirmed = kinds.map({kind: limit.confirmed for kind, limit in MOVE_LIMITS.items()})
    same = agreed.loc[agreed["close_difference_fraction"] <= PROVIDER_CLOSE_FRACTION, KEYS]
    by_provider = pd.MultiIndex.from_frame(good[KEYS]).isin(pd.MultiIndex.from_frame(same))
    is_volatility = (kinds == "volatility").to_numpy()
    is_shocked = good["session"].isin(_shocked_sessions(vix, good["session"])).to_numpy()
    by_vix = is_volatility & is_shocked
    is_confirmed = by_vix | (by_provider & ~is_volatility)
    return np.where(is_confirmed, confirmed, ordinary).astype(float), by_vix


def _shocked_sessions(vix: pd.DataFrame, sessions: pd.Series) -> npt.NDArray[np.int64]:
    """Sessions in which, or in the one before which, the VIX moved by a shock or is unknown."""
    wanted = np.arange(sessions.min() - 2, sessions.max() + 1) if len(sessions) else np.arange(0)
    closes = vix.set_index("session")["close"].reindex(wanted)
    change = np.log(closes).diff().abs()
    is_shock = (change >= VIX_SHOCK_LOG) | change.isna()
    shocked: npt.NDArray[np.int64] = wanted[
        (is_shock | is_shock.shift(1, fill_value=True)).to_numpy()
    ]
    return shocked
