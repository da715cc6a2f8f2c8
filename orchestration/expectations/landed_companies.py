"""Prepare what landed of companies: what each row must satisfy becomes a column to judge."""

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


def profiles(rows: pd.DataFrame) -> pd.DataFrame:
    """Profiles with `day` (New York date of the fetch) and `is_blank` (the name)."""
    return rows.assign(
        day=_new_york_day(rows["fetched_at"]),
        is_blank=rows["name"].fillna("").astype(str).str.strip() == "",
    )


def story_opinions(rows: pd.DataFrame) -> pd.DataFrame:
    """Opinions of stories with `day` (New York date of the story) and `minutes_after_fetch`."""
    published = pd.to_datetime(rows["published_at"], utc=True)
    after = published - pd.to_datetime(rows["fetched_at"], utc=True)
    return rows.assign(
        day=_new_york_day(published), minutes_after_fetch=after.dt.total_seconds() / 60.0
    )


def weekly_opinions(rows: pd.DataFrame) -> pd.DataFrame:
    """Opinions of a week with `fraction_excess`: how far outside 0 to 1 the farthest lies."""
    names = ["company_news_score", "bullish_fraction", "bearish_fraction"]
    fractions = rows[names].astype(float)
    return rows.assign(fraction_excess=pd.concat([-fractions, fractions - 1.0], axis=1).max(axis=1))


def _new_york_day(moments: pd.Series) -> pd.Series:
    local = pd.to_datetime(moments, utc=True).dt.tz_convert(NEW_YORK)
    return local.dt.tz_localize(None).dt.normalize()
