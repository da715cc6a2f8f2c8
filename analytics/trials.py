"""What has been tried: how many parameter sets, and how far apart their Sharpe ratios lie."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.arrays import PER_ROOT_YEAR, Floats
from analytics.backtest import first_decided_session, run_backtest
from analytics.bootstrap import FEWEST_PERIODS
from analytics.costs import TradingCosts
from analytics.daily import DailyRows, NamedRows
from analytics.frames import require_columns
from analytics.inference import expected_maximum_sharpe
from analytics.performance import selection_sharpe
from analytics.tables import NamedBacktest

KEY = ["strategy", "parameters"]


@dataclass(frozen=True)
class Search:
    """Of all distinct (strategy, parameter set) tried: how many, and the spread of their results.

    `trials`: N, those without a Sharpe ratio included. `variance`: V, sample variance of the known
    Sharpe ratios per session; NaN below two of them.
    """

    trials: int
    variance: float

    @property
    def expected_maximum(self) -> float:
        """Sharpe ratio per session that the best of them shows without any skill; NaN unknown."""
        if self.trials > 1 and np.isnan(self.variance):
            return float("nan")
        return expected_maximum_sharpe(max(self.trials, 1), max(self.variance, 0.0))


def tried_rows(named: NamedBacktest, weights: Floats, *, costs: TradingCosts) -> NamedRows:
    """Return the rows on which trials are compared: of the whole history, filled at the next open.

    Parameters
    ----------
    named : the variants, on whatever rows and with whatever fill.
    weights : (T, S, V), their targets, carried forward.
    costs : trading and borrow costs.
    """
    backtest = named.backtest
    first = first_decided_session(weights)
    if backtest.fill != "next_open" or backtest.first_decision != first:
        backtest = run_backtest(backtest.market, weights, costs=costs, has_fill_log=False)
    return NamedRows(named.strategy, named.variants, DailyRows.of(backtest))


def trial_rows(
    grids: Sequence[NamedRows], variants: pd.DataFrame, *, fewest_sessions: int = 0
) -> pd.DataFrame:
    """List the parameter sets that have just been evaluated.

    Parameters
    ----------
    grids : rows of `tried_rows`.
    variants : `strategy, variant, parameters` of `marts.dim_variants`.
    fewest_sessions : below so many rows a Sharpe ratio would say more about its own error than
        about how far apart trials lie, and is not told.

    Returns
    -------
    One row per strategy and parameter set: `strategy, parameters, variant, sharpe_per_session`
    (NaN below 20 sessions in the market, or too few rows), `session_count`. A variant that no row
    describes is its own parameter set, under its name.
    """
    require_columns(variants, "variants", "strategy", "variant", "parameters")
    described = variants.set_index(["strategy", "variant"])["parameters"].to_dict()
    rows = [
        (
            grid.strategy,
            described.get((grid.strategy, name), name),
            name,
            float(sharpe) if n_rows >= fewest_sessions else float("nan"),
            n_rows,
        )
        for grid in grids
        for n_rows in (grid.rows.net_return.shape[0],)
        for name, sharpe in zip(
            grid.variants, selection_sharpe(grid.rows) / PER_ROOT_YEAR, strict=True
        )
    ]
    return pd.DataFrame(
        rows, columns=[*KEY, "variant", "sharpe_per_session", "session_count"]
    ).astype({"sharpe_per_session": np.float64})


def count_trials(own: pd.DataFrame, earlier: pd.DataFrame | None = None) -> Search:
    """Count what has been tried, tonight and before.

    Parameters
    ----------
    own : rows of `trial_rows`.
    earlier : `strategy, parameters, sharpe_per_session` first evaluated before; None for nothing.

    Returns
    -------
    N and V. A parameter set counts once, with its Sharpe ratio of tonight where it has one, else
    with that of its first evaluation.
    """
    columns = [*KEY, "sharpe_per_session"]
    tried = own[columns] if earlier is None else pd.concat([own[columns], earlier[columns]])
    distinct = tried.drop_duplicates(KEY).sort_values(KEY)
    known = distinct["sharpe_per_session"].to_numpy(dtype=np.float64, na_value=np.nan)
    known = known[np.isfinite(known)]
    variance = float(np.var(known, ddof=1)) if known.shape[0] >= FEWEST_PERIODS else float("nan")
    return Search(len(distinct), variance)
