"""Line charts as inline SVG, drawn by us so that the page needs nothing from anywhere.

The plot stretches with the page while every label is HTML at its true size, so that one drawing
reads well on a wall, on a phone and on paper. The numbers drawn travel in the figure's attributes:
a small script reads them out under the pointer, and without a script the last values stand there.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
from markupsafe import Markup, escape
from numpy.typing import NDArray

from reports.forms import FORMS, Form
from reports.frame import Frame
from reports.scales import Days, Values, date_ticks, linear_ticks, log_ticks, thin

WIDTH, HEIGHT = 1000.0, 300.0  # of the drawing; the page stretches it
HEADROOM = 0.04  # share of the value range left free above and below


@dataclass(frozen=True)
class Line:
    """One series of a chart. `style` names a colour and a dash of the style sheet.

    `is_sticks`: each value stands on zero by itself, as returns do, in place of a line.
    """

    name: str
    values: Values
    style: str = "main"
    is_sticks: bool = False


@dataclass(frozen=True)
class Marks:
    """Sessions worth a point: `values` (n,) where the points stand, NaN where there is none.

    Two kinds differ by shape as well as by colour: `style` is `round` or `square`.
    """

    name: str
    values: Values
    style: str = "round"

    @property
    def is_marked(self) -> NDArray[np.bool_]:
        """Which sessions carry a point, (n,)."""
        return np.isfinite(self.values)


@dataclass(frozen=True)
class Band:
    """A shaded range of values that has a meaning; an infinite end reaches the chart's edge."""

    low: float
    high: float
    label: str
    style: str = "band"


@dataclass(frozen=True)
class Chart:
    """A figure: series over one run of sessions.

    `dates` : (n,) ascending; every line has n values, NaN where unknown.
    `rules` : values worth a thin line. `ribbon` : lower and upper end, (n,) each, of what the first
    line may be; shaded. `marks` : points on top, all of which are drawn. `group` : figures of one
    group share the pointer's date.
    """

    title: str
    form: str
    dates: Days
    lines: tuple[Line, ...]
    unit: str = ""
    note: str = ""
    group: str = ""
    is_log: bool = False
    is_short: bool = False
    fills_to_zero: bool = False
    rules: tuple[float, ...] = ()
    bands: tuple[Band, ...] = field(default=())
    ribbon: tuple[Values, Values] | None = None
    marks: tuple[Marks, ...] = ()


def draw(chart: Chart) -> Markup:
    """Draw a figure; a series with fewer than two known sessions gives a sentence instead."""
    known = [line for line in chart.lines if np.isfinite(line.values).sum() > 1]
    if not known:
        return Markup('<p class="empty">{}: no values for two sessions yet.</p>').format(
            chart.title
        )
    keep = _drawn(chart, known)
    dates = chart.dates[keep]
    chart = replace(chart, marks=tuple(replace(m, values=m.values[keep]) for m in chart.marks))
    if chart.ribbon is not None:
        low, high = chart.ribbon
        chart = replace(chart, ribbon=(low[keep], high[keep]))
    lines = [replace(line, values=line.values[keep]) for line in known]
    frame = _frame(chart, dates, lines)
    form = FORMS[chart.form]
    parts = [
        *_head(chart, dates, lines, frame, form),
        '<div class="plot"><svg viewBox="0 0 1000 300" preserveAspectRatio="none" '
        'aria-hidden="true">',
        *_ground(chart, frame),
        *_ribbon(chart, dates, frame),
        *(
            _sticks(line, dates, frame) if line.is_sticks else _path(chart, line, dates, frame)
            for line in reversed(lines)
        ),
        *(_points(marks, dates, frame) for marks in chart.marks),
        "</svg>",
        *_labels(chart, dates, frame, form),
        *_ends(lines, dates, frame),
        '<i class="cursor"></i></div></figure>',
    ]
    return Markup("".join(parts))  # every text in the parts went through escape()


def _drawn(chart: Chart, lines: list[Line]) -> NDArray[np.intp]:
    """Positions of the sessions to draw: every marked one, and enough of the others."""
    marked = [np.flatnonzero(marks.is_marked) for marks in chart.marks]
    return np.unique(np.concatenate([thin([line.values for line in lines]), *marked]))


