"""Intraday signals → one account per variant, bar by bar, and the sessions they sum up to.

Bars are rows of the same engine that runs on sessions: sized at the close of the bar that decided,
filled at the open of the session's next one, with the same costs. Nothing is held
overnight but what a session that breaks off leaves.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.arrays import Days, Floats, Ints, has_doubles
from analytics.backtest import Backtest, run_backtest
from analytics.bars import (
    BarRows,
    SessionHours,
    bar_rows,
    clocked_targets,
    empty_rows,
    hours_from_frame,
    market_of_bars,
    session_rows,
)
from analytics.costs import TradingCosts
from analytics.daily import DailyRows
from analytics.errors import InputError
from analytics.frames import require_columns, to_days, to_moments
from analytics.targets import first_word
from analytics.trades import list_trades

SESSION_END = "session_end"
"""Why the clock closes what a missing last bar but one could not."""
NO_LATER_BAR = "no_later_bar"
"""Why a position is sold at another session's open: its own broke off before the last bar."""


@dataclass(frozen=True, eq=False)
class BarBook:
    """The accounts of one interval's variants, bar by bar.

    `backtest`: its market's sessions are the bars' ends, UTC. `variants`: V names. `rows`: the T
    bars. `reasons` (T, 1, V): index into `reason_names` of what decided at each bar.
    """

    backtest: Backtest
    variants: tuple[str, ...]
    rows: BarRows
    reasons: Ints
    reason_names: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class IntradayRun:
    """What the variants earned on one symbol, V accounts on R sessions.

    `variants`: V names in order. `sessions` (R,), New York dates, from that of the first decision
    on. `rows`: returns and turnover of sessions over the equity before them; `gross_exposure` is
    the largest at any bar's close, so that a session counts as in the market when something was
    held inside it. `cost_return` (R, V): gross less net. `trades`: one row per trade. `books`: by
    interval, the accounts bar by bar.
    """

    symbol: str
    variants: tuple[str, ...]
    sessions: Days
    rows: DailyRows
    cost_return: Floats
    trades: pd.DataFrame
    books: Mapping[str, BarBook]


def run_intraday(
    bars: pd.DataFrame,
    signals: pd.DataFrame,
    *,
    symbol: str,
    sessions: pd.DataFrame,
    bill: pd.DataFrame,
    costs: TradingCosts | None = None,
) -> IntradayRun:
    """Simulate every intraday variant on one symbol, each with an account of its own.

    Parameters
    ----------
    bars : rows of `intermediate.int_intraday_prices_adjusted`: `symbol, bar_interval, session_date,
        bar_end_at, open_usd, close_usd, split_adjusted_open_usd, split_adjusted_close_usd`.
    signals : rows of `marts.fct_intraday_signals`: `variant, symbol, bar_interval, session_date,
        bar_end_at, target_weight, reason`.
    symbol : whose bars and signals of the two frames count.
    sessions : `session_date, open_at, close_at`, one row per session of the exchange.
    bill : `session_date, bill_3m_pct`, known at each session's decision.
    costs : trading and borrow costs, the platform's when left out.

    Returns
    -------
    Accounts of 1,000,000 USD that stand at the close before the first decision's session (at its
    first bar where there is none before), R sessions from that one to the last with bars.

    Raises
    ------
    InputError
        If there is no signal, a bar or signal is doubled, a bar lies outside its session, a signal
        without its bar, or a variant on two intervals.

    Notes
    -----
    Timing: a decision uses what is known at its bar's end and is filled at the open of the next bar
    of the same session; a missing bar delays it. When the session's last bar begins, known from the
    calendar, what waits is withdrawn and what is held is sold. Where a session breaks off before
    that, nobody can sell: what is held is carried to the next session with a bar and sold at its
    open, with the reason `no_later_bar`.
    Interest: cash earns the bill between sessions, and a short so carried pays its borrow fee, by
    calendar days.
    Missing data: a session without bars, or without decisions, is a session flat.
    """
    mine, theirs = signals[signals["symbol"] == symbol], bars[bars["symbol"] == symbol]
    require_columns(
        mine, "signals", "variant", "bar_interval", "bar_end_at", "target_weight", "reason"
    )
    if mine.empty:
        raise InputError(f"there is no intraday signal of {symbol}")
    intervals = mine.groupby("variant")["bar_interval"].agg(["min", "max"])
    if (intervals["min"] != intervals["max"]).any():
        raise InputError("every intraday variant must be of one interval")
    used = theirs[theirs["bar_interval"].isin(intervals["min"])]
    dates = to_days(pd.concat([used["session_date"], mine["session_date"]]))
    hours = hours_from_frame(sessions).between(dates.min(), dates.max())
    first_day = to_days(mine["session_date"]).min()
    costs = costs or TradingCosts()
    books = {
        interval: _bar_book(
            used[used["bar_interval"] == interval],
            mine[mine["bar_interval"] == interval],
            interval=interval,
            symbol=symbol,
            hours=hours,
            bill=bill,
            costs=costs,
            first_day=first_day,
        )
        for interval in sorted(intervals["min"].unique())
    }
    return _summed_up(books, symbol, hours, first_day, costs)


