"""Every page of the dashboard runs on a published file, and on one that lacks tables."""

import sys
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from reports.charts import Chart, Line, Marks
from reports.dashboard.blocks import Block, Figures, Heading, Table, Tiles, Words
from reports.dashboard.nights import difference_panel, published_nights
from reports.dashboard.pages import PANELS
from reports.dashboard.plots import plot
from reports.dashboard.show import published_status
from reports.night import Night, read_night
from reports.queries import Row, open_published
from tests.reports.conftest import Build
from tests.reports.test_difference import DIFFERENCE

PAGES = tuple(PANELS)


def dashboard(path: str) -> None:
    from pathlib import Path

    from reports.dashboard.show import show
    from tests.reports.answers import ANSWERS

    show(Path(path), ANSWERS)


@pytest.fixture(autouse=True)
def own_main(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take back the script that Streamlit puts where Python's main module is.

    A process that is spawned later would look for that script, which is gone by then.
    """
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


def opened(path: Path, page: str = "Overview") -> Any:
    app = AppTest.from_function(dashboard, kwargs={"path": str(path)}, default_timeout=20).run()
    if page != "Overview":
        app.segmented_control(key="page").set_value(page).run()
    return app


def html(app: Any) -> str:
    return "\n".join(element.body for element in app.html)


def blocks(path: Path, page: str, subject: str = "") -> list[Block]:
    """The blocks of a page, before they are drawn."""
    with open_published(path) as published:
        night: Night = read_night(published, published_status(published))
        return PANELS[page](night, subject)


def tables(path: Path, page: str, subject: str = "") -> dict[str, Table]:
    """The first table below each heading of a page."""
    found: dict[str, Table] = {}
    heading = ""
    for block in blocks(path, page, subject):
        if isinstance(block, Heading):
            heading = block.text
        elif isinstance(block, Table):
            found.setdefault(heading, block)
    return found


def row_of(table: Table, **keys: object) -> Row:
    (row,) = [row for row in table.rows if keys.items() <= row.items()]
    return row


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
    assert [*app.caption, *app.text]


def test_overview_tells_status_reasons_and_weights(published: Path) -> None:
    app = opened(published)
    assert app.warning[0].value.startswith("DEGRADED, as of 2017-06-30 16:30 New York")
    assert "VIX3M is one session late" in app.text[0].value
    weights = next(table for name, table in tables(published, "Overview").items()
                   if name.startswith("What to hold"))  # fmt: skip
    assert row_of(weights, symbol="SVXY")["weight"] == pytest.approx(0.12)
    assert ">12.00\u202f%</td>" in html(app)


def test_overview_shows_the_record_beside_the_backtest(published: Path) -> None:
    app = opened(published)
    assert "The record" in [heading.value for heading in app.subheader]
    assert any("what 24 nights decided since 2017-05-26" in text.value for text in app.text)
    sessions = tables(published, "Overview")["The record"].rows
    assert all(-0.00006 < row["difference_return"] < -0.00004 for row in sessions)


def test_page_of_risk_shows_the_figures_of_the_report(published: Path) -> None:
    found = tables(published, "Portfolio and risk")
    losses = found["Losses to expect in the next session"].rows
    assert losses[0]["historical"] == pytest.approx(0.004)
    assert losses[0]["historical_usd"] == pytest.approx(4_000)
    crisis = row_of(found["Stress"], scenario="crisis_2008")
    assert crisis["profit"] == pytest.approx(-0.16626)
    limits = found["Limits tonight"].rows
    assert [row["limit_name"] for row in limits if row["state"] == "binding"] == ["Symbol"]


def test_page_of_a_symbol_tells_its_signals_and_every_turn(published: Path) -> None:
    found = tables(published, "Signals", "SVXY")
    governing = row_of(found["Signals tonight"], governs="tonight")
    assert (governing["strategy"], governing["variant"]) == ("Volatility", "contango")
    turns = [row for row in found["Signal history"].rows if row["variant"] == "contango"]
    with open_published(published) as tables_:
        stored = tables_.rows(
            "marts.fct_signals",
            ["session_date", "signal"],
            where="symbol = 'SVXY' and variant = 'contango'",
            order_by="session_date",
        )
    signals = [0, *(row["signal"] for row in stored)]
    expected = [
        row["session_date"]
        for row, before in zip(stored, signals, strict=False)
        if row["signal"] != before
    ]
    assert expected
    assert [row["decided"] for row in turns] == expected[::-1]


def test_features_of_a_symbol_are_those_known_at_the_decision(build_published: Build) -> None:
    late = (
        "update marts.fct_equity_features set rsi_14 = 99 where symbol = 'AAPL' "
        "and session_date = '2017-06-30'",
        "update marts.fct_equity_features set available_at = available_at + interval 1 day "
        "where session_date = '2017-06-30'",
    )
    rows = tables(build_published(count=60, sql=late), "Signals", "AAPL")["Features of the night"]
    rsi = row_of(rows, feature="RSI 14")
    assert rsi["session"] == date(2017, 6, 29)
    assert rsi["value"] != "99.00"


def test_marks_stand_on_the_price_of_the_sessions_that_entered(published: Path) -> None:
    (figures,) = [b for b in blocks(published, "Signals", "AAPL") if isinstance(b, Figures)]
    entered = next(t for t in figures.figures[0].data if str(t.name).startswith("Entered"))
    with open_published(published) as tables_:
        night = read_night(tables_, published_status(tables_))
        prices = tables_.rows(
            "marts.fct_prices", ["session_date", "adjusted_close_usd"], where="symbol = 'AAPL'"
        )
        signals = tables_.rows(
            "marts.fct_signals",
            ["session_date"],
            where="symbol = 'AAPL' and event = 'enter' and variant = ?",
            order_by="session_date",
            parameters=[night.states["equities", "AAPL"].variant],
        )
    closes = {row["session_date"]: row["adjusted_close_usd"] for row in prices}
    expected = [(row["session_date"], closes[row["session_date"]]) for row in signals]
    assert expected
    days = np.asarray(entered.x, dtype="datetime64[D]").tolist()
    assert list(zip(days, entered.y, strict=True)) == expected


def test_symbol_that_is_chosen_is_shown(published: Path) -> None:
    app = opened(published, "Signals")
    app.selectbox(key="symbol").set_value("AAPL").run()
    assert not app.exception
    assert "AAPL \u00b7 AAPL Inc." in [heading.value for heading in app.subheader]


def test_reasons_stand_below_the_symbol_and_escape_what_they_quote(published: Path) -> None:
    app = opened(published, "Signals")
    assert "1 of 2 stored responses do not open" in app.warning[-1].value
    told = html(app)
    assert f"final weight of {app.selectbox(key='symbol').value}" in told
    assert "<script>" not in told
    assert "&lt;script&gt;" in told


def test_session_that_has_no_answer_is_a_sentence(published: Path) -> None:
    app = opened(published, "Signals")
    app.date_input[0].set_value(date(2017, 6, 25)).run()
    assert not app.exception
    assert "2017-06-25 is no session of the exchange." in [text.value for text in app.text]


def test_nights_are_listed_with_their_reasons_and_duration(build_published: Build) -> None:
    begun = ("alter table ops.nights add column started_at timestamptz",
             "update ops.nights set started_at = finished_at - interval 75 seconds")  # fmt: skip
    path = build_published(count=60, sql=begun)
    rows = tables(path, "Nights")["Nights"].rows
    assert [(row["status"], row["attempt"]) for row in rows] == [
        ("DEGRADED", 2), ("FAILED", 1), ("CLEAN", 1)
    ]  # fmt: skip
    assert (rows[0]["reasons"], rows[2]["reasons"]) == ("VIX3M is one session late", "none")
    assert rows[0]["duration"] == "1 min 15 s"
    assert rows[0]["ledger"] == "version 7, 15.3 MB"
    (tiles,) = [block for block in blocks(path, "Nights") if isinstance(block, Tiles)]
    assert ("Failed", "1", "attempts") in tiles.tiles


def test_only_published_nights_can_be_compared(build_published: Build) -> None:
    failed = "update ops.nights set status = 'FAILED' where night = '2017-06-29'"
    with open_published(build_published(count=60, sql=(failed,))) as published:
        night = read_night(published, published_status(published))
        assert published_nights(night) == [date(2017, 6, 30)]


def test_difference_shows_what_the_command_shows(published: Path) -> None:
    with open_published(published) as tables_:
        night = read_night(tables_, published_status(tables_))
        found = difference_panel(night, DIFFERENCE)
    words = [block.text for block in found if isinstance(block, Words)]
    assert words[0].startswith("From 2017-06-29 to 2017-06-30, 1 session: ")
    weights = next(b for b in found if isinstance(b, Table) and b.rows and "order" in b.rows[0])
    aapl = row_of(weights, symbol="AAPL")
    assert (aapl["before"], aapl["after"], aapl["order"]) == (0.0174, 0.0, "sell")
    assert (aapl["Revised rows"], aapl["Signal"]) == ("+0.10\u202fpp", "\u22121.84\u202fpp")


def test_difference_that_no_night_stored_is_worked_out_when_asked_for(published: Path) -> None:
    app = opened(published, "Nights")
    assert "Weights" not in [heading.value for heading in app.subheader]
    app.button[0].click().run()
    assert not app.exception
    assert "Weights" in [heading.value for heading in app.subheader]


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


def test_long_title_is_broken_before_it_leaves_a_phone() -> None:
    dates = np.busday_offset(np.datetime64("2017-01-02"), np.arange(4))
    line = Line("Return", np.arange(4.0))
    title = "Daily net return against the loss forecast the evening before"
    figure = plot(Chart(title, "percent", dates, (line,), unit="% < 5", note="simulated"))
    lines = figure.layout.title.text.split("<br>")
    assert " ".join(lines) == f"{title} (simulated)"
    assert max(map(len, lines)) <= 44
    assert figure.layout.title.subtitle.text == "% &lt; 5"


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
