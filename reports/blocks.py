"""Plain blocks of the dashboard, and how each kind of block is shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from reports.charts import Chart, Line, Marks
from reports.queries import Row

# Okabe and Ito's colours: told apart by every common kind of colour vision
COLOURS: Mapping[str, str] = {
    "main": "#0072B2",
    "gross": "#56B4E9",
    "other": "#E69F00",
    "benchmark": "#8A8D93",
}
DASHES: Mapping[str, str] = {"gross": "dot", "other": "dash"}
POINTS: Mapping[str, tuple[str, str]] = {
    "round": ("circle", "#0072B2"),
    "square": ("square", "#D55E00"),
}
"""Style of marks → symbol and colour."""
TICKS: Mapping[str, str] = {"percent": ".0%", "fine_percent": ".1%"}
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
    traces = [
        _sticks(line, chart) if line.is_sticks else _trace(line, chart) for line in chart.lines
    ]
    figure = go.Figure([*traces, *(_points(marks, chart) for marks in chart.marks)])
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
               "tickformat": TICKS.get(chart.form)},
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


def _sticks(line: Line, chart: Chart) -> go.Bar:
    return go.Bar(
        x=chart.dates, y=line.values, name=line.name, marker={"color": COLOURS[line.style]}
    )


def _points(marks: Marks, chart: Chart) -> go.Scatter:
    symbol, colour = POINTS[marks.style]
    at = marks.is_marked
    return go.Scatter(
        x=chart.dates[at],
        y=marks.values[at],
        name=f"{marks.name}: {int(at.sum())}",
        mode="markers",
        marker={"symbol": symbol, "color": colour, "size": 8},
    )
