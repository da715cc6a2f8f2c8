"""How the values of a chart are written: beside its axis, in its read-out, and in attributes."""

from collections.abc import Callable
from dataclasses import dataclass

from reports import wording

Format = Callable[[float], str]


@dataclass(frozen=True)
class Form:
    """How values are written: in the read-out, beside the axis, and in the figure's attributes."""

    readout: Format
    axis: Format
    decimals: int


def _short_usd(value: float) -> str:
    for size, letter in ((1e9, "bn"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{wording.NARROW}{letter}"
    return f"{value:g}"


FORMS: dict[str, Form] = {
    "usd": Form(wording.usd, _short_usd, 0),
    "percent": Form(lambda v: wording.percent(v, 1), lambda v: _tick(100 * v, "%"), 5),
    # one session's returns and losses are small
    "fine_percent": Form(lambda v: wording.percent(v, 2), lambda v: _tick(100 * v, "%"), 5),
    # yields and spreads come in percent already
    "pct": Form(lambda v: f"{wording.number(v)}{wording.NARROW}%", lambda v: _tick(v, "%"), 4),
    "ratio": Form(lambda v: wording.number(v, 3), lambda v: _tick(v), 4),
    "number": Form(lambda v: wording.number(v, 2), lambda v: _tick(v), 3),
}


def _tick(value: float, unit: str = "") -> str:
    text = f"{value:.10g}".replace("-", wording.MINUS)
    return f"{text}{wording.NARROW}{unit}" if unit else text
