"""The nightly page: one self-contained HTML file that loads nothing from anywhere."""

from pathlib import Path
from typing import Any

from reports.night import Night, read_night
from reports.page import render_page
from reports.performance import daily_returns
from reports.queries import open_published
from reports.sections.difference import difference_section, night_difference
from reports.sections.growth import growth_section
from reports.sections.markets import spreads_section, term_section
from reports.sections.overview import banner, overview
from reports.sections.portfolio import portfolio_section
from reports.sections.quality import inputs_section, provenance_section, quality_section
from reports.sections.record import record_section
from reports.sections.risk import risk_section
from reports.sections.strategy import strategy_section
from reports.status import RunStatus

DEFAULT_TARGET_VOLATILITY = 0.10  # per year, as in config/portfolio.yaml


def render_report(
    warehouse: Path,
    status: RunStatus,
    *,
    target_volatility: float = DEFAULT_TARGET_VOLATILITY,
    nights: Path | None = None,
) -> str:
    """Render the night as one HTML page.

    Parameters
    ----------
    warehouse : the published file, opened read-only. A missing file or table gives a page that
        says what is not there yet.
    status : what became of the run.
    target_volatility : annual volatility that the portfolio aims at, drawn as a line.
    nights : folder of the last nights, where the comparison with the night before stands.

    Returns
    -------
    HTML. Every text from a provider, a configuration or the run is escaped; the page's own script
    is the only one that its content policy allows.
    """
    with open_published(warehouse) as published:
        night = read_night(published, status)
        return render_page("report.html", _content(night, target_volatility, nights))


def _content(night: Night, target_volatility: float, nights: Path | None) -> dict[str, Any]:
    benchmarks = daily_returns(night.published, "benchmark")
    difference = night_difference(night, nights)
    return {
        "night": night,
        "status": night.status,
        "banner": banner(night),
        "overview": overview(night, difference),
        "changed": difference_section(night, difference),
        "strategies": [strategy_section(night, name, benchmarks) for name in night.strategies],
        "portfolio": portfolio_section(night, benchmarks, target_volatility=target_volatility),
        "risk": risk_section(night),
        "record": record_section(night),
        "spreads": spreads_section(night),
        "term": term_section(night),
        "quality": quality_section(night),
        "inputs": inputs_section(night),
        "provenance": provenance_section(night),
        "growth": growth_section(night),
    }
