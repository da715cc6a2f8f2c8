"""The market as arrays: what every book, backtest and portfolio is simulated on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from analytics.arrays import Bools, Days, Floats, Ints, forward_filled, run_lengths
from analytics.costs import bill_returns, calendar_days_between
from analytics.errors import InputError

SESSIONS_WITHOUT_BAR_UNTIL_CLOSED = 5
"""A held symbol without a bar for this many sessions is closed at its last close; sessions whose
bar is kept in quarantine are not among them, for nobody knows that it stopped trading."""


VOLUME_BARS = 20
"""A month of bars makes the average daily volume."""


@dataclass(frozen=True, eq=False)
class Market:
    """T sessions of S symbols; build it with `build_market`.

    Where the rows are bars inside sessions, read bar for session: one row after another, each
    decided at its close and filled at the next one's open.

    `sessions` (T,), New York dates, UTC moments of bars' ends; `symbols` S of them, sorted.
    `open_usd`, `close_usd` (T, S), adjusted; `raw_open_usd`, `raw_close_usd` (T, S), as traded;
    NaN where the symbol has no usable bar.
    `has_bar` (T, S). `mark_usd`, `raw_mark_usd` (T, S): latest close known at the close of t, NaN
    before the first bar. `traded_value_usd` (T, S): mean value traded over the last 20 bars, known
    at the close of t, NaN below 20. `missing_sessions` (T, S): sessions in a row without a bar,
    counted from the first bar on, quarantined sessions left out.
    `leverage` (T, S): of one unit, as effective on session t; `fill_leverage` (T, S): as effective
    on the session after, which is when a decision of t is filled.
    `calendar_days`, `bill_returns` (T,): of the interval that ends with session t.
    """

    sessions: Days
    symbols: tuple[str, ...]
    open_usd: Floats
    close_usd: Floats
    raw_open_usd: Floats
    raw_close_usd: Floats
    has_bar: Bools
    mark_usd: Floats
    raw_mark_usd: Floats
    traded_value_usd: Floats
    missing_sessions: Ints
    leverage: Floats
    fill_leverage: Floats
    calendar_days: Floats
    bill_returns: Floats

    def select(self, symbols: Sequence[str]) -> "Market":
        """Return the same sessions with only some symbols, in the order given."""
        at = {symbol: column for column, symbol in enumerate(self.symbols)}
        unknown = [symbol for symbol in symbols if symbol not in at]
        if unknown:
            raise InputError(f"the market has no symbol {', '.join(unknown)}")
        columns = [at[symbol] for symbol in symbols]
        by_symbol = {
            name: np.ascontiguousarray(value[:, columns])
            for name, value in vars(self).items()
            if isinstance(value, np.ndarray) and value.ndim == 2
        }
        return Market(
            sessions=self.sessions,
            symbols=tuple(symbols),
            calendar_days=self.calendar_days,
            bill_returns=self.bill_returns,
            **by_symbol,
        )

    def since(self, first: int) -> "Market":
        """Return the same symbols from a session on; what was known before it still counts."""
        return Market(
            symbols=self.symbols,
            **{
                name: value[first:]
                for name, value in vars(self).items()
                if isinstance(value, np.ndarray)
            },
        )


def build_market(
    *,
    sessions: Days,
    symbols: Sequence[str],
    open_usd: Floats,
    close_usd: Floats,
    raw_open_usd: Floats | None = None,
    raw_close_usd: Floats | None = None,
    volume_shares: Floats | None = None,
    dates: Days | None = None,
    leverage: Floats | None = None,
    next_leverage: Floats | None = None,
    bill_pct: Floats | None = None,
    is_quarantined: Bools | None = None,
) -> Market:
    """Build a market from prices on the session calendar.

    Parameters
    ----------
    sessions : (T,), New York dates, strictly ascending, every session of the exchange; or, with
        `dates`, the moments at which bars end.
    symbols : S names.
    open_usd, close_usd : (T, S), adjusted prices, NaN where there is no bar.
    raw_open_usd, raw_close_usd : (T, S), as traded; the adjusted prices when left out.
    volume_shares : (T, S), as traded, NaN or 0 where unknown; when left out, without end.
    dates : (T,), New York date of each bar, from which interest and borrow fees count their days:
        none between two bars of one session. The sessions themselves when left out.
    leverage : (T, S), of one unit as effective on session t; 1 when left out.
    next_leverage : (S,), as effective on the session after the last; the last row when left out.
    bill_pct : (T,), 3-month bill last available at the decision of t; 0 when left out.
    is_quarantined : (T, S), sessions whose bar is kept out, which is no sign that the symbol
        stopped trading; none when left out.

    Returns
    -------
    The market, all arrays contiguous.

    Raises
    ------
    InputError
        If sessions do not ascend or dates fall back, a shape is wrong, or a price is not positive.

    Notes
    -----
    Missing data: a bar exists where both its adjusted open and close are finite; the other half of
    half a bar is not used. A leverage that is NaN counts as 1.
    """
    rows, days = _rows_and_days(sessions, dates)
    shape = (rows.shape[0], len(symbols))
    given = {
        "open_usd": open_usd,
        "close_usd": close_usd,
        "raw_open_usd": open_usd if raw_open_usd is None else raw_open_usd,
        "raw_close_usd": close_usd if raw_close_usd is None else raw_close_usd,
    }
    for name, values in given.items():
        if values.shape != shape:
            raise InputError(f"{name} must have shape {shape}, got {values.shape}")
    has_bar = np.isfinite(open_usd) & np.isfinite(close_usd)
    prices = {name: _prices(name, values, has_bar, rows, symbols) for name, values in given.items()}
    units = np.ones(shape) if leverage is None else np.nan_to_num(leverage, nan=1.0)
    after_last = units[-1] if next_leverage is None else np.nan_to_num(next_leverage, nan=1.0)
    mark = forward_filled(prices["close_usd"])
    days_between = calendar_days_between(days)
    bills = np.zeros(shape[0]) if bill_pct is None else bill_pct
    kept_out = np.zeros(shape, dtype=np.bool_) if is_quarantined is None else is_quarantined
    return Market(
        sessions=rows,
        symbols=tuple(symbols),
        **prices,
        has_bar=has_bar,
        mark_usd=mark,
        raw_mark_usd=forward_filled(prices["raw_close_usd"]),
        traded_value_usd=(
            np.full(shape, np.inf)
            if volume_shares is None
            else _average_traded(prices["raw_close_usd"] * volume_shares)
        ),
        missing_sessions=run_lengths(~has_bar & np.isfinite(mark), kept_out),
        leverage=units,
        fill_leverage=np.concatenate([units[1:], after_last[None, :]]),
        calendar_days=days_between,
        bill_returns=bill_returns(bills, days_between),
    )


def _average_traded(value_usd: Floats) -> Floats:
    """Average the value traded over each symbol's last 20 bars that tell one, (T, S).

    A volume of 0 beside a price is a provider's word for not knowing.
    """
    average = np.full(value_usd.shape, np.nan)
    for s in range(value_usd.shape[1]):
        rows = np.flatnonzero(value_usd[:, s] > 0.0)
        if rows.shape[0] >= VOLUME_BARS:
            windows = sliding_window_view(value_usd[rows, s], VOLUME_BARS)
            average[rows[VOLUME_BARS - 1 :], s] = np.add.reduce(windows, axis=1) / VOLUME_BARS
    return forward_filled(average)


def _rows_and_days(sessions: Days, dates: Days | None) -> tuple[Days, Days]:
    """Tell the rows apart, and the day of each."""
    unit = "datetime64[D]" if dates is None else "datetime64[us]"
    rows: Days = sessions.astype(unit)
    days: Days = (rows if dates is None else dates).astype("datetime64[D]")
    if np.any(np.diff(rows.astype(np.int64)) <= 0):
        raise InputError("sessions must ascend strictly")
    if days.shape != rows.shape or np.any(np.diff(days.astype(np.int64)) < 0):
        raise InputError(f"dates must be {rows.shape[0]} that never fall back, one of each session")
    return rows, days


def _prices(
    name: str, values: Floats, has_bar: Bools, rows: Days, symbols: Sequence[str]
) -> Floats:
    """Blank what is no bar and refuse prices that no market prints."""
    kept: Floats = np.ascontiguousarray(np.where(has_bar, values, np.nan), dtype=np.float64)
    wrong = np.argwhere(has_bar & ~(kept > 0.0))
    if wrong.shape[0]:
        t, s = wrong[0].tolist()
        raise InputError(
            f"{name} of {symbols[s]} on {rows[t]} must be positive, got {kept[t, s]}; "
            f"{wrong.shape[0]} such values in all"
        )
    return kept
