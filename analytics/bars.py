"""Bars as rows of a market, what the clock allows between them, and the sessions they make up."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.arrays import Bools, Days, Floats, Ints
from analytics.backtest import Backtest
from analytics.daily import DailyRows
from analytics.errors import InputError
from analytics.frames import require_columns, to_days, to_moments
from analytics.market import Market, build_market

BAR_MINUTES = {"5m": 5, "1h": 60}
"""Length of a bar by its interval; the session's last one may be shorter."""
PRICES = {
    "open_usd": "split_adjusted_open_usd",
    "close_usd": "split_adjusted_close_usd",
    "raw_open_usd": "open_usd",
    "raw_close_usd": "close_usd",
}


@dataclass(frozen=True, eq=False)
class SessionHours:
    """When the exchange trades, N sessions: New York `dates`, `opens` and `closes` in UTC."""

    dates: Days
    opens: Days
    closes: Days

    def between(self, first: np.datetime64, last: np.datetime64) -> "SessionHours":
        """Return the sessions from one date to another, both included."""
        kept = (self.dates >= first) & (self.dates <= last)
        return SessionHours(self.dates[kept], self.opens[kept], self.closes[kept])


def hours_from_frame(sessions: pd.DataFrame) -> SessionHours:
    """Read the exchange's hours.

    Parameters
    ----------
    sessions : `session_date, open_at, close_at`, one row per session.
    """
    require_columns(sessions, "sessions", "session_date", "open_at", "close_at")
    ordered = sessions.sort_values("session_date")
    return SessionHours(
        to_days(ordered["session_date"]),
        to_moments(ordered["open_at"]),
        to_moments(ordered["close_at"]),
    )


@dataclass(frozen=True, eq=False)
class BarRows:
    """T bars of one symbol and interval in order of time, every array (T,).

    `dates`: New York; `starts`, `ends`: UTC. `open_usd`, `close_usd` in split-adjusted units,
    `raw_open_usd`, `raw_close_usd` as traded; NaN in a row that is no bar. `is_last_bar`: the
    session's last by the exchange's calendar, whether or not there is a later one.
    """

    dates: Days
    starts: Days
    ends: Days
    open_usd: Floats
    close_usd: Floats
    raw_open_usd: Floats
    raw_close_usd: Floats
    is_last_bar: Bools

    @property
    def is_session_end(self) -> Bools:
        """Tell which rows no other of their session follows."""
        is_end = np.ones(self.dates.shape[0], dtype=np.bool_)
        is_end[:-1] = self.dates[1:] != self.dates[:-1]
        return is_end

    def joined(self, other: "BarRows") -> tuple["BarRows", Ints]:
        """Merge in other rows by time; tell also where each row stood in the two laid end to end.

        Returns
        -------
        The rows, and (T,) places to bring arrays beside them into the same order.
        """
        both = {
            name: np.concatenate([value, vars(other)[name]]) for name, value in vars(self).items()
        }
        order: Ints = np.argsort(both["ends"], kind="stable").astype(np.int64)
        return BarRows(**{name: value[order] for name, value in both.items()}), order


def bar_rows(bars: pd.DataFrame, hours: SessionHours, *, interval: str) -> BarRows:
    """Read the bars of one symbol and interval.

    Parameters
    ----------
    bars : `session_date, bar_end_at, open_usd, close_usd, split_adjusted_open_usd,
        split_adjusted_close_usd`, rows of `intermediate.int_intraday_prices_adjusted`.
    hours : the exchange's.
    interval : a key of `BAR_MINUTES`.

    Raises
    ------
    InputError
        If the interval is unknown, no session is given, a bar is doubled, or one lies outside its
        session.

    Notes
    -----
    Missing data: what lacks a price is no bar.
    """
    if interval not in BAR_MINUTES:
        raise InputError(f"bars must be of {' or '.join(BAR_MINUTES)}, got {interval!r}")
    if hours.dates.shape[0] == 0:
        raise InputError("sessions must hold the dates of the bars, and hold none of them")
    rows = bars.dropna(subset=[*PRICES.values()]).sort_values("bar_end_at")
    dates, ends = to_days(rows["session_date"]), to_moments(rows["bar_end_at"])
    at = np.minimum(np.searchsorted(hours.dates, dates), hours.dates.shape[0] - 1)
    is_outside = (hours.dates[at] != dates) | (ends <= hours.opens[at]) | (ends > hours.closes[at])
    if is_outside.any():
        raise InputError(f"a bar ends at {ends[is_outside][0]} UTC, outside its session's hours")
    if np.any(np.diff(ends.astype(np.int64)) <= 0):
        raise InputError("bars hold two of one symbol, interval and moment")
    step = np.timedelta64(BAR_MINUTES[interval], "m")
    prices = {name: rows[column].to_numpy(dtype=np.float64) for name, column in PRICES.items()}
    return BarRows(
        dates=dates,
        # counted from the opening on, since the last bar may be shorter
        starts=hours.opens[at] + (ends - hours.opens[at] - np.timedelta64(1, "us")) // step * step,
        ends=ends,
        is_last_bar=ends == hours.closes[at],
        **prices,
    )


