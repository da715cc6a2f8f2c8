"""The dashboard's page of one symbol: its price with what was decided, features, and history."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np

from reports import wording
from reports.charts import Chart, Line, Marks
from reports.dashboard.blocks import Block, Figures, Heading, Table, Tiles, Words
from reports.dashboard.plots import plot
from reports.night import Night
from reports.queries import Array, Row
from reports.sections.instruments import session_figures
from reports.signals import SignalState

SESSIONS_SHOWN = 756
"""Three years: what was decided before stands in the history."""
MOST_TURNS = 400
PERCENT, NUMBER, USD = "percent", "number", "usd"

FEATURES: tuple[tuple[str, str, str, str], ...] = (
    ("sma_20_usd", "Mean of 20 sessions", USD, "adjusted closes"),
    ("sma_50_usd", "Mean of 50 sessions", USD, "adjusted closes"),
    ("rsi_14", "RSI 14", NUMBER, "Wilder, 0 to 100"),
    ("atr_14_usd", "ATR 14", USD, "adjusted prices"),
    ("volatility_20_annual", "Volatility, 20 sessions", PERCENT, "a year"),
    ("momentum_12_1_return", "Momentum 12-1", PERCENT, "return, the last month left out"),
    ("sentiment_3d", "News sentiment, 3 sessions", NUMBER, "\u22121 to 1"),
    ("earnings_yield", "Earnings yield", PERCENT, "of the price"),
    ("return_on_equity", "Return on equity", PERCENT, "a year"),
)
CREDIT_FEATURES: tuple[tuple[str, str, str, str], ...] = (
    ("hy_ig_spread_pct", "Spread of HY over IG", NUMBER, "percentage points, or the proxy"),
    ("spread_zscore", "Spread z-score", NUMBER, "60 observations"),
    ("hy_oas_percentile", "High-yield percentile", PERCENT, "756 observations"),
    ("credit_stress", "Credit stress", NUMBER, "\u22121 to 1"),
)
VOLATILITY_FEATURES: tuple[tuple[str, str, str, str], ...] = (
    ("vix", "VIX", NUMBER, "index points"),
    ("vix3m", "VIX3M", NUMBER, "index points"),
    ("vix_vix3m_ratio", "VIX / VIX3M", NUMBER, "ratio of closes"),
)
TURN_COLUMNS = ("session_date", "strategy", "variant", "signal", "event", "target_weight",
                "effective_session", "reason")  # fmt: skip


def signals_panel(night: Night, symbol: str) -> list[Block]:
    """Price and marks, tonight's signals and features, and every turn of every variant."""
    states = [state for key, state in sorted(night.states.items()) if key[1] == symbol]
    if not states:
        return [Words("No strategy has a signal yet.")]
    figures = session_figures(night, [symbol])[symbol]
    charts = [*_price_charts(night, symbol, states), *_weight_charts(night, symbol)]
    return [
        Heading(f"{symbol} \u00b7 {figures['name']}" if figures.get("name") else symbol),
        Tiles(_tiles(night, symbol, states, figures)),
        Figures([plot(chart) for chart in charts], "No price of this symbol yet."),
        Heading("Signals tonight"),
        Table(_signals(night, symbol, states), ("target",), empty="No signal yet."),
        Heading("Features of the night"),
        Table(_features(night, symbol, states), figures=("value",), empty="No features yet."),
        Heading("Signal history"),
        Words(f"Sessions in which a variant's signal turned, the newest first, {MOST_TURNS} at "
              "most."),
        Table(_turns(night, symbol), ("target",), empty="No signal ever turned."),
    ]  # fmt: skip


