"""Prepare landed macro observations, volatility index closes and news for judging."""

import numpy as np
import pandas as pd

from orchestration.expectations.calendar import Calendar
from orchestration.expectations.moves import measure
from orchestration.expectations.outcome import GateContext
from orchestration.expectations.thresholds import (
    INDEX_MOVE_LOG,
    INDEX_RANGES,
    SERIES_RANGES,
)

HISTORY_TABLE, QUOTE_TABLE = "raw.cboe__index_history", "raw.cboe__delayed_quotes"
FRIDAY = 4
NEW_YORK = "America/New_York"


def observations(fred: pd.DataFrame, context: GateContext) -> pd.DataFrame:
    """Macro observations sorted by series and date, with what each must satisfy.

    Adds `day, range_excess` (distance outside the series' believable range), `is_weekend_row` (a
    weekend that is not the month's last day: ICE closes its months on whatever day they end),
    `days_after_night` and `move_over_limit`. A series without a listed range is judged on its dates
    only.
    """
    frame = fred.assign(day=pd.to_datetime(fred["observed_date"]))
    frame = frame.sort_values(["series_id", "day"], kind="stable").reset_index(drop=True)
    ranges = pd.DataFrame({name: vars(limits) for name, limits in SERIES_RANGES.items()}).T.reindex(
        frame["series_id"]
    )
    value = frame["value"].astype(float).to_numpy()
    low, high = (ranges[column].to_numpy(dtype=float) for column in ("low", "high"))
    excess = np.maximum(np.maximum(low - value, value - high), 0.0)
    is_weekend = frame["day"].dt.day_of_week > FRIDAY
    frame = frame.assign(
        is_finite=np.isfinite(value),
        range_excess=excess,
        is_weekend_row=is_weekend & ~frame["day"].dt.is_month_end,
        days_after_night=(frame["day"] - pd.Timestamp(context.night)).dt.days,
        session=context.calendar.number(frame["day"]),
        limit=ranges["largest_change"].to_numpy(dtype=float),
    )
    judged = frame[frame["is_finite"] & frame["limit"].notna()]
    return frame.assign(move_over_limit=_moves(judged, "series_id", "value", is_log=False))


def index_closes(history: pd.DataFrame, quotes: pd.DataFrame, calendar: Calendar) -> pd.DataFrame:
    """Closes of the file and of the delayed quotes in one order, with what each must satisfy.

    Adds `table, day, is_session, session, missing_close, range_excess, candle_violation_fraction,
    is_usable, move_over_limit` and `file_difference_fraction` (a quote against the file's close of
    the same session, once the file has it). A quote is measured against the file before it.
    """
    frame = pd.concat([history.assign(table=HISTORY_TABLE), quotes.assign(table=QUOTE_TABLE)])
    frame = frame.assign(day=pd.to_datetime(frame["session_date"]))
    frame = frame.sort_values(["index_name", "day", "table"], ascending=[True, True, False])
    frame = frame.reset_index(drop=True)
    close = frame["close"].astype(float).replace([np.inf, -np.inf], np.nan)
    ranges = pd.DataFrame({name: vars(limits) for name, limits in INDEX_RANGES.items()}).T.reindex(
        frame["index_name"]
    )
    low, high = (ranges[column].to_numpy(dtype=float) for column in ("low", "high"))
    is_session = calendar.is_session(frame["day"])
    is_first = ~frame.duplicated(["index_name", "day"])  # the file, where both are
    in_file = frame["table"] == HISTORY_TABLE
    file_close = close.where(in_file).groupby([frame["index_name"], frame["day"]]).transform("max")
    frame = frame.assign(
        is_session=is_session,
        session=calendar.number(frame["day"]),
        missing_close=close.isna(),
        range_excess=np.maximum(np.maximum(low - close, close - high), 0.0),
        candle_violation_fraction=_candle_violation(frame),
        is_usable=(close > 0) & is_session & is_first,
        limit=INDEX_MOVE_LOG,
        file_difference_fraction=(close / file_close - 1.0).abs().where(~in_file),
    )
    judged = frame[frame["is_usable"]]
    return frame.assign(move_over_limit=_moves(judged, "index_name", "close", is_log=True))


def stories(news: pd.DataFrame) -> pd.DataFrame:
    """News with `day` (New York date of publication), `is_blank` and `minutes_after_fetch`."""
    published = pd.to_datetime(news["published_at"], utc=True)
    fetched = pd.to_datetime(news["fetched_at"], utc=True)
    return news.assign(
        day=published.dt.tz_convert(NEW_YORK).dt.tz_localize(None).dt.normalize(),
        is_blank=news["headline"].fillna("").astype(str).str.strip() == "",
        minutes_after_fetch=(published - fetched).dt.total_seconds() / 60.0,
    )


def _candle_violation(frame: pd.DataFrame) -> pd.Series:
    """How far open or close lie outside high and low; NaN for files with closes only."""
    prices = frame[["open", "high", "low", "close"]].astype(float)
    body = prices[["open", "close"]]
    above = body.max(axis=1) / prices["high"] - 1.0
    below = 1.0 - body.min(axis=1) / prices["low"]
    worst = pd.concat([above, below], axis=1).max(axis=1).clip(lower=0.0)
    return worst.where(prices.gt(0).all(axis=1))


def _moves(judged: pd.DataFrame, subject: str, value: str, *, is_log: bool) -> pd.Series:
    measured = pd.DataFrame(
        {
            "subject": judged[subject],
            "value": judged[value].astype(float),
            "opened": np.nan,  # an index has no splits
            "session": judged["session"],
            "split": 1.0,
            "paid": 0.0,
            "limit": judged["limit"],
        }
    )
    return measure(measured, "subject", is_log=is_log)