def clocked_targets(rows: BarRows, wanted: Floats) -> Floats:
    """Want nothing where the clock forbids it, (T, V).

    Parameters
    ----------
    rows : T bars.
    wanted : (T, V), weight decided at each bar's end.

    Notes
    -----
    What is known at a bar's end is the calendar, not whether the next bar will be there. An order
    waits for the session's next bar; at the moment the last one begins, every order to hold is
    withdrawn and everything held is to be sold. So a bar that only the last one follows, or none,
    leads to nothing: where the bar between them is missing, the clock says so in its place. Whether
    a session breaks off is known only at its close: what is still held then is sold at the next
    open there is.
    """
    leads_to_nothing = rows.is_session_end.copy()
    leads_to_nothing[:-1] |= rows.is_last_bar[1:]
    return np.where(leads_to_nothing[:, None], 0.0, wanted)


def empty_rows(rows: BarRows, hours: SessionHours) -> BarRows:
    """Rows for sessions without any bar, in which cash earns its interest and nothing trades."""
    lacking = ~np.isin(hours.dates, rows.dates)
    nothing = np.full(int(lacking.sum()), np.nan)
    return BarRows(
        dates=hours.dates[lacking],
        starts=hours.opens[lacking],
        ends=hours.closes[lacking],
        open_usd=nothing,
        close_usd=nothing,
        raw_open_usd=nothing,
        raw_close_usd=nothing,
        is_last_bar=np.ones(nothing.shape[0], dtype=np.bool_),
    )


def market_of_bars(rows: BarRows, *, symbol: str, bill: pd.DataFrame) -> Market:
    """Build the market whose sessions are bars.

    Parameters
    ----------
    rows : T bars of the symbol.
    bill : `session_date, bill_3m_pct`, known at each session's decision, after its last bar.

    Returns
    -------
    The market, (T, 1). Cash earns the bill from one session's last bar to the next one's first.
    """
    require_columns(bill, "bill", "session_date", "bill_3m_pct")
    known = pd.Series(
        bill["bill_3m_pct"].to_numpy(dtype=np.float64, na_value=np.nan),
        index=to_days(bill["session_date"]).astype("datetime64[s]"),
    )
    return build_market(
        sessions=rows.ends,
        dates=rows.dates,
        symbols=(symbol,),
        open_usd=rows.open_usd[:, None],
        close_usd=rows.close_usd[:, None],
        raw_open_usd=rows.raw_open_usd[:, None],
        raw_close_usd=rows.raw_close_usd[:, None],
        bill_pct=known.reindex(rows.dates.astype("datetime64[s]")).to_numpy(),
    )


def session_rows(backtest: Backtest, dates: Days, days: Days) -> tuple[DailyRows, Floats]:
    r"""Compound the bars of each session.

    .. math:: r_D = \prod_{t \in D}(1 + r_t) - 1, \qquad
              c_D = \sum_{t \in D} c_t \prod_{u \in D, u < t}(1 + r_u)

    Parameters
    ----------
    backtest : on bars, V accounts.
    dates : (T,), New York date of each bar of its market.
    days : (R,), the sessions wanted, ascending.

    Returns
    -------
    The rows of R sessions, and their costs, (R, V): both over the equity before the session, so
    that gross less net is the costs on one equity path. Exposure is the largest of the session.
    """
    of_row = dates[backtest.sessions]
    first, last = np.searchsorted(of_row, days), np.searchsorted(of_row, days, side="right")
    shape = (days.shape[0], backtest.net_return.shape[1])
    net, cost, turnover, exposure = np.zeros((4, *shape))
    bill = np.zeros(shape[0])
    for r, (begin, end) in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
        growth = np.multiply.accumulate(1.0 + backtest.net_return[begin:end], axis=0)
        if begin == end:
            continue
        before = np.concatenate([np.ones((1, shape[1])), growth[:-1]])
        net[r] = growth[-1] - 1.0
        cost[r] = np.add.reduce(backtest.cost_return[begin:end] * before, axis=0)
        turnover[r] = np.add.reduce(backtest.turnover[begin:end] * before, axis=0)
        exposure[r] = backtest.gross_exposure[begin:end].max(axis=0)
        # one of them at most is paid for a night
        bill[r] = np.add.reduce(backtest.bill_returns[begin:end])
    rows = DailyRows(
        net_return=net,
        gross_return=net + cost,
        turnover=turnover,
        gross_exposure=exposure,
        bill_return=bill,
    )
    return rows, cost
