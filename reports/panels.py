"""The dashboard's pages as plain blocks."""

from collections.abc import Callable, Mapping
from typing import Any

from reports import wording
from reports.blocks import Block, Figures, Heading, Table, Words, plot
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
from reports.risk_panel import risk_panel
from reports.sections.markets import spread_charts, spread_history, term_charts, term_history
from reports.sections.portfolio import portfolio_charts, portfolio_history, risk_charts
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
    "Portfolio and risk": risk_panel,
    "Strategies": strategy_panel,
    "Markets": markets_panel,
    "Data quality": quality_panel,
}
