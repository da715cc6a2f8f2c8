"""Performance figures of daily returns, many variants at once.

Everything here takes arrays with one row per session and one column per variant, and returns one
value per variant, NaN where the figure does not exist.
"""

import numpy as np

from analytics.arrays import PER_ROOT_YEAR, TRADING_DAYS_PER_YEAR, Floats
from analytics.daily import DailyRows
from analytics.errors import ParameterError
from analytics.inference import (
    minimum_track_record,
    probabilistic_sharpe,
    sharpe_error,
    sharpe_error_lo,
)

FEWEST_SESSIONS_IN_MARKET = 20
"""Below this a Sharpe ratio would be the interest on idle cash over almost no deviation."""

TAIL_ROUNDING = 1e-15  # a quantile may round to just below the row that it equals


def cagr(returns: Floats) -> Floats:
    r"""Compound annual growth rate, :math:`\prod(1+r)^{A/n} - 1`.

    Parameters
    ----------
    returns : (R, V), simple return per session.

    Returns
    -------
    (V,), fraction a year; -1 where everything was lost, NaN without rows.

    Notes
    -----
    A = TRADING_DAYS_PER_YEAR.
    """
    n = returns.shape[0]
    if n == 0:
        return np.full(returns.shape[1], np.nan)
    growth = np.maximum(np.multiply.reduce(1.0 + returns, axis=0), 0.0)
    annual: Floats = growth ** (TRADING_DAYS_PER_YEAR / n) - 1.0
    return annual


def volatility_annual(returns: Floats) -> Floats:
    """Sample standard deviation of simple returns, annualised; NaN below two rows.

    Parameters
    ----------
    returns : (R, V), simple return per session.

    Returns
    -------
    (V,), per square-root year of 252 sessions.
    """
    return _deviation(returns) * PER_ROOT_YEAR


def sharpe(excess_returns: Floats) -> Floats:
    r"""Annualised Sharpe ratio, :math:`\sqrt{A}\,\bar r / s(r)`.

    Parameters
    ----------
    excess_returns : (R, V), net return less the bill's return of the same interval.

    Returns
    -------
    (V,), NaN below two rows or where nothing varies.

    Notes
    -----
    Source: Sharpe (1994), "The Sharpe Ratio", Journal of Portfolio Management 21(1); sample
    deviation, A = TRADING_DAYS_PER_YEAR.
    """
    return _ratio(_mean(excess_returns), _deviation(excess_returns)) * PER_ROOT_YEAR


def sortino(excess_returns: Floats) -> Floats:
    r"""Annualised Sortino ratio, :math:`\sqrt{A}\,\bar r / \sqrt{\overline{\min(r, 0)^2}}`.

    Parameters
    ----------
    excess_returns : (R, V), net return less the bill's return of the same interval.

    Returns
    -------
    (V,), NaN without rows or where nothing was lost.

    Notes
    -----
    The downside mean runs over all sessions, those above the bill counting 0.
    Source: Sortino and Price (1994), "Performance Measurement in a Downside Risk Framework".
    """
    downside = np.sqrt(_mean(np.minimum(excess_returns, 0.0) ** 2))
    return _ratio(_mean(excess_returns), downside) * PER_ROOT_YEAR


def max_drawdown(returns: Floats) -> Floats:
    """Deepest fall of the compounded path below its peak, the starting capital being a peak.

    Parameters
    ----------
    returns : (R, V), simple return per session.

    Returns
    -------
    (V,), 0 or negative; 0 without rows.
    """
    start = np.ones((1, returns.shape[1]))
    path = np.concatenate([start, np.multiply.accumulate(1.0 + returns, axis=0)])
    deepest: Floats = (path / np.maximum.accumulate(path, axis=0) - 1.0).min(axis=0)
    return deepest


def moments(returns: Floats) -> tuple[Floats, Floats]:
    """Return population skewness and raw kurtosis (3 for a normal), (V,) each.

    Parameters
    ----------
    returns : (R, V), simple return per session.

    Returns
    -------
    NaN without rows or where nothing varies.
    """
    centred = returns - _mean(returns)
    # a constant series may round to a tiny variance instead of 0
    variance = np.where(_deviation(returns) == 0.0, 0.0, _mean(centred**2))
    return _ratio(_mean(centred**3), variance**1.5), _ratio(_mean(centred**4), variance**2)


def value_at_risk(returns: Floats, level: float) -> tuple[Floats, Floats]:
    """Return historical value at risk and expected shortfall, losses positive, (V,) each.

    Parameters
    ----------
    returns : (R, V), simple return per session.
    level : confidence, between 0.5 and 1.

    Returns
    -------
    Value at risk is less the (1 - level) quantile of the returns (linear interpolation); expected
    shortfall less the mean of the returns at or below that quantile. NaN without rows.

    Raises
    ------
    ParameterError
        If the level is outside (0.5, 1).
    """
    if not 0.5 < level < 1.0:
        raise ParameterError(f"level must lie between 0.5 and 1, got {level}")
    if returns.shape[0] == 0:
        return np.full(returns.shape[1], np.nan), np.full(returns.shape[1], np.nan)
    cut = np.quantile(returns, 1.0 - level, axis=0)
    is_tail = returns <= cut + TAIL_ROUNDING
    tail_mean = np.add.reduce(np.where(is_tail, returns, 0.0), axis=0) / is_tail.sum(axis=0)
    return -cut, -tail_mean


