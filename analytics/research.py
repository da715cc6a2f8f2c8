"""One variant of one strategy, asked for by a person: backtest, benchmarks, how sure."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from analytics.arrays import Days
from analytics.backtest import first_decided_session, run_backtest
from analytics.benchmarks import FIXED_MIXES
from analytics.daily import NamedRows
from analytics.episodes import NAMED, covered, deepest_falls, episode_return
from analytics.errors import InputError
from analytics.frames import Calendar
from analytics.inputs import AnalyticsInputs, lay_out, run_benchmarks
from analytics.market import Market
from analytics.metric_tables import metric_rows, sample_metric_rows
from analytics.oos import Part, oos_row, split_once
from analytics.rolling import rolling_sharpe
from analytics.tables import NamedBacktest, daily_rows, dates, joined, position_rows, trade_rows
from analytics.targets import targets_from_signals
from analytics.trials import Search, count_trials, trial_rows, tried_rows

ROLLING_SESSIONS = 252
FEWEST_ROLLING_SESSIONS = 63
"""A year; a quarter where the whole history is shorter than two years."""


@dataclass(frozen=True)
class Question:
    """What is asked.

    `first_day`: rows begin with the first session on or after it; None for all there are.
    `benchmark`: a symbol to compare with. `split`: share of the rows that trains; None for no
    comparison of two parts.
    """

    strategy: str
    variant: str
    first_day: date | None = None
    benchmark: str = "SPY"
    split: float | None = None


@dataclass(frozen=True, eq=False)
class Answer:
    """What came out. `search` includes this trial; `trial` is its row, before it is registered.

    `tables`: name → frame: those of the schema `analytics` (`backtest_daily`,
    `backtest_positions`, `backtest_trades`, `backtest_metrics`), `rolling_sharpe` (per session:
    `value, lower, upper`), `episodes` (per bad time: net, gross and benchmark return) and, with a
    split, `oos` (a row of the out-of-sample registry).
    """

    tables: dict[str, pd.DataFrame]
    trial: pd.DataFrame
    search: Search
    rolling_window: int


@dataclass(frozen=True, eq=False)
class Simulated:
    """A variant's path on R sessions, and its benchmarks on the same ones.

    `named`: V = 1. `tried`: the same variant's rows on which trials are compared. `sessions` (R,);
    `start`: date of the close before the first row. `benchmarks`: V names, among them the one that
    is asked for. `tables`: `backtest_daily`, `backtest_positions` and `backtest_trades`.
    """

    named: NamedRows
    tried: NamedRows
    sessions: Days
    start: np.datetime64
    benchmarks: NamedRows
    tables: dict[str, pd.DataFrame]


def run_research(inputs: AnalyticsInputs, question: Question) -> Answer:
    """Backtest one variant over a period, beside its benchmarks.

    Parameters
    ----------
    inputs : frames of a build that holds the variant's signals; costs and fill are those of
        `portfolio_config`, `trials` everything evaluated before.
    question : what is asked.

    Returns
    -------
    The answer; deterministic, as `run_analytics` is.

    Raises
    ------
    InputError
        The variant has decided nothing in the period, or the benchmark has no prices.
    ParameterError
        The split leaves too few sessions on one side.

    Notes
    -----
    Timing: signals are of the whole history, as they were decided; a period only begins the account
    later: it then takes the target in force at the close before its first row.
    """
    calendar, market = lay_out(inputs)
    signals = inputs.signals
    own = signals[
        (signals["strategy"] == question.strategy) & (signals["variant"] == question.variant)
    ]
    targets = targets_from_signals(
        own,
        strategy=question.strategy,
        default_variant=question.variant,
        sessions=market.sessions,
    )
    first = _first_decision(first_decided_session(targets.weights), market.sessions, question)
    config = inputs.portfolio_config
    backtest = run_backtest(
        market.select(targets.symbols),
        targets.weights,
        costs=config.costs,
        fill=config.fill,
        first_decision=first,
    )
    named = NamedBacktest(
        question.strategy, targets.variants, backtest, targets.reasons, targets.reason_names
    )
    benchmarks = benchmarks_from(first, inputs, question, market, calendar)
    return answered(
        Simulated(
            named=named.daily,
            tried=tried_rows(named, targets.weights, costs=config.costs),
            sessions=market.sessions[backtest.sessions],
            start=market.sessions[first],
            benchmarks=benchmarks.daily,
            tables={
                "backtest_daily": daily_rows([named, benchmarks], calendar),
                "backtest_positions": position_rows([named], calendar),
                "backtest_trades": trade_rows([named], calendar, costs=config.costs),
            },
        ),
        inputs,
        question,
    )


def benchmarks_from(
    first: int, inputs: AnalyticsInputs, question: Question, market: Market, calendar: Calendar
) -> NamedBacktest:
    """Simulate the benchmarks, the one asked for among them, from the close of a session on.

    Raises
    ------
    InputError
        The one asked for has no prices.
    """
    if question.benchmark not in market.symbols:
        raise InputError(f"the benchmark {question.benchmark} has no prices in the warehouse")
    mixes = {**FIXED_MIXES, question.benchmark.lower(): {question.benchmark: 1.0}}
    return run_benchmarks(market, calendar, inputs, mixes=mixes, first_decision=first)


def answered(
    simulated: Simulated,
    inputs: AnalyticsInputs,
    question: Question,
    *,
    fewest_sessions: int = 0,
) -> Answer:
    """Measure a simulated path: metrics, how sure they are, rolling ratio, bad times.

    Parameters
    ----------
    simulated : the path and its benchmarks.
    inputs : for the variants' parameters and what was tried before.
    question : what was asked.
    fewest_sessions : as for `trials.trial_rows`.

    Raises
    ------
    ParameterError
        The split leaves too few sessions on one side.
    """
    named, days = simulated.named, simulated.sessions
    # whatever part of the history is asked for: else the first part would count for ever
    trial = trial_rows([simulated.tried], inputs.variants, fewest_sessions=fewest_sessions)
    search = count_trials(trial, inputs.trials)
    bar = search.expected_maximum
    metrics = [
        metric_rows([named], expected_maximum=bar),
        metric_rows([simulated.benchmarks]),
    ]
    tables = dict(simulated.tables)
    if question.split is not None:
        train, test = split_once(Part(named.rows, days), question.split)
        tables["oos"] = oos_row(
            train,
            test,
            strategy=question.strategy,
            variant=question.variant,
            window=f"split_{question.split:g}",
        )
        samples = {
            "train": (0, len(train.sessions)),
            "oos": (len(days) - len(test.sessions), len(days)),
        }
        metrics.append(sample_metric_rows(named, samples, expected_maximum=bar))
    window = ROLLING_SESSIONS if len(days) >= 2 * ROLLING_SESSIONS else FEWEST_ROLLING_SESSIONS
    tables["backtest_metrics"] = joined(metrics)
    tables["rolling_sharpe"] = _rolling_rows(named, days, window)
    tables["episodes"] = _episode_rows(simulated, question.benchmark)
    return Answer(tables, trial, search, window)


def _first_decision(decided: int, sessions: Days, question: Question) -> int:
    """Index of the close at which the account opens."""
    first = decided
    if question.first_day is not None:
        # the session before the first row of the period
        at = int(np.searchsorted(sessions, np.datetime64(question.first_day, "D")))
        first = max(first, at - 1)
    if first >= len(sessions) - 1:
        raise InputError(
            f"{question.variant} of {question.strategy} has decided nothing in this period: "
            "take a longer one"
        )
    return first


def _rolling_rows(named: NamedRows, days: Days, window: int) -> pd.DataFrame:
    excess = named.rows.net_return[:, 0] - named.rows.bill_return
    value, lower, upper = rolling_sharpe(excess, named.rows.gross_exposure[:, 0], window=window)
    return pd.DataFrame(
        {"session_date": dates(days), "value": value, "lower": lower, "upper": upper}
    )


def _episode_rows(simulated: Simulated, benchmark: str) -> pd.DataFrame:
    """The benchmark's five deepest falls within the rows, and the named ones that they cover."""
    days, rows = simulated.sessions, simulated.named.rows
    column = simulated.benchmarks.variants.index(benchmark.lower())
    other = simulated.benchmarks.rows.net_return[:, column]
    closes = np.append(simulated.start, days)
    falls = deepest_falls(other, closes)
    episodes = [*falls, *covered(NAMED, closes)]
    returns = {
        "net_return": rows.net_return[:, 0],
        "gross_return": rows.gross_return[:, 0],
        "benchmark_return": other,
    }
    return pd.DataFrame(
        {
            "name": [one.name for one in episodes],
            "is_named": [one not in falls for one in episodes],
            "first_date": pd.to_datetime([one.first for one in episodes]),
            "last_date": pd.to_datetime([one.last for one in episodes]),
            **{
                name: [episode_return(values, closes, one) for one in episodes]
                for name, values in returns.items()
            },
        }
    )
