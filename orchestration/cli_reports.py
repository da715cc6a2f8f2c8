"""`mqp report` and `mqp docs`: the options."""

from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli_options import Debug, Json

reports_app = typer.Typer()


@reports_app.command(
    epilog="Examples: `mqp report` · `mqp report --format csv,json` · "
    "`mqp report --format html --output ~/night` · `mqp report --json`"
)
def report(
    formats: Annotated[
        str, typer.Option("--format", help="Of csv, json and html, with commas.")
    ] = "csv,json,html",
    output: Annotated[
        Path | None, typer.Option(help="Folder to write to; reports/ of the home when left out.")
    ] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Write the published night's report again: no run, no network, nothing else is changed.

    html: latest.html. csv: orders.csv and backtests/. json: report.json, the whole night for
    programs, and metrics/. Read from the published file alone; where run_status.json still tells
    of that run, the page shows the freshness of its inputs too, and a later run that failed.
    Exit code 0: written, whatever became of the night. 1: there is no night. 2: wrong usage.
    """
    from orchestration.commands.report import report_command

    raise typer.Exit(report_command(formats, output, as_json=as_json))


@reports_app.command(epilog="Examples: `mqp docs` · `mqp docs --open` · `mqp docs --json`")
def docs(
    opens: Annotated[bool, typer.Option("--open", help="Show the pages in the browser.")] = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Write data quality and lineage as pages that need no server and no network.

    reports/docs/index.html links the report, the Data Docs of both gates, the tear sheets, and
    dbt's documentation of every model with its columns, tests and lineage. dbt reads a copy of the
    published file, which takes about ten seconds; nothing else in the home is changed.
    """
    from orchestration.commands.docs import docs_command

    raise typer.Exit(docs_command(opens=opens, as_json=as_json))
