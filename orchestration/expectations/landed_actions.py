"""Prepare landed splits and dividends, and carry them to the bars that show them."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from orchestration.expectations.thresholds import (
    LARGE_DIVIDEND_FRACTION,
    LARGE_DIVIDEND_RETURN_FRACTION,
    SMALLEST_JUDGED_SPLIT_LOG,
)

SPLIT_TABLES = {
    "raw.polygon__splits": ("split_to", "split_from"),
    "raw.fmp__splits": ("numerator", "denominator"),
    "raw.finnhub__splits": ("to_factor", "from_factor"),
    "raw.yahoo__splits": ("numerator", "denominator"),
}
DIVIDEND_TABLES = {
    "raw.polygon__dividends": "cash_amount",
    "raw.fmp__dividends": "dividend",
    "raw.finnhub__dividends": "amount",
    "raw.yahoo__dividends": "amount",
}
COLUMNS = ["symbol", "day", "split", "paid"]


def splits_beside_closes(splits: pd.DataFrame, closes: pd.DataFrame, table: str) -> pd.DataFrame:
    """Splits with their ratio and what the closes around them did.

    Adds `day, split_ratio, close_before, close_on, close_next` and `is_in_prices`: false when the
    closes of its own *and* of the following session stand where no split would have left them.
    Tonight's split has no following session yet and is not judged.
    """
    after, before = SPLIT_TABLES[table]
    frame = splits.assign(
        day=pd.to_datetime(splits["execution_date"]),
        split_ratio=splits[after].astype(float) / splits[before].astype(float).replace(0.0, np.nan),
    )
    frame = _beside_closes(frame, closes)
    log_ratio = _log(frame["split_ratio"].where(frame["split_ratio"] > 0))
    ignored = pd.Series(True, index=frame.index)
    for column in ("close_on", "close_next"):
        move = _log(frame[column] / frame["close_before"])
        ignored &= (move + log_ratio).abs() > move.abs()
    is_judged = log_ratio.abs() >= SMALLEST_JUDGED_SPLIT_LOG
    return frame.assign(is_in_prices=~(ignored & is_judged))


def dividends_beside_closes(
    dividends: pd.DataFrame, closes: pd.DataFrame, table: str
) -> pd.DataFrame:
    """Dividends with the closes around them.

    Adds `day, amount, close_before, close_on, price_fraction` and `large_dividend_return`: the
    total return of the ex-date, for large dividends only. A real one leaves it near zero.
    """
    frame = dividends.assign(
        day=pd.to_datetime(dividends["ex_dividend_date"]),
        amount=dividends[DIVIDEND_TABLES[table]].astype(float),
    )
    frame = _beside_closes(frame, closes)
    fraction = frame["amount"] / frame["close_before"]
    total_return = (frame["close_on"] + frame["amount"]) / frame["close_before"] - 1.0
    return frame.assign(
        price_fraction=fraction,
        large_dividend_return=total_return.where(fraction > LARGE_DIVIDEND_FRACTION),
    )


def believed_actions(
    splits: Mapping[str, pd.DataFrame], dividends: Mapping[str, pd.DataFrame], closes: pd.DataFrame
) -> pd.DataFrame:
    """Split ratio and cash per share that the bar of a symbol and day shows.

    Per symbol and date the best provider counts; actions that the gate refuses do not.

    Returns
    -------
    `symbol, day, split, paid`, one row per symbol and day of a bar with an action.
    """
    ratios = _best_provider(
        [part[part["is_in_prices"] & (part["split_ratio"] > 0)] for part in splits.values()]
    ).assign(paid=0.0)
    # the same amount twice is one payment under the ids of two endpoints
    cash = _best_provider(
        [
            part[_is_believed(part)].drop_duplicates(["symbol", "day", "amount"])
            for part in dividends.values()
        ]
    )
    cash = cash.assign(split=1.0)
    both = pd.concat(
        [
            ratios.rename(columns={"split_ratio": "split"})[COLUMNS],
            cash.rename(columns={"amount": "paid"})[COLUMNS],
        ]
    )
    shown = _on_bar_days(both, closes)
    return shown.groupby(["symbol", "day"], as_index=False).agg(
        split=("split", "prod"), paid=("paid", "sum")
    )


def split_ratios_side_by_side(splits: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Splits that two providers know: one row per symbol and date, the best provider first."""
    known = pd.concat(
        [
            frame[["symbol", "day", "split_ratio"]].assign(second=table)
            for table, frame in splits.items()
        ]
    )
    rank = known.groupby(["symbol", "day"], sort=False).cumcount()
    second = known[rank == 1].rename(columns={"split_ratio": "split_ratio_second"})
    both = known.loc[rank == 0, ["symbol", "day", "split_ratio"]].merge(
        second, on=["symbol", "day"]
    )
    ratio = both["split_ratio"] / both["split_ratio_second"]
    return both.assign(execution_date=both["day"], ratio_difference_fraction=(ratio - 1.0).abs())


