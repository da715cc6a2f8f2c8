"""Everything that the risk report rests on, as rows of the public tables."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd

from analytics.frames import Calendar, to_days
from analytics.market import Market
from analytics.portfolio import Portfolio
from analytics.risk.book import risk_book
from analytics.risk.coverage import coverage_tests
from analytics.risk.daily import PROMISED, risk_rows
from analytics.risk.snapshot import exposure_rows, stress_rows
from analytics.settings import PortfolioConfig
from analytics.tables import empty_frame, moments, texts

SAMPLES: Mapping[str, int | None] = MappingProxyType({"1y": 252, "3y": 756, "full": None})
"""Latest sessions with a forecast that a sample has; all of them where no number stands."""

NIGHT = {"decided_at": "datetime64[us, UTC]", "effective_session": "datetime64[us]"}
EMPTY_COLUMNS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "risk_daily": {
            "session_date": "datetime64[us]",
            "var_95_historical": "float64", "es_95_historical": "float64",
            "var_99_historical": "float64", "es_99_historical": "float64",
            "var_95_parametric": "float64", "es_95_parametric": "float64",
            "var_99_parametric": "float64", "es_99_parametric": "float64",
            **{f"is_{name}_exceeded": "boolean" for name in PROMISED},
            "drawdown": "float64", "beta_spy": "float64", "stale_gross_share": "float64",
            "decided_at": "datetime64[us, UTC]",
        },
        "risk_tests": {
            "measure": "str", "sample": "str", "test": "str", "n_sessions": "int64",
            "exceedances": "int64", "expected_exceedances": "float64", "statistic": "float64",
            "p_value": "float64", "decided_at": "datetime64[us, UTC]",
        },
        "risk_exposures": {
            "dimension": "str", "name": "str", "long_weight": "float64", "short_weight": "float64",
            "gross_exposure": "float64", "net_exposure": "float64", "beta_spy": "float64",
            "volatility_contribution_annual": "float64", "es_95_contribution": "float64",
            "stale_exposure": "float64", **NIGHT,
        },
        "stress_results": {
            "scenario": "str", "kind": "str", "symbol": "str", "exposure": "float64",
            "shock_return": "float64", "profit_return": "float64", "first_date": "datetime64[us]",
            "last_date": "datetime64[us]", **NIGHT,
        },
    }
)  # fmt: skip
"""Columns of the tables of risk, for a night on which none of its strategies has begun."""


def risk_tables(
    portfolio: Portfolio | None, *, market: Market, calendar: Calendar, config: PortfolioConfig
) -> dict[str, pd.DataFrame]:
    """Measure the risk of what the portfolio decided.

    Parameters
    ----------
    portfolio : the simulated portfolio; None if no sleeve has begun.
    market : the calendar's sessions of every symbol with prices.
    calendar : T sessions, the last of which is the night.
    config : sectors, shocks and windows.

    Returns
    -------
    `risk_daily`, `risk_tests`, `risk_exposures` and `stress_results`, without rows if there is no
    portfolio.
    """
    if portfolio is None:
        return {table: empty_frame(columns) for table, columns in EMPTY_COLUMNS.items()}
    book = risk_book(portfolio, market)
    daily = risk_rows(book, calendar)
    return {
        "risk_daily": daily,
        "risk_tests": coverage_rows(daily, calendar),
        "risk_exposures": exposure_rows(book, calendar, config),
        "stress_results": stress_rows(book, calendar, config),
    }


def coverage_rows(daily: pd.DataFrame, calendar: Calendar) -> pd.DataFrame:
    """Test whether losses beyond the forecasts were as rare as promised: `analytics.risk_tests`.

    Parameters
    ----------
    daily : `analytics.risk_daily`.
    calendar : T sessions, the last of which is the night.

    Returns
    -------
    One row per measure, sample and test. A sample has the latest 252 (`1y`) or 756 (`3y`) sessions
    that had a forecast and something at risk, or all of them; `expected_exceedances` what the
    measure promises in as many sessions. Only sessions that follow each other on the calendar are
    neighbours of one another, not those before and after a stretch without positions. Statistic and
    p-value are null where the sample has fewer sessions than it asks for.
    """
    rows = []
    sessions = calendar.index_of(to_days(daily["session_date"]))
    for measure, promised in PROMISED.items():
        column = daily[f"is_{measure}_exceeded"]
        is_told = column.notna().to_numpy()
        told, told_at = column[is_told].to_numpy(dtype=np.bool_), sessions[is_told]
        for sample, asked in SAMPLES.items():
            since = 0 if asked is None else -asked
            latest, at = told[since:], told_at[since:]
            tests = coverage_tests(latest, at, probability=promised, fewest=asked or 1)
            counts = (latest.shape[0], int(latest.sum()), promised * latest.shape[0])
            rows += [(measure, sample, test, *counts, *found) for test, found in tests.items()]
    columns = EMPTY_COLUMNS["risk_tests"]
    frame = pd.DataFrame(rows, columns=list(columns)[:-1])
    for name in ("measure", "sample", "test"):
        frame[name] = texts(frame[name].tolist())
    night = np.full(frame.shape[0], calendar.sessions.shape[0] - 1)
    return frame.assign(decided_at=moments(calendar.decided_at[night]))
