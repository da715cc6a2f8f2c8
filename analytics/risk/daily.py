"""Forecasts of the next session's loss, and what came of them: `analytics.risk_daily`."""

import numpy as np
import pandas as pd

from analytics.arrays import Bools, Floats
from analytics.frames import Calendar
from analytics.portfolio import Portfolio
from analytics.risk.betas import book_betas, trailing_betas
from analytics.risk.book import RiskBook
from analytics.risk.forecasts import (
    historical_forecasts,
    parametric_forecasts,
    simulated_returns,
)
from analytics.tables import dates, moments

PROMISED = {
    "var_95_historical": 0.05,
    "var_99_historical": 0.01,
    "var_95_parametric": 0.05,
    "var_99_parametric": 0.01,
}
"""Forecasts whose exceedances are counted, and how often each is to be exceeded."""


def risk_rows(book: RiskBook, calendar: Calendar) -> pd.DataFrame:
    """List the portfolio's sessions: `analytics.risk_daily`.

    Parameters
    ----------
    book : the simulated portfolio's exposures.
    calendar : T sessions.

    Returns
    -------
    One row per session, those of `portfolio_daily`, all of it known at the session's close. The
    forecasts are of the next session's loss under the final weights decided at that close, losses
    positive, fractions of equity. `is_..._exceeded`: whether the session's net return fell below
    minus the forecast of the close before; null where there was none or nothing was to be held.
    `drawdown` from the highest equity so far, the capital at the start included. `beta_spy` of the
    final weights. `stale_gross_share`: share of their gross exposure that is frozen, null where
    they hold nothing.

    Notes
    -----
    With fills at the open the move over night is still of the book before: a forecast is of what
    was decided, not of what was held at each moment.
    """
    portfolio, exposures = book.portfolio, book.exposures
    run = portfolio.backtest
    forecasts = {
        **historical_forecasts(
            simulated_returns(exposures, book.returns, first=run.first_decision)
        ),
        **parametric_forecasts(portfolio.final_volatility_annual),
    }
    betas = trailing_betas(book.returns, book.market_returns, first=run.first_decision)
    net_return, is_invested = run.net_return[:, 0], (exposures != 0.0).any(axis=1)
    return pd.DataFrame(
        {
            "session_date": dates(calendar.sessions[run.sessions]),
            # the first decision stands before the first row
            **{name: values[1:] for name, values in forecasts.items()},
            **{
                f"is_{name}_exceeded": exceeded(net_return, forecasts[name][:-1], is_invested[:-1])
                for name in PROMISED
            },
            "drawdown": drawdowns(portfolio.equity_usd)[1:],
            "beta_spy": book_betas(exposures, betas)[1:],
            "stale_gross_share": stale_shares(portfolio, exposures)[1:],
            "decided_at": moments(calendar.decided_at[run.sessions]),
        }
    )


def exceeded(net_return: Floats, forecast: Floats, is_invested: Bools) -> pd.Series:
    """Tell which returns fell below minus their forecast, null where there is nothing to compare.

    Parameters
    ----------
    net_return : (R,), of each session.
    forecast, is_invested : (R,), value at risk, and whether anything was to be held, both as
        decided at the close before.
    """
    is_known = np.isfinite(forecast) & is_invested
    return pd.Series(
        pd.arrays.BooleanArray(np.where(is_known, net_return < -forecast, False), ~is_known)
    )


def drawdowns(equity_usd: Floats) -> Floats:
    """Distance below the highest equity so far, (D,), 0 or negative."""
    fallen: Floats = equity_usd / np.maximum.accumulate(equity_usd) - 1.0
    return fallen


def stale_shares(portfolio: Portfolio, exposures: Floats) -> Floats:
    """Share of each book's gross exposure in frozen symbols, (D,), NaN where it holds nothing."""
    gross = np.add.reduce(np.abs(exposures), axis=1)
    stale = np.add.reduce(np.abs(exposures) * portfolio.is_frozen, axis=1)
    return np.where(gross > 0.0, stale / np.where(gross > 0.0, gross, 1.0), np.nan)
