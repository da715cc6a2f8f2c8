"""One intraday variant asked for by a person, on one symbol, beside what holding it would earn."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.arrays import Floats
from analytics.daily import NamedRows
from analytics.errors import InputError
from analytics.frames import Calendar
from analytics.inputs import AnalyticsInputs, lay_out
from analytics.intraday import IntradayRun, run_intraday
from analytics.research import Answer, Question, Simulated, answered, benchmarks_from
from analytics.tables import NamedBacktest, daily_rows, dates, moments, texts
from analytics.walk_forward import FEWEST_TRAINING_SESSIONS

INTRADAY = "intraday"


@dataclass(frozen=True, eq=False)
class IntradayFrames:
    """What a build says of bars: arguments of `intraday.run_intraday`.

    `bars`: `intermediate.int_intraday_prices_adjusted`. `signals`: `marts.fct_intraday_signals`.
    `hours`: `session_date, open_at, close_at`.
    """

    bars: pd.DataFrame
    signals: pd.DataFrame
    hours: pd.DataFrame


def run_intraday_research(
    inputs: AnalyticsInputs, frames: IntradayFrames, question: Question, *, symbol: str
) -> Answer:
    """Backtest one intraday variant on the bars of one symbol.

    Parameters
    ----------
    inputs : frames of the build, for benchmarks, the bill, costs and earlier trials.
    frames : its bars and intraday signals.
    question : what is asked.
    symbol : whose bars.

    Returns
    -------
    As `research.run_research`. Rows are sessions, from that of the first decision to the last with
    bars; `gross_exposure` is the largest inside a session, and nothing is held at its close.

    Raises
    ------
    InputError
        There are no signals of the symbol in the period, or the benchmark has no prices.
    ParameterError
        The split leaves too few sessions on one side.
    """
    signals = frames.signals
    own = signals[(signals["variant"] == question.variant) & (signals["symbol"] == symbol)]
    asked = own
    if question.first_day is not None:
        asked = own[pd.to_datetime(own["session_date"]) >= pd.Timestamp(question.first_day)]
    if asked.empty:
        raise InputError(f"there are no {question.variant} decisions of {symbol} in this period")
    run = whole = _run(own, inputs, frames, symbol)
    if len(asked) < len(own):
        run = _run(asked, inputs, frames, symbol)
    calendar, market = lay_out(inputs)
    first = int(np.searchsorted(calendar.sessions, run.sessions[0])) - 1
    if first < 0:
        raise InputError(f"the bars of {symbol} begin before the first daily close")
    benchmarks = benchmarks_from(first, inputs, question, market, calendar)
    named = NamedRows(INTRADAY, run.variants, run.rows)
    n_rows = len(run.sessions)
    return answered(
        Simulated(
            named=named,
            tried=NamedRows(INTRADAY, whole.variants, whole.rows),
            sessions=run.sessions,
            start=calendar.sessions[first],
            benchmarks=benchmarks.daily.between(0, n_rows),
            tables={
                "backtest_daily": _daily(run, benchmarks, calendar),
                "backtest_positions": _positions(run),
                "backtest_trades": _trades(run),
            },
        ),
        inputs,
        question,
        fewest_sessions=FEWEST_TRAINING_SESSIONS,
    )


def _run(
    signals: pd.DataFrame, inputs: AnalyticsInputs, frames: IntradayFrames, symbol: str
) -> IntradayRun:
    return run_intraday(
        frames.bars,
        signals,
        symbol=symbol,
        sessions=frames.hours,
        bill=inputs.macro,
        costs=inputs.portfolio_config.costs,
    )


def _daily(run: IntradayRun, benchmarks: NamedBacktest, calendar: Calendar) -> pd.DataFrame:
    """Sessions of the variant and, on the same sessions, of the benchmarks."""
    at = np.searchsorted(calendar.sessions, run.sessions)
    own = pd.DataFrame(
        {
            "strategy": INTRADAY,
            "variant": texts(list(run.variants) * len(run.sessions)),
            "session_date": dates(run.sessions),
            "gross_return": run.rows.gross_return[:, 0],
            "cost_return": run.cost_return[:, 0],
            "net_return": run.rows.net_return[:, 0],
            "turnover": run.rows.turnover[:, 0],
            "gross_exposure": run.rows.gross_exposure[:, 0],
            "net_exposure": _closing_exposure(run),
            "available_at": moments(calendar.decided_at[at]),
        }
    )
    others = daily_rows([benchmarks], calendar)
    is_within = others["session_date"] <= pd.Timestamp(str(run.sessions[-1]))
    return pd.concat([own, others[is_within]], ignore_index=True)


def _closing_exposure(run: IntradayRun) -> Floats:
    """What is held at each session's close over its equity, (R,): 0 unless the bars broke off."""
    (book,) = run.books.values()
    of_row = book.rows.dates[book.backtest.sessions]
    last = np.searchsorted(of_row, run.sessions, side="right") - 1
    exposure: Floats = book.backtest.net_exposure[last, 0]
    return exposure


def _positions(run: IntradayRun) -> pd.DataFrame:
    """Every fill, at the start of its bar; prices in split-adjusted units."""
    (book,) = run.books.values()
    fills = book.backtest.fills
    return pd.DataFrame(
        {
            "strategy": INTRADAY,
            "variant": texts([book.variants[0]] * len(fills.session)),
            "symbol": run.symbol,
            "effective_session": dates(book.rows.dates[fills.session]),
            "filled_at": moments(book.rows.starts[fills.session]),
            "target_weight": fills.target_weight,
            "shares": fills.shares_after,
            "fill_price_usd": fills.price_usd,
        }
    )


def _trades(run: IntradayRun) -> pd.DataFrame:
    """The trades with New York dates beside their moments."""
    trades = run.trades.assign(strategy=INTRADAY)
    for name in ("entered", "exited"):
        local = trades[f"{name}_at"].dt.tz_convert("America/New_York").dt.tz_localize(None)
        trades[f"{name}_date"] = local.dt.normalize()
    return trades
