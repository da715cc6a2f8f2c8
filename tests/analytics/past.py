"""Recorded decisions for tests: written by hand, or taken from a night's own results."""

import numpy as np
import pandas as pd

from analytics.frames import Calendar
from analytics.record import PastDecisions

NO_NIGHTS = pd.DataFrame(
    {
        "night": pd.Series([], dtype="datetime64[us]"),
        "status": pd.Series([], dtype="str"),
        "code_hash": pd.Series([], dtype="str"),
        "config_hash": pd.Series([], dtype="str"),
        "restated_rows": pd.Series([], dtype="int64"),
    }
)


def decision_rows(market, rows):
    """Decisions as `(session, symbol, final weight[, reason])`, one row per sleeve."""
    rows = [(*row, "hold")[:4] for row in rows]
    return pd.DataFrame(
        {
            "night": [pd.Timestamp(str(market.sessions[row[0]])) for row in rows],
            "symbol": [row[1] for row in rows],
            "final_weight": [row[2] for row in rows],
            "reason": [row[3] for row in rows],
        }
    )


def night_rows(market, rows):
    """What is known of nights as `(session, status, code, configuration, restated rows)`."""
    return pd.DataFrame(
        [(pd.Timestamp(str(market.sessions[row[0]])), *row[1:]) for row in rows],
        columns=NO_NIGHTS.columns,
    )


def calendar_of(market):
    """A calendar of the market's own sessions, each decided at 20:30 UTC."""
    days = market.sessions
    after = np.append(days[1:], days[-1] + np.timedelta64(1, "D"))
    months = days.astype("datetime64[M]")
    is_last = after.astype("datetime64[M]") != months
    return Calendar(
        sessions=days,
        next_sessions=after,
        decided_at=days.astype("datetime64[us]") + np.timedelta64(20 * 60 + 30, "m"),
        is_month_first=np.append(False, months[1:] != months[:-1]),
        is_month_last=is_last,
    )


def past_of(results, sessions, nights=NO_NIGHTS):
    """The record that a run per night would have left, had it decided what `results` decides."""
    rows = results.target_weights
    rows = rows[rows["session_date"].isin(sessions)]
    override = rows["override_reason"]
    reason = rows["signal_reason"] + ("; " + override).where(override.notna(), "")
    decisions = pd.DataFrame(
        {
            "night": rows["session_date"],
            "symbol": rows["symbol"],
            "strategy": rows["strategy"],
            "final_weight": rows["final_weight"],
            "reason": reason,
        }
    )
    return PastDecisions(decisions.reset_index(drop=True), nights)