def _bar_book(
    bars: pd.DataFrame,
    signals: pd.DataFrame,
    *,
    interval: str,
    symbol: str,
    hours: SessionHours,
    bill: pd.DataFrame,
    costs: TradingCosts,
    first_day: np.datetime64,
) -> BarBook:
    """Run the variants of one interval."""
    rows = bar_rows(bars, hours, interval=interval)
    wanted, words, variants, names = _laid_out(rows, signals)
    targets = clocked_targets(rows, wanted)
    words[(targets == 0.0) & (wanted != 0.0)] = names.index(SESSION_END)
    words[rows.is_session_end & ~rows.is_last_bar] = names.index(NO_LATER_BAR)
    extra = empty_rows(rows, hours)
    rows, order = rows.joined(extra)
    n_extra = extra.dates.shape[0]
    targets = np.concatenate([targets, np.zeros((n_extra, len(variants)))])[order]
    words = np.concatenate([words, np.full((n_extra, len(variants)), -1)])[order]
    backtest = run_backtest(
        market_of_bars(rows, symbol=symbol, bill=bill),
        targets[:, None, :],
        costs=costs,
        # the capital stands at the close before the first decision's session
        first_decision=max(int(np.searchsorted(rows.dates, first_day)) - 1, 0),
    )
    return BarBook(backtest, variants, rows, words[:, None, :], names)


def _laid_out(
    rows: BarRows, signals: pd.DataFrame
) -> tuple[Floats, Ints, tuple[str, ...], tuple[str, ...]]:
    """Lay signals out on the bars: weights and words (T, V), variants, and what words there are."""
    ends = to_moments(signals["bar_end_at"])
    t = np.minimum(np.searchsorted(rows.ends, ends), rows.ends.shape[0] - 1)
    if rows.ends.shape[0] == 0 or np.any(rows.ends[t] != ends):
        raise InputError("every intraday signal must have its bar, with prices")
    if not np.isfinite(signals["target_weight"].to_numpy(dtype=np.float64, na_value=np.nan)).all():
        raise InputError("every intraday signal must say a target weight")
    v, variants = pd.factorize(signals["variant"], sort=True)
    shape = (rows.ends.shape[0], len(variants))
    cells = np.ravel_multi_index((t, v), shape)
    if has_doubles(cells, shape[0] * shape[1]):
        raise InputError("signals hold two rows for one variant and bar")
    texts, told = pd.factorize(signals["reason"])
    words = [*map(first_word, told.tolist()), "unknown"]  # a null reason is text -1, the last word
    names = tuple(sorted({*words, SESSION_END, NO_LATER_BAR}))
    weights, codes = np.zeros(shape), np.full(shape, -1, dtype=np.int64)
    weights.flat[cells] = signals["target_weight"].to_numpy(dtype=np.float64)
    codes.flat[cells] = np.array([names.index(word) for word in words])[texts]
    return weights, codes, tuple(map(str, variants)), names


def _summed_up(
    books: Mapping[str, BarBook],
    symbol: str,
    hours: SessionHours,
    first_day: np.datetime64,
    costs: TradingCosts,
) -> IntradayRun:
    """Put the intervals' variants side by side, in order of name."""
    days = hours.dates[hours.dates >= first_day]
    parts = [session_rows(book.backtest, book.rows.dates, days) for book in books.values()]
    names = [variant for book in books.values() for variant in book.variants]
    order = np.argsort(np.array(names))

    def side_by_side(values: list[Floats]) -> Floats:
        together: Floats = np.concatenate(values, axis=1)[:, order]
        return together

    rows = DailyRows(
        **{
            name: side_by_side([vars(part)[name] for part, _ in parts])
            for name in ("net_return", "gross_return", "turnover", "gross_exposure")
        },
        bill_return=parts[0][0].bill_return,
    )
    trades = pd.concat([_trades(book, interval, symbol, costs) for interval, book in books.items()])
    return IntradayRun(
        symbol=symbol,
        variants=tuple(np.array(names)[order].tolist()),
        sessions=days,
        rows=rows,
        cost_return=side_by_side([cost for _, cost in parts]),
        trades=trades.sort_values(["variant", "entered_at"], ignore_index=True),
        books=books,
    )


def _trades(book: BarBook, interval: str, symbol: str, costs: TradingCosts) -> pd.DataFrame:
    """List one interval's trades; `side` is 1 for long."""
    listed = list_trades(
        book.backtest, reasons=book.reasons, reason_names=book.reason_names, costs=costs
    )
    entered, exited, v = (listed[name].to_numpy() for name in ("entered", "exited", "variant"))
    words = np.array([*book.reason_names, "unknown"], dtype=object)
    fills = book.backtest.fills
    opened = {
        (t, account): shares
        for t, account, shares in zip(
            fills.session.tolist(), fills.account.tolist(), fills.shares_after.tolist(), strict=True
        )
    }
    sides = [np.sign(opened[cell]) for cell in zip(entered.tolist(), v.tolist(), strict=True)]
    return pd.DataFrame(
        {
            "variant": np.array(book.variants, dtype=object)[v],
            "symbol": symbol,
            "bar_interval": interval,
            "side": np.array(sides, dtype=np.int64),
            "entered_at": pd.DatetimeIndex(book.rows.starts[entered]).tz_localize("UTC"),
            "exited_at": pd.DatetimeIndex(book.rows.starts[exited]).tz_localize("UTC"),
            "entry_price_usd": listed["entry_price_usd"],
            "exit_price_usd": listed["exit_price_usd"],
            "net_return": listed["net_return"],
            "profit_usd": listed["profit_usd"],
            # decided at the end of the bar before
            "entry_reason": words[book.reasons[entered - 1, 0, v]],
            "exit_reason": listed["exit_reason"],
        }
    )
