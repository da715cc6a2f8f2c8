"""What a build tells the Python results, and the arrays that all of them start from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

from analytics.backtest import run_backtest
from analytics.benchmarks import (
    BENCHMARK,
    FIXED_MIXES,
    REBALANCED,
    benchmark_names,
    benchmark_targets,
)
from analytics.frames import (
    Calendar,
    calendar_from_frame,
    market_from_frames,
    membership,
    require_columns,
    to_days,
)
from analytics.holdings import Holdings
from analytics.market import Market
from analytics.record import PastDecisions
from analytics.settings import DEFAULT_VARIANTS, PortfolioConfig
from analytics.tables import NamedBacktest
from analytics.targets import quarantined_sessions


@dataclass(frozen=True, eq=False)
class AnalyticsInputs:
    """Frames of one build, all as of the night; the order of rows does not matter.

    `prices`: `marts.fct_prices`. `signals`: `marts.fct_signals`. `macro`:
    `intermediate.int_macro_as_of`. `leverage`: `intermediate.int_fund_leverage`. `sessions`:
    `ops.exchange_sessions`. `members`: `ops.universe_members`. `default_variants`: strategy → its
    default variant; strategies that are not in it are refused. `past`: what earlier nights decided,
    None where there is no record. `variants`: `marts.dim_variants`. `trials`: what had been
    evaluated before tonight's version, `strategy, parameters, sharpe_per_session`; None where there
    is no registry. `holdings`: what a person holds at the night's close; None where orders are
    those of the simulated portfolio.
    """

    prices: pd.DataFrame
    signals: pd.DataFrame
    macro: pd.DataFrame
    leverage: pd.DataFrame
    sessions: pd.DataFrame
    members: pd.DataFrame
    variants: pd.DataFrame
    portfolio_config: PortfolioConfig
    night: date
    default_variants: Mapping[str, str] = field(default_factory=lambda: DEFAULT_VARIANTS)
    past: PastDecisions | None = None
    trials: pd.DataFrame | None = None
    holdings: Holdings | None = None


def lay_out(inputs: AnalyticsInputs) -> tuple[Calendar, Market]:
    """Lay the frames of a build out on its sessions: the calendar, and the market of all symbols.

    Raises
    ------
    InputError
        If a frame breaks its contract.
    """
    require_columns(
        inputs.signals, "signals",
        "strategy", "variant", "symbol", "session_date", "target_weight", "reason",
    )  # fmt: skip
    first_day = to_days(inputs.prices["session_date"]).min()
    calendar = calendar_from_frame(inputs.sessions, first_day=first_day, night=inputs.night)
    symbols = sorted({*inputs.prices["symbol"].unique(), *inputs.signals["symbol"].unique()})
    market = market_from_frames(
        prices=inputs.prices,
        macro=inputs.macro,
        leverage=inputs.leverage,
        calendar=calendar,
        symbols=symbols,
        is_quarantined=quarantined_sessions(
            inputs.signals, sessions=calendar.sessions, symbols=symbols
        ),
    )
    return calendar, market


def run_benchmarks(
    market: Market,
    calendar: Calendar,
    inputs: AnalyticsInputs,
    *,
    mixes: Mapping[str, Mapping[str, float]] = FIXED_MIXES,
    first_decision: int | None = None,
) -> NamedBacktest:
    """Simulate the benchmarks with the same costs.

    Parameters
    ----------
    market : T sessions of every symbol.
    calendar : for each month's last session.
    inputs : for the universe's members, costs and fill.
    mixes : name → weights of the fixed mixes.
    first_decision : session after which their rows begin; their own first when left out.

    Returns
    -------
    One backtest with a column per benchmark.
    """
    is_member = membership(inputs.members, calendar=calendar, symbols=market.symbols)
    weights, is_renewed = benchmark_targets(
        market, is_month_last=calendar.is_month_last, is_member=is_member, mixes=mixes
    )
    backtest = run_backtest(
        market,
        weights,
        costs=inputs.portfolio_config.costs,
        fill=inputs.portfolio_config.fill,
        is_renewed=is_renewed,
        first_decision=first_decision,
    )
    reasons = np.zeros(weights.shape, dtype=np.int64)
    return NamedBacktest(BENCHMARK, benchmark_names(mixes), backtest, reasons, (REBALANCED,))
