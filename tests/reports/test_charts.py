"""Axes, thinning and drawing, worked by hand."""

import re
from datetime import date

import numpy as np
import pytest

from reports.charts import Chart, Line, Marks, draw
from reports.forms import FORMS
from reports.page import TEMPLATES
from reports.performance import DailyReturns, drawdown, grown, monthly_returns, on_sessions
from reports.scales import date_ticks, linear_ticks, log_ticks, thin
from reports.sparks import maturity_curve, price_spark, weight_bar


def sessions(count: int, first: str = "2017-01-02") -> np.ndarray:
    return np.busday_offset(np.datetime64(first), np.arange(count))


def chart_of(values: np.ndarray, **options: object) -> str:
    fields = {"title": "Spread", "form": "number", **options}
    return str(draw(Chart(dates=sessions(len(values)), lines=(Line("one", values),), **fields)))


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.0, 1.0, [0.0, 0.25, 0.5, 0.75, 1.0]),
        (-0.37, 0.0, [-0.3, -0.2, -0.1, 0.0]),
        (3.1, 3.1, [3.1]),
    ],
)
def test_linear_ticks_are_round(low: float, high: float, ticks: list[float]) -> None:
    assert linear_ticks(low, high) == pytest.approx(ticks)


def test_log_ticks_are_round_and_inside() -> None:
    assert log_ticks(0.8e6, 12e6) == pytest.approx([1e6, 3e6, 1e7])


def test_long_axis_is_labelled_by_years() -> None:
    ticks = date_ticks(date(2001, 3, 19), date(2017, 6, 30))
    assert [tick.label for tick in ticks] == [str(year) for year in range(2002, 2018, 2)]


def test_short_axis_is_labelled_by_months_with_their_year() -> None:
    ticks = date_ticks(date(2015, 7, 28), date(2017, 6, 30))
    labels = ["Oct 2015", "Jan 2016", "Apr", "Jul", "Oct", "Jan 2017", "Apr"]
    assert [tick.label for tick in ticks] == labels


def test_thinning_keeps_first_last_and_every_extreme() -> None:
    values = np.sin(np.arange(5000) / 7.0)
    values[[1234, 4321]] = [9.0, -9.0]
    kept = thin([values, -values])
    assert {0, 1234, 4321, 4999} <= set(kept.tolist())
    assert len(kept) <= 900
    assert (np.diff(kept) > 0).all()


def test_thinning_leaves_a_short_series_alone() -> None:
    assert thin([np.arange(10.0)]).tolist() == list(range(10))


def test_unknown_values_break_the_line() -> None:
    html = chart_of(np.array([1.0, 2.0, np.nan, 3.0, 4.0]))
    (path,) = re.findall(r'<path class="line main" d="([^"]+)"', html)
    assert path.count("M") == 2


def test_readout_carries_the_values_drawn() -> None:
    html = chart_of(np.array([1.0, np.nan, 2.5]))
    assert 'data-values="1,,2.5"' in html
    assert 'data-from="2017-01-02" data-steps="0,1,1"' in html


def test_flat_series_is_drawn_in_the_middle() -> None:
    html = chart_of(np.full(5, 7.0))
    (path,) = re.findall(r'<path class="line main" d="([^"]+)"', html)
    assert {point.split()[1] for point in re.split("[ML]", path)[1:]} == {"150.0"}


@pytest.mark.parametrize("values", [[], [1.0], [np.nan, np.nan, np.nan]])
def test_empty_series_gives_a_sentence(values: list[float]) -> None:
    assert (
        chart_of(np.array(values)) == '<p class="empty">Spread: no values for two sessions yet.</p>'
    )


def test_names_in_a_chart_are_escaped() -> None:
    assert "&lt;b&gt;" in chart_of(np.arange(3.0), title="<b>")
    assert "<b>bold" not in chart_of(np.arange(3.0), note="<b>bold")


def test_log_axis_falls_back_when_a_value_is_not_positive() -> None:
    assert 'data-log="0"' in chart_of(np.array([-1.0, 2.0, 3.0]), is_log=True)


def test_equity_grows_by_compounding_from_a_million() -> None:
    assert grown(np.array([0.1, -0.5])) == pytest.approx([1_100_000, 550_000])


def test_drawdown_counts_the_starting_equity_as_a_peak() -> None:
    assert drawdown(np.array([0.9e6, 1.2e6, 0.6e6])) == pytest.approx([-0.1, 0.0, -0.5])


