"""From the strategies' sleeves to the portfolio, and everything that is published of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from analytics.benchmarks import BENCHMARK
from analytics.frames import Calendar
from analytics.holdings import Holdings
from analytics.limit_usage import LIMIT_USAGE_COLUMNS, limit_usage_rows, limit_usages
from analytics.market import Market
from analytics.portfolio import Portfolio, run_portfolio
from analytics.portfolio_tables import (
    EMPTY_COLUMNS,
    order_rows,
    portfolio_rows,
    target_weight_rows,
)
from analytics.risk.tables import risk_tables
from analytics.settings import PortfolioConfig
from analytics.sleeve_tables import sleeve_weight_rows
from analytics.sleeves import Sleeve, plan_sleeves
from analytics.tables import NamedBacktest, empty_frame
from analytics.tracking import TRACKING_COLUMNS, tracking_rows

PORTFOLIO = "portfolio"
EQUAL = "equal"
EQUAL_SLEEVES = "equal_sleeves"
"""The same portfolio with 1/N for the sleeves: the benchmark of every other method."""


@dataclass(frozen=True, eq=False)
class Stage:
    """What sleeves are put together on: T sessions of every symbol, and the settings.

    The last session of `calendar` is the night.
    """

    market: Market
    calendar: Calendar
    config: PortfolioConfig


def simulate_sleeves(sleeves: Sequence[Sleeve], stage: Stage) -> Portfolio | None:
    """Run the portfolio over the configured strategies that have decided something.

    Parameters
    ----------
    sleeves : of any strategies.
    stage : whose settings name the strategies that count.

    Returns
    -------
    The portfolio; None as long as none of its strategies has begun.
    """
    own = [sleeve for sleeve in sleeves if sleeve.name in stage.config.strategies]
    if not own:
        return None
    symbols = sorted({symbol for sleeve in own for symbol in sleeve.symbols})
    plan = plan_sleeves(
        stage.market.select(symbols),
        own,
        is_month_first=stage.calendar.is_month_first,
        config=stage.config,
    )
    return run_portfolio(plan, stage.config)


def portfolio_books(
    portfolio: Portfolio | None, stage: Stage
) -> tuple[list[NamedBacktest], list[NamedBacktest]]:
    """Name the portfolio's path, and that of 1/N beside it.

    Parameters
    ----------
    portfolio : as `simulate_sleeves` gives it.
    stage : what it was simulated on.

    Returns
    -------
    The portfolio's own, and its benchmark where the method is another than 1/N.
    """
    if portfolio is None:
        return [], []
    own = NamedBacktest(PORTFOLIO, ("default",), portfolio.backtest, None, ())
    if stage.config.method == EQUAL:
        return [own], []
    beside = run_portfolio(
        plan_sleeves(
            portfolio.plan.market,
            portfolio.plan.sleeves,
            is_month_first=stage.calendar.is_month_first,
            config=replace(stage.config, method=EQUAL),
        ),
        stage.config,
    )
    return [own], [NamedBacktest(BENCHMARK, (EQUAL_SLEEVES,), beside.backtest, None, ())]


def portfolio_tables(
    portfolio: Portfolio | None, stage: Stage, *, holdings: Holdings | None
) -> dict[str, pd.DataFrame]:
    """List everything that is published of the portfolio.

    Parameters
    ----------
    portfolio : as `simulate_sleeves` gives it; None gives tables without rows.
    stage : what it was simulated on.
    holdings : what a person holds; None for the simulated book.
    """
    market, calendar, config = stage.market, stage.calendar, stage.config
    risk = risk_tables(portfolio, market=market, calendar=calendar, config=config)
    if portfolio is None:
        columns = {
            **EMPTY_COLUMNS,
            "limit_usage": LIMIT_USAGE_COLUMNS,
            "portfolio_tracking": TRACKING_COLUMNS,
        }
        return {**{table: empty_frame(kinds) for table, kinds in columns.items()}, **risk}
    usages = limit_usages(portfolio, config)
    return {
        "target_weights": target_weight_rows(portfolio, calendar),
        "portfolio_daily": portfolio_rows(portfolio, calendar),
        "sleeve_weights": sleeve_weight_rows(portfolio.plan, calendar, method=config.method),
        "limit_usage": limit_usage_rows(usages, portfolio, calendar),
        "portfolio_tracking": tracking_rows(
            usages, portfolio, calendar, target=config.target_volatility_annual
        ),
        **order_rows(portfolio, calendar, market=market, config=config, holdings=holdings),
        **risk,
    }
