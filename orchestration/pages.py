"""What a person opens after a night: the report, its exports, the status and the Data Docs."""

from collections.abc import Sequence

from orchestration.expectations.data_docs import write_data_docs
from orchestration.gates import Gate
from reports.exports import write_backtests_csv, write_metrics_json, write_run_status
from reports.orders import write_orders_csv
from reports.render import render_report
from reports.status import RunStatus
from warehouse.files import write_text
from warehouse.home import Home


def write_exports(home: Home, *, fill: str) -> None:
    """Write orders, backtests and metrics of the published night for other programs.

    `fill`: when orders are filled, `next_open` or `next_close`.
    """
    write_orders_csv(home.published, home.reports / "orders.csv", fill=fill)
    write_backtests_csv(home.published, home.reports / "backtests")
    write_metrics_json(home.published, home.reports / "metrics")


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
    if gates:
        write_data_docs(
            [gate.outcome for gate in gates],
            home.reports / "data_docs",
            title=f"Night {status.night}, attempt {status.attempt}",
            banner=banner or "",
        )
    page = render_report(
        home.published, status, target_volatility=target_volatility, nights=home.nights
    )
    write_text(home.reports / "latest.html", page)
