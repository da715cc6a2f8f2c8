"""Backtest results as arrays and tables ready to be shown; nothing is estimated here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from reports.queries import Published
from reports.scales import Days, Values

STARTING_EQUITY_USD = 1_000_000.0
DAILY_COLUMNS = ("variant", "session_date", "net_return", "gross_return")


@dataclass(frozen=True)
class DailyReturns:
    """One variant's returns: `dates` (n,) ascending, `net` and `gross` (n,) plain fractions."""

    dates: Days
    net: Values
    gross: Values

    @property
    def first(self) -> date:
        """First session with a return."""
        return _as_date(self.dates[0])

    @property
    def last(self) -> date:
        """Last session with a return."""
        return _as_date(self.dates[-1])


@dataclass(frozen=True)
class Estimate:
    """A metric's value and, where one was estimated, its interval."""

    value: float
    lower: float | None
    upper: float | None


@dataclass(frozen=True)
class MetricKind:
    """How a metric of `backtest_metrics` is named on the page.

    `form` is a wording: percent, number or probability. `is_sharpe` marks whatever rests on a
    Sharpe ratio, which a simulated market must not be seen to prove.
    """

    code: str
    label: str
    unit: str
    form: str = "number"
    is_sharpe: bool = False


MAIN_METRICS: tuple[MetricKind, ...] = (
    MetricKind("cagr", "Growth, net", "% a year", "percent"),
    MetricKind("gross_cagr", "Growth, gross of costs", "% a year", "percent"),
    MetricKind("volatility_annual", "Volatility, net", "% a year", "percent"),
    MetricKind("sharpe", "Sharpe, net", "a year, over the bill", is_sharpe=True),
    MetricKind("gross_sharpe", "Sharpe, gross of costs", "a year", is_sharpe=True),
    MetricKind("sortino", "Sortino, net", "a year, over the bill", is_sharpe=True),
    MetricKind("max_drawdown", "Deepest drawdown, net", "% of the peak", "percent"),
    MetricKind("calmar", "Calmar, net", "growth / drawdown"),
    MetricKind("hit_rate", "Winning sessions, net", "% of those held", "percent"),
    MetricKind("turnover_annual", "Turnover, two-sided", "\u00d7 equity a year"),
    MetricKind("mean_gross_exposure", "Mean gross exposure", "% of equity", "percent"),
)  # fmt: skip
MORE_METRICS: tuple[MetricKind, ...] = (
    MetricKind("skewness", "Skewness, net", "daily"),
    MetricKind("kurtosis", "Kurtosis, net", "daily, normal = 3"),
    MetricKind("var_95", "Value at risk 95, net", "% a day, loss > 0", "percent"),
    MetricKind("es_95", "Expected shortfall 95, net", "% a day, loss > 0", "percent"),
    MetricKind("var_99", "Value at risk 99, net", "% a day, loss > 0", "percent"),
    MetricKind("es_99", "Expected shortfall 99, net", "% a day, loss > 0", "percent"),
    MetricKind("sharpe_se_lo", "Standard error of Sharpe (Lo)", "a year", is_sharpe=True),
    MetricKind("sharpe_se", "Standard error of Sharpe", "a year, skew and kurtosis",
               is_sharpe=True),
    MetricKind("probabilistic_sharpe", "Probabilistic Sharpe", "probability", is_sharpe=True),
    MetricKind("minimum_track_record", "Track record to know Sharpe > 0", "years, at 95 %",
               is_sharpe=True),
    MetricKind("deflated_sharpe", "Deflated Sharpe", "probability", is_sharpe=True),
    MetricKind("overfitting_probability", "Probability of overfitting", "CSCV, all variants",
               is_sharpe=True),
)  # fmt: skip


def daily_returns(published: Published, strategy: str) -> dict[str, DailyReturns]:
    """Every variant's returns of one strategy, by variant."""
    found = published.arrays(
        "analytics.backtest_daily",
        DAILY_COLUMNS,
        where="strategy = ?",
        order_by="variant, session_date",
        parameters=[strategy],
    )
    variants = found["variant"]
    if not len(variants):
        return {}
    starts = [at for at in range(len(variants)) if at == 0 or variants[at] != variants[at - 1]]
    ends = [*starts[1:], len(variants)]
    return {
        variants[start]: DailyReturns(
            found["session_date"][start:end],
            found["net_return"][start:end],
            found["gross_return"][start:end],
        )
        for start, end in zip(starts, ends, strict=True)
    }


def grown(returns: Values) -> Values:
    """Equity in USD after each session, from 1,000,000 at the close before the first."""
    return np.asarray(STARTING_EQUITY_USD * np.cumprod(1.0 + returns), dtype=float)


def drawdown(equity: Values) -> Values:
    """Fraction below the highest equity so far, the starting equity included; never positive."""
    peak = np.maximum.accumulate(np.maximum(equity, STARTING_EQUITY_USD))
    return np.asarray(equity / peak - 1.0)


def on_sessions(dates: Days, returns: DailyReturns, *, gross: bool = False) -> Values:
    """Equity of one variant on another's sessions, both from 1,000,000 at the same start.

    Parameters
    ----------
    dates : (n,) the sessions wanted, ascending.
    returns : a benchmark or variant that may begin earlier or later.

    Returns
    -------
    (n,) USD; NaN where the variant has no session.
    """
    within = (returns.dates >= dates[0]) & (returns.dates <= dates[-1])
    equity = grown((returns.gross if gross else returns.net)[within])
    shown = np.full(len(dates), np.nan)
    at = np.searchsorted(dates, returns.dates[within])
    is_same = dates[np.minimum(at, len(dates) - 1)] == returns.dates[within]
    shown[at[is_same]] = equity[is_same]
    return shown


def monthly_returns(returns: DailyReturns) -> list[dict[str, Any]]:
    """Net returns compounded by calendar month and year, oldest year first.

    Returns
    -------
    One mapping per year: `year`, `months` (12 fractions or None) and `total`.
    """
    months = returns.dates.astype("datetime64[M]").astype(int)
    years: dict[int, list[float | None]] = {}
    for month in np.unique(months):
        compounded = float(np.prod(1.0 + returns.net[months == month]) - 1.0)
        years.setdefault(1970 + int(month) // 12, [None] * 12)[int(month) % 12] = compounded
    return [
        {
            "year": year,
            "months": found,
            "total": float(np.prod([1.0 + month for month in found if month is not None]) - 1.0),
        }
        for year, found in sorted(years.items())
    ]


def metrics(published: Published, strategy: str) -> dict[str, dict[str, Estimate]]:
    """Full-sample metrics of a strategy: variant, then metric."""
    found: dict[str, dict[str, Estimate]] = {}
    for row in published.rows(
        "analytics.backtest_metrics",
        ["variant", "metric", "value", "lower", "upper"],
        where="strategy = ? and sample = 'full'",
        parameters=[strategy],
    ):
        value = float("nan") if row["value"] is None else float(row["value"])
        found.setdefault(row["variant"], {})[row["metric"]] = Estimate(
            value, row["lower"], row["upper"]
        )
    return found


def known_kinds(
    kinds: Sequence[MetricKind], columns: Sequence[Mapping[str, Estimate]]
) -> list[MetricKind]:
    """The metrics that at least one of the columns has a value for."""
    return [kind for kind in kinds if any(kind.code in column for column in columns)]


def _as_date(value: np.datetime64) -> date:
    found: date = value.astype("datetime64[D]").item()
    return found
