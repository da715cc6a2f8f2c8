"""The nightly page: one self-contained HTML file that loads nothing from anywhere."""

import base64
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports import wording
from reports.night import Night, read_night
from reports.performance import daily_returns
from reports.queries import open_published
from reports.sections.difference import difference_section, night_difference
from reports.sections.growth import growth_section
from reports.sections.markets import spreads_section, term_section
from reports.sections.overview import banner, overview
from reports.sections.portfolio import portfolio_section
from reports.sections.quality import inputs_section, provenance_section, quality_section
from reports.sections.record import record_section
from reports.sections.strategy import strategy_section
from reports.status import RunStatus

TEMPLATES = Path(__file__).parent / "templates"
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
        template = page_environment().get_template("report.html")
        return template.render(**_content(night, target_volatility, nights))


def _content(night: Night, target_volatility: float, nights: Path | None) -> dict[str, Any]:
    benchmarks = daily_returns(night.published, "benchmark")
    difference = night_difference(night, nights)
    script = template_text("report.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return {
        "night": night,
        "status": night.status,
        "banner": banner(night),
        "overview": overview(night, difference),
        "changed": difference_section(night, difference),
        "strategies": [strategy_section(night, name, benchmarks) for name in night.strategies],
        "portfolio": portfolio_section(night, benchmarks, target_volatility=target_volatility),
        "record": record_section(night),
        "spreads": spreads_section(night),
        "term": term_section(night),
        "quality": quality_section(night),
        "inputs": inputs_section(night),
        "provenance": provenance_section(night),
        "growth": growth_section(night),
        "style": Markup(template_text("report.css")),  # our own files, not data
        "script": Markup(script),
        "script_digest": digest,
    }


@lru_cache(maxsize=1)
def page_environment() -> Environment:
    """The templates, with every text escaped and the wording at hand."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    words = (
        "number", "percent", "points", "basis_points", "usd", "day", "long_day", "moment", "reason",
        "reason_detail", "signal", "strategy", "variant", "count", "breakable",
    )  # fmt: skip
    environment.filters.update({name: getattr(wording, name) for name in words})
    return environment


def template_text(name: str) -> str:
    """One of our own files beside the templates."""
    return (TEMPLATES / name).read_text(encoding="utf-8")