def _tiles(
    night: Night, symbol: str, states: list[SignalState], figures: Mapping[str, Any]
) -> list[tuple[str, str, str]]:
    held = next((h for h in night.book.holdings if h.symbol == symbol), None)
    weight = held.final_weight if held else 0.0
    change = held.change if held else 0.0
    tiles = [
        ("Close", wording.number(figures.get("close_usd")), "USD, as traded"),
        ("Session", wording.percent(figures.get("total_return"), signed=True), "return"),
        ("Target weight", wording.percent(weight), f"of equity, {wording.points(change)}"),
    ]
    tiles += [
        (wording.strategy(state.strategy), wording.signal(state.signal),
         f"since {wording.day(state.since)}")
        for state in states
    ]  # fmt: skip
    return tiles


def _price_charts(night: Night, symbol: str, states: list[SignalState]) -> list[Chart]:
    """The adjusted close, its averages, and where the governing variants entered and left."""
    prices = _recent(night, "marts.fct_prices", ("session_date", "adjusted_close_usd"), symbol)
    dates, closes = prices["session_date"], prices["adjusted_close_usd"]
    if len(dates) < 2:
        return []
    features = _recent(
        night, "marts.fct_equity_features", ("session_date", "sma_20_usd", "sma_50_usd"), symbol
    )
    lines = [Line("Adjusted close", closes)]
    for column, name, style in (("sma_20_usd", "Mean of 20", "other"),
                                ("sma_50_usd", "Mean of 50", "benchmark")):  # fmt: skip
        values = _on(dates, features["session_date"], features[column])
        if np.isfinite(values).any():
            lines.append(Line(name, values, style))
    marks = tuple(
        Marks(name, np.where(_events(night, symbol, states, event, dates), closes, np.nan), style)
        for event, name, style in (("enter", "Entered", "round"), ("exit", "Left", "square"))
    )
    return [
        Chart(
            title=f"{symbol}, the last three years",
            unit="USD, adjusted forward from the first bar",
            form="number",
            dates=dates,
            lines=tuple(lines),
            marks=marks,
            note=night.mark,
        )
    ]


def _events(
    night: Night, symbol: str, states: list[SignalState], event: str, dates: Array
) -> Array:
    """In which of some sessions a governing variant entered or left, (n,)."""
    found = [
        row["session_date"]
        for state in states
        for row in night.published.rows(
            "marts.fct_signals",
            ("session_date",),
            where="symbol = ? and strategy = ? and variant = ? and event = ? and session_date <= ?",
            order_by="session_date",
            parameters=[symbol, state.strategy, state.variant, event, night.session],
        )
    ]
    return np.isin(dates, np.array(found, dtype="datetime64[D]"))


def _weight_charts(night: Night, symbol: str) -> list[Chart]:
    """What the strategies wanted and what the limits left, summed over the sleeves."""
    columns = ("session_date", "desired_weight", "final_weight")
    found = _recent(night, "analytics.target_weights", columns, symbol)
    dates, place = np.unique(found["session_date"], return_inverse=True)
    if len(dates) < 2:
        return []
    totals = {name: np.zeros(len(dates)) for name in columns[1:]}
    for name, total in totals.items():
        np.add.at(total, place, found[name])
    dates = dates[-SESSIONS_SHOWN:]
    return [
        Chart(
            title="Weight in the portfolio",
            unit="% of equity, as decided at each close",
            form="fine_percent",
            dates=dates,
            lines=(
                Line("Target", totals["final_weight"][-SESSIONS_SHOWN:]),
                Line("Before limits", totals["desired_weight"][-SESSIONS_SHOWN:], "other"),
            ),
            rules=(0.0,),
            is_short=True,
            note=night.mark,
        )
    ]


def _recent(night: Night, table: str, columns: tuple[str, ...], symbol: str) -> dict[str, Array]:
    """The latest rows of a symbol; of a table with several a session, the same sessions whole."""
    found = night.published.arrays(
        table,
        columns,
        where="symbol = ? and session_date <= ? "
        f"qualify dense_rank() over (order by session_date desc) <= {SESSIONS_SHOWN}",
        order_by="session_date",
        parameters=[symbol, night.session],
    )
    return {**found, "session_date": found["session_date"].astype("datetime64[D]")}