def dividends_side_by_side(dividends: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Ex-dates that two providers know: one row per symbol and date, the best provider first.

    Several payments of one date are one `amount`: providers split and join them.
    """
    known = pd.concat(
        [
            frame.groupby(["symbol", "day"])["amount"].sum().reset_index().assign(second=table)
            for table, frame in dividends.items()
        ]
    )
    rank = known.groupby(["symbol", "day"], sort=False).cumcount()
    second = known[rank == 1].rename(columns={"amount": "amount_second"})
    first: pd.DataFrame = known.loc[rank == 0, ["symbol", "day", "amount"]]
    both = first.merge(second, on=["symbol", "day"])
    difference = (both["amount"] - both["amount_second"]).abs()
    return both.assign(ex_dividend_date=both["day"], amount_difference_usd=difference)


def _is_believed(dividends: pd.DataFrame) -> pd.Series:
    is_amount = (dividends["amount"] > 0) & (dividends["price_fraction"] < 1)
    return is_amount & ~(dividends["large_dividend_return"] > LARGE_DIVIDEND_RETURN_FRACTION)


def _log(values: pd.Series) -> pd.Series:
    return pd.Series(np.log(values.to_numpy(dtype=float)), index=values.index)


def _best_provider(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Rows of the first provider, and of the next where the first has none for that date."""
    kept = parts[0]
    for part in parts[1:]:
        known = pd.MultiIndex.from_frame(kept[["symbol", "day"]])
        is_new = ~pd.MultiIndex.from_frame(part[["symbol", "day"]]).isin(known)
        kept = pd.concat([kept, part[is_new]])
    return kept


def _on_bar_days(actions: pd.DataFrame, closes: pd.DataFrame) -> pd.DataFrame:
    """Move each action to its symbol's first bar on or after its day; none yet: left out."""
    bars = closes[["symbol", "day"]].assign(bar_day=closes["day"]).sort_values("day")
    found = _joined_forward(actions.sort_values("day"), bars)
    return found.dropna(subset=["bar_day"]).assign(day=lambda rows: rows["bar_day"])[COLUMNS]


def _beside_closes(actions: pd.DataFrame, closes: pd.DataFrame) -> pd.DataFrame:
    """Add the symbol's last close before an action, and the two at or after it."""
    by_symbol = closes.groupby("symbol", sort=False)["close"]
    known = closes.assign(
        close_before=by_symbol.shift(1), close_on=closes["close"], close_next=by_symbol.shift(-1)
    ).sort_values("day")[["symbol", "day", "close_before", "close_on", "close_next"]]
    order = actions.sort_values("day", kind="stable")
    return _joined_forward(order, known).reset_index(drop=True)


def _joined_forward(rows: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Each row with what is first known of its symbol on or after its day.

    A night on which nothing of a kind landed has nothing to join, and pandas cannot join that.
    """
    if rows.empty or known.empty:
        return rows.join(known.iloc[:0].drop(columns=["symbol", "day"]))
    return pd.merge_asof(rows, known, on="day", by="symbol", direction="forward")
