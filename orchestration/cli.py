"""The `mqp` command: parses, calls, prints. Heavy imports belong to the commands that need them."""

import json
import os
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from orchestration.cli_alerts import alerts_app
from orchestration.cli_backup import backup_app
from orchestration.cli_options import Debug, Json
from orchestration.cli_portfolio import portfolio_app
from orchestration.cli_proof import proof_app
from orchestration.cli_quarantine import quarantine_app
from orchestration.cli_reports import reports_app
from orchestration.cli_research import research_app
from orchestration.cli_sources import sources_app
from orchestration.errors import CommandError

EXIT_FAILED, EXIT_USAGE, EXIT_DEGRADED = 1, 2, 3

app = typer.Typer(
    name="mqp",
    help="A nightly quant research warehouse: fetch, check, build, decide, publish, report.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain help: rich alone would take half of the half second
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class TableFormat(StrEnum):
    """How `mqp sql` prints rows."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def main(arguments: list[str] | None = None) -> None:
    """Entry point: accepts underscores in option names, turns known errors into one sentence."""
    given = sys.argv[1:] if arguments is None else arguments
    _guard(lambda: app(args=[_dashed(word) for word in given], prog_name="mqp"), "--debug" in given)


@app.command(
    epilog="Examples: `mqp nightly` · `mqp nightly --universe my.yaml --dry-run` · "
    "`mqp nightly --as-of 2026-11-20` · `mqp nightly --rehearse 429-storm`"
)
def nightly(
    universe: Annotated[
        Path | None, typer.Option(help="Universe file instead of the configured one.")
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            metavar="T",
            help="Build the night of a past date or moment from the ledger, without fetching.",
        ),
    ] = None,
    force_refresh: Annotated[
        bool, typer.Option("--force-refresh", help="Ask for whole histories again, cached or not.")
    ] = False,
    offline: Annotated[
        bool, typer.Option("--offline", help="Use the cache only; no request is sent.")
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Fetch and compute in a scratch copy; write nothing that stays."
        ),
    ] = False,
    rehearse: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Play an incident on the simulated market; `list` shows their names.",
        ),
    ] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Run the whole night: fetch, land, check, build, decide, publish, report.

    Exit code 0: clean. 3: published, but DEGRADED. 1: failed, the old night stays. 2: wrong usage.
    """
    from orchestration.commands.nightly import nightly_command
    from orchestration.moments import past_moment

    if universe is not None:
        os.environ["MQP_UNIVERSE"] = str(universe.resolve())
    options = {
        "as_of": past_moment(as_of).isoformat() if as_of else "",
        "force_refresh": force_refresh,
        "offline": offline,
        "rehearse": rehearse or "",
    }
    raise typer.Exit(nightly_command(options, dry_run=dry_run, as_json=as_json, debug=debug))


@app.command(
    epilog='Examples: `mqp sql "select * from marts.fct_signals limit 5"` · '
    '`mqp sql --format csv "from analytics.orders"`'
)
def sql(
    query: Annotated[str, typer.Argument(help="One SQL statement; it can only read.")],
    output: Annotated[
        TableFormat, typer.Option("--format", help="How to print the rows.")
    ] = TableFormat.TABLE,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Query the published warehouse, read-only, also while a night is being built."""
    from orchestration.commands.sql import sql_command

    raise typer.Exit(sql_command(query, "json" if as_json else output.value))


class HealthComponent(StrEnum):
    """What `mqp health` looks at."""

    ALL = "all"
    EQUITIES = "equities"
    CREDIT = "credit"
    VOLATILITY = "volatility"
    INTRADAY = "intraday"
    WAREHOUSE = "warehouse"


@app.command(
    epilog="Examples: `mqp health` · `mqp health --component credit` · `mqp health --json`"
)
def health(
    component: Annotated[
        HealthComponent, typer.Option(help="A strategy or the warehouse alone.")
    ] = HealthComponent.ALL,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Say whether everything is in place for the next night, and what to do where it is not.

    Keys, disk, ledger, published night, cache, schedule, backups, and each strategy's inputs and
    signal. It asks no provider, changes nothing, waits for nobody.

    Exit code 0: nothing has failed, though there may be warnings. 1: something has.
    """
    from orchestration.commands.health import health_command

    raise typer.Exit(health_command(component.value, as_json=as_json))


@app.command(epilog="Example: `mqp ui --port 3000`")
def ui(
    port: Annotated[int, typer.Option(help="Port on the loopback.")] = 3000, debug: Debug = False
) -> None:
    """Start Dagster's web server and daemon on the loopback: assets, checks, runs, schedules."""
    from orchestration.commands.look import ui_command

    raise typer.Exit(ui_command(port))


@app.command(epilog="Example: `mqp dashboard --port 8501`")
def dashboard(
    port: Annotated[int, typer.Option(help="Port on the loopback.")] = 8501, debug: Debug = False
) -> None:
    """Start the dashboard on the loopback, read-only on the published file."""
    from orchestration.commands.look import dashboard_command

    raise typer.Exit(dashboard_command(port))


app.add_typer(sources_app)
app.add_typer(backup_app)
app.add_typer(proof_app)
app.add_typer(research_app)
app.add_typer(portfolio_app)
app.add_typer(reports_app)
app.add_typer(alerts_app)
app.add_typer(quarantine_app, name="quarantine")


def print_json(content: Any) -> None:
    """Print JSON with dates as ISO text."""
    typer.echo(json.dumps(content, default=str, indent=1))


def _guard(call: Callable[[], None], debug: bool) -> None:
    """Run a command; a known error is one sentence, another one says how to see its trace."""
    try:
        call()
    except Exception as err:
        if debug:
            raise
        _fail(err)


def _fail(err: Exception) -> NoReturn:
    from ingestion.errors import IngestionError
    from warehouse.errors import WarehouseError

    if isinstance(err, CommandError):
        typer.echo(f"mqp: {err}", err=True)
        sys.exit(err.exit_code)
    if isinstance(err, WarehouseError | IngestionError):
        typer.echo(f"mqp: {err}", err=True)
        sys.exit(EXIT_FAILED)
    typer.echo(
        f"mqp: unexpected {type(err).__name__}: {str(err).splitlines()[0] if str(err) else '-'} "
        "(run again with --debug for the trace)",
        err=True,
    )
    sys.exit(EXIT_FAILED)


def _dashed(word: str) -> str:
    """`--use_percentile` means `--use-percentile`."""
    if not word.startswith("--"):
        return word
    name, equals, value = word.partition("=")
    return name.replace("_", "-") + equals + value


if __name__ == "__main__":
    main()
