"""How well the portfolio meets its target volatility, and how good the forecasts behind it are."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from analytics.arrays import PER_ROOT_YEAR, TRADING_DAYS_PER_YEAR, Bools, Floats
from analytics.covariance import unit_returns
from analytics.frames import Calendar
from analytics.limit_usage import Usage
from analytics.portfolio import Portfolio
from analytics.tables import texts

FULL = "full"
TRACKING_COLUMNS = {"period": "str", "metric": "str", "value": "float64"}
OVERRIDES = ("forecast_volatility", "realised_volatility")
"""Reasons for which the notional is scaled down: `overrides` begin with them."""


def qlike(returns: Floats, variances: Floats) -> float:
    r"""Score variance forecasts, the smaller the better.

    .. math:: \frac{1}{n} \sum_t \left( \ln h_t + r_t^2 / h_t \right)

    Parameters
    ----------
    returns : (n,), what was forecast, zero mean.
    variances : (n,), forecasts h, positive, of the same interval.

    Returns
    -------
    The mean; NaN of nothing.

    Notes
    -----
    Ranks forecasts rightly although a squared return is a noisy measure of variance: Patton (2011),
    "Volatility forecast comparison using imperfect volatility proxies".
    """
    if returns.shape[0] == 0:
        return float("nan")
    total = float(np.add.reduce(np.log(variances) + returns**2 / variances))
    return total / len(returns)


def bias_statistic(returns: Floats, variances: Floats) -> float:
    r"""Standard deviation of returns over their forecast deviation: above 1, risk was understated.

    Parameters
    ----------
    returns, variances : (n,), as for `qlike`.

    Returns
    -------
    Sample deviation of :math:`r_t / \sqrt{h_t}`; NaN below two.

    Notes
    -----
    Source: Menchero, Morozov and Pasqua (2011), "Predicting risk at short horizons", MSCI Barra.
    With n independent normal returns 95 % lie within 1 ± √(2 / n).
    """
    if returns.shape[0] < 2:
        return float("nan")
    return float(np.std(returns / np.sqrt(variances), ddof=1))


def tracking_rows(
    usages: Sequence[Usage], portfolio: Portfolio, calendar: Calendar, *, target: float
) -> pd.DataFrame:
    """Compare target, forecast and outcome, whole and by year: `analytics.portfolio_tracking`.

    Parameters
    ----------
    usages : of every limit, as `limit_usage.limit_usages` measures them.
    portfolio : the same D decisions.
    calendar : T sessions.
    target : annual volatility aimed at.

    Returns
    -------
    One row per `period` (`full`, or the year of the decision) and `metric`, over the decisions
    after the warm-up whose next session is known: `sessions`; annual `target_volatility`,
    `realised_volatility` of the net returns of the sessions after the decisions,
    `realised_over_target`; `unbound_share`: of decisions that neither the leverage bound nor a
    limit touched, `unbound_volatility`: realised in the sessions after those; `untouched_share`: of
    decisions that carry out what the sleeves want at the target volatility: unbound, not scaled
    down because a volatility was above target, not stopped, with no symbol that waits for a bar
    while it is held or wanted (a change too small to be sent is no touch); `bound_share_*` by
    limit; `cut_share_*`: decisions scaled down because a volatility was above target;
    `qlike_*` and `bias_*` of the forecast in use and of the baseline.

    Notes
    -----
    Timing: both forecasts are made at the close of t, of what the unscaled target weights of t
    earn from that close to the next; decisions that want nothing have nothing to forecast.
    """
    first = portfolio.plan.first_decision
    years = calendar.sessions[first:-1].astype("datetime64[Y]").astype(str)
    is_counted = np.isfinite(portfolio.forecast_volatility_annual[:-1])
    measures = _Measures(usages, portfolio, target)
    periods: dict[str, Bools] = {FULL: is_counted} if is_counted.any() else {}
    periods |= {str(year): is_counted & (years == year) for year in np.unique(years[is_counted])}
    rows = [
        (period, metric, value)
        for period, is_in in periods.items()
        for metric, value in measures.of(is_in).items()
    ]
    frame = pd.DataFrame(rows, columns=list(TRACKING_COLUMNS))
    return frame.assign(
        period=texts(frame["period"].to_list()),
        metric=texts(frame["metric"].to_list()),
        value=frame["value"].astype("float64"),
    )


class _Measures:
    """Everything that is compared, over the decisions whose next session is known."""

    def __init__(self, usages: Sequence[Usage], portfolio: Portfolio, target: float) -> None:
        plan, market = portfolio.plan, portfolio.plan.market
        first = plan.first_decision
        self._target = target
        self._earned = portfolio.backtest.net_return[:, 0]
        wanted = (plan.desired * market.fill_leverage)[first:-1]
        following = np.nan_to_num(unit_returns(market)[first + 1 :], nan=0.0)
        self._wanted_return = np.add.reduce(wanted * following, axis=1)
        self._variances = {
            "forecast": portfolio.forecast_volatility_annual[:-1] ** 2 / TRADING_DAYS_PER_YEAR,
            "baseline": portfolio.baseline_volatility_annual[:-1] ** 2 / TRADING_DAYS_PER_YEAR,
        }
        self._bound = {usage.name: usage.is_binding[:-1] for usage in usages}
        at_stake = (portfolio.holding != 0.0) | (plan.desired[first:] != 0.0)
        is_waiting = (portfolio.is_frozen & at_stake).any(axis=1)[:-1]
        reasons = [reason or "" for reason in portfolio.overrides[:-1]]
        self._is_bound = np.logical_or.reduce(list(self._bound.values()))
        is_overridden = np.array([bool(reason) for reason in reasons], dtype=np.bool_)
        self._is_touched = self._is_bound | is_waiting | is_overridden
        self._cut = {
            name: np.array([reason.startswith(name) for reason in reasons]) for name in OVERRIDES
        }

    def of(self, is_in: Bools) -> Mapping[str, float]:
        """Measure the decisions chosen; at least one is."""
        return dict(self._named(is_in))

    def _named(self, is_in: Bools) -> Iterator[tuple[str, float]]:
        is_unbound = is_in & ~self._is_bound
        realised = _annual_volatility(self._earned[is_in])
        yield "sessions", float(is_in.sum())
        yield "target_volatility", self._target
        yield "realised_volatility", realised
        yield "realised_over_target", realised / self._target
        yield "unbound_share", float(is_unbound.sum() / is_in.sum())
        yield "unbound_volatility", _annual_volatility(self._earned[is_unbound])
        yield "untouched_share", float((~self._is_touched)[is_in].mean())
        for name, is_bound in self._bound.items():
            yield f"bound_share_{name}", float(is_bound[is_in].mean())
        for name, is_cut in self._cut.items():
            yield f"cut_share_{name}", float(is_cut[is_in].mean())
        known = [np.nan_to_num(variance, nan=0.0) > 0.0 for variance in self._variances.values()]
        is_scored = is_in & np.logical_and.reduce(known)
        for name, variance in self._variances.items():
            scored = self._wanted_return[is_scored], variance[is_scored]
            yield f"qlike_{name}", qlike(*scored)
            yield f"bias_{name}", bias_statistic(*scored)


def _annual_volatility(returns: Floats) -> float:
    """Sample deviation a year; NaN below two returns."""
    return float(np.std(returns, ddof=1)) * PER_ROOT_YEAR if returns.shape[0] > 1 else float("nan")
