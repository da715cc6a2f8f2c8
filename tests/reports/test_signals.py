"""What the file says was decided, and what changed since the session before."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from reports.night import read_night
from reports.queries import open_published
from reports.status import RunStatus
from reports.summary import NightSummary, night_summary
from tests.reports.conftest import Build
from tests.reports.market import NIGHT

StatusOf = Callable[..., RunStatus]
BEFORE = date(2017, 6, 29)


def credit_rows(*signals: int | None) -> tuple[str, ...]:
    """Rewrite HYG's signal of the default credit variant: before, then tonight."""
    return tuple(
        f"update marts.fct_signals set signal = {'null' if signal is None else signal}, "
        f"reason = 'z_crossed: z 0.02' where symbol = 'HYG' and session_date = '{day}'"
        for day, signal in zip((BEFORE, NIGHT), signals, strict=True)
    )


@pytest.fixture(scope="module")
def reversed_credit(build_published: Build) -> Path:
    return build_published(count=120, sql=credit_rows(1, -1))


def test_changed_signal_is_told_with_old_new_and_reason(
    reversed_credit: Path, status_of: StatusOf
) -> None:
    summary = night_summary(reversed_credit, status_of())
    (change,) = [found for found in summary.signals if found.symbol == "HYG"]
    assert (change.strategy, change.old, change.new) == ("credit", 1, -1)
    assert change.reason == "z_crossed: z 0.02"


def test_unchanged_signals_are_not_told(build_published: Build, status_of: StatusOf) -> None:
    summary = night_summary(build_published(count=120, sql=credit_rows(1, 1)), status_of())
    assert "HYG" not in {change.symbol for change in summary.signals}


def test_governing_variant_is_that_of_the_latest_window(
    published: Path, status_of: StatusOf
) -> None:
    with open_published(published) as opened:
        states = read_night(opened, status_of()).states
    variants = {strategy: state.variant for (strategy, _), state in states.items()}
    assert variants == {
        "equities": "aggressive_position",
        "credit": "zscore_percentile",
        "volatility": "contango",
    }


def test_variant_stored_by_changes_keeps_its_last_signal(
    build_published: Build, status_of: StatusOf
) -> None:
    """A change-only variant governs; its latest row is weeks old and still counts."""
    governs = (
        "update analytics.walk_forward_windows set strategy = 'credit', variant = 'zscore'",
        "delete from marts.fct_signals where variant = 'zscore' and session_date > '2017-03-01'",
        "update marts.fct_signals set signal = 1 where variant = 'zscore' and symbol = 'HYG'",
    )
    with open_published(build_published(count=120, sql=governs)) as opened:
        night = read_night(opened, status_of())
    assert night.states["credit", "HYG"].signal == 1
    assert night.states["credit", "HYG"].event is None
    assert night.changes == tuple(c for c in night.changes if c.symbol != "HYG")


def test_desired_weight_and_bites_add_up_to_the_final_weight(
    published: Path, status_of: StatusOf
) -> None:
    with open_published(published) as opened:
        holdings = read_night(opened, status_of()).book.holdings
    assert len(holdings) > 3
    for held in holdings:
        assert held.desired_weight + sum(held.bites.values()) == pytest.approx(
            held.final_weight, abs=1e-12
        )


def test_weights_are_totals_over_sleeves(build_published: Build, status_of: StatusOf) -> None:
    shared = "update analytics.target_weights set symbol = 'SVXY', final_weight = 0.01 "
    path = build_published(count=120, sql=(shared + "where symbol in ('SVXY', 'VXX')",))
    assert night_summary(path, status_of()).weights["SVXY"] == pytest.approx(0.02)


def test_weights_of_a_later_session_are_not_read(
    build_published: Build, status_of: StatusOf
) -> None:
    late = (
        "insert into analytics.target_weights by name select * replace (date '2017-07-03' as "
        f"session_date, 9.0 as final_weight) from analytics.target_weights "
        f"where session_date = '{NIGHT}'"
    )
    weights = night_summary(build_published(count=120, sql=(late,)), status_of()).weights
    assert max(weights.values()) < 1


def test_dates_stored_as_midnights_are_dates(build_published: Build, status_of: StatusOf) -> None:
    """Frames written without a date type come back as midnights without a zone."""
    stored = (
        "alter table analytics.target_weights alter session_date type timestamp",
        "alter table analytics.target_weights alter effective_session type timestamp",
    )
    summary = night_summary(build_published(count=120, sql=stored), status_of())
    assert summary.effective_session == date(2017, 7, 3)


def test_summary_lines_fit_a_terminal(published: Path, status_of: StatusOf) -> None:
    lines = list(night_summary(published, status_of()).lines(report=Path("reports/latest.html")))
    assert lines[0] == "Night    2017-06-30  CLEAN"
    assert lines[-1] == "Report   reports/latest.html"
    assert max(map(len, lines)) <= 120


def test_summary_of_a_simulated_night_says_so(build_published: Build, status_of: StatusOf) -> None:
    path = build_published(count=120, world="sandbox:7")
    first = next(night_summary(path, status_of(world="sandbox:7")).lines(report=Path("r")))
    assert first == "Night    2017-06-30  CLEAN  SIMULATED DATA (sandbox:7)"


def test_text_from_outside_cannot_steer_the_terminal() -> None:
    summary = NightSummary(NIGHT, "DEGRADED", "live", ("\x1b[2Jcleared",), None, (), {}, ())
    assert all(line.isprintable() for line in summary.lines(report=Path("r")))


def test_summary_without_a_published_file_is_empty(tmp_path: Path, status_of: StatusOf) -> None:
    summary = night_summary(tmp_path / "quant.duckdb", status_of(status="FAILED"))
    assert (summary.signals, summary.weights, summary.orders) == ((), {}, ())
