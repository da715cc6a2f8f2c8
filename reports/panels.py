"""The dashboard's pages as plain blocks, and how each kind of block is shown."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from reports import wording
from reports.charts import Chart, Line
from reports.night import Night
from reports.performance import (
    MAIN_METRICS,
    MORE_METRICS,
    daily_returns,
    known_kinds,
    metrics,
)
from reports.queries import Row
from reports.render import DEFAULT_TARGET_VOLATILITY
from reports.sections.markets import spread_charts, spread_history, term_charts, term_history
from reports.sections.portfolio import portfolio_charts, portfolio_history, risk_charts
from reports.sections.record import (
    last_sessions,
    record_charts,
    record_history,
    record_summary,
)
from reports.sections.strategy import strategy_charts

# Okabe and Ito's colours: told apart by every common kind of colour vision
COLOURS: Mapping[str, str] = {
    "main": "#0072B2",
    "gross": "#56B4E9",
    "other": "#E69F00",
    "benchmark": "#8A8D93",
}
DASHES: Mapping[str, str] = {"gross": "dot", "other": "dash"}
SHADE = "rgba(86, 180, 233, 0.15)"


@dataclass(frozen=True)
class Heading:
    """A title within a page."""

    text: str


@dataclass(frozen=True)
class Words:
    """A sentence, shown as it is: never as markdown or HTML."""

    text: str


@dataclass(frozen=True)
class Table:
    """Rows as mappings; `percents` names columns of fractions, `amounts` of money or shares."""

    rows: Sequence[Row]
    percents: tuple[str, ...] = ()
    amounts: tuple[str, ...] = ()
    empty: str = "Nothing to show."


@dataclass(frozen=True)
class Figures:
    """Charts one below the other."""

    figures: Sequence[go.Figure] = field(default=())
    empty: str = "No history yet."


Block = Heading | Words | Table | Figures


def show(block: Block) -> None:
    """Show one block."""
    if isinstance(block, Heading):
        st.subheader(block.text)
    elif isinstance(block, Words):
        st.text(block.text)
    elif isinstance(block, Table):
        _show_table(block)
    elif block.figures:
        for figure in block.figures:
            st.plotly_chart(figure)
    else:
        st.info(block.empty)


def _show_table(table: Table) -> None:
    if not table.rows:
        st.info(table.empty)
        return
    columns = {name: st.column_config.NumberColumn(format="%.2f %%") for name in table.percents}
    columns |= {name: st.column_config.NumberColumn(format="localized") for name in table.amounts}
    rows = [
        {
            name: _percentage(value) if name in table.percents else value
            for name, value in row.items()
        }
        for row in table.rows
    ]
    st.dataframe(rows, hide_index=True, column_config=columns)


def _percentage(fraction: float | None) -> float | None:
    # rounded, so that a hair below zero does not show as -0.00
    return None if fraction is None else round(100 * fraction, 4) + 0.0


def plot(chart: Chart) -> go.Figure:
    """Draw the same figure as the report's, with zoom and pan."""
    figure = go.Figure([_trace(line, chart) for line in chart.lines])
    for value in chart.rules:
        figure.add_hline(y=value, line={"width": 1, "dash": "dot", "color": "#999"})
    known = np.concatenate([line.values[np.isfinite(line.values)] for line in chart.lines])
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    for band in chart.bands:
        edges = max(band.low, low), min(band.high, high)
        if edges[0] < edges[1]:
            figure.add_hrect(
                y0=edges[0],
                y1=edges[1],
                fillcolor=SHADE,
                line_width=0,
                annotation_text=band.label,
                annotation_position="top left",
            )
    note = f" ({chart.note})" if chart.note else ""
    figure.update_layout(
        title=f"{chart.title}{note}",
        yaxis={"title": chart.unit, "type": "log" if chart.is_log else "linear",
               "tickformat": ".0%" if chart.form == "percent" else None},
        height=300 if chart.is_short else 420,
        hovermode="x unified",
        legend={"orientation": "h"},
        margin={"l": 10, "r": 10, "t": 60, "b": 10},
    )  # fmt: skip
    return figure


def _trace(line: Line, chart: Chart) -> go.Scatter:
    return go.Scatter(
        x=chart.dates,
        y=line.values,
        name=line.name,
        line={"color": COLOURS[line.style], "dash": DASHES.get(line.style, "solid"), "width": 1.6},
        fill="tozeroy" if chart.fills_to_zero and line.style == "main" else None,
    )


