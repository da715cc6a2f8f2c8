"""One section per strategy: growth, drawdown, metrics, tonight's signals, and what was tried."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from reports import wording
from reports.charts import Chart, Line, draw
from reports.night import Night
from reports.performance import (
    MAIN_METRICS,
    MORE_METRICS,
    STARTING_EQUITY_USD,
    DailyReturns,
    Estimate,
    MetricKind,
    daily_returns,
    drawdown,
    grown,
    known_kinds,
    metrics,
    on_sessions,
)
from reports.queries import Row
from reports.sections.instruments import price_sparks, session_figures
from reports.signals import DEFAULT_VARIANTS, SignalState
from reports.sparks import line_spark

BENCHMARK = "spy"
INTRODUCTIONS: Mapping[str, str] = {
    "equities": "Long or flat in each member of the universe: trend, RSI and news sentiment "
    "decide; credit stress and the VIX curve size.",
    "credit": "High yield (HYG) against investment grade (LQD), half of equity each way, when "
    "their spread is stretched.",
    "volatility": "Short volatility (SVXY) while the VIX curve rises with maturity; long (VXX) in "
    "variants that trade its inversion.",
}


def strategy_section(
    night: Night, strategy: str, benchmarks: Mapping[str, DailyReturns]
) -> dict[str, Any]:
    """Everything the page shows about one strategy; parts without data say so."""
    variants = daily_returns(night.published, strategy)
    default, main = _leading(strategy, variants)
    states = [state for key, state in sorted(night.states.items()) if key[0] == strategy]
    found = metrics(night.published, strategy)
    return {
        "id": strategy,
        "name": wording.strategy(strategy),
        "introduction": INTRODUCTIONS.get(strategy, ""),
        "governing": states[0].variant if states else default,
        "charts": [
            draw(chart)
            for chart in strategy_charts(night, strategy, variants, benchmarks=benchmarks)
        ],
        "metrics": _metrics_table(night, found, main, default),
        "covered": _covered(variants.get(main)),
        "signals": _signals(night, strategy, states),
        "has_features": strategy == "equities",
        "trials": len(night.published.rows("analytics.trials", ["strategy"])),
        "tried": _tried(variants, found, default, states[0].variant if states else default),
    }


def _leading(strategy: str, variants: Mapping[str, DailyReturns]) -> tuple[str, str]:
    """The default variant, and the one to show first: walk-forward where there is one."""
    default = DEFAULT_VARIANTS.get(strategy, next(iter(variants), ""))
    return default, "walk_forward" if "walk_forward" in variants else default


def strategy_charts(
    night: Night,
    strategy: str,
    variants: Mapping[str, DailyReturns],
    *,
    benchmarks: Mapping[str, DailyReturns],
) -> list[Chart]:
    """Growth and drawdown of walk-forward, default and benchmark; none without a backtest."""
    default, main = _leading(strategy, variants)
    if main not in variants:
        return []
    base = variants[main]
    lines = [
        Line(f"{wording.variant(main)}, net", grown(base.net)),
        Line(f"{wording.variant(main)}, gross", grown(base.gross), "gross"),
    ]
    if default in variants and default != main:
        lines.append(Line(f"Default {default}, net", on_sessions(base.dates, variants[default]),
                          "other"))  # fmt: skip
    if BENCHMARK in benchmarks:
        lines.append(Line("SPY, net", on_sessions(base.dates, benchmarks[BENCHMARK]), "benchmark"))
    return growth_charts(base, lines, group=strategy, note=night.mark)


def growth_charts(base: DailyReturns, lines: list[Line], *, group: str, note: str) -> list[Chart]:
    """Growth on a log axis above the drawdown of the same lines, gross ones left out below."""
    growth = Chart(
        title="Growth of 1,000,000 USD",
        unit="log axis",
        form="usd",
        dates=base.dates,
        lines=tuple(lines),
        is_log=True,
        rules=(STARTING_EQUITY_USD,),
        note=note,
        group=group,
    )
    falls = tuple(
        Line(line.name, _drawdown_of(line), line.style) for line in lines if line.style != "gross"
    )
    depth = Chart(
        title="Drawdown",
        unit="% below the highest equity so far",
        form="percent",
        dates=base.dates,
        lines=falls,
        is_short=True,
        fills_to_zero=True,
        note=note,
        group=group,
    )
    return [growth, depth]


def _drawdown_of(line: Line) -> Any:
    known = np.isfinite(line.values)
    fall = np.full(len(line.values), np.nan)
    fall[known] = drawdown(line.values[known])
    return fall


def _covered(base: DailyReturns | None) -> str:
    if base is None:
        return ""
    return f"{base.first} to {base.last}, {wording.count(len(base.dates), 'session')}"


def _metrics_table(
    night: Night, found: Mapping[str, Mapping[str, Estimate]], main: str, default: str
) -> dict[str, Any]:
    benchmark = metrics(night.published, "benchmark").get(BENCHMARK, {})
    columns = [(wording.variant(main), found.get(main, {}))]
    if default != main:
        columns.append((default, found.get(default, {})))
    columns.append(("SPY", benchmark))
    return metrics_table(night.mark, columns)


def metrics_table(
    mark: str, columns: Sequence[tuple[str, Mapping[str, Estimate]]]
) -> dict[str, Any]:
    """Rows of metrics by column, worded; `is_empty` when nobody has any.

    `mark` is the word beside every ratio that is not of the real market; empty for live.
    """
    values = [column for _, column in columns]

    def rows(kinds: tuple[MetricKind, ...]) -> list[dict[str, Any]]:
        return [
            {
                "label": kind.label,
                "unit": kind.unit,
                "cells": [_cell(kind, column.get(kind.code)) for column in values],
                # the ratio that people quote is the one that must not look like proof
                "mark": mark if kind.is_sharpe else "",
            }
            for kind in known_kinds(kinds, values)
        ]

    return {
        "columns": [name for name, _ in columns],
        "main": rows(MAIN_METRICS),
        "more": rows(MORE_METRICS),
        "is_empty": not any(values),
        "has_intervals": any(
            estimate.lower is not None for column in values for estimate in column.values()
        ),
    }


def _cell(kind: MetricKind, estimate: Estimate | None) -> dict[str, str]:
    if estimate is None:
        return {"value": wording.DASH, "interval": ""}
    word = wording.percent if kind.form == "percent" else wording.number
    interval = ""
    if not (wording.is_missing(estimate.lower) or wording.is_missing(estimate.upper)):
        interval = f"{word(estimate.lower)} to {word(estimate.upper)}"
    return {"value": word(estimate.value), "interval": interval}


def _signals(night: Night, strategy: str, states: list[SignalState]) -> list[Row]:
    symbols = [state.symbol for state in states]
    figures = session_figures(night, symbols)
    sparks = price_sparks(night, strategy, states)
    return [
        {
            "symbol": state.symbol,
            "spark": sparks.get(state.symbol, Markup("")),
            "signal": wording.signal(state.signal),
            "level": state.signal or 0,
            "event": state.event or "",
            "since": state.since,
            "weight": state.target_weight,
            "reason": state.reason,
            "reasoned_on": state.reasoned_on if state.reasoned_on != night.session else None,
            "effective": state.effective_session,
            **figures.get(state.symbol, {}),
        }
        for state in sorted(states, key=lambda state: (-((state.signal or 0) ** 2), state.symbol))
    ]


def _tried(
    variants: Mapping[str, DailyReturns],
    found: Mapping[str, Mapping[str, Estimate]],
    default: str,
    governing: str,
) -> list[dict[str, Any]]:
    """Every variant as a small multiple: what was chosen is honest only beside what was not."""
    if not variants:
        return []
    growths = {name: grown(returns.net) for name, returns in variants.items()}
    known = [values[np.isfinite(values)] for values in growths.values()]
    span = (min(v.min() for v in known if v.size), max(v.max() for v in known if v.size))
    shown = []
    for name in sorted(variants, key=lambda name: (name != "walk_forward", name)):
        values = found.get(name, {})
        roles = ["default"] * (name == default) + ["governs tonight"] * (name == governing)
        shown.append(
            {
                "name": wording.variant(name),
                "roles": ", ".join(roles),
                "spark": line_spark(growths[name], *span),
                "cagr": _value(values, "cagr"),
                "max_drawdown": _value(values, "max_drawdown"),
                "sharpe": _value(values, "sharpe"),
            }
        )
    return shown


def _value(values: Mapping[str, Estimate], metric: str) -> float | None:
    return values[metric].value if metric in values else None
