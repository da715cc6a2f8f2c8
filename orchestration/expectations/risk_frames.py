"""Prepare the tables of risk for judging: identities and bounds become columns."""

import numpy as np
import pandas as pd

from orchestration.expectations.built_frames import days_after, seconds_late
from orchestration.expectations.catalogue_risk import CONTRIBUTIONS, FORECASTS
from orchestration.expectations.outcome import GateContext

BEYOND_VAR = tuple((name.replace("var_", "es_"), name) for name in FORECASTS if "var_" in name)
BEYOND_95 = tuple((name.replace("_95_", "_99_"), name) for name in FORECASTS if "_95_" in name)


def risk(frame: pd.DataFrame, context: GateContext) -> pd.DataFrame:
    """Adds the smallest of each row's forecasts and distances between them, where known.

    `least_beyond_var` (shortfall less value at risk), `least_beyond_95` (99 % less 95 %),
    `lowest_normal, lowest_historical, days_after_night, seconds_late`.
    """
    figures = frame[list(FORECASTS)].astype(float)
    return frame.assign(
        least_beyond_var=_least_distance(figures, BEYOND_VAR),
        least_beyond_95=_least_distance(figures, BEYOND_95),
        lowest_normal=figures.filter(like="_parametric").min(axis=1),
        lowest_historical=figures.filter(like="_historical").min(axis=1),
        days_after_night=days_after(frame["session_date"], context),
        seconds_late=seconds_late(frame["decided_at"], context),
    )


def risk_tests(frame: pd.DataFrame, context: GateContext) -> pd.DataFrame:
    """Adds `night, sessions_without` (an exceedance) and `seconds_late`."""
    return frame.assign(
        night=pd.Timestamp(context.night),
        sessions_without=frame["n_sessions"] - frame["exceedances"],
        seconds_late=seconds_late(frame["decided_at"], context),
    )


def risk_exposures(frame: pd.DataFrame, context: GateContext) -> pd.DataFrame:
    """Adds `night, identity_error, long_of_book, short_of_book, seconds_late`.

    `identity_error`: how far the row's dimension is from summing to the total, in the figure that
    is farthest; endless where a part or the total is missing and the other is not. The weights of
    the book are missing for strategies, which may hedge each other.
    """
    figures = frame[list(CONTRIBUTIONS)].astype(float)
    total = figures[frame["dimension"] == "total"].sum(skipna=False)
    if not (frame["dimension"] == "total").any():
        total[:] = np.inf
    errors = {
        dimension: _farthest(rows.sum(skipna=False), total)
        for dimension, rows in figures.groupby(frame["dimension"])
    }
    is_strategy = frame["dimension"] == "strategy"
    return frame.assign(
        night=pd.Timestamp(context.night),
        identity_error=frame["dimension"].map(errors).astype(float),
        long_of_book=figures["long_weight"].mask(is_strategy),
        short_of_book=figures["short_weight"].mask(is_strategy),
        seconds_late=seconds_late(frame["decided_at"], context),
    )


def stress(frame: pd.DataFrame, context: GateContext) -> pd.DataFrame:
    """Adds `night, identity_error, days_after_night` (of a window's end) and `seconds_late`."""
    figures = frame[["exposure", "shock_return", "profit_return"]].astype(float)
    expected = figures["exposure"] * figures["shock_return"]
    error = (figures["profit_return"] - expected).abs()
    is_unknown = figures[["shock_return", "profit_return"]].isna().all(axis=1)
    return frame.assign(
        night=pd.Timestamp(context.night),
        identity_error=error.fillna(np.inf).mask(is_unknown),
        days_after_night=days_after(frame["last_date"], context),
        seconds_late=seconds_late(frame["decided_at"], context),
    )


def _least_distance(figures: pd.DataFrame, pairs: tuple[tuple[str, str], ...]) -> pd.Series:
    """The smallest of some differences in each row, those that are not known left out."""
    distances = [figures[larger] - figures[smaller] for larger, smaller in pairs]
    return pd.concat(distances, axis=1).min(axis=1)


def _farthest(parts: pd.Series, total: pd.Series) -> float:
    """The largest difference of two rows of figures; what both do not know agrees."""
    error = (parts - total).abs().fillna(np.inf)
    return float(error.mask(parts.isna() & total.isna(), 0.0).max())
