"""Prepare landed company figures: what each must satisfy becomes a column to judge."""

import numpy as np
import pandas as pd

NEW_YORK = "America/New_York"
UNITS = {"returnOnEquity": 1.0, "roeTTM": 100.0, "earningsYield": 1.0}


def company_figures(figures: pd.DataFrame) -> pd.DataFrame:
    """Figures with what each must satisfy; a missing value is no fault.

    Adds `is_number`, `days_after_fetch` (of the period's end), `days_accepted_early` (before the
    period's end, where an acceptance is known), `return_on_equity` and `earnings_yield` (fractions,
    of the figures that say so).
    """
    value = figures["value"].astype(float)
    ended = pd.to_datetime(figures["period_end_date"])
    scaled = value / figures["metric"].map(UNITS).astype(float)
    is_yield = figures["metric"] == "earningsYield"
    accepted = figures.get("accepted_at", pd.Series(pd.NaT, index=figures.index))
    return figures.assign(
        is_number=~np.isinf(value),
        days_after_fetch=(ended - _new_york_day(figures["fetched_at"])).dt.days,
        days_accepted_early=(ended - _new_york_day(accepted)).dt.days,
        return_on_equity=scaled.where(~is_yield),
        earnings_yield=scaled.where(is_yield),
    )


def _new_york_day(moments: pd.Series) -> pd.Series:
    local = pd.to_datetime(moments, utc=True).dt.tz_convert(NEW_YORK)
    return local.dt.tz_localize(None).dt.normalize()
