"""What a portfolio run leaves: CSV and JSON under `reports/`."""

from pathlib import Path
from typing import TYPE_CHECKING

from analytics.portfolio_results import PORTFOLIO
from orchestration.research.portfolio import ReadyPortfolio
from orchestration.resources import Settings, utc_now
from reports.exports import write_backtests_csv, write_metrics_json
from reports.orders import write_orders_csv

if TYPE_CHECKING:
    from analytics.portfolio_research import PortfolioAnswer


def write_portfolio(
    settings: Settings, ready: ReadyPortfolio, found: "PortfolioAnswer", *, command: str
) -> list[Path]:
    """Write the files; each is replaced whole, and the same settings replace their own.

    Raises
    ------
    StorageError
        The disk refuses; files written before stay.
    """
    reports, stem = settings.home.reports, ready.stem
    folder = reports / "backtests"
    folder.mkdir(parents=True, exist_ok=True)
    stems = {PORTFOLIO: stem}
    facts = {
        "command": command,
        "parameters": ready.parameters,
        "trials": found.search.trials,
        "made_at": utc_now(settings).isoformat(),
    }
    orders = folder / f"{stem}_orders.csv"
    write_orders_csv(ready.file, orders, fill=ready.inputs.portfolio_config.fill)
    return [
        *write_metrics_json(ready.file, reports / "metrics", stems=stems, facts=facts),
        *write_backtests_csv(ready.file, folder, stems=stems, kinds=("daily", "positions")),
        orders,
    ]
