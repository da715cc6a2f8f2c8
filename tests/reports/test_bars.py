"""Bars share an axis, stay inside their cell, and leave out what nobody knows."""

import re

import pytest

from reports.bars import Axis, Piece, Tick, axis_of, bar, signed_bar


def places(html: object, tag: str) -> list[tuple[str, float]]:
    found = re.findall(rf'<{tag} class="(\w+)" style="left:([\d.]+)%', str(html))
    return [(kind, float(left)) for kind, left in found]


@pytest.mark.parametrize(
    ("value", "place"),
    [(-1.0, 0.0), (0.0, 25.0), (1.0, 50.0), (3.0, 100.0), (9.0, 100.0), (-9.0, 0.0)],
)
def test_axis_places_values_and_stops_at_its_edges(value: float, place: float) -> None:
    assert Axis(-1.0, 3.0).at(value) == pytest.approx(place)


def test_axis_covers_every_known_value_and_zero() -> None:
    assert axis_of([0.2, None, -0.1, float("nan")], room=0.0) == Axis(-0.1, 0.2)
    assert axis_of([0.2, 0.4], room=0.0) == Axis(0.0, 0.4)
    assert axis_of([]) == Axis(0.0, 0.0)


def test_axis_without_length_draws_nothing_wide() -> None:
    assert "width:0.00%" in bar(axis_of([]), [Piece(0.0, 0.0)])


def test_loss_runs_from_zero_to_the_left() -> None:
    drawn = signed_bar(Axis(-1.0, 1.0), -0.5)
    assert '<b class="less" style="left:25.00%;width:25.00%">' in drawn
    assert places(drawn, "u") == [("zero", 50.0)]


def test_gain_runs_from_zero_to_the_right() -> None:
    assert '<b class="main" style="left:50.00%;width:25.00%">' in signed_bar(Axis(-1.0, 1.0), 0.5)


@pytest.mark.parametrize("value", [None, float("nan")])
def test_unknown_value_has_no_bar(value: float | None) -> None:
    assert "<b" not in signed_bar(Axis(0.0, 1.0), value)


def test_tick_past_the_edge_stands_at_the_edge() -> None:
    drawn = bar(Axis(0.0, 1.0), [], [Tick(0.5, "bound"), Tick(7.0, "wanted")])
    assert places(drawn, "u") == [("bound", 50.0), ("wanted", 100.0)]


def test_bar_says_nothing_to_a_screen_reader() -> None:
    assert 'aria-hidden="true"' in bar(Axis(0.0, 1.0), [])
