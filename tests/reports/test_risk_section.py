"""Losses, tests, exposures and stress: what the page says equals the tables."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from reports.account import read_account
from reports.night import Night, read_night
from reports.page import page_environment
from reports.queries import open_published
from reports.render import render_report
from reports.sections.coverage import coverage_section, is_clustered, tail_sentence, verdict
from reports.sections.exposures import exposures_section
from reports.sections.losses import risk_charts, risk_history
from reports.sections.portfolio import portfolio_section
from reports.sections.risk import risk_section
from reports.sections.stress import stress_section
from reports.status import RunStatus
from tests.reports.conftest import Build
from tests.reports.published_risk import BOOK, MEASURES, VAR_95, VAR_99
from tests.reports.test_render import text_of

StatusOf = Callable[..., RunStatus]
ATTACK = "<script>alert(1)</script>"


def section_of(html: str) -> str:
    return html[html.index('<section id="risk"') : html.index('<section id="record"')]


@pytest.fixture(scope="module")
def section(published: Path, status_of: StatusOf) -> str:
    return section_of(render_report(published, status_of()))


def test_losses_are_percent_of_equity_and_dollars(section: str) -> None:
    # of 1,000,000 USD; parametric ones are 0.9 of the historical
    text = text_of(section)
    assert "Value at risk 95 lost or more in 1 session of 20 0.40 % 4,000 0.36 % 3,600" in text
    assert "Expected shortfall 95 mean loss of the worst 5 % 0.50 % 5,000 0.45 % 4,500" in text


def test_chart_compares_a_return_with_the_forecast_of_the_evening_before(
    build_published: Build, status_of: StatusOf
) -> None:
    sql = ("update analytics.risk_daily set var_95_historical = 0.5 "
           "where session_date = '2017-06-29'",)  # fmt: skip
    with open_published(build_published(count=120, sql=sql)) as tables:
        night = read_night(tables, status_of())
        losses, _ = risk_charts(night, risk_history(night))
    told = losses.lines[0].values
    assert losses.dates[-1] == np.datetime64("2017-06-30")
    assert told[-1] == -0.5
    assert told[-2] == -VAR_95


def test_chart_marks_every_exceedance_at_its_return_once(night: Night) -> None:
    found = risk_history(night)
    losses, _ = risk_charts(night, found)
    net = found["net_return"][1:]
    beyond_95, beyond_99 = (marks.is_marked for marks in losses.marks)
    assert np.array_equal(beyond_99, net < -VAR_99)
    assert np.array_equal(beyond_95, (net < -VAR_95) & (net >= -VAR_99))
    assert 0 < beyond_99.sum() < beyond_95.sum()
    assert np.array_equal(losses.marks[1].values[beyond_99], net[beyond_99])


def test_chart_shows_three_years_at_most(build_published: Build, status_of: StatusOf) -> None:
    with open_published(build_published(count=900)) as tables:
        night = read_night(tables, status_of())
        charts = risk_charts(night, risk_history(night))
    assert [len(chart.dates) for chart in charts] == [756, 756]


@pytest.mark.parametrize(
    ("found", "p_values", "word"),
    [
        (20, (0.8, 0.6, 0.8), "as promised"),
        (40, (0.01, 0.6, 0.02), "too many"),
        (5, (0.01, 0.6, 0.02), "too few"),
        (20, (0.8, 0.01, 0.03), "in clusters"),
        (40, (0.01, 0.01, 0.01), "too many, in clusters"),
        (30, (0.06, 0.09, 0.04), "too many"),
        (10, (0.09, 0.06, 0.04), "in clusters"),
        (20, (None, None, None), "too short to tell"),
        (20, (0.8, None, None), "as promised"),
    ],
)
def test_verdict_is_a_plain_word(found: int, p_values: tuple[float | None, ...], word: str) -> None:
    names = ("kupiec", "christoffersen_independence", "christoffersen_conditional")
    assert verdict(found, 20.0, dict(zip(names, p_values, strict=True))) == word


def test_exceedances_side_by_side_are_clustered_and_spread_ones_are_not() -> None:
    beyond = np.zeros(100)
    beyond[[10, 11, 12, 50, 51]] = 1.0
    assert is_clustered(beyond)
    spread = np.zeros(100)
    spread[::10] = 1.0
    assert not is_clustered(spread)
    assert not is_clustered(np.zeros(5))


def test_every_measure_and_sample_has_its_verdict(night: Night) -> None:
    groups = coverage_section(night)["groups"]
    told = {(group["name"], row["sample"]): row["verdict"] for group in groups
            for row in group["rows"]}  # fmt: skip
    assert told["VaR 95, historical", "All"] == "as promised"
    assert told["VaR 95, historical", "3 years"] == "too short to tell"
    assert told["VaR 99, historical", "All"] == "too many"
    assert told["VaR 95, parametric", "All"] == "too few"
    assert [row["sample"] for row in groups[0]["rows"]] == ["All", "3 years", "1 year"]


def test_exceedances_stand_beside_what_was_promised(section: str) -> None:
    assert "All 250 9 2.5 0.1 % 30.0 % 0.3 % too many" in text_of(section)


def test_frequent_losses_beyond_the_far_tail_are_said(section: str) -> None:
    assert (
        "Losses beyond the historical VaR 99 came in 9 of 250 sessions where 2.5 were promised, "
        "3.6 \u00d7 as often, so read it as a loss of 3.6 % of sessions, not of 1 %."
    ) in text_of(section)
    assert "Losses beyond the parametric VaR 99" not in text_of(section)  # 4 of 4.0


def test_few_more_than_promised_may_be_chance() -> None:
    row = {"exceedances": 5, "expected_exceedances": 4.0, "n_sessions": 400, "p_value": 0.63}
    assert tail_sentence("var_99_historical", {"kupiec": row}).endswith(
        "which chance alone could explain."
    )


def test_parts_of_every_dimension_add_up_to_the_total(night: Night) -> None:
    found = exposures_section(night)
    assert found["adds_up"]
    for group in found["groups"]:
        assert [group["sums"][name] for name in MEASURES] == pytest.approx(list(BOOK))


def test_missing_part_is_said(build_published: Build, status_of: StatusOf) -> None:
    sql = ("delete from analytics.risk_exposures where name = 'HYG'",)
    text = text_of(render_report(build_published(count=120, sql=sql), status_of()))
    assert "The rows do not add up to the total" in text


def test_total_of_exposures_is_shown(section: str) -> None:
    assert "Total 15.00 % 25.00 % +0.225 +4.80 +0.700" in text_of(section)
    assert "The rows of each part add up to the total." in text_of(section)


def test_symbols_beyond_the_first_dozen_are_one_row(
    build_published: Build, status_of: StatusOf
) -> None:
    values = ", ".join(f"('symbol', 'S{n:02}', 0, 0, 0, 0, 0, 0, 0, 0)" for n in range(12))
    with open_published(
        build_published(count=120, sql=(f"insert into analytics.risk_exposures values {values}",))
    ) as tables:
        found = exposures_section(read_night(tables, status_of()))
    symbols = found["groups"][2]["rows"]
    assert [row["name"] for row in symbols[:3]] == ["SVXY", "AAPL", "HYG"]
    assert len(symbols) == 13
    assert symbols[-1]["name"] == "3 others"
    assert found["adds_up"]


def test_stale_share_is_prominent_only_when_there_is_one(
    build_published: Build, status_of: StatusOf, section: str
) -> None:
    assert "rests on stale inputs" not in text_of(section)
    sql = ("update analytics.risk_daily set stale_gross_share = 0.331",)
    html = section_of(render_report(build_published(count=120, sql=sql), status_of()))
    assert '<p class="alarm"><b>33.1\u202f% of the gross exposure rests on stale inputs' in html


def test_scenarios_come_worst_first_in_percent_and_dollars(night: Night) -> None:
    found = stress_section(night, read_account(night.published, night.session))
    shocks, windows = found["groups"]
    assert [row["name"] for row in shocks["rows"]] == ["crisis_2008", "february_2018"]
    assert [row["profit"] for row in shocks["rows"]] == pytest.approx([-0.16626, -0.11388])
    assert shocks["rows"][0]["usd"] == pytest.approx(-166_260)
    assert [part["symbol"] for part in shocks["rows"][0]["parts"]] == ["SVXY", "AAPL", "HYG"]
    assert windows["rows"][0]["uncovered"] == ["SVXY"]


def test_limited_scenario_carries_its_bound_and_windows_their_dates(section: str) -> None:
    text = text_of(section)
    assert "limited to \u221225 %" in text
    assert "2016-06-23 to 2016-06-27" in text
    assert "12.0 % SVXY" in text
    assert "At worst crisis_ 2008: \u221216.63 % of equity, \u2212166,260 USD" in text
    assert "config/portfolio.yaml" in text
    (row,) = re.findall(r"<tr><th[^>]*>february_<wbr>2018.*?</tr>", section, re.DOTALL)
    assert 'class="bound"' in row


def test_scenario_that_covers_nothing_comes_last_and_has_no_figure(
    build_published: Build, status_of: StatusOf
) -> None:
    sql = ("update analytics.stress_results set profit_return = null "
           "where scenario = 'crisis_2008'",)  # fmt: skip
    with open_published(build_published(count=120, sql=sql)) as tables:
        night = read_night(tables, status_of())
        found = stress_section(night, read_account(tables, night.session))
    assert [row["profit"] for row in found["groups"][0]["rows"]] == [pytest.approx(-0.11388), None]
    assert found["worst"].name == "february_2018"


@pytest.mark.parametrize("name", ["risk", "portfolio"])
def test_section_needs_nothing_but_its_content_and_the_night(night: Night, name: str) -> None:
    content = {
        "risk": lambda: risk_section(night),
        "portfolio": lambda: portfolio_section(night, {}, target_volatility=0.1),
    }[name]()
    html = page_environment().get_template(f"{name}.html").render(**{name: content}, night=night)
    assert f'<section id="{name}">' in html


@pytest.mark.parametrize("table", ["risk_exposures", "stress_results", "limit_usage"])
def test_hostile_text_is_shown_as_text(
    build_published: Build, status_of: StatusOf, table: str
) -> None:
    columns = {"risk_exposures": "name", "stress_results": "symbol", "limit_usage": "note"}
    sql = (f"update analytics.{table} set {columns[table]} = '{ATTACK}'",)
    html = render_report(build_published(count=120, sql=sql), status_of())
    assert ATTACK not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_book_that_holds_nothing_is_not_at_risk(
    build_published: Build, status_of: StatusOf
) -> None:
    sql = ("delete from analytics.risk_exposures where dimension <> 'total'",
           "delete from analytics.stress_results")  # fmt: skip
    text = text_of(section_of(render_report(build_published(count=120, sql=sql), status_of())))
    assert "The book holds nothing, so nothing is at risk." in text
    assert "No stress in this file: the book holds nothing" in text


def test_simulated_risk_is_marked(build_published: Build, status_of: StatusOf) -> None:
    path = build_published(count=120, world="sandbox:7")
    html = section_of(render_report(path, status_of(world="sandbox:7")))
    captions = re.findall(r"<caption>.*?</caption>", html, re.DOTALL)
    assert captions
    assert all("simulated" in caption for caption in captions)


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("limit_usage", ("wanted", "used", "bound", "subject", "note", "is_binding")),
        ("holdings", ("is_simulated", "value_usd", "planned_weight", "final_weight", "reason")),
        ("orders", ("price_usd", "reason", "notional_usd")),
        ("risk_daily", ("var_99_historical", "is_var_95_historical_exceeded", "drawdown",
                        "beta_spy", "stale_gross_share")),
        ("risk_tests", ("exceedances", "expected_exceedances", "n_sessions", "p_value")),
        ("risk_exposures", ("long_weight", "net_exposure", "es_95_contribution",
                            "volatility_contribution_annual", "stale_exposure")),
        ("stress_results", ("exposure", "profit_return", "first_date", "last_date")),
    ],
)  # fmt: skip
def test_file_that_lacks_columns_still_renders(
    build_published: Build, status_of: StatusOf, table: str, columns: tuple[str, ...]
) -> None:
    sql = tuple(f"alter table analytics.{table} drop column {name}" for name in columns)
    html = render_report(build_published(sql=sql), status_of())
    assert '<section id="risk">' in html
    assert "None" not in text_of(section_of(html))
