"""What a portfolio run leaves: a page, CSV and JSON under `reports/`."""

from pathlib import Path
from typing import TYPE_CHECKING

from analytics.portfolio_results import PORTFOLIO
from orchestration.provenance import code_hash
from orchestration.research.portfolio import ReadyPortfolio, warnings_of
from orchestration.resources import Settings, utc_now
from reports import wording
from reports.exports import write_backtests_csv, write_metrics_json
from reports.orders import write_orders_csv
from reports.portfolio_sheet import PortfolioSheet, render_portfolio_sheet
from warehouse.files import write_text

if TYPE_CHECKING:
    from analytics.portfolio_research import PortfolioAnswer


def write_portfolio(
    settings: Settings, ready: ReadyPortfolio, found: "PortfolioAnswer", *, command: str
) -> list[Path]:
    """Write the files; each is replaced whole, by a run of the same settings and account only.

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
        "warnings": warnings_of(ready, found),
        "made_at": utc_now(settings).isoformat(),
    }
    orders = folder / f"{stem}_orders.csv"
    write_orders_csv(ready.file, orders, fill=ready.inputs.portfolio_config.fill)
    page = folder / f"{stem}.html"
    write_text(page, render_portfolio_sheet(ready.file, sheet_of(settings, ready, found, command)))
    return [
        page,
        *write_metrics_json(ready.file, reports / "metrics", stems=stems, facts=facts),
        *write_backtests_csv(ready.file, folder, stems=stems, kinds=("daily", "positions")),
        orders,
    ]


def sheet_of(
    settings: Settings, ready: ReadyPortfolio, found: "PortfolioAnswer", command: str
) -> PortfolioSheet:
    """What the run says of itself on its page."""
    config = ready.inputs.portfolio_config
    return PortfolioSheet(
        night=ready.night.night,
        ledger_version=ready.night.ledger_version,
        world=settings.world,
        command=command,
        parameters=ready.parameters,
        settings={
            "strategies": ", ".join(config.strategies),
            "method": config.method,
            "target volatility": wording.percent(config.target_volatility_annual, 1),
            "largest leverage": wording.number(config.max_leverage, 1),
            "forecast": config.volatility_forecast,
            "costs": f"{wording.number(10_000.0 * config.costs.trading_fraction, 1)} bps",
        },
        target_volatility=config.target_volatility_annual,
        trials=found.search.trials,
        code_hash=code_hash(),
        made_at=utc_now(settings),
        warnings=ready.warnings,
    )
