"""The page of one portfolio run: the nightly report's portfolio and risk, under other settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from reports import wording
from reports.night import Night, read_night
from reports.page import render_page
from reports.performance import Estimate, daily_returns, metrics
from reports.queries import open_published
from reports.recorded import recorded_status
from reports.sections.overview import world_banner
from reports.sections.portfolio import portfolio_section
from reports.sections.risk import risk_section


@dataclass(frozen=True)
class PortfolioSheet:
    """What a portfolio run says of itself.

    `command`: how to run it again. `parameters`: the trial, as JSON. `settings`: name → value of
    what was asked for, for people. `trials`: distinct parameter sets ever evaluated, this one
    included. `warnings`: what to know of the night before an order is sent, in sentences.
    """

    night: date
    ledger_version: int
    world: str
    command: str
    parameters: str
    settings: Mapping[str, str]
    target_volatility: float
    trials: int
    code_hash: str
    made_at: datetime
    warnings: Sequence[str]


def render_portfolio_sheet(results: Path, sheet: PortfolioSheet) -> str:
    """Render a portfolio run as one HTML page that loads nothing from anywhere.

    Parameters
    ----------
    results : a published night with the run's tables in place of its own; opened read-only.
    sheet : what the run says of itself.

    Returns
    -------
    HTML; every text from a provider, a configuration or the command line is escaped.
    """
    with open_published(results) as published:
        night = read_night(published, recorded_status(published))
        return render_page("portfolio_sheet.html", _content(night, sheet))


def _content(night: Night, sheet: PortfolioSheet) -> dict[str, Any]:
    benchmarks = daily_returns(night.published, "benchmark")
    own = next(iter(metrics(night.published, "portfolio").values()), {})
    return {
        "sheet": sheet,
        "night": night,
        "banner": world_banner(sheet.world),
        "verdict": verdict(own, sheet.trials),
        "portfolio": portfolio_section(
            night, benchmarks, target_volatility=sheet.target_volatility
        ),
        "risk": risk_section(night),
    }


def verdict(own: Mapping[str, Estimate], trials: int) -> str:
    """Say in a sentence what the run shows, and how far it can be believed."""
    tried = f"{wording.count(trials, 'parameter set')} tried so far"
    sharpe, deflated = own.get("sharpe"), own.get("deflated_sharpe")
    if sharpe is None or wording.is_missing(sharpe.value):
        return f"Too few sessions in the market for a Sharpe ratio; {tried}."
    said = f"Sharpe {wording.number(sharpe.value)} net of costs"
    if not wording.is_missing(sharpe.lower):
        lower, upper = wording.number(sharpe.lower), wording.number(sharpe.upper)
        said += f" (95 %: {lower} to {upper})"
    if deflated is None or wording.is_missing(deflated.value):
        return f"{said}; {tried}."
    return f"{said}. Deflated for {tried}: {wording.percent(deflated.value, 0)}."
