"""A portfolio under other settings than the night's: simulated, counted as a trial, laid beside."""

from dataclasses import dataclass, replace

import pandas as pd

from analytics.allocation import ESTIMATED_METHODS, ESTIMATION_SESSIONS
from analytics.benchmarks import BENCHMARK
from analytics.daily import DailyRows, NamedRows
from analytics.errors import InputError
from analytics.inputs import AnalyticsInputs, lay_out, run_benchmarks
from analytics.market import Market
from analytics.metric_tables import metric_rows
from analytics.night import run_strategy
from analytics.portfolio import Portfolio
from analytics.portfolio_results import (
    PORTFOLIO,
    Stage,
    portfolio_books,
    portfolio_tables,
    simulate_sleeves,
)
from analytics.settings import PortfolioConfig
from analytics.sleeves import Sleeve
from analytics.tables import NamedBacktest, daily_rows, joined, position_rows
from analytics.trials import Search, count_trials, trial_rows

AS_PUBLISHED = "as_published"
"""The portfolio with the night's own settings, beside one with others."""


@dataclass(frozen=True, eq=False)
class PortfolioAnswer:
    """What came out. `search` includes this trial; `trial` is its row, before it is registered.

    `tables`: name of the schema `analytics` → frame, as a night publishes them.
    """

    tables: dict[str, pd.DataFrame]
    trial: pd.DataFrame
    search: Search


def run_portfolio_research(
    inputs: AnalyticsInputs, *, published: PortfolioConfig, parameters: str
) -> PortfolioAnswer:
    """Put the sleeves together under the settings of `inputs`.

    Parameters
    ----------
    inputs : frames of a published build, with the settings that are asked for.
    published : the night's own settings, whose portfolio is laid beside where it differs.
    parameters : what makes the settings a parameter set of their own, as JSON.

    Returns
    -------
    The portfolio's tables, the daily rows and metrics of it, of 1/N where the method is another,
    of the night's own and of the benchmarks.

    Raises
    ------
    InputError
        If no strategy asked for has decided anything, or the method cannot estimate one of them
        yet, with fewer than 252 sessions.
    """
    calendar, market = lay_out(inputs)
    stage = Stage(market, calendar, inputs.portfolio_config)
    portfolio = simulate_sleeves(_sleeves(inputs, market), stage)
    if portfolio is None:
        listed = ", ".join(stage.config.strategies)
        raise InputError(f"none of the strategies {listed} has decided anything yet")
    _refuse_short_history(portfolio, stage.config)
    own, beside = portfolio_books(portfolio, stage)
    if published != stage.config:
        # other costs, and another variant may have been chosen
        usual_sleeves = _sleeves(replace(inputs, portfolio_config=published), market)
        usual = simulate_sleeves(usual_sleeves, replace(stage, config=published))
        if usual is not None:
            beside.append(NamedBacktest(BENCHMARK, (AS_PUBLISHED,), usual.backtest, None, ()))
    books = [*own, *beside, run_benchmarks(market, calendar, inputs)]
    trial = _trial(portfolio, stage, parameters)
    search = count_trials(trial, inputs.trials)
    metrics = [
        metric_rows([one.daily for one in own], expected_maximum=search.expected_maximum),
        metric_rows([one.daily for one in books[1:]]),
    ]
    return PortfolioAnswer(
        tables={
            "backtest_daily": daily_rows(books, calendar),
            "backtest_positions": position_rows(books, calendar),
            "backtest_metrics": joined(metrics),
            **portfolio_tables(portfolio, stage, holdings=inputs.holdings),
        },
        trial=trial,
        search=search,
    )


def _sleeves(inputs: AnalyticsInputs, market: Market) -> list[Sleeve]:
    """Stitch the strategies that the settings name, at their costs and fills."""
    return [
        run_strategy(rows, strategy=str(name), market=market, inputs=inputs).sleeve
        for name, rows in inputs.signals.groupby("strategy", sort=True)
        if name in inputs.portfolio_config.strategies
    ]


def _trial(portfolio: Portfolio, stage: Stage, parameters: str) -> pd.DataFrame:
    """The row of the registry, on fills at the next open as every trial."""
    if stage.config.fill != "next_open":
        other = replace(stage, config=replace(stage.config, fill="next_open"))
        portfolio = simulate_sleeves(portfolio.plan.sleeves, other) or portfolio
    rows = NamedRows(PORTFOLIO, ("default",), DailyRows.of(portfolio.backtest))
    described = pd.DataFrame(
        {"strategy": [PORTFOLIO], "variant": ["default"], "parameters": [parameters]}
    )
    return trial_rows([rows], described)


def _refuse_short_history(portfolio: Portfolio, config: PortfolioConfig) -> None:
    """Refuse a method that would weigh a sleeve by 1/N because too few sessions of it are known."""
    if config.method not in ESTIMATED_METHODS:
        return
    short = portfolio.plan.estimations[-1].wanted.short_history
    if short:
        raise InputError(
            f"{config.method} cannot weigh {', '.join(short)} yet: it needs {ESTIMATION_SESSIONS} "
            "sessions of returns; take equal or fixed weights"
        )
