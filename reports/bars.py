"""Bars in the cells of a table, all rows of a column on one axis, so that lengths compare."""

from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup

from reports import wording


@dataclass(frozen=True)
class Axis:
    """The range of values that a column of bars covers, zero always within it."""

    low: float
    high: float

    def at(self, value: float) -> float:
        """Place of a value in percent of the width, at the edge where it lies beyond."""
        low, high = min(self.low, 0.0), max(self.high, 0.0)
        share = (value - low) / (high - low) if high > low else 0.0
        return 100 * min(max(share, 0.0), 1.0)


@dataclass(frozen=True)
class Piece:
    """A stretch of a bar. `kind` names its look in the style sheet."""

    start: float
    end: float
    kind: str = "main"


@dataclass(frozen=True)
class Tick:
    """A thin line across a bar. `kind` names its look in the style sheet."""

    value: float
    kind: str


def axis_of(values: Iterable[object], *, room: float = 0.02) -> Axis:
    """Cover every known value and zero, with some room beyond the outermost."""
    known = [float(value) for value in values if isinstance(value, (int, float))]
    known = [value for value in known if not wording.is_missing(value)]
    low, high = min([0.0, *known]), max([0.0, *known])
    spare = room * (high - low)
    return Axis(low - spare if low else 0.0, high + spare if high else 0.0)


def bar(axis: Axis, pieces: Iterable[Piece], ticks: Iterable[Tick] = ()) -> Markup:
    """Draw stretches and ticks on an axis; what is not known is left out.

    Returns
    -------
    A drawing that says nothing to a screen reader: the figures stand in cells of their own.
    """
    drawn = [
        f'<b class="{piece.kind}" style="left:{_low(axis, piece):.2f}%;'
        f'width:{_width(axis, piece):.2f}%"></b>'
        for piece in pieces
        if not (wording.is_missing(piece.start) or wording.is_missing(piece.end))
    ]
    lines = [Tick(0.0, "zero"), *ticks] if axis.low < 0.0 else ticks
    drawn += [
        f'<u class="{tick.kind}" style="left:{axis.at(tick.value):.2f}%"></u>'
        for tick in lines
        if not wording.is_missing(tick.value)
    ]
    return Markup('<i class="track" aria-hidden="true">{}</i>').format(Markup("".join(drawn)))


def signed_bar(axis: Axis, value: float | None, ticks: Iterable[Tick] = ()) -> Markup:
    """Draw a value from zero, to the right in one colour or hatched to the left."""
    if value is None or wording.is_missing(value):
        return bar(axis, (), ticks)
    return bar(axis, [Piece(0.0, value, "less" if value < 0 else "main")], ticks)


def _low(axis: Axis, piece: Piece) -> float:
    return axis.at(min(piece.start, piece.end))


def _width(axis: Axis, piece: Piece) -> float:
    return axis.at(max(piece.start, piece.end)) - _low(axis, piece)
