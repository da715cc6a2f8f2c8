"""Everything that analytics computes in one night, as one pure function."""

from dataclasses import dataclass

import pandas as pd

from analytics.backtest import run_backtest
from analytics.daily import NamedRows
from analytics.errors import InputError
from analytics.inputs import AnalyticsInputs, lay_out, run_benchmarks
from analytics.market import Market
from analytics.metric_tables import (
    metric_rows,
    overfitting_rows,
    window_metric_rows,
    window_rows,
)
from analytics.portfolio_results import (
    Stage,
    portfolio_books,
    portfolio_tables,
    simulate_sleeves,
)
from analytics.record_tables import record_tables
from analytics.sleeves import Sleeve
from analytics.tables import (
    NamedBacktest,
    daily_rows,
    joined,
    position_rows,
    trade_rows,
)
from analytics.targets import StrategyTargets, targets_from_signals
from analytics.trials import count_trials, trial_rows, tried_rows
from analytics.walk_forward import WALK_FORWARD, Selection, select_variants, stitch

TRIALS = "trials"


@dataclass(frozen=True, eq=False)
class AnalyticsResults:
    """One frame per table of the schema `analytics`; dates without a zone, moments in UTC.

    The frames of the portfolio and of its risk are empty when none of its strategies has decided
    anything yet, those of the record as long as no recorded decision has earned anything. `trials`:
    what has been evaluated, as `trials.trial_rows`.
    """

    backtest_positions: pd.DataFrame
    backtest_daily: pd.DataFrame
    backtest_trades: pd.DataFrame
    backtest_metrics: pd.DataFrame
    walk_forward_windows: pd.DataFrame
    target_weights: pd.DataFrame
    portfolio_daily: pd.DataFrame
    sleeve_weights: pd.DataFrame
    limit_usage: pd.DataFrame
    portfolio_tracking: pd.DataFrame
    orders: pd.DataFrame
    holdings: pd.DataFrame
    risk_daily: pd.DataFrame
    risk_tests: pd.DataFrame
    risk_exposures: pd.DataFrame
    stress_results: pd.DataFrame
    record_daily: pd.DataFrame
    record_metrics: pd.DataFrame
    trials: pd.DataFrame

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return table name (`analytics.backtest_daily`) → frame; trials belong to the registry."""
        return {f"analytics.{name}": frame for name, frame in vars(self).items() if name != TRIALS}


@dataclass(frozen=True, eq=False)
class StrategyRun:
    """One strategy: targets, selections, the backtests of all variants and of the stitched path.

    `tried`: the variants' rows filled at the next open, on which trials are compared.
    """

    targets: StrategyTargets
    selections: list[Selection]
    named: tuple[NamedBacktest, NamedBacktest]
    tried: NamedRows
    sleeve: Sleeve


def run_analytics(inputs: AnalyticsInputs) -> AnalyticsResults:
    """Backtest every variant, stitch the walk-forward, run the portfolio and list the orders.

    Parameters
    ----------
    inputs : frames of the build and the portfolio's settings.

    Returns
    -------
    The rows of every analytics table.

    Raises
    ------
    InputError
        If a frame breaks its contract.
    ConfigurationError
        If the settings lack what a traded symbol needs.

    Notes
    -----
    Deterministic: inputs are sorted, sums run in a fixed order, no threads.
    """
    calendar, market = lay_out(inputs)
    config = inputs.portfolio_config
    runs = [
        run_strategy(rows, strategy=str(name), market=market, inputs=inputs)
        for name, rows in inputs.signals.groupby("strategy", sort=True)
    ]
    tried = [named for run in runs for named in run.named]
    listed = [*tried, run_benchmarks(market, calendar, inputs)]
    stage = Stage(market, calendar, config)
    portfolio = simulate_sleeves([run.sleeve for run in runs], stage)
    own, beside = portfolio_books(portfolio, stage)
    books = [*listed, *own, *beside]
    grids = [run.named[0].daily for run in runs]
    trials = trial_rows([run.tried for run in runs], inputs.variants)
    search = count_trials(trials, inputs.trials)
    bar = search.expected_maximum
    # nobody chose a benchmark for how it did: there is nothing to deflate
    metrics = [
        metric_rows([one.daily for one in (*tried, *own)], expected_maximum=bar),
        metric_rows([one.daily for one in (listed[-1], *beside)]),
    ]
    metrics += [overfitting_rows(grids)]
    metrics += [
        window_metric_rows(run.named[1], run.selections, expected_maximum=bar) for run in runs
    ]
    return AnalyticsResults(
        backtest_positions=position_rows(books, calendar),
        backtest_daily=daily_rows(books, calendar),
        backtest_trades=trade_rows(listed, calendar, costs=config.costs),
        backtest_metrics=joined(metrics),
        walk_forward_windows=window_rows([(run.targets, run.selections) for run in runs], calendar),
        **portfolio_tables(portfolio, stage, holdings=inputs.holdings),
        **record_tables(
            inputs.past, portfolio=portfolio, market=market, calendar=calendar, config=config
        ),
        trials=trials,
    )


def run_strategy(
    signals: pd.DataFrame, *, strategy: str, market: Market, inputs: AnalyticsInputs
) -> StrategyRun:
    """Simulate all variants of one strategy, select, stitch, and simulate the stitched path once.

    Parameters
    ----------
    signals : the strategy's rows of `marts.fct_signals`.
    strategy : its name.
    market : T sessions of every symbol.
    inputs : for the default variant, costs and fill.

    Returns
    -------
    The run; `named` holds the variants' backtest and the walk-forward's.

    Raises
    ------
    InputError
        If the strategy has no default variant.
    """
    if strategy not in inputs.default_variants:
        raise InputError(f"strategy {strategy} names no default variant")
    targets = targets_from_signals(
        signals,
        strategy=strategy,
        default_variant=inputs.default_variants[strategy],
        sessions=market.sessions,
    )
    own_market = market.select(targets.symbols)
    config = inputs.portfolio_config
    backtest = run_backtest(own_market, targets.weights, costs=config.costs, fill=config.fill)
    selections = select_variants(backtest, targets.default)
    weights, reasons, names = stitch(targets, selections)
    stitched = run_backtest(
        own_market,
        weights,
        costs=config.costs,
        fill=config.fill,
        first_decision=backtest.first_decision,
    )
    grid = NamedBacktest(
        strategy, targets.variants, backtest, targets.reasons, targets.reason_names
    )
    return StrategyRun(
        targets=targets,
        selections=selections,
        named=(grid, NamedBacktest(strategy, (WALK_FORWARD,), stitched, reasons, names)),
        tried=tried_rows(grid, targets.weights, costs=config.costs),
        sleeve=Sleeve(
            name=strategy,
            symbols=targets.symbols,
            targets=weights[:, :, 0],
            is_frozen=targets.is_frozen,
            is_quarantined=targets.is_quarantined,
            backtest=stitched,
            reasons=reasons[:, :, 0],
            reason_names=names,
        ),
    )