def overview_panel(night: Night, _strategy: str) -> list[Block]:
    """Weights, orders, changed signals and the portfolio's path."""
    book = night.book
    benchmarks = daily_returns(night.published, "benchmark")
    history = portfolio_history(night)
    charts = [
        *portfolio_charts(night, history, benchmarks),
        *risk_charts(night, history, DEFAULT_TARGET_VOLATILITY),
    ]
    effective = f" on {wording.long_day(book.effective)}" if book.effective else ""
    return [
        Heading(f"What to hold{effective}"),
        Words(f"{wording.percent(book.gross)} of equity gross, {wording.percent(book.net)} net"),
        Table([_weight_row(held) for held in book.holdings], ("weight", "change"),
              empty="No target weights yet."),
        Heading("Orders"),
        Table(book.orders, (), ("quantity_shares", "notional_usd", "expected_cost_usd"),
              "No order to send."),
        Heading("Signals that changed"),
        Table([
            {"symbol": change.symbol, "strategy": change.strategy,
             "old": wording.signal(change.old), "new": wording.signal(change.new),
             "reason": change.reason}
            for change in night.changes
        ], empty="No signal changed since the session before."),
        Heading("Portfolio"),
        Figures([plot(chart) for chart in charts], "No portfolio history yet."),
        *_record(night),
    ]  # fmt: skip


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
        Table(last_sessions(night), returns),
    ]


def _weight_row(held: Any) -> Row:
    return {
        "symbol": held.symbol,
        "name": held.name,
        "weight": held.final_weight,
        "change": held.change,
        "sleeves": ", ".join(part.strategy for part in held.sleeves),
        "reason": "; ".join(part.reason for part in held.sleeves),
    }


def strategy_panel(night: Night, strategy: str) -> list[Block]:
    """Growth, drawdown, metrics and signals of one strategy."""
    variants = daily_returns(night.published, strategy)
    benchmarks = daily_returns(night.published, "benchmark")
    charts = strategy_charts(night, strategy, variants, benchmarks=benchmarks)
    states = [state for key, state in sorted(night.states.items()) if key[0] == strategy]
    signals = [
        {"symbol": state.symbol, "signal": wording.signal(state.signal), "event": state.event,
         "since": state.since, "target": state.target_weight, "reason": state.reason}
        for state in states
    ]  # fmt: skip
    return [
        Heading(wording.strategy(strategy)),
        Figures([plot(chart) for chart in charts], "No backtest of this strategy yet."),
        Heading("Metrics"),
        Words("Net of costs unless named gross; full sample; rates are a year."),
        Table(_metric_rows(night, strategy), empty="No metrics yet."),
        Heading(f"Signals of {states[0].variant}" if states else "Signals"),
        Table(signals, ("target",), empty="No signals yet."),
    ]


def _metric_rows(night: Night, strategy: str) -> list[Row]:
    found = metrics(night.published, strategy)
    rows = []
    for kind in known_kinds((*MAIN_METRICS, *MORE_METRICS), list(found.values())):
        word = wording.percent if kind.form == "percent" else wording.number
        mark = f" {night.mark}" if kind.is_sharpe and night.mark else ""
        cells = {
            name: word(values[kind.code].value) + mark if kind.code in values else wording.DASH
            for name, values in found.items()
        }
        rows.append({"metric": kind.label, "unit": kind.unit, **cells})
    return rows


def markets_panel(night: Night, _strategy: str) -> list[Block]:
    """Credit spreads and the VIX term structure."""
    source, spreads = spread_history(night)
    term = term_history(night)
    has_term = len(term["session_date"]) > 1
    return [
        Heading("Credit spreads"),
        Figures([plot(chart) for chart in spread_charts(night, source, spreads)] if source else [],
                "No spreads yet."),
        Heading("Term structure of the VIX"),
        Figures([plot(chart) for chart in term_charts(night, term)] if has_term else [],
                "No term structure yet."),
    ]  # fmt: skip


def quality_panel(night: Night, _strategy: str) -> list[Block]:
    """Checks, quarantine, fetches and the last nights."""
    ask = night.published.rows
    checks = ask(
        "quality.validation_results",
        ("gate", "table_name", "expectation", "success", "unexpected_count", "severity", "detail"),
        where="night = ? qualify attempt = max(attempt) over ()",
        order_by="success, gate, table_name, expectation",
        parameters=[night.session],
    )
    failed = sum(not row["success"] for row in checks)
    quarantine = ("dataset", "symbol", "first_date", "last_date", "reason", "night", "released_at")
    fetches = ("provider", "dataset", "symbol", "class", "row_count", "served_from",
               "duration_seconds", "requested_at", "detail")  # fmt: skip
    nights = ("night", "attempt", "status", "finished_at", "ledger_version", "reasons")
    return [
        Heading("Checks"),
        Words(f"{wording.count(len(checks), 'check')}, {failed} failed"),
        Table(checks, empty="No validation results for this night."),
        Heading("Quarantine"),
        Table(ask("quality.quarantine", quarantine, order_by="night desc, symbol"),
              empty="Nothing was ever quarantined."),
        Heading("Latest requests"),
        Table(ask("ops.fetches", fetches, order_by="requested_at desc limit 200"),
              empty="No request is recorded."),
        Heading("Nights"),
        Table(ask("ops.nights", nights, order_by="night desc, attempt desc limit 60"),
              empty="No night is recorded."),
    ]  # fmt: skip


PANELS: Mapping[str, Callable[[Night, str], list[Block]]] = {
    "Overview": overview_panel,
    "Strategies": strategy_panel,
    "Markets": markets_panel,
    "Data quality": quality_panel,
}