def in_market_sessions(gross_exposure: Floats) -> Floats:
    """Count the sessions that end with a position, (V,).

    Parameters
    ----------
    gross_exposure : (R, V), at the close.
    """
    sessions: Floats = np.add.reduce(gross_exposure != 0.0, axis=0, dtype=np.float64)
    return sessions


def selection_sharpe(rows: DailyRows) -> Floats:
    """Sharpe ratio of net returns less the bill, where the variant was in the market enough.

    Parameters
    ----------
    rows : R sessions of V variants.

    Returns
    -------
    (V,), NaN below 20 sessions in the market: a variant that never trades would otherwise win
    with its interest.
    """
    is_known = in_market_sessions(rows.gross_exposure) >= FEWEST_SESSIONS_IN_MARKET
    return np.where(is_known, sharpe(rows.net_return - rows.bill_return[:, None]), np.nan)


def backtest_metrics(
    rows: DailyRows, *, expected_maximum: float = float("nan")
) -> dict[str, Floats]:
    """Compute every metric that has one value per variant.

    Parameters
    ----------
    rows : R sessions of V variants.
    expected_maximum : Sharpe ratio per session that the best of everything tried shows without any
        skill (`trials.Search`); unknown when left out.

    Returns
    -------
    Metric name → (V,), NaN where the figure does not exist. Sharpe, its errors and probability,
    Sortino and `gross_sharpe` are of returns less the bill's, and NaN below 20 sessions in the
    market. The errors are annualised like the ratio; the probability is that the true Sharpe ratio
    exceeds 0, and `minimum_track_record` the years after which it would be 95 %, NaN for never;
    `deflated_sharpe` the probability that it exceeds the expected maximum.

    Notes
    -----
    Source of the last: Bailey and López de Prado (2014), "The Deflated Sharpe Ratio", Journal of
    Portfolio Management 40(5).
    """
    net, bill = rows.net_return, rows.bill_return[:, None]
    in_market = in_market_sessions(rows.gross_exposure)
    is_known = in_market >= FEWEST_SESSIONS_IN_MARKET
    growth, deepest = cagr(net), max_drawdown(net)
    skewness, kurtosis = moments(net)
    var_95, es_95 = value_at_risk(net, 0.95)
    var_99, es_99 = value_at_risk(net, 0.99)
    annual_sharpe = selection_sharpe(rows)
    daily_sharpe = annual_sharpe / PER_ROOT_YEAR
    n, shape = net.shape[0], moments(net - bill)
    needed = minimum_track_record(daily_sharpe, 0.0, *shape)
    wins = ((rows.gross_exposure != 0.0) & (net > 0.0)).sum(axis=0)
    return {
        "cagr": growth,
        "volatility_annual": volatility_annual(net),
        "sharpe": annual_sharpe,
        "sortino": np.where(is_known, sortino(net - bill), np.nan),
        "max_drawdown": deepest,
        "calmar": _ratio(growth, -deepest),
        "hit_rate": _ratio(wins, in_market),
        "turnover_annual": _mean(rows.turnover) * TRADING_DAYS_PER_YEAR,
        "mean_gross_exposure": _mean(rows.gross_exposure),
        "skewness": skewness,
        "kurtosis": kurtosis,
        "var_95": var_95,
        "es_95": es_95,
        "var_99": var_99,
        "es_99": es_99,
        "sharpe_se_lo": sharpe_error_lo(daily_sharpe, n) * PER_ROOT_YEAR,
        "sharpe_se": sharpe_error(daily_sharpe, n, *shape) * PER_ROOT_YEAR,
        "probabilistic_sharpe": probabilistic_sharpe(daily_sharpe, 0.0, n, *shape),
        "deflated_sharpe": probabilistic_sharpe(daily_sharpe, expected_maximum, n, *shape),
        "minimum_track_record": np.where(np.isinf(needed), np.nan, needed) / TRADING_DAYS_PER_YEAR,
        "gross_sharpe": np.where(is_known, sharpe(rows.gross_return - bill), np.nan),
        "gross_cagr": cagr(rows.gross_return),
    }


def _mean(values: Floats) -> Floats:
    if values.shape[0] == 0:
        return np.full(values.shape[1], np.nan)
    mean: Floats = np.add.reduce(values, axis=0) / values.shape[0]
    return mean


def _deviation(values: Floats) -> Floats:
    """Sample deviation; exactly 0 where all rows are equal, whatever the mean rounds to."""
    n = values.shape[0]
    if n < 2:
        return np.full(values.shape[1], np.nan)
    variance = np.add.reduce((values - _mean(values)) ** 2, axis=0) / (n - 1)
    return np.where((values == values[0]).all(axis=0), 0.0, np.sqrt(variance))


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Divide, NaN where the denominator is 0."""
    is_zero = denominator == 0.0
    return np.where(is_zero, np.nan, numerator / np.where(is_zero, 1.0, denominator))