def test_benchmark_starts_with_the_strategy_and_shows_its_gaps() -> None:
    dates = sessions(4)
    longer = DailyReturns(dates[[0, 1, 3]], np.array([9.0, 0.1, 0.1]), np.zeros(3))
    shown = on_sessions(dates[1:], longer)
    assert shown[[0, 2]] == pytest.approx([1_100_000, 1_210_000])
    assert np.isnan(shown[1])


def test_months_compound_to_their_year() -> None:
    dates = np.array(["2016-12-30", "2017-01-03", "2017-01-04", "2017-02-01"], dtype="M8[D]")
    years = monthly_returns(DailyReturns(dates, np.array([0.01, 0.1, 0.1, -0.5]), np.zeros(4)))
    assert [year["year"] for year in years] == [2016, 2017]
    assert years[1]["months"][:3] == [pytest.approx(0.21), pytest.approx(-0.5), None]
    assert years[1]["total"] == pytest.approx(1.21 * 0.5 - 1)


def test_spark_marks_only_the_sessions_held() -> None:
    held = price_spark(np.arange(6.0), np.array([0, 0, 1, 1, 0, 0]))
    assert held.count('class="held"') == 1
    assert 'class="held"' not in price_spark(np.arange(6.0), np.zeros(6))


def test_short_weight_is_told_apart_by_more_than_colour() -> None:
    assert 'class="bar short"' in weight_bar(-0.1, 0.2)
    assert "width:50.0%" in weight_bar(-0.1, 0.2)


def test_maturity_curve_skips_a_missing_index() -> None:
    tonight = np.array([12.0, np.nan, 15.0, 17.0])
    html = maturity_curve(["VIX9D", "VIX", "VIX3M", "VIX6M"], [9, 30, 93, 184], tonight, [])
    assert html.count('class="value"') == 3
    assert html.count('class="name"') == 4


def test_every_mark_survives_the_thinning_of_a_long_series() -> None:
    values = np.sin(np.arange(5000) / 7.0)
    at = np.full(5000, np.nan)
    at[[1, 2, 3, 2500, 4998]] = 0.0
    html = chart_of(values, marks=(Marks("beyond", at),))
    (points,) = re.findall(r'<path class="points round" d="([^"]+)"', html)
    assert points.count("h0") == 5
    assert '<span class="tally round"><i></i>beyond <b>5</b></span>' in html
    assert "beyond: 5" in html  # what a screen reader says


def test_mark_stands_at_its_day_and_value() -> None:
    values = np.array([0.0, 10.0, 5.0, 0.0, 10.0])
    at = np.where(np.arange(5) == 2, 5.0, np.nan)
    (points,) = re.findall(
        r'<path class="points square" d="([^"]+)"',
        chart_of(values, marks=(Marks("half", at, "square"),)),
    )
    assert points == "M500.0 150.0h0"  # the middle of the days, the middle of the values


def test_marks_without_a_point_are_counted_as_none() -> None:
    html = chart_of(np.arange(4.0), marks=(Marks("beyond", np.full(4, np.nan)),))
    assert 'class="points' not in html
    assert "beyond <b>0</b>" in html


def test_mark_name_is_escaped() -> None:
    html = chart_of(np.arange(4.0), marks=(Marks("<script>alert(1)</script>", np.full(4, np.nan)),))
    assert "<script>" not in html


def test_sticks_stand_on_zero_one_for_each_known_value() -> None:
    returns = np.array([0.01, np.nan, -0.02, 0.02])
    chart = Chart("Returns", "fine_percent", sessions(4), (Line("r", returns, is_sticks=True),))
    (drawn,) = re.findall(r'<path class="stick main" d="([^"]+)"', str(draw(chart)))
    starts = {step.split("V")[0].split()[1] for step in drawn.split("M")[1:]}
    assert drawn.count("V") == 3
    assert starts == {"150.0"}


def test_sticks_of_gains_only_still_reach_zero() -> None:
    chart = Chart("Returns", "percent", sessions(3), (Line("r", np.full(3, 0.5), is_sticks=True),))
    assert re.search(r'data-low="-?0\.0', str(draw(chart)))


def test_form_of_small_percentages_is_known_to_the_script() -> None:
    script = (TEMPLATES / "report.js").read_text()
    assert all(f"    {name}: function" in script for name in FORMS)
