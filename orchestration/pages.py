"""What a person opens after a night: the report, its exports, the status and the Data Docs."""

from collections.abc import Sequence
from pathlib import Path

from orchestration.expectations.data_docs import write_data_docs
from orchestration.gates import Gate
from reports.exports import write_backtests_csv, write_metrics_json, write_run_status
from reports.machine import write_report_json
from reports.orders import write_orders_csv
from reports.render import render_report
from reports.status import RunStatus
from warehouse.files import write_text
from warehouse.home import Home


def write_exports(home: Home, status: RunStatus, *, fill: str) -> None:
    """Write the published night for other programs, under reports/.

    `fill`: when orders are filled, `next_open` or `next_close`.
    """
    write_csv_files(home.published, home.reports, fill=fill)
    write_json_files(home.published, status, home.reports)


def write_csv_files(published: Path, folder: Path, *, fill: str) -> list[Path]:
    """Write orders and backtests; returns the files written."""
    write_orders_csv(published, folder / "orders.csv", fill=fill)
    return [folder / "orders.csv", *write_backtests_csv(published, folder / "backtests")]


def write_json_files(published: Path, status: RunStatus, folder: Path) -> list[Path]:
    """Write the whole night, and the metrics of the backtests; returns the files written."""
    write_report_json(published, status, folder / "report.json")
    return [folder / "report.json", *write_metrics_json(published, folder / "metrics")]


def write_pages(
    home: Home,
    status: RunStatus,
    gates: Sequence[Gate],
    *,
    banner: str | None,
    target_volatility: float,
) -> None:
    """Write status, report and, if a gate has run, its Data Docs; also for a night that failed.

    Parameters
    ----------
    gates : what the gates of this run found, in order.
    banner : what marks a world that is not the real one.
    target_volatility : per year, drawn as a line.
    """
    write_run_status(status, home.reports / "run_status.json")
    write_gate_pages(home, status, gates, banner=banner)
    page = render_report(
        home.published, status, target_volatility=target_volatility, nights=home.nights
    )
    write_text(home.reports / "latest.html", page)


def write_gate_pages(
    home: Home, status: RunStatus, gates: Sequence[Gate], *, banner: str | None
) -> None:
    """Write the Data Docs of the gates that have run; parameters as `write_pages`."""
    if gates:
        write_data_docs(
            [gate.outcome for gate in gates],
            home.reports / "data_docs",
            title=f"Night {status.night}, attempt {status.attempt}",
            banner=banner or "",
        )
