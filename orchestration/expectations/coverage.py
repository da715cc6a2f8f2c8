"""What is not there: missing sessions, late subjects and history that shrank."""

from collections.abc import Collection, Mapping
from datetime import date

import numpy as np
import pandas as pd

from orchestration.expectations.calendar import Calendar
from orchestration.expectations.outcome import GateContext, HistoryExtent
from orchestration.expectations.thresholds import KNOWN_SILENCES

NAMED_DATES = 5
HISTORY_KEYS = {
    "raw.polygon__daily_bars": ("symbol", "session_date"),
    "raw.fmp__daily_prices": ("symbol", "session_date"),
    "raw.finnhub__daily_candles": ("symbol", "session_date"),
    "raw.yahoo__daily_bars": ("symbol", "session_date"),
    "raw.fred__observations": ("series_id", "observed_date"),
    "raw.cboe__index_history": ("index_name", "session_date"),
}
"""Tables whose history a provider may forget: subject column and date column."""


def session_coverage(
    closes: pd.DataFrame,
    subject: str,
    context: GateContext,
    *,
    required: Collection[str],
) -> pd.DataFrame:
    """Holes and age of each subject's usable closes: one row per subject.

    Parameters
    ----------
    closes : the subject column, `day` and `session`, one row per subject and session.
    required : subjects that need an observation of the night; one never seen has a row, too.

    Returns
    -------
    subject, `last_date`, `missing_sessions` between first and last observation (a delisted symbol
    has none), `missing_dates` in words, and `sessions_behind` the night (required subjects only).
    """
    calendar = context.calendar
    night = calendar.number_of(context.night)
    rows = []
    for name in sorted({*closes[subject], *required}):
        numbers = np.sort(closes.loc[closes[subject] == name, "session"].to_numpy())
        missing = _missing(name, numbers, calendar)
        last = calendar.day(int(numbers[-1])) if len(numbers) else None
        behind = float(night - numbers[-1]) if len(numbers) else float("inf")
        rows.append(
            {
                subject: name,
                "last_date": pd.Timestamp(last) if last else pd.NaT,
                "missing_sessions": len(missing),
                "missing_dates": _in_words(missing),
                "sessions_behind": max(behind, 0.0) if name in required else np.nan,
            }
        )
    columns = [subject, "last_date", "missing_sessions", "missing_dates", "sessions_behind"]
    return pd.DataFrame(rows, columns=columns)


def series_coverage(fred: pd.DataFrame, context: GateContext) -> pd.DataFrame:
    """Age of each awaited macro series: `days_late` against the observation that is due."""
    latest = pd.to_datetime(fred["observed_date"]).groupby(fred["series_id"]).max()
    rows = [
        {
            "series_id": series,
            "last_date": latest.get(series, pd.NaT),
            "due_date": pd.Timestamp(due),
            "days_late": _days_late(latest.get(series), due),
        }
        for series, due in sorted(context.series_due.items())
    ]
    return pd.DataFrame(rows, columns=["series_id", "last_date", "due_date", "days_late"])


def history_extents(
    frames: Mapping[str, pd.DataFrame],
) -> dict[tuple[str, str], HistoryExtent]:
    """First date and row count of every subject: the next night's `previous_extents`.

    Parameters
    ----------
    frames : raw table → its rows; tables without a long history are left out.
    """
    extents = {}
    for table, (subject, dated_by) in HISTORY_KEYS.items():
        if table not in frames or frames[table].empty:
            continue
        days = pd.to_datetime(frames[table][dated_by])
        grouped = days.groupby(frames[table][subject]).agg(["min", "size"])
        for row in grouped.itertuples():
            extents[table, str(row[0])] = HistoryExtent(row[1].date(), int(row[2]))
    return extents


def kept_history(
    table: str,
    found: Mapping[tuple[str, str], HistoryExtent],
    previous: Mapping[tuple[str, str], HistoryExtent],
) -> pd.DataFrame:
    """Each subject's stored history against what an earlier night saw: one row per subject.

    Returns
    -------
    `subject, first_date, previous_first_date, rows_kept_fraction, is_start_kept`.
    """
    rows = []
    for (owner, subject), before in sorted(previous.items()):
        if owner != table:
            continue
        now = found.get((table, subject))
        rows.append(
            {
                "subject": subject,
                "first_date": pd.Timestamp(now.first_date) if now else pd.NaT,
                "previous_first_date": pd.Timestamp(before.first_date),
                "rows_kept_fraction": (now.row_count if now else 0) / max(before.row_count, 1),
                "is_start_kept": now is not None and now.first_date <= before.first_date,
            }
        )
    columns = [
        "subject",
        "first_date",
        "previous_first_date",
        "rows_kept_fraction",
        "is_start_kept",
    ]
    return pd.DataFrame(rows, columns=columns)


def _missing(name: str, numbers: np.ndarray, calendar: Calendar) -> list[date]:
    if not len(numbers):
        return []
    absent = np.setdiff1d(np.arange(numbers[0], numbers[-1] + 1), numbers)
    days = [calendar.day(int(number)) for number in absent]
    silences = KNOWN_SILENCES.get(name, ())
    return [day for day in days if not any(first <= day <= last for first, last in silences)]


def _in_words(days: list[date]) -> str:
    named = ", ".join(day.isoformat() for day in days[:NAMED_DATES])
    return named if len(days) <= NAMED_DATES else f"{named} and {len(days) - NAMED_DATES} more"


def _days_late(last: pd.Timestamp | None, due: date) -> float:
    if last is None or pd.isna(last):
        return float("inf")
    return float(max((pd.Timestamp(due) - last).days, 0))