def _on(dates: Array, known: Array, values: Array) -> Array:
    """Values of some sessions on others, NaN where there is none."""
    laid = np.full(len(dates), np.nan)
    places = np.searchsorted(dates, known)
    fits = places < len(dates)
    fits[fits] = dates[places[fits]] == known[fits]
    laid[places[fits]] = values[fits]
    return laid


def _signals(night: Night, symbol: str, states: list[SignalState]) -> list[Row]:
    """The latest signal of every variant, those that govern first."""
    governing = {(state.strategy, state.variant): state for state in states}
    by_variant = "partition by strategy, variant order by session_date"
    rows = night.published.rows(
        "marts.fct_signals",
        TURN_COLUMNS,
        where=f"symbol = ? and session_date <= ? qualify row_number() over ({by_variant} desc) = 1",
        order_by="strategy, variant",
        parameters=[symbol, night.session],
    )
    rows.sort(key=lambda row: (row["strategy"], row["variant"]) not in governing)
    return [
        {
            "strategy": wording.strategy(row["strategy"]),
            "variant": row["variant"],
            "governs": "tonight" if (row["strategy"], row["variant"]) in governing else "",
            "signal": wording.signal(row["signal"]),
            "target": row["target_weight"],
            "decided": row["session_date"],
            "reason": wording.full_reason(row["reason"]),
        }
        for row in rows
    ]


def _turns(night: Night, symbol: str) -> list[Row]:
    by_variant = "partition by strategy, variant order by session_date"
    rows = night.published.rows(
        "marts.fct_signals",
        TURN_COLUMNS,
        where="symbol = ? and session_date <= ? "
        f"qualify coalesce(lag(signal) over ({by_variant}), 0) <> signal",
        order_by=f"session_date desc, strategy, variant limit {MOST_TURNS}",
        parameters=[symbol, night.session],
    )
    return [
        {
            "decided": row["session_date"],
            "filled": row["effective_session"],
            "strategy": wording.strategy(row["strategy"]),
            "variant": row["variant"],
            "signal": wording.signal(row["signal"]),
            "target": row["target_weight"],
            "reason": wording.full_reason(row["reason"]),
        }
        for row in rows
    ]


def _features(night: Night, symbol: str, states: list[SignalState]) -> list[Row]:
    """The figures that the strategies of a symbol read, as known at the night's decision."""
    strategies = {state.strategy for state in states}
    rows = _told(night, "marts.fct_equity_features", FEATURES, "symbol = ?", (symbol,))
    if "credit" in strategies:
        for source, name in (("oas", "option-adjusted"), ("price_proxy", "price proxy")):
            rows += _told(night, "marts.fct_spreads", CREDIT_FEATURES, "spread_source = ?",
                          (source,), name)  # fmt: skip
    if "volatility" in strategies:
        rows += _told(night, "marts.fct_term_structure", VOLATILITY_FEATURES, "true", ())
    return rows


def _told(
    night: Night,
    table: str,
    features: tuple[tuple[str, str, str, str], ...],
    where: str,
    parameters: tuple[str, ...],
    source: str = "",
) -> list[Row]:
    """The latest row of a table that was available at the decision, a feature a line."""
    found = night.published.rows(
        table,
        ("session_date", "available_at", *(column for column, *_ in features)),
        where=f"{where} and session_date <= ? and available_at <= ? "
        "qualify session_date = max(session_date) over ()",
        parameters=[*parameters, night.session, night.status.as_of_at],
    )
    if not found:
        return []
    row = found[0]
    day: date = row["session_date"]
    return [
        {
            "feature": f"{name}, {source}" if source else name,
            "value": _worded(row[column], form),
            "unit": unit,
            "session": day,
            "known": row["available_at"],
        }
        for column, name, form, unit in features
        if row[column] is not None
    ]


def _worded(value: float, form: str) -> str:
    return wording.percent(value) if form == PERCENT else wording.number(value)
