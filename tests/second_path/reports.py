"""Company reports: from stored responses to the two figures that each decision could know."""

from bisect import bisect_right
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
import pandas as pd

from tests.second_path import law
from tests.second_path.exchange import NEW_YORK, Axis, in_new_york, stamp
from tests.second_path.prices import split_ratios
from tests.second_path.responses import Response, select

FIGURES = {"earningsYield": "earnings_yield", "returnOnEquity": "return_on_equity"}


def fiscal_years(responses: list[Response]) -> pd.DataFrame:
    """Both figures of each fiscal year and the moment (microseconds) from which they are known.

    The acceptance of the year's income statement, else the lag; a year that was not known yet when
    its figures were fetched is none.
    """
    accepted = {
        (row["symbol"], row["date"]): row["acceptedDate"]
        for response in select(responses, "fmp", r"/income-statement$")
        for row in _annual(response)
    }
    rows = []
    for response in select(responses, "fmp", r"/key-metrics$"):
        for row in _annual(response):
            ended = date.fromisoformat(row["date"])
            known = _known_at(ended, accepted.get((row["symbol"], row["date"])))
            if known <= response.fetched_at:
                figures = {own: row[name] for name, own in FIGURES.items()}
                rows.append(
                    {"symbol": row["symbol"], "ended": ended, "known": stamp(known), **figures}
                )
    return pd.DataFrame(rows, columns=["symbol", "ended", "known", *FIGURES.values()])


def _annual(response: Response) -> list[dict[str, Any]]:
    return [row for row in response.json() if row["period"] == "FY"]


def _known_at(ended: date, accepted: str | None) -> datetime:
    if accepted is None:
        return in_new_york(ended + timedelta(days=law.ANNUAL_LAG_DAYS), time(0))
    return datetime.fromisoformat(accepted).replace(tzinfo=NEW_YORK)


def figures_known(
    years: pd.DataFrame, prices: pd.DataFrame, splits: pd.DataFrame, axis: Axis
) -> dict[str, np.ndarray]:
    """(sessions, symbols) of both figures, and since when the row's figures are known.

    The yield of the year's end follows the value of what was one share then: the shares that it has
    become since, at today's close.
    """
    symbols = sorted(prices["symbol"].unique())
    names = (*FIGURES.values(), "figures_known")
    wide = {name: np.full((axis.count, len(symbols)), np.nan) for name in names}
    for column, symbol in enumerate(symbols):
        bars = prices[prices["symbol"] == symbol]
        days = list(bars["session_date"])
        at = np.array([axis.position[day] for day in days])
        value = bars["close"].to_numpy(float) * np.cumprod(
            split_ratios(days, splits[splits["symbol"] == symbol])
        )
        for year in years[years["symbol"] == symbol].sort_values("ended").itertuples():
            oldest = year.ended + timedelta(days=law.FIGURES_MAX_AGE_DAYS)
            is_known = (axis.decided[at] >= year.known) & (np.array(days) <= oldest)
            # a later year overwrites this one wherever it is known
            rows = at[is_known]
            wide["return_on_equity"][rows, column] = year.return_on_equity
            wide["figures_known"][rows, column] = year.known
            carried = _value_at_end(days, value, year.ended) / value[is_known]
            wide["earnings_yield"][rows, column] = year.earnings_yield * carried
    return wide


def _value_at_end(days: list[date], value: np.ndarray, ended: date) -> float:
    """Of the last bar by the year's end, unless it is too old."""
    last = bisect_right(days, ended) - 1
    if last < 0 or (ended - days[last]).days > law.PERIOD_CLOSE_MAX_AGE_DAYS:
        return np.nan
    return float(value[last])
