"""Frames of the build file → arrays on the session calendar."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from analytics.arrays import Bools, Days, Floats, Ints, has_doubles
from analytics.costs import bill_returns, calendar_days_between
from analytics.errors import InputError
from analytics.market import Market, build_market


@dataclass(frozen=True, eq=False)
class Calendar:
    """The sessions from the first price to the night, T of them.

    `sessions`, `next_sessions` (T,), New York dates; `decided_at` (T,), UTC; `is_month_first`,
    `is_month_last` (T,), by the exchange's calendar, which is known ahead.
    """

    sessions: Days
    next_sessions: Days
    decided_at: Days
    is_month_first: Bools
    is_month_last: Bools

    def index_of(self, days: Days) -> Ints:
        """Return each date's session index, -1 for dates that are none of them."""
        return index_on(self.sessions, days)


def index_on(sessions: Days, days: Days) -> Ints:
    """Return each date's place among ascending sessions, -1 for dates that are none of them."""
    at = np.minimum(np.searchsorted(sessions, days), sessions.shape[0] - 1)
    return np.where(sessions[at] == days, at, -1).astype(np.int64)


def to_days(column: pd.Series) -> Days:
    """Read a date column as days, whatever the driver returned it as."""
    days: Days = pd.to_datetime(column).to_numpy().astype("datetime64[D]")
    return days


def to_moments(column: pd.Series) -> Days:
    """Read a timestamp column as UTC moments without a zone."""
    moments = pd.DatetimeIndex(pd.to_datetime(column, utc=True)).tz_localize(None)
    naive: Days = moments.to_numpy().astype("datetime64[us]")
    return naive


def require_columns(frame: pd.DataFrame, name: str, *columns: str) -> None:
    """Refuse a frame that lacks a column.

    Raises
    ------
    InputError
        Naming the frame and what it lacks.
    """
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise InputError(f"{name} lacks {', '.join(missing)}; it has {', '.join(frame.columns)}")


def calendar_from_frame(
    sessions: pd.DataFrame, *, first_day: np.datetime64, night: date
) -> Calendar:
    """Cut the exchange's sessions to those between the first price and the night.

    Parameters
    ----------
    sessions : `session_date, next_session_date, decided_at`, one row per session.
    first_day : date of the first price.
    night : the session that is decided tonight.

    Returns
    -------
    The calendar, its last session being the night.

    Raises
    ------
    InputError
        If the night is no session, or no price lies before it.
    """
    require_columns(sessions, "sessions", "session_date", "next_session_date", "decided_at")
    ordered = sessions.sort_values("session_date")
    days, next_days = to_days(ordered["session_date"]), to_days(ordered["next_session_date"])
    decided = to_moments(ordered["decided_at"])
    months = days.astype("datetime64[M]")
    is_first = np.append(False, months[1:] != months[:-1])
    is_last = next_days.astype("datetime64[M]") != months
    kept = (days >= first_day) & (days <= np.datetime64(night, "D"))
    if not kept.any() or days[kept][-1] != np.datetime64(night, "D"):
        raise InputError(
            f"the night {night} must be a session on or after the first price {first_day}"
        )
    return Calendar(days[kept], next_days[kept], decided[kept], is_first[kept], is_last[kept])


