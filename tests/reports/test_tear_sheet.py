"""The tear sheet: whole, honest about its world, and harmless whatever the texts say."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from reports.sparks import histogram
from reports.tear_sheet import Sheet, render_tear_sheet
from warehouse.connection import connect

DAYS = np.busday_offset(np.datetime64("2015-01-02"), np.arange(600))
SHEET = Sheet(
    strategy="equities",
    variant="balanced_position",
    benchmark="SPY",
    universe="core",
    symbols=("AAPL", "KO"),
    night=date(2017, 6, 30),
    ledger_version=4,
    world="custom:replay",
    command="mqp equities",
    parameters='{"mode":"position"}',
    cost_bps=5.0,
    trials=21,
    expected_maximum=0.9,
    rolling_sessions=252,
    code_hash="c0de",
    made_at=datetime(2017, 7, 1, tzinfo=UTC),
)
TRADES = pd.DataFrame(
    {
        "strategy": "equities",
        "variant": "balanced_position",
        "symbol": ["AAPL", "KO", "AAPL", "KO", "AAPL", "<b>X</b>"],
        "entered_date": pd.to_datetime(DAYS[[1, 5, 30, 60, 90, 590]]),
        "exited_date": pd.to_datetime([*DAYS[[9, 25, 40, 70, 99]], "NaT"]),
        "entry_price_usd": 100.0,
        "exit_price_usd": [110.0, 90.0, 101.0, 102.0, 95.0, np.nan],
        "net_return": [0.1, -0.1, 0.01, 0.02, -0.05, 0.03],
        "exit_reason": ["rsi", "stop", "rsi", "sentiment", "trend_down", None],
    }
)
OOS = """
    create table analytics.oos as select 'equities' as strategy, date '2015-01-05' as
    train_first_date, date '2016-06-01' as train_last_date, date '2016-06-09' as oos_first_date,
    date '2017-04-01' as oos_last_date, 400 as train_sessions, 195 as oos_sessions, 1.0 as
    train_sharpe, 0.4 as oos_sharpe, -0.1 as train_max_drawdown, -0.2 as oos_max_drawdown, -0.6 as
    sharpe_difference, -2.0 as difference_lower, 0.8 as difference_upper, true as is_flagged,
    0.43 as false_alarm_probability
