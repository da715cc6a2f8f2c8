"""A rehearsed night says so wherever a person might take its failures for real ones."""

from collections.abc import Callable
from pathlib import Path

from reports.render import render_report
from reports.status import RunStatus, read_run_status
from reports.summary import night_summary
from tests.reports.conftest import Build

StatusOf = Callable[..., RunStatus]

REASON = "REHEARSAL of outage: made on purpose, no real failure"


def _status(status_of: StatusOf) -> RunStatus:
    return status_of(status="DEGRADED", reasons=(REASON,), world="sandbox:7", rehearsal="outage")


def test_report_names_the_rehearsal_in_title_and_banner(
    build_published: Build, status_of: StatusOf
) -> None:
    html = render_report(build_published(world="sandbox:7"), _status(status_of))
    assert html.count("REHEARSAL: outage · SIMULATED DATA") >= 3  # title, banner, foot of a sheet
    assert "were made on purpose" in html


def test_ordinary_report_knows_no_rehearsal(build_published: Build, status_of: StatusOf) -> None:
    html = render_report(build_published(world="sandbox:7"), status_of(world="sandbox:7"))
    assert "REHEARSAL" not in html


def test_terminal_names_the_rehearsal_beside_the_status(
    build_published: Build, status_of: StatusOf
) -> None:
    summary = night_summary(build_published(world="sandbox:7"), _status(status_of))
    first, second, *_ = summary.lines(report=Path("latest.html"))
    assert first.endswith("DEGRADED  SIMULATED DATA (sandbox:7)  REHEARSAL: outage")
    assert REASON in second


def test_run_status_keeps_the_rehearsal(tmp_path: Path, status_of: StatusOf) -> None:
    path = tmp_path / "run_status.json"
    path.write_text(_status(status_of).to_json())
    assert read_run_status(path).rehearsal == "outage"
    path.write_text(status_of().to_json())
    assert read_run_status(path).rehearsal is None