def _frame(chart: Chart, dates: Days, lines: list[Line]) -> Frame:
    everything = np.concatenate([line.values for line in lines])
    for end in chart.ribbon or ():
        everything = np.append(everything, end)
    shown = [*everything[np.isfinite(everything)], *chart.rules]
    if chart.fills_to_zero or any(line.is_sticks for line in lines):
        shown.append(0.0)
    is_log = chart.is_log and min(shown) > 0
    low, high = float(min(shown)), float(max(shown))
    if is_log:
        room = (high / low) ** HEADROOM if high > low else 1.1
        low, high = low / room, high * room
    else:
        room = HEADROOM * (high - low) if high > low else max(abs(high), 1.0) * 0.1
        # a drawdown hangs from zero: nothing above it
        low, high = low - room, high if chart.fills_to_zero and high == 0 else high + room
    span = (dates[-1] - dates[0]) / np.timedelta64(1, "D")
    return Frame(dates[0], max(float(span), 1.0), low, high, is_log)


def _head(chart: Chart, dates: Days, lines: list[Line], frame: Frame, form: Form) -> Iterator[str]:
    offsets = ((dates - dates[0]) / np.timedelta64(1, "D")).astype(int)
    deltas = ",".join(str(step) for step in np.diff(offsets, prepend=0))
    kind = "chart short" if chart.is_short else "chart"
    yield (
        f'<figure class="{kind}" tabindex="0" data-group="{escape(chart.group)}" '
        f'data-from="{dates[0]}" data-steps="{deltas}" data-form="{chart.form}" '
        f'data-low="{frame.low:.8g}" data-high="{frame.high:.8g}" '
        f'data-log="{int(frame.is_log)}" role="group" aria-label="{escape(_spoken(chart, dates))}">'
    )
    unit = f" <small>{escape(chart.unit)}</small>" if chart.unit else ""
    note = f' <em class="mark">{escape(chart.note)}</em>' if chart.note else ""
    yield f"<figcaption><b>{escape(chart.title)}</b>{unit}{note}</figcaption>"
    yield f'<div class="keys"><time>{dates[-1]}</time>'
    for line in lines:
        values = ",".join(_compact(value, form.decimals) for value in line.values)
        last = form.readout(_last_known(line.values))
        yield (
            f'<span class="key {line.style}" data-values="{values}"><i></i>{escape(line.name)} '
            f"<output>{escape(last)}</output></span>"
        )
    for marks in chart.marks:
        yield (
            f'<span class="tally {marks.style}"><i></i>{escape(marks.name)} '
            f"<b>{int(marks.is_marked.sum())}</b></span>"
        )
    yield "</div>"


def _spoken(chart: Chart, dates: Days) -> str:
    form = FORMS[chart.form]
    lasts = ", ".join(
        f"{line.name} {form.readout(_last_known(line.values))}" for line in chart.lines
    )
    marked = "".join(f". {marks.name}: {marks.is_marked.sum()}" for marks in chart.marks)
    return f"{chart.title}, {dates[0]} to {dates[-1]}. Last: {lasts}{marked}"


def _compact(value: float, decimals: int) -> str:
    """As few characters as the read-out needs; an unknown value is empty."""
    if not np.isfinite(value):
        return ""
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _last_known(values: Values) -> float:
    known = values[np.isfinite(values)]
    return float(known[-1]) if known.size else float("nan")


def _ground(chart: Chart, frame: Frame) -> Iterator[str]:
    for band in chart.bands:
        top = float(frame.y(min(band.high, frame.high))) * HEIGHT
        bottom = float(frame.y(max(band.low, frame.low))) * HEIGHT
        if bottom > top:
            yield (
                f'<rect class="{band.style}" x="0" y="{top:.1f}" width="1000" '
                f'height="{bottom - top:.1f}"/>'
            )
    for tick in _ticks(frame, is_short=chart.is_short):
        height = float(frame.y(tick)) * HEIGHT
        yield f'<path class="grid" d="M0 {height:.1f}H1000"/>'
    for value in chart.rules:
        yield f'<path class="rule" d="M0 {float(frame.y(value)) * HEIGHT:.1f}H1000"/>'


