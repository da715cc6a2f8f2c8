"""What each sleeve gets of the portfolio, time after time → rows of a public table."""

import pandas as pd

from analytics.allocation import ESTIMATION_SESSIONS
from analytics.frames import Calendar
from analytics.performance import FEWEST_SESSIONS_IN_MARKET
from analytics.portfolio_tables import EMPTY_COLUMNS
from analytics.sleeves import SHORT_HISTORY, Estimation, SleevePlan
from analytics.tables import dates, moments, named, texts


def sleeve_weight_rows(plan: SleevePlan, calendar: Calendar, *, method: str) -> pd.DataFrame:
    """List the sleeve weights each time they are estimated: `analytics.sleeve_weights`.

    Parameters
    ----------
    plan : what the sleeves want.
    calendar : T sessions.
    method : how they were estimated.

    Returns
    -------
    One row per estimation and sleeve: the `weight` that the method gives, with `equal_weight`
    (1/N) beside it, and `applied_weight`, which is in force until the next estimation: the same,
    or the one before where the change is not worth its cost. `volatility_annual` and
    `variance_share` (of the portfolio of these weights) are Ledoit-Wolf's, null for a sleeve that
    was not estimated. `reason`: why a weight is not the method's, or not in force.
    """
    rows = [
        {
            "t": estimation.t,
            "k": k,
            "weight": wanted.weights[k],
            "equal_weight": 1.0 / len(plan.names),
            "applied_weight": plan.weights[estimation.t, k],
            "volatility_annual": wanted.volatilities[k],
            "variance_share": shares[k],
            "reason": _estimation_reason(estimation, name),
        }
        for estimation in plan.estimations
        for wanted in (estimation.wanted,)
        for shares in (wanted.variance_shares,)
        for k, name in enumerate(plan.names)
    ]
    frame = pd.DataFrame(rows)
    t, k = frame.pop("t").to_numpy(), frame.pop("k").to_numpy()
    return frame.assign(
        session_date=dates(calendar.sessions[t]),
        strategy=named(plan.names, k),
        method=texts([method] * t.shape[0]),
        reason=texts(frame["reason"].to_list()),
        decided_at=moments(calendar.decided_at[t]),
        effective_session=dates(calendar.next_sessions[t]),
    )[list(EMPTY_COLUMNS["sleeve_weights"])]


def _estimation_reason(estimation: Estimation, strategy: str) -> str | None:
    """Say why a sleeve's weight is not what the method gives, or not in force."""
    if strategy in estimation.wanted.short_history:
        return f"{SHORT_HISTORY}: fewer than {ESTIMATION_SESSIONS} returns, so it keeps 1/N"
    if strategy in estimation.wanted.idle:
        return (
            f"idle: fewer than {FEWEST_SESSIONS_IN_MARKET} of {ESTIMATION_SESSIONS} sessions in "
            "the market, so it keeps 1/N"
        )
    return None if estimation.is_applied else "costs_more_than_it_gains: the weights before stay"
