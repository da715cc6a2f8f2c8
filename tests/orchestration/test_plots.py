"""Pictures on Dagster's pages."""

import base64
from xml.etree import ElementTree

from orchestration.assets.plots import HEIGHT, MOST_POINTS, WIDTH, inline_picture, line_picture
from orchestration.assets.upkeep import md_table

SVG = "{http://www.w3.org/2000/svg}"


def test_picture_draws_each_line_with_its_name_and_last_value() -> None:
    drawn = ElementTree.fromstring(line_picture({"portfolio": [1.0, 3.0], "SPY": [1.0, 2.0]}))
    lines = [line.get("points") for line in drawn.iter(f"{SVG}polyline")]
    # by hand: from the left edge to the right one; 3 of 1 to 3 lies at the top, 2 in the middle
    assert lines == [f"10.0,{HEIGHT - 10}.0 {WIDTH - 10}.0,30.0", "10.0,190.0 630.0,110.0"]
    assert [text.text for text in drawn.iter(f"{SVG}text")] == ["portfolio 3.00", "SPY 2.00"]


def test_simulated_picture_says_so() -> None:
    assert "SIMULATED DATA" in line_picture({"portfolio": [1.0, 2.0]}, banner="SIMULATED DATA")


def test_long_history_is_thinned_and_ends_where_it_ends() -> None:
    drawn = line_picture({"portfolio": [float(day) for day in range(4_000)]})
    points = next(ElementTree.fromstring(drawn).iter(f"{SVG}polyline")).get("points")
    assert points is not None
    assert len(points.split()) <= MOST_POINTS
    assert points.endswith(f"{WIDTH - 10}.0,30.0")


def test_picture_of_nothing_is_empty() -> None:
    assert list(ElementTree.fromstring(line_picture({"portfolio": [1.0]}))) == []


def test_picture_travels_inside_the_page() -> None:
    shown = inline_picture("<svg/>", "growth").value
    assert shown == f"![growth](data:image/svg+xml;base64,{base64.b64encode(b'<svg/>').decode()})"


def test_no_cell_breaks_out_of_a_table() -> None:
    shown = md_table([{"provider": "fmp", "detail": "a | b\nc"}]).value
    assert shown == "| provider | detail |\n|---|---|\n| fmp | a / b c |"