"""


def paths() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    frames = []
    for strategy, variant in (
        ("equities", "balanced_position"), ("benchmark", "spy"), ("benchmark", "sixty_forty"),
        ("benchmark", "equal_weight"),
    ):  # fmt: skip
        gross = rng.normal(0.0004, 0.01, len(DAYS))
        frames.append(
            pd.DataFrame(
                {
                    "strategy": strategy, "variant": variant, "session_date": pd.to_datetime(DAYS),
                    "gross_return": gross, "net_return": gross - 1e-5, "gross_exposure": 1.0,
                    "net_exposure": 0.9,
                }
            )
        )  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def metrics() -> pd.DataFrame:
    rows = [
        (strategy, variant, "full", metric, value, lower, upper)
        for strategy, variant in (("equities", "balanced_position"), ("benchmark", "spy"))
        for metric, value, lower, upper in (
            ("cagr", 0.08, None, None), ("sharpe", 0.61, -0.2, 1.4),
            ("deflated_sharpe", 0.12, None, None),
        )
    ]  # fmt: skip
    names = ["strategy", "variant", "sample", "metric", "value", "lower", "upper"]
    return pd.DataFrame(rows, columns=names).astype({"lower": float, "upper": float})


@pytest.fixture
def results(tmp_path: Path) -> Path:
    path = tmp_path / "results.duckdb"
    rolling = pd.DataFrame(
        {
            "session_date": pd.to_datetime(DAYS),
            "value": np.where(np.arange(600) < 251, np.nan, 0.5),
            "lower": np.where(np.arange(600) < 251, np.nan, -1.0),
            "upper": np.where(np.arange(600) < 251, np.nan, 2.0),
        }
    )
    episodes = pd.DataFrame(
        {
            "name": ["Fall 1", "China devaluation"], "is_named": [False, True],
            "first_date": pd.to_datetime(DAYS[[10, 150]]),
            "last_date": pd.to_datetime(DAYS[[20, 160]]),
            "net_return": [-0.01, 0.01], "gross_return": [-0.009, 0.011],
            "benchmark_return": [-0.1, -0.08],
        }
    )  # fmt: skip
    with connect(path) as connection:
        connection.execute("create schema analytics")
        for name, frame in {
            "backtest_daily": paths(), "backtest_trades": TRADES, "backtest_metrics": metrics(),
            "rolling_sharpe": rolling, "episodes": episodes,
        }.items():  # fmt: skip
            connection.register("frame", frame)
            connection.execute(f"create table analytics.{name} as from frame")
            connection.unregister("frame")
    return path


def test_first_sentence_says_how_far_to_believe_it(results: Path) -> None:
    page = render_tear_sheet(results, SHEET)
    assert "Sharpe 0.61 (95 %: \u22120.20 to 1.40)" in page
    assert (
        "Deflated for 21 parameter sets tried so far: 12\u202f%; 50\u202f% is what the best" in page
    )


def test_every_part_has_its_drawing_or_table(results: Path) -> None:
    page = render_tear_sheet(results, SHEET)
    for part in (
        "Growth of 1,000,000 USD", "Drawdown", "Rolling Sharpe ratio", "Exposure at the close",
        "histogram", "Months", "Why they ended", "Bad times",
        "mqp equities", "&#34;mode&#34;",
    ):  # fmt: skip
        assert part in page, part
    assert page.count('<figure class="chart') == 4


def test_page_loads_nothing_and_runs_only_its_own_script(results: Path) -> None:
    page = render_tear_sheet(results, SHEET)
    assert "default-src 'none'" in page
    assert not [word for word in ("http://", "https://", '<link rel="style') if word in page]
    assert page.count("<script") == 1


def test_text_from_outside_is_escaped(results: Path) -> None:
    hostile = replace(SHEET, command="mqp <script>alert(1)</script>", universe="<i>u</i>")
    page = render_tear_sheet(results, hostile)
    assert "<script>alert" not in page
    assert "<i>u</i>" not in page
    assert "<b>X</b>" not in page
    assert "&lt;b&gt;X&lt;/b&gt;" in page


def test_simulated_market_has_a_banner_and_no_episodes_with_a_name(results: Path) -> None:
    page = render_tear_sheet(results, replace(SHEET, world="sandbox:7"))
    assert "SIMULATED DATA" in page
    assert "China devaluation" not in page
    assert "China devaluation" in render_tear_sheet(results, SHEET)
    assert "DATA" not in render_tear_sheet(results, replace(SHEET, world="live")).split("<main>")[0]


def test_comparison_out_of_sample_says_how_often_chance_flags(results: Path) -> None:
    assert "Out of sample" not in render_tear_sheet(results, SHEET)
    with connect(results) as connection:
        connection.execute(OOS)
    page = render_tear_sheet(results, SHEET)
    assert "Flagged" in page
    assert "43\u202f%" in page


def test_run_without_a_trade_says_so(results: Path) -> None:
    with connect(results) as connection:
        connection.execute("delete from analytics.backtest_trades")
    assert "No trade in this period" in render_tear_sheet(results, SHEET)


def test_histogram_keeps_losses_left_of_zero() -> None:
    drawn = str(histogram(np.array([-0.05, -0.01, 0.02, 0.03, 0.05])))
    losses = drawn.count('class="loss"')
    assert losses == 2
    assert drawn.count('class="gain"') == 2  # four bars for five values: 0.03 and 0.05 share one
    assert histogram(np.array([0.1])) == ""
