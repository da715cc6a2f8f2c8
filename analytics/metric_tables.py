"""Metrics and walk-forward selections → rows of the public tables."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analytics.bootstrap import sharpe_intervals
from analytics.daily import NamedRows
from analytics.frames import Calendar
from analytics.inference import overfitting_probability
from analytics.performance import backtest_metrics, selection_sharpe
from analytics.tables import NamedBacktest, dates, moments, texts
from analytics.targets import StrategyTargets
from analytics.walk_forward import WALK_FORWARD, Selection

MetricRow = tuple[str, str, str, str, float, float, float]
"""Strategy, variant, sample, metric, value, lower, upper."""


def metric_rows(
    named: Sequence[NamedRows], *, expected_maximum: float = float("nan"), sample: str = "full"
) -> pd.DataFrame:
    """Compute the metrics of all rows: `analytics.backtest_metrics`.

    Parameters
    ----------
    named : daily rows of strategies.
    expected_maximum : as of `trials.Search`, for `deflated_sharpe`.
    sample : what the rows are of all that there are.

    Returns
    -------
    One row per strategy, variant and metric; `value` null where the metric does not exist. `lower`
    and `upper` are the ends of the 95 % interval of `sharpe`, and null for all others.
    """
    return _metric_frame([row for one in named for row in _metrics(one, sample, expected_maximum)])


def overfitting_rows(grids: Sequence[NamedRows]) -> pd.DataFrame:
    """Compute how likely the choice among each strategy's variants is overfit, sample `full`.

    Parameters
    ----------
    grids : each strategy's variants.

    Returns
    -------
    One row per strategy, metric `overfitting_probability` of variant `walk_forward`, which is what
    the choice makes; null with fewer than two variants that have a Sharpe ratio.
    """
    rows: list[MetricRow] = []
    for grid in grids:
        daily = grid.rows
        is_known = ~np.isnan(selection_sharpe(daily))
        value = overfitting_probability(
            (daily.net_return - daily.bill_return[:, None])[:, is_known]
        )
        name = "overfitting_probability"
        rows.append((grid.strategy, WALK_FORWARD, "full", name, value, np.nan, np.nan))
    return _metric_frame(rows)


def window_metric_rows(
    walk_forward: NamedBacktest,
    selections: Sequence[Selection],
    *,
    expected_maximum: float = float("nan"),
) -> pd.DataFrame:
    """Compute the out-of-sample metrics of a stitched path.

    Parameters
    ----------
    walk_forward : the stitched path, V = 1.
    selections : the half-years; those with too few training sessions are not out of sample.
    expected_maximum : as of `trials.Search`, for `deflated_sharpe`.

    Returns
    -------
    One row per sample and metric: the sample of each half-year's name holds the sessions that its
    decisions earn (its second session to the first one after it), `oos` all of them.
    """
    run = walk_forward.backtest
    n_rows = run.sessions.shape[0]
    governed = [chosen for chosen in selections if chosen.reason != "too_few_sessions"]
    parts = {
        chosen.window.name: (
            chosen.window.first - run.first_decision,
            min(chosen.window.end - run.first_decision, n_rows),
        )
        for chosen in governed
    }
    samples = {name: (first, end) for name, (first, end) in parts.items() if end > first}
    if samples:
        samples["oos"] = (governed[0].window.first - run.first_decision, n_rows)
    return sample_metric_rows(walk_forward.daily, samples, expected_maximum=expected_maximum)


def sample_metric_rows(
    named: NamedRows,
    samples: Mapping[str, tuple[int, int]],
    *,
    expected_maximum: float = float("nan"),
) -> pd.DataFrame:
    """Compute the metrics of parts of the rows.

    Parameters
    ----------
    named : daily rows of a strategy.
    samples : name → first row, and one after the last.
    expected_maximum : as of `trials.Search`, for `deflated_sharpe`.

    Returns
    -------
    As `metric_rows`, one row per sample, variant and metric.
    """
    return _metric_frame(
        [
            row
            for sample, part in samples.items()
            for row in _metrics(named.between(*part), sample, expected_maximum)
        ]
    )


def window_rows(
    chosen: Sequence[tuple[StrategyTargets, Sequence[Selection]]], calendar: Calendar
) -> pd.DataFrame:
    """List which variant governs which half-year: `analytics.walk_forward_windows`.

    Parameters
    ----------
    chosen : each strategy's targets and selections.
    calendar : T sessions.

    Returns
    -------
    One row per strategy and half-year; `session_date` is its first session, at whose decision the
    choice takes force.
    """
    pairs = [(targets, row) for targets, selections in chosen for row in selections]
    first = np.array([row.window.first for _, row in pairs], dtype=np.int64)
    return pd.DataFrame(
        {
            "strategy": texts([targets.strategy for targets, _ in pairs]),
            "window": texts([row.window.name for _, row in pairs]),
            "session_date": dates(calendar.sessions[first]),
            "variant": texts([targets.variants[row.variant] for targets, row in pairs]),
            "is_default": np.array([t.default == row.variant for t, row in pairs], dtype=np.bool_),
            "selection_reason": texts([row.reason for _, row in pairs]),
            "train_sharpe": np.array([row.train_sharpe for _, row in pairs], dtype=np.float64),
            "default_train_sharpe": np.array(
                [row.default_train_sharpe for _, row in pairs], dtype=np.float64
            ),
            "train_sessions": np.array(
                [max(row.train_last - row.train_first + 1, 0) for _, row in pairs], dtype=np.int64
            ),
            "decided_at": moments(calendar.decided_at[first]),
            "effective_session": dates(calendar.next_sessions[first]),
        }
    )


def _metrics(named: NamedRows, sample: str, expected_maximum: float) -> list[MetricRow]:
    rows = named.rows
    values = backtest_metrics(rows, expected_maximum=expected_maximum)
    unknown = np.full(len(named.variants), np.nan)
    lower, upper = sharpe_intervals(rows.net_return - rows.bill_return[:, None])
    is_known = ~np.isnan(values["sharpe"])
    ends = {"sharpe": (np.where(is_known, lower, np.nan), np.where(is_known, upper, np.nan))}
    return [
        (named.strategy, variant, sample, metric, float(value[v]), float(low[v]), float(high[v]))
        for v, variant in enumerate(named.variants)
        for metric, value in values.items()
        for low, high in (ends.get(metric, (unknown, unknown)),)
    ]


def _metric_frame(rows: Sequence[MetricRow]) -> pd.DataFrame:
    columns = zip(*rows, strict=True) if rows else ((),) * 7
    strategy, variant, sample, metric, value, lower, upper = columns
    return pd.DataFrame(
        {
            "strategy": texts(strategy),
            "variant": texts(variant),
            "sample": texts(sample),
            "metric": texts(metric),
            "value": np.array(value, dtype=np.float64),
            "lower": np.array(lower, dtype=np.float64),
            "upper": np.array(upper, dtype=np.float64),
        }
    )
