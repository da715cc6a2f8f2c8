"""The frame of the pages that we write: one file each, which loads nothing from anywhere."""

import base64
import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports import wording

TEMPLATES = Path(__file__).parent / "templates"
STYLES = ("report.css", "bars.css")


def render_page(template: str, content: Mapping[str, Any]) -> str:
    """Fill a template that extends `page.html`.

    Parameters
    ----------
    template : its file name.
    content : what it shows, `banner` among it; None for the live market.

    Returns
    -------
    HTML. Every text is escaped unless it is markup already, and the page's own script is the only
    one that its content policy allows. Control characters and direction marks show as ?.
    """
    script = _template_text("report.js")
    page = (
        page_environment()
        .get_template(template)
        .render(
            **content,
            style=Markup("".join(map(_template_text, STYLES))),  # our own files, not data
            script=Markup(script),
            script_digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        )
    )
    return wording.without_steering(page)


@lru_cache(maxsize=1)
def page_environment() -> Environment:
    """Templates with our filters; every text that they show is escaped."""
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
        "order_reason", "times",
    )  # fmt: skip
    environment.filters.update({name: getattr(wording, name) for name in words})
    return environment


def _template_text(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")
