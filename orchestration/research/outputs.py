"""What a research run leaves: CSV, JSON and a tear sheet under `reports/`."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analytics.arrays import PER_ROOT_YEAR
from orchestration.provenance import code_hash
from orchestration.research.run import Ready
from reports.exports import write_backtests_csv, write_metrics_json
from reports.tear_sheet import Sheet, render_tear_sheet
from reports.wording import is_missing
from warehouse.files import write_text
from warehouse.home import Home

if TYPE_CHECKING:
    from analytics.research import Answer


@dataclass(frozen=True)
class Written:
    """Where the results are; `sheet` is the page to open."""

    sheet: Path
    metrics: Path
    tables: tuple[Path, ...]


def sheet_of(ready: Ready, found: "Answer", *, world: str, command: str, now: datetime) -> Sheet:
    """What the run says of itself, to people and in its JSON."""
    costs = ready.inputs.portfolio_config.costs
    bar = found.search.expected_maximum * PER_ROOT_YEAR
    asked = ready.asked
    return Sheet(
        strategy=asked.variant.strategy,
        variant=asked.variant.name,
        benchmark=asked.benchmark,
        universe=ready.universe,
        symbols=ready.symbols,
        night=ready.night.night,
        ledger_version=ready.night.ledger_version,
        world=world,
        command=command,
        parameters=ready.parameters,
        cost_bps=10_000.0 * costs.trading_fraction,
        trials=found.search.trials,
        expected_maximum=None if is_missing(bar) else bar,
        rolling_sessions=found.rolling_window,
        code_hash=code_hash(),
        made_at=now,
    )


def write_results(home: Home, ready: Ready, sheet: Sheet) -> Written:
    """Write the files; each is replaced whole, and the same question replaces its own.

    Raises
    ------
    StorageError
        The disk refuses; files written before stay.
    """
    stem = ready.asked.stem
    stems = {sheet.strategy: stem}
    folder = home.reports / "backtests"
    folder.mkdir(parents=True, exist_ok=True)
    tables = write_backtests_csv(ready.file, folder, stems=stems)
    metrics = write_metrics_json(
        ready.file, home.reports / "metrics", stems=stems, facts=_facts(sheet)
    )
    page = folder / f"{stem}.html"
    write_text(page, render_tear_sheet(ready.file, sheet))
    return Written(sheet=page, metrics=metrics[0], tables=tuple(tables))


def _facts(sheet: Sheet) -> dict[str, Any]:
    return {
        "command": sheet.command,
        "parameters": sheet.parameters,
        "trials": sheet.trials,
        "expected_maximum_sharpe": sheet.expected_maximum,
        "benchmark": sheet.benchmark,
        "members": list(sheet.symbols),
        "cost_bps": sheet.cost_bps,
        "made_at": sheet.made_at.isoformat(),
    }
