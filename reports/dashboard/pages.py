"""The dashboard's pages as plain blocks."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from reports import wording
from reports.dashboard.blocks import Block, Figures, Heading, Table, Tiles, Words
from reports.dashboard.markets import markets_panel
from reports.dashboard.nights import nights_panel
from reports.dashboard.plots import plot
from reports.dashboard.quality import quality_panel
from reports.dashboard.risk import risk_panel
from reports.dashboard.signals import signals_panel
from reports.night import Night
from reports.performance import (
    MAIN_METRICS,
    MORE_METRICS,
    daily_returns,
    known_kinds,
    metrics,
)
from reports.queries import Array, Row
from reports.sections.portfolio import portfolio_charts, portfolio_history
from reports.sections.record import (
    last_sessions,
    record_charts,
    record_history,
    record_summary,
)
from reports.sections.strategy import strategy_charts


def overview_panel(night: Night, _strategy: str) -> list[Block]:
    """Weights, orders, changed signals and the portfolio's path."""
    book = night.book
    benchmarks = daily_returns(night.published, "benchmark")
    history = portfolio_history(night)
    charts = portfolio_charts(night, history, benchmarks)
    effective = f" on {wording.long_day(book.effective)}" if book.effective else ""
    return [
        Tiles(_tiles(night, history)),
        Heading(f"What to hold{effective}"),
        Table([_weight_row(held) for held in book.holdings], ("weight",),
              empty="No target weights yet.", figures=("change",)),
        Heading("Orders"),
        Table(book.orders, (), ("quantity_shares", "notional_usd", "expected_cost_usd"),
              "No order to send."),
        Heading("Signals that changed"),
        Table([
            {"symbol": change.symbol, "strategy": wording.strategy(change.strategy),
             "before": wording.signal(change.old), "now": wording.signal(change.new),
             "reason": wording.full_reason(change.reason)}
            for change in night.changes
        ], empty="No signal changed since the session before."),
        Heading("Portfolio"),
        Figures([plot(chart) for chart in charts], "No portfolio history yet."),
        *_record(night),
    ]  # fmt: skip


def _tiles(night: Night, history: Mapping[str, Array]) -> list[tuple[str, str, str]]:
    """What a person looks at first."""
    book, has_history = night.book, len(history["session_date"]) > 0
    last = {name: float(values[-1]) for name, values in history.items() if name != "session_date"
            } if has_history else {}  # fmt: skip
    forecast = last.get("forecast_volatility_annual", math.nan) * last.get("scale", math.nan)
    return [
        ("Gross", wording.percent(book.gross), "of equity"),
        ("Net", wording.percent(book.net), "of equity"),
        ("Orders", wording.number(len(book.orders), 0), "to send"),
        ("Signals", wording.number(len(night.changes), 0), "changed tonight"),
        ("Volatility", wording.percent(forecast), "a year, forecast"),
        ("Session", wording.percent(last.get("net_return"), signed=True), "net, backtest"),
    ]


def _record(night: Night) -> list[Block]:
    """What recorded decisions earned, beside the backtest."""
    summary = record_summary(night)
    if summary is None:
        return [Heading("The record"), Words("Nothing that was decided has earned anything yet.")]
    returns = ("net_return", "backtest_net_return", "difference_return", "turnover",
               "gross_exposure")  # fmt: skip
    return [
        Heading("The record"),
        Words(f"{summary['sentence']} {summary['caution']}"),
        Figures([plot(chart) for chart in record_charts(night, record_history(night))]),
        Table(last_sessions(night), returns, signed=returns[:3]),
    ]


def _weight_row(held: Any) -> Row:
    return {
        "symbol": held.symbol,
        "name": held.name,
        "weight": held.final_weight,
        "change": wording.points(held.change),
        "sleeves": ", ".join(wording.strategy(part.strategy) for part in held.sleeves),
        "reason": "; ".join(wording.full_reason(part.reason) for part in held.sleeves),
    }


def strategy_panel(night: Night, strategy: str) -> list[Block]:
    """Growth, drawdown, metrics and signals of one strategy."""
    variants = daily_returns(night.published, strategy)
    benchmarks = daily_returns(night.published, "benchmark")
    charts = strategy_charts(night, strategy, variants, benchmarks=benchmarks)
    states = [state for key, state in sorted(night.states.items()) if key[0] == strategy]
    signals = [
        {"symbol": state.symbol, "signal": wording.signal(state.signal),
         "tonight": wording.EVENTS.get(state.event or "", ""), "since": state.since,
         "target": state.target_weight, "reason": wording.full_reason(state.reason)}
        for state in sorted(states, key=lambda state: (not state.signal, state.symbol))
    ]  # fmt: skip
    governing = states[0].variant if states else ""
    found = _metric_rows(night, strategy, governing)
    variants_told = tuple(found[0])[2:] if found else ()
    return [
        Heading(wording.strategy(strategy)),
        Figures([plot(chart) for chart in charts], "No backtest of this strategy yet."),
        Heading(f"Signals of {governing}" if governing else "Signals"),
        Table(signals, ("target",), empty="No signals yet."),
        Heading("Metrics of every variant"),
        Words("Net of costs unless named gross; full sample; rates are a year."),
        Table(found, empty="No metrics yet.", figures=variants_told, codes=variants_told),
    ]


def _metric_rows(night: Night, strategy: str, governing: str) -> list[Row]:
    """A metric a line, the walk-forward path and the variant that governs tonight first."""
    found = metrics(night.published, strategy)
    first = {"walk_forward": 0, governing: 1}
    names = sorted(found, key=lambda name: (first.get(name, 2), name))
    rows = []
    for kind in known_kinds((*MAIN_METRICS, *MORE_METRICS), list(found.values())):
        word = wording.percent if kind.form == "percent" else wording.number
        # the ratio that people quote is the one that must not look like proof
        mark = f" ({night.mark})" if kind.is_sharpe and night.mark else ""
        cells = {
            wording.variant(name): word(found[name][kind.code].value)
            if kind.code in found[name]
            else wording.DASH
            for name in names
        }
        rows.append({"metric": kind.label + mark, "unit": kind.unit, **cells})
    return rows


FIRST, STRATEGIES, SIGNALS, NIGHTS = "Overview", "Strategies", "Signals", "Nights"

PANELS: Mapping[str, Callable[[Night, str], list[Block]]] = {
    FIRST: overview_panel,
    "Portfolio and risk": risk_panel,
    STRATEGIES: strategy_panel,
    SIGNALS: signals_panel,
    "Markets": markets_panel,
    "Data quality": quality_panel,
    NIGHTS: nights_panel,
}
"""Each page by its name: what it shows of a night, given its subject (a strategy, a symbol)."""
