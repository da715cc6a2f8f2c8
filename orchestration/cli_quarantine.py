"""`mqp quarantine`: the options."""

from typing import Annotated

import typer

from orchestration.cli_options import Debug, Json

quarantine_app = typer.Typer(
    help="Rows that gate 1 withholds: show them, or say that they are right.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@quarantine_app.command(
    "list", epilog="Examples: `mqp quarantine list` · `mqp quarantine list --all --json`"
)
def list_(
    everything: Annotated[
        bool, typer.Option("--all", help="Every release there ever was, not only the last month's.")
    ] = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Show what is withheld now and since when, and what was released by whom and why."""
    from orchestration.commands.quarantine import list_command

    raise typer.Exit(list_command(is_everything=everything, as_json=as_json))


@quarantine_app.command(
    epilog='Examples: `mqp quarantine release GME --why "the jump is real"` · '
    '`mqp quarantine release GME --finding 31e39cd7 --why "checked with the exchange"`'
)
def release(
    symbol: Annotated[str, typer.Argument(help="Symbol, series or index, as the list shows it.")],
    why: Annotated[str, typer.Option(help="The reason, one line; it is kept for good.")],
    dataset: Annotated[
        str | None, typer.Option(help="Only of this table, such as polygon__daily_bars.")
    ] = None,
    first: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="Only findings from this date on.")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", metavar="DATE", help="Only findings up to this date.")
    ] = None,
    finding: Annotated[
        str | None, typer.Option(metavar="ID", help="Only this finding of the list.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be released; write nothing.")
    ] = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Say that withheld rows are right; they count from the next night on.

    The same finding on the same rows is not made again; another value, or another claim, is. No
    past night changes: a bar released after its session's decision stays out of the features.

    Exit code 0: released. 2: nothing of the kind is withheld, or wrong usage.
    """
    from orchestration.commands.quarantine import release_command
    from orchestration.moments import parse_night
    from orchestration.releases import Choice

    choice = Choice(
        symbol,
        dataset,
        parse_night(first) if first else None,
        parse_night(last) if last else None,
        finding,
    )
    raise typer.Exit(release_command(choice, why, is_dry=dry_run, as_json=as_json))