def _ribbon(chart: Chart, dates: Days, frame: Frame) -> Iterator[str]:
    if chart.ribbon is None:
        return
    low, high = chart.ribbon
    known = np.isfinite(low) & np.isfinite(high)
    xs = frame.x(dates[known]) * WIDTH
    tops, bottoms = frame.y(high[known]) * HEIGHT, frame.y(low[known]) * HEIGHT
    edge = [*zip(xs, tops, strict=True), *zip(xs[::-1], bottoms[::-1], strict=True)]
    if edge:
        yield f'<path class="area" d="M{"L".join(f"{x:.1f} {y:.1f}" for x, y in edge)}Z"/>'


def _ticks(frame: Frame, *, is_short: bool) -> list[float]:
    if frame.is_log:
        return log_ticks(frame.low, frame.high)
    return linear_ticks(frame.low, frame.high, about=3 if is_short else 4)


def _path(chart: Chart, line: Line, dates: Days, frame: Frame) -> str:
    xs, ys = frame.x(dates) * WIDTH, frame.y(line.values) * HEIGHT
    steps, pen = [], "M"
    for x, y, value in zip(xs, ys, line.values, strict=True):
        if not np.isfinite(value):
            pen = "M"  # a gap in the data is a gap in the line
            continue
        steps.append(f"{pen}{x:.1f} {y:.1f}")
        pen = "L"
    drawn = f'<path class="line {line.style}" d="{"".join(steps)}"/>'
    if chart.fills_to_zero and line.style == "main":
        zero = float(frame.y(0.0)) * HEIGHT
        known = np.flatnonzero(np.isfinite(line.values))
        body = "".join(steps).replace("M", "L")[1:]
        drawn += (
            f'<path class="area" d="M{xs[known[0]]:.1f} {zero:.1f}L{body}'
            f'L{xs[known[-1]]:.1f} {zero:.1f}Z"/>'
        )
    return drawn


def _sticks(line: Line, dates: Days, frame: Frame) -> str:
    zero = float(frame.y(0.0)) * HEIGHT
    known = np.isfinite(line.values)
    xs, ys = frame.x(dates[known]) * WIDTH, frame.y(line.values[known]) * HEIGHT
    steps = "".join(f"M{x:.1f} {zero:.1f}V{y:.1f}" for x, y in zip(xs, ys, strict=True))
    return f'<path class="stick {line.style}" d="{steps}"/>'


def _points(marks: Marks, dates: Days, frame: Frame) -> str:
    """A line of no length with a wide round or square end: a point that stretching spares."""
    at = marks.is_marked
    xs, ys = frame.x(dates[at]) * WIDTH, frame.y(marks.values[at]) * HEIGHT
    steps = "".join(f"M{x:.1f} {y:.1f}h0" for x, y in zip(xs, ys, strict=True))
    return f'<path class="points {marks.style}" d="{steps}"/>' if steps else ""


def _labels(chart: Chart, dates: Days, frame: Frame, form: Form) -> Iterator[str]:
    for value in _ticks(frame, is_short=chart.is_short):
        top = 100 * float(frame.y(value))
        yield f'<span class="y" style="top:{top:.1f}%">{escape(form.axis(value))}</span>'
    for band in chart.bands:
        middle = max(band.low, frame.low) / 2 + min(band.high, frame.high) / 2
        if band.label and frame.low < middle < frame.high:
            top = 100 * float(frame.y(middle))
            yield f'<span class="zone" style="top:{top:.1f}%">{escape(band.label)}</span>'
    first: date = dates[0].astype("datetime64[D]").item()
    last: date = dates[-1].astype("datetime64[D]").item()
    for tick in date_ticks(first, last):
        left = 100 * float(frame.x(np.datetime64(tick.day)))
        if left > 97:
            continue  # its text would leave the page
        kind = "x minor" if tick.is_minor else "x"
        yield f'<span class="{kind}" style="left:{left:.2f}%">{tick.label}</span>'


def _ends(lines: list[Line], dates: Days, frame: Frame) -> Iterator[str]:
    for line in lines:
        at = np.flatnonzero(np.isfinite(line.values))[-1]
        left = 100 * float(frame.x(dates[at]))
        top = 100 * float(frame.y(line.values[at]))
        yield f'<i class="dot {line.style}" style="left:{left:.2f}%;top:{top:.1f}%"></i>'
