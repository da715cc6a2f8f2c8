"""Prepare landed intraday bars: what each bar must satisfy becomes a column to judge."""

import numpy as np
import pandas as pd

from warehouse.sessions import new_york_sessions

INTRADAY_TABLES = ("raw.polygon__intraday_bars", "raw.finnhub__intraday_bars")
MINUTES = {"5m": 5, "1h": 60}
NEW_YORK = "America/New_York"
PRICES = ["open", "high", "low", "close"]


def intraday_bars(bars: pd.DataFrame) -> pd.DataFrame:
    """Bars with `day` (New York), `lowest_price`, `range_violation_fraction` and hours.

    `minutes_outside_hours`: how long before the opening a bar starts, or after the close it ends;
    infinite on a day without a session. A missing price counts as 0.
    """
    ends = pd.to_datetime(bars["bar_end_at"], utc=True)
    minutes = [float(MINUTES.get(name, np.nan)) for name in bars["bar_interval"]]
    starts = ends - pd.to_timedelta(pd.Series(minutes, index=bars.index, dtype=float), unit="min")
    day = ends.dt.tz_convert(NEW_YORK).dt.tz_localize(None).dt.normalize().astype("datetime64[us]")
    opens, closes = (moments.reindex(day).set_axis(bars.index) for moments in _hours(day))
    early = (opens - starts).dt.total_seconds() / 60.0
    late = (ends - closes).dt.total_seconds() / 60.0
    outside = pd.concat([early, late], axis=1).max(axis=1, skipna=False).clip(lower=0.0)
    prices = bars[PRICES].astype(float).replace([np.inf, -np.inf], np.nan).fillna(0.0)
    body = prices[["open", "close"]]
    lowest = prices.min(axis=1)
    above = body.max(axis=1) / prices["high"] - 1.0
    below = 1.0 - body.min(axis=1) / prices["low"]
    violation = pd.concat([above, below], axis=1).max(axis=1).clip(lower=0.0)
    return bars.assign(
        day=day,
        lowest_price=lowest,
        range_violation_fraction=violation.where(lowest > 0),
        minutes_outside_hours=outside.fillna(np.inf),
    )


def _hours(days: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Opening and closing moments of the sessions among the days, by day."""
    sessions = new_york_sessions()
    found = [day for day in days.dt.date.unique() if sessions.is_session(day)]
    hours = [sessions.hours(day) for day in found]
    index = pd.DatetimeIndex(found).astype("datetime64[us]")
    opens, closes = (
        pd.Series(pd.DatetimeIndex([pair[at] for pair in hours], tz="UTC"), index=index)
        for at in (0, 1)
    )
    return opens, closes
