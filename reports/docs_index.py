"""The page that leads to the report, the data quality pages, the lineage and the tear sheets."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from reports.page import render_page
from reports.sections.overview import world_banner
from reports.status import RunStatus

FILES: Mapping[str, tuple[str, str]] = {
    "latest.html": ("The report", "what to hold, what changed, risk, strategies, data quality"),
    "data_docs/index.html": ("Data quality", "every claim of both gates, and what did not hold"),
    "docs/lineage.html": ("Models and lineage", "each table: columns, tests, SQL, and its parents"),
    "report.json": ("The night for programs", "orders, weights, limits, risk, provenance"),
}
"""Path under the reports folder → title and what stands there."""
SHEETS = "backtests"


@dataclass(frozen=True)
class DocsLink:
    """A local page; `address` is relative to the index, empty where the page is not there yet."""

    title: str
    text: str
    address: str


def render_docs_index(folder: Path, status: RunStatus) -> str:
    """Render `docs/index.html`.

    Parameters
    ----------
    folder : the reports folder; what is not in it is named without a link.
    status : of the run that published the night.
    """
    content = {
        "banner": world_banner(status.world),
        "status": status,
        "links": docs_links(folder),
        "sheets": tear_sheet_links(folder),
    }
    return render_page("docs_index.html", content)


def docs_links(folder: Path) -> list[DocsLink]:
    """The pages of the night, in the order in which one reads them."""
    return [
        DocsLink(title, text, _address(folder, name) if (folder / name).is_file() else "")
        for name, (title, text) in FILES.items()
    ]


def tear_sheet_links(folder: Path) -> Sequence[DocsLink]:
    """Pages of the research runs, in order of name."""
    return [
        DocsLink(page.stem, "", _address(folder, f"{SHEETS}/{page.name}"))
        for page in sorted((folder / SHEETS).glob("*.html"))
        if page.is_file()
    ]


def _address(folder: Path, name: str) -> str:
    """How `docs/index.html` refers to a file of the folder."""
    return quote(Path(os.path.relpath(folder / name, folder / "docs")).as_posix())
