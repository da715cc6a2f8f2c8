"""Backtests and selections → rows of the public tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.arrays import Days, Ints
from analytics.backtest import Backtest
from analytics.costs import TradingCosts
from analytics.daily import DailyRows, NamedRows
from analytics.frames import Calendar
from analytics.trades import list_trades


@dataclass(frozen=True, eq=False)
class NamedBacktest:
    """A backtest of one strategy whose V columns are `variants`.

    `reasons` (T, S, V): index into `reason_names` of the decision that last changed the target;
    none where no trades are listed.
    """

    strategy: str
    variants: tuple[str, ...]
    backtest: Backtest
    reasons: Ints | None
    reason_names: tuple[str, ...]

    @property
    def daily(self) -> NamedRows:
        """Its daily rows, which metrics are computed from."""
        return NamedRows(self.strategy, self.variants, DailyRows.of(self.backtest))


def dates(days: Days) -> pd.Series:
    """Make a date column (midnight, without a zone)."""
    return pd.Series(pd.DatetimeIndex(days.astype("datetime64[us]")))


def moments(naive: Days) -> pd.Series:
    """Make a UTC timestamp column."""
    return pd.Series(pd.DatetimeIndex(naive.astype("datetime64[us]")).tz_localize("UTC"))


def texts(values: npt.NDArray[np.object_] | Sequence[str | None]) -> pd.Series:
    """Make a text column, null where the value is None."""
    return pd.Series(values, dtype="str")


def named(names: Sequence[str | None], index: Ints) -> pd.Series:
    """Make a text column of names looked up by index, null where the name is None."""
    return texts(np.array(names, dtype=object)[index] if len(names) else np.empty(0, dtype=object))


def position_rows(books: Sequence[NamedBacktest], calendar: Calendar) -> pd.DataFrame:
    """List every fill: `analytics.backtest_positions`.

    Parameters
    ----------
    books : the backtests.
    calendar : T sessions.

    Returns
    -------
    One row per strategy, variant, symbol and session in which something was filled. `shares` is
    what is held after the fill, `target_weight` what was filled (0 for a forced close).
    `decided_at` is the close that sized the order, `available_at` the decision of the session of
    the fill, before which its price was not known.
    """
    frames = []
    for book in books:
        fills, symbols = book.backtest.fills, book.backtest.market.symbols
        frames.append(
            pd.DataFrame(
                {
                    "strategy": book.strategy,
                    "variant": named(book.variants, fills.account),
                    "symbol": named(symbols, fills.symbol),
                    "effective_session": dates(calendar.sessions[fills.session]),
                    "target_weight": fills.target_weight,
                    "shares": fills.shares_after,
                    "fill_price_usd": fills.price_usd,
                    "decided_at": moments(calendar.decided_at[fills.session - 1]),
                    "available_at": moments(calendar.decided_at[fills.session]),
                }
            )
        )
    keys = ["strategy", "variant", "symbol", "effective_session"]
    return joined(frames).sort_values(keys, ignore_index=True)


def daily_rows(books: Sequence[NamedBacktest], calendar: Calendar) -> pd.DataFrame:
    """List every session of every variant: `analytics.backtest_daily`.

    Parameters
    ----------
    books : the backtests.
    calendar : T sessions.

    Returns
    -------
    One row per strategy, variant and session; `gross_return = net_return + cost_return`.
    `available_at` is the decision of the session, at which its close is known.
    """
    frames = []
    for book in books:
        run, n_variants = book.backtest, len(book.variants)
        session = np.tile(run.sessions, n_variants)
        frames.append(
            pd.DataFrame(
                {
                    "strategy": book.strategy,
                    "variant": named(
                        book.variants, np.repeat(np.arange(n_variants), run.sessions.shape[0])
                    ),
                    "session_date": dates(calendar.sessions[session]),
                    "gross_return": run.gross_return.T.ravel(),
                    "cost_return": run.cost_return.T.ravel(),
                    "net_return": run.net_return.T.ravel(),
                    "turnover": run.turnover.T.ravel(),
                    "gross_exposure": run.gross_exposure.T.ravel(),
                    "net_exposure": run.net_exposure.T.ravel(),
                    "available_at": moments(calendar.decided_at[session]),
                }
            )
        )
    return joined(frames)


def trade_rows(
    books: Sequence[NamedBacktest], calendar: Calendar, *, costs: TradingCosts
) -> pd.DataFrame:
    """List every trade: `analytics.backtest_trades`.

    Parameters
    ----------
    books : backtests with reasons.
    calendar : T sessions.
    costs : as the backtests were run with.

    Returns
    -------
    One row per trade; raw prices; null exit while open. `available_at`: the decision of the
    session of the exit; of the night while the trade is open, since its mark is tonight's.
    """
    frames = []
    for book in books:
        if book.reasons is None:
            continue
        trades = list_trades(
            book.backtest, reasons=book.reasons, reason_names=book.reason_names, costs=costs
        )
        exited = trades["exited"].to_numpy()
        is_open = exited < 0
        exit_days = calendar.sessions[exited].astype("datetime64[us]")
        exit_days[is_open] = np.datetime64("NaT")
        frames.append(
            pd.DataFrame(
                {
                    "strategy": book.strategy,
                    "variant": named(book.variants, trades["variant"].to_numpy()),
                    "symbol": named(book.backtest.market.symbols, trades["symbol"].to_numpy()),
                    "entered_date": dates(calendar.sessions[trades["entered"].to_numpy()]),
                    "exited_date": dates(exit_days),
                    "entry_price_usd": trades["entry_price_usd"],
                    "exit_price_usd": trades["exit_price_usd"],
                    "net_return": trades["net_return"],
                    "exit_reason": trades["exit_reason"],
                    # index -1 is the night
                    "available_at": moments(calendar.decided_at[exited]),
                }
            )
        )
    return joined(frames)


def joined(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Stack frames of equal columns."""
    return pd.concat(frames, ignore_index=True)


def empty_frame(columns: Mapping[str, str]) -> pd.DataFrame:
    """Return a frame without rows: column name → dtype."""
    return pd.DataFrame({name: pd.Series([], dtype=kind) for name, kind in columns.items()})
