"""Two lines of the terminal: what the book may lose, and which limits bind."""

from collections.abc import Callable
from pathlib import Path

import pytest

from reports.status import RunStatus
from reports.summary import night_summary
from tests.reports.conftest import Build

StatusOf = Callable[..., RunStatus]


def lines_of(path: Path, status: RunStatus) -> list[str]:
    return list(night_summary(path, status).lines(report=None))


def test_terminal_tells_next_losses_and_binding_limits(
    published: Path, status_of: StatusOf
) -> None:
    assert lines_of(published, status_of())[-2:] == [
        "Risk     VaR 95 of the next session 0.40 % (4,000 USD); "
        "worst stress crisis_2008 -16.63 % (-166,260 USD)",
        "Limits   binding: symbol (SVXY)",
    ]


def test_no_binding_limit_has_no_line(build_published: Build, status_of: StatusOf) -> None:
    sql = ("update analytics.limit_usage set is_binding = false",)
    lines = lines_of(build_published(count=120, sql=sql), status_of())
    assert not [line for line in lines if line.startswith("Limits")]


def test_unknown_equity_leaves_percents_alone(build_published: Build, status_of: StatusOf) -> None:
    sql = ("update analytics.holdings set value_usd = null where symbol = 'AAPL'",)
    (line,) = [
        line
        for line in lines_of(build_published(count=120, sql=sql), status_of())
        if line.startswith("Risk")
    ]
    assert "USD" not in line
    assert "0.40 %" in line


@pytest.mark.parametrize("name", ["a\x1b[2Jb", "<script>alert(1)</script>"])
def test_scenario_cannot_steer_the_terminal(
    build_published: Build, status_of: StatusOf, name: str
) -> None:
    sql = (f"update analytics.stress_results set scenario = '{name}' "
           "where scenario = 'crisis_2008'",)  # fmt: skip
    assert all(line.isprintable() for line in lines_of(build_published(sql=sql), status_of()))


def test_older_file_has_no_line_of_risk(build_published: Build, status_of: StatusOf) -> None:
    without = ("analytics.risk_daily", "analytics.stress_results", "analytics.limit_usage")
    lines = lines_of(build_published(count=120, without=without), status_of())
    assert not [line for line in lines if line.startswith(("Risk", "Limits"))]


def test_nothing_published_has_no_line_of_risk(tmp_path: Path, status_of: StatusOf) -> None:
    assert not [
        line for line in lines_of(tmp_path / "none.duckdb", status_of()) if line.startswith("Risk")
    ]


def test_fractions_of_a_share_are_warned_of_below_the_orders(
    build_published: Build, status_of: StatusOf
) -> None:
    for quantity, is_warned in ((12.5, True), (12.0, False)):
        sql = (f"update analytics.orders set quantity_shares = {quantity}",)
        lines = lines_of(build_published(sql=sql), status_of())
        warned = [line for line in lines if "of a share, which most brokers" in line]
        assert len(warned) == is_warned
        if warned:
            at = lines.index(warned[0])
            assert warned[0].startswith("         WARNING: ")
            assert "12.50 " in lines[at - 1]
