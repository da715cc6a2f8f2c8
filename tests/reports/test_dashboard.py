"""Every page of the dashboard runs on a published file, and on one that lacks tables."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from reports.blocks import plot
from reports.charts import Chart, Line, Marks
from tests.reports.conftest import Build

PAGES = ("Overview", "Portfolio and risk", "Strategies", "Markets", "Data quality")


def dashboard(path: str) -> None:
    from pathlib import Path

    from reports.dashboard import show

    show(Path(path))


@pytest.fixture(autouse=True)
def own_main(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take back the script that Streamlit puts where Python's main module is.

    A process that is spawned later would look for that script, which is gone by then.
    """
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


def opened(path: Path, page: str = "Overview") -> Any:
    app = AppTest.from_function(dashboard, kwargs={"path": str(path)}, default_timeout=20).run()
    if page != "Overview":
        app.sidebar.radio[0].set_value(page).run()
    return app


@pytest.mark.parametrize("page", PAGES)
def test_page_runs(published: Path, page: str) -> None:
    app = opened(published, page)
    assert not app.exception
    assert app.title[0].value == "Friday 30 June 2017"
    assert app.subheader


@pytest.mark.parametrize("page", PAGES)
def test_page_of_a_file_without_results_runs(build_published: Build, page: str) -> None:
    names = ("target_weights", "orders", "portfolio_daily", "backtest_daily", "backtest_metrics",
             "holdings", "sleeve_weights", "limit_usage", "portfolio_tracking", "risk_daily",
             "risk_tests", "risk_exposures", "stress_results")  # fmt: skip
    lacking = tuple(f"analytics.{name}" for name in names)
    without = (*lacking, "marts.fct_signals", "marts.fct_spreads", "marts.fct_term_structure",
               "quality.validation_results", "ops.nights")  # fmt: skip
    app = opened(build_published(count=60, without=without), page)
    assert not app.exception
    assert app.info


def test_overview_tells_status_reasons_and_weights(published: Path) -> None:
    app = opened(published)
    assert app.warning[0].value.startswith("DEGRADED, as of 2017-06-30 16:30 New York")
    assert "VIX3M is one session late" in app.text[0].value
    weights = app.dataframe[0].value
    assert weights.set_index("symbol").loc["SVXY", "weight"] == pytest.approx(12.0)


def test_overview_shows_the_record_beside_the_backtest(published: Path) -> None:
    app = opened(published)
    assert "The record" in [heading.value for heading in app.subheader]
    assert any("what 24 nights decided since 2017-05-26" in text.value for text in app.text)
    sessions = app.dataframe[-1].value
    assert sessions["difference_return"].between(-0.006, -0.004).all()  # percent


def test_page_of_risk_shows_the_figures_of_the_report(published: Path) -> None:
    app = opened(published, "Portfolio and risk")
    tables = [frame.value for frame in app.dataframe]
    (losses,) = [table for table in tables if "historical_usd" in table]
    assert losses["historical"].iloc[0] == pytest.approx(0.4)
    assert losses["historical_usd"].iloc[0] == pytest.approx(4_000)
    (stress,) = [table for table in tables if "scenario" in table]
    assert stress.set_index("scenario").loc["crisis_2008", "profit"] == pytest.approx(-16.626)
    (limits,) = [table for table in tables if "used_of_bound" in table]
    assert list(limits[limits["state"] == "binding"]["limit_name"]) == ["symbol"]


def test_chart_of_the_dashboard_has_every_mark() -> None:
    dates = np.busday_offset(np.datetime64("2017-01-02"), np.arange(4))
    points = np.array([np.nan, -0.02, np.nan, -0.03])
    returns = Line("Net return", np.array([0.01, -0.02, 0.0, -0.03]), "benchmark", is_sticks=True)
    figure = plot(Chart("Returns", "fine_percent", dates, (returns,),
                        marks=(Marks("beyond", points, "square"),)))  # fmt: skip
    bars, marks = figure.data
    assert bars.type == "bar"
    assert marks.name == "beyond: 2"
    assert list(marks.y) == [-0.02, -0.03]


def test_simulated_night_is_marked(build_published: Build) -> None:
    app = opened(build_published(count=60, world="sandbox:7"))
    assert "SIMULATED DATA" in app.error[0].value


def test_newly_published_night_appears_without_a_restart(
    build_published: Build, tmp_path: Path
) -> None:
    path = tmp_path / "quant.duckdb"
    build_published(count=60).replace(path)
    app = opened(path)
    assert app.warning
    clean = "update ops.nights set status = 'CLEAN', reasons = '[]'"
    build_published(count=60, sql=(clean,)).replace(path)  # as a publication swaps it
    app.run()
    assert not app.warning
    assert app.success[0].value.startswith("CLEAN")


def test_nothing_published_yet_is_said(tmp_path: Path) -> None:
    app = opened(tmp_path / "quant.duckdb")
    assert "run `mqp nightly` first" in app.info[0].value