def market_from_frames(
    *,
    prices: pd.DataFrame,
    macro: pd.DataFrame,
    leverage: pd.DataFrame,
    calendar: Calendar,
    symbols: Sequence[str],
    is_quarantined: Bools | None = None,
) -> Market:
    """Lay prices, the bill and fund leverage out on the calendar.

    Parameters
    ----------
    prices : rows of `marts.fct_prices`.
    macro : `session_date, bill_3m_pct`, known at each session's decision.
    leverage : `symbol, session_date, leverage`; 1 where there is no row. A row for the session
        after the night is what tonight's decision is filled at; without one the night's counts.
    calendar : T sessions.
    symbols : S names, in the order wanted.
    is_quarantined : (T, S), sessions whose bar is kept out; none when left out.

    Returns
    -------
    The market, (T, S).

    Raises
    ------
    InputError
        If a symbol has two bars for one session.

    Notes
    -----
    A bar that became known only after its session's decision (released from quarantine later) is
    not used: at that decision it did not exist, and the past must not move when it appears.
    """
    require_columns(
        prices, "prices", "symbol", "session_date", "open_usd", "close_usd",
        "adjusted_open_usd", "adjusted_close_usd", "volume_shares", "available_at",
    )  # fmt: skip
    t = calendar.index_of(to_days(prices["session_date"]))
    s = pd.Index(symbols).get_indexer(pd.Index(prices["symbol"]))
    is_used = (t >= 0) & (s >= 0)
    is_used &= to_moments(prices["available_at"]) <= calendar.decided_at[t]
    rows, t, s = prices[is_used], t[is_used], s[is_used]
    shape = (calendar.sessions.shape[0], len(symbols))
    cells = np.ravel_multi_index((t, s), shape)
    if has_doubles(cells, shape[0] * shape[1]):
        raise InputError("prices hold two bars for one symbol and session")
    units, next_units = _leverage(leverage, calendar, symbols)
    return build_market(
        sessions=calendar.sessions,
        symbols=symbols,
        open_usd=_laid_out(rows["adjusted_open_usd"], cells, shape),
        close_usd=_laid_out(rows["adjusted_close_usd"], cells, shape),
        raw_open_usd=_laid_out(rows["open_usd"], cells, shape),
        raw_close_usd=_laid_out(rows["close_usd"], cells, shape),
        volume_shares=_laid_out(rows["volume_shares"], cells, shape),
        leverage=units,
        next_leverage=next_units,
        bill_pct=_bill(macro, calendar.sessions),
        is_quarantined=is_quarantined,
    )


def membership(members: pd.DataFrame, *, calendar: Calendar, symbols: Sequence[str]) -> Bools:
    """Tell which symbols count in the universe at each session.

    Parameters
    ----------
    members : `symbol, from_date, to_date`, dates inclusive, null where open; a symbol may return.
    calendar : T sessions.
    symbols : S names.

    Returns
    -------
    (T, S).
    """
    require_columns(members, "members", "symbol", "from_date", "to_date")
    is_member = np.zeros((calendar.sessions.shape[0], len(symbols)), dtype=np.bool_)
    first, last = to_days(members["from_date"]), to_days(members["to_date"])
    for s, begin, end in zip(
        pd.Index(symbols).get_indexer(pd.Index(members["symbol"])), first, last, strict=True
    ):
        if s >= 0:
            is_in = np.isnat(begin) | (calendar.sessions >= begin)
            is_member[:, s] |= is_in & (np.isnat(end) | (calendar.sessions <= end))
    return is_member


def bill_returns_on(macro: pd.DataFrame, sessions: Days) -> Floats:
    """Return the bill's return over the interval that ends with each session.

    Parameters
    ----------
    macro : `session_date, bill_3m_pct`, known at each session's decision.
    sessions : (T,), every session of the exchange, ascending; rows of other dates are left out.

    Returns
    -------
    (T,), as `costs.bill_returns`.
    """
    return bill_returns(_bill(macro, sessions), calendar_days_between(sessions))


def _laid_out(column: pd.Series, cells: Ints, shape: tuple[int, int]) -> Floats:
    values = np.full(shape, np.nan)
    values.flat[cells] = column.to_numpy(dtype=np.float64, na_value=np.nan)
    return values


def _bill(macro: pd.DataFrame, sessions: Days) -> Floats:
    require_columns(macro, "macro", "session_date", "bill_3m_pct")
    t = index_on(sessions, to_days(macro["session_date"]))
    bill = np.full(sessions.shape[0], np.nan)
    bill[t[t >= 0]] = macro["bill_3m_pct"].to_numpy(dtype=np.float64, na_value=np.nan)[t >= 0]
    return bill


def _leverage(
    leverage: pd.DataFrame, calendar: Calendar, symbols: Sequence[str]
) -> tuple[Floats, Floats]:
    require_columns(leverage, "leverage", "symbol", "session_date", "leverage")
    days = to_days(leverage["session_date"])
    t = calendar.index_of(days)
    t[days == calendar.next_sessions[-1]] = calendar.sessions.shape[0]
    s = pd.Index(symbols).get_indexer(pd.Index(leverage["symbol"]))
    is_used = (t >= 0) & (s >= 0)
    units = np.full((calendar.sessions.shape[0] + 1, len(symbols)), np.nan)
    units[t[is_used], s[is_used]] = leverage["leverage"].to_numpy(dtype=np.float64)[is_used]
    units[-1] = np.where(np.isnan(units[-1]), units[-2], units[-1])
    return units[:-1], units[-1]
