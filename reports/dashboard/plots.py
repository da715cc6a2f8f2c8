"""The report's charts as Plotly figures, with zoom and pan."""

from collections.abc import Mapping, Sequence
from textwrap import wrap

import numpy as np
import plotly.graph_objects as go
from markupsafe import escape

from reports.charts import Chart, Line, Marks
from reports.scales import Values

# Okabe and Ito's colours: told apart by every common kind of colour vision, on white and on black
COLOURS: Mapping[str, str] = {
    "main": "#0A7CC2",
    "gross": "#56B4E9",
    "other": "#E69F00",
    "benchmark": "#8A8D93",
}
DASHES: Mapping[str, str] = {"gross": "dot", "other": "dash"}
POINTS: Mapping[str, tuple[str, str]] = {
    "round": ("circle", "#009E73"),
    "square": ("square", "#D55E00"),
}
"""Style of marks → symbol and colour."""
TICKS: Mapping[str, tuple[str, str]] = {
    "percent": (".0%", ".2%"),
    "fine_percent": (".1%", ".2%"),
    "usd": ("~s", ",.2f"),
    "pct": (".1f", ".2f"),
    "ratio": (".2f", ".3f"),
    "number": ("", ",.2f"),
}
"""Form of a chart → Plotly's format of the axis and of the value under the pointer."""
FILL = "rgba(10, 124, 194, 0.18)"
SHADES: Mapping[str, str] = {
    "band": "rgba(86, 180, 233, 0.14)",
    "band hot": "rgba(213, 94, 0, 0.14)",
}
FEW_DATES = 8
HEIGHT, SHORT_HEIGHT = 400, 290  # pixels
HEAD, LINE = 62, 18  # pixels for a title of one line with its unit, and for each further line
TITLE_WIDTH = 44  # characters, what fits on a phone
FOOT = 62  # pixels for the dates and two lines of legend


def plot(chart: Chart) -> go.Figure:
    """Draw the same figure as the report's."""
    traces = [
        _sticks(line, chart) if line.is_sticks else _trace(line, chart) for line in chart.lines
    ]
    figure = go.Figure([*traces, *(_points(marks, chart) for marks in chart.marks)])
    for value in chart.rules:
        figure.add_hline(y=value, line={"width": 1, "dash": "dot", "color": "#999"})
    _shade(figure, chart)
    axis, pointer = TICKS.get(chart.form, ("", ""))
    _lay_out(figure, _title(chart.title, chart.unit, chart.note), is_short=chart.is_short)
    figure.update_yaxes(type="log" if chart.is_log else "linear", tickformat=axis,
                        hoverformat=pointer)  # fmt: skip
    figure.update_xaxes(hoverformat="%a %d %b %Y")
    if len(chart.dates) <= FEW_DATES:  # else the axis would be divided into hours
        figure.update_xaxes(tickvals=chart.dates, tickformat="%d %b %Y", ticklabeloverflow="allow")
    return figure


def maturity_plot(
    names: Sequence[str], days: Values, curves: Sequence[tuple[str, Values]], *, note: str
) -> go.Figure:
    """Draw a curve by maturity, today's first.

    Parameters
    ----------
    names, days : of the maturities, (m,).
    curves : name and values (m,) of each curve.
    """
    styles = ("main", "other", "benchmark")
    figure = go.Figure([
        go.Scatter(x=days, y=values, name=name, mode="lines+markers",
                   line={"color": COLOURS[style], "dash": DASHES.get(style, "solid"), "width": 2})
        for (name, values), style in zip(curves, styles, strict=False)
    ])  # fmt: skip
    _lay_out(figure, _title("Curve by maturity", "index points", note), is_short=True)
    figure.update_yaxes(hoverformat=".2f")
    labels = [f"{name}<br>{day:.0f} days" for name, day in zip(names, days, strict=True)]
    figure.update_xaxes(tickvals=days, ticktext=labels, type="log")
    return figure


def _lay_out(figure: go.Figure, title: dict[str, object], *, is_short: bool) -> None:
    """Title and unit above, dates and legend below, on every width of the page."""
    figure.update_layout(
        title=title,
        yaxis={"automargin": True, "title": None},
        xaxis={"title": None},
        height=SHORT_HEIGHT if is_short else HEIGHT,
        hovermode="x unified",
        showlegend=True,
        legend={"orientation": "h", "x": 0, "xref": "paper", "y": 0, "yref": "container",
                "yanchor": "bottom", "title": None},
        margin={"l": 8, "r": 12, "t": HEAD + LINE * str(title["text"]).count("<br>"), "b": FOOT},
    )  # fmt: skip


def _title(text: str, unit: str, note: str) -> dict[str, object]:
    """The title with the world's mark, and below it the unit, which names the vertical axis."""
    mark = f" ({note})" if note else ""
    lines = [str(escape(line)) for line in wrap(text + mark, width=TITLE_WIDTH)]
    return {
        "text": "<br>".join(lines),
        "subtitle": {"text": str(escape(unit)), "font": {"size": 12}},
        "y": 1,
        "yref": "container",
        "yanchor": "top",
        "pad": {"t": 8 + LINE * (len(lines) - 1)},  # Plotly places the last line
    }


def _shade(figure: go.Figure, chart: Chart) -> None:
    known = np.concatenate([line.values[np.isfinite(line.values)] for line in chart.lines])
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    for band in chart.bands:
        edges = max(band.low, low), min(band.high, high)
        if edges[0] < edges[1]:
            figure.add_hrect(
                y0=edges[0],
                y1=edges[1],
                fillcolor=SHADES.get(band.style, SHADES["band"]),
                line_width=0,
                annotation_text=band.label,
                # where the line goes least: at the outer edge of the band
                annotation_position="bottom left" if band.low < low else "top left",
                annotation_font_size=12,
            )


def _trace(line: Line, chart: Chart) -> go.Scatter:
    is_filled = chart.fills_to_zero and line.style == "main"
    return go.Scatter(
        x=chart.dates,
        y=line.values,
        name=line.name,
        mode="lines",
        line={"color": COLOURS[line.style], "dash": DASHES.get(line.style, "solid"), "width": 1.6},
        fill="tozeroy" if is_filled else None,
        fillcolor=FILL if is_filled else None,
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
