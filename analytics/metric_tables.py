"""Metrics and walk-forward selections → rows of the public tables."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analytics.backtest import Backtest
from analytics.frames import Calendar
from analytics.performance import DailyRows, backtest_metrics
from analytics.tables import NamedBacktest, dates, moments, texts
from analytics.targets import StrategyTargets
from analytics.walk_forward import Selection


def metric_rows(books: Sequence[NamedBacktest]) -> pd.DataFrame:
    """Compute the metrics of all rows: `analytics.backtest_metrics`, sample `full`.

    Parameters
    ----------
    books : the backtests.

    Returns
    -------
    One row per strategy, variant and metric; `value` null where the metric does not exist, `lower`
    and `upper` null.
    """
    rows = [row for book in books for row in _metrics(book, "full", _rows_of(book.backtest))]
    return _metric_frame(rows)


def window_metric_rows(
    walk_forward: NamedBacktest, selections: Sequence[Selection]
) -> pd.DataFrame:
    """Compute the out-of-sample metrics of a stitched path.

    Parameters
    ----------
    walk_forward : the stitched path, V = 1.
    selections : the half-years; those with too few training sessions are not out of sample.

    Returns
    -------
    One row per sample and metric: the sample of each half-year's name holds the sessions that its
    decisions earn (its second session to the first one after it), `oos` all of them.
    """
    run = walk_forward.backtest
    rows = _rows_of(run)
    governed = [chosen for chosen in selections if chosen.reason != "too_few_sessions"]
    found = []
    for chosen in governed:
        first = chosen.window.first - run.first_decision
        window = rows.between(first, chosen.window.end - run.first_decision)
        if window.net_return.shape[0]:
            found += _metrics(walk_forward, chosen.window.name, window)
    if found:
        first = governed[0].window.first - run.first_decision
        found += _metrics(walk_forward, "oos", rows.between(first, rows.net_return.shape[0]))
    return _metric_frame(found)


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


def _rows_of(run: Backtest) -> DailyRows:
    return DailyRows(
        net_return=run.net_return,
        gross_return=run.gross_return,
        turnover=run.turnover,
        gross_exposure=run.gross_exposure,
        bill_return=run.bill_returns,
    )


def _metrics(
    book: NamedBacktest, sample: str, rows: DailyRows
) -> list[tuple[str, str, str, str, float]]:
    values = backtest_metrics(rows)
    return [
        (book.strategy, variant, sample, metric, float(value[v]))
        for v, variant in enumerate(book.variants)
        for metric, value in values.items()
    ]


def _metric_frame(rows: Sequence[tuple[str, str, str, str, float]]) -> pd.DataFrame:
    strategy, variant, sample, metric, value = zip(*rows, strict=True) if rows else ((),) * 5
    return pd.DataFrame(
        {
            "strategy": texts(strategy),
            "variant": texts(variant),
            "sample": texts(sample),
            "metric": texts(metric),
            "value": np.array(value, dtype=np.float64),
            "lower": np.full(len(value), np.nan),
            "upper": np.full(len(value), np.nan),
        }
    )
