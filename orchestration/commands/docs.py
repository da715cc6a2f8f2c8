"""`mqp docs`: data quality and lineage as pages, and one page that leads to all of them."""

import logging
import webbrowser
from pathlib import Path

import typer

from orchestration.commands.report import status_of_published, write_reports
from orchestration.lineage import lineage_page
from orchestration.progress import shown_progress
from orchestration.resources import load_settings, utc_now
from reports.docs_index import docs_links, render_docs_index, tear_sheet_links
from warehouse.files import write_text

log = logging.getLogger("mqp.docs")

LINKED = {"json": "report.json", "html": "latest.html"}
"""Format → the file of it that the index links."""


def docs_command(*, opens: bool, as_json: bool) -> int:
    """Write the pages and say where the first of them is."""
    settings = load_settings()
    home = settings.home
    status = status_of_published(home)
    index = home.reports / "docs" / "index.html"
    with shown_progress(quiet=as_json):
        if missing := [name for name, file in LINKED.items() if not (home.reports / file).exists()]:
            log.info("Writing the report of night %s, which is not there.", status.night)
            write_reports(home, status, home.reports, tuple(missing))
        log.info("dbt documents the models on a copy of the published file.")
        lineage = lineage_page(home, world=status.world, now=utc_now(settings))
        write_text(index.with_name("lineage.html"), lineage)
        write_text(index, render_docs_index(home.reports, status))
    _say(home.reports, index, as_json=as_json)
    if opens and not webbrowser.open(index.as_uri()):
        typer.echo("mqp: There is no browser to show it in.", err=True)
    return 0


def _say(reports: Path, index: Path, *, as_json: bool) -> None:
    links = docs_links(reports)
    if as_json:
        from orchestration.cli import print_json

        written = [*links, *tear_sheet_links(reports)]
        pages = [(index.parent / link.address).resolve() for link in written if link.address]
        print_json({"index": index, "pages": pages})
        return
    typer.echo(f"Docs     {index}")
    for link in links:
        if not link.address:
            typer.echo(f"         not there yet: {link.title}, which the next night writes")
