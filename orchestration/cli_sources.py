"""Commands about providers and what is kept of their answers."""

from typing import Annotated

import typer

from orchestration.cli_options import Debug, Json

sources_app = typer.Typer(rich_markup_mode=None)


@sources_app.command(epilog="Example: `mqp ping`")
def ping(as_json: Json = False, debug: Debug = False) -> None:
    """Ask every configured source once and print who answers; exit 1 when one does not."""
    from orchestration.commands.ping import ping_command

    raise typer.Exit(ping_command(as_json=as_json))


@sources_app.command(epilog="Examples: `mqp doctor` · `mqp doctor --json`")
def doctor(as_json: Json = False, debug: Debug = False) -> None:
    """Ask every endpoint once: what each plan gives, what is left of it, what would help.

    Exit code 0: a night can be run. 1: a key is refused, or nobody serves a required dataset.
    """
    from orchestration.commands.doctor import doctor_command

    raise typer.Exit(doctor_command(as_json=as_json))


cache_app = typer.Typer(
    help="What is kept of each provider's answers: show it, or remove it.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
sources_app.add_typer(cache_app, name="cache")


@cache_app.command(
    "show", epilog="Examples: `mqp cache show` · `mqp cache show --provider fmp --symbol BRK.B`"
)
def cache_show(
    provider: Annotated[str | None, typer.Option(help="Only this provider.")] = None,
    symbol: Annotated[str | None, typer.Option(help="Only this symbol, its case kept.")] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Show tables, sizes, ages, remembered refusals and the calls of each day."""
    from orchestration.commands.cache import show_command

    raise typer.Exit(show_command(provider=provider, symbol=symbol, as_json=as_json))


@cache_app.command(
    "purge",
    epilog="Examples: `mqp cache purge --provider finnhub --symbol AAPL` · "
    '`mqp cache purge --provider finnhub --with-history --yes --why "subscription ended"`',
)
def cache_purge(
    provider: Annotated[str, typer.Option(help="Whose answers to remove.")],
    symbol: Annotated[str | None, typer.Option(help="Only this symbol's.")] = None,
    dataset: Annotated[str | None, typer.Option(help="Only this dataset's.")] = None,
    with_history: Annotated[
        bool,
        typer.Option(
            "--with-history",
            help="Also remove ledger rows and stored responses, where terms demand deletion.",
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Needed with --with-history.")] = False,
    why: Annotated[str, typer.Option(help="The reason that the tombstones keep.")] = "",
    debug: Debug = False,
) -> None:
    """Remove cached answers; the next night asks again. Nothing is asked before it is done."""
    from orchestration.commands.cache import purge_command

    code = purge_command(
        provider=provider,
        symbol=symbol,
        dataset=dataset,
        with_history=with_history,
        is_confirmed=yes,
        why=why,
    )
    raise typer.Exit(code)


@sources_app.command(
    epilog="Examples: `mqp sentiment` · `mqp sentiment --recompute` · "
    "`mqp sentiment --recompute --json`"
)
def sentiment(
    recompute: Annotated[
        bool,
        typer.Option("--recompute", help="Score every stored story again; no request is sent."),
    ] = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Show which stories are stored, how old the newest are and how many have a score.

    With --recompute: score all stored stories by the present method and show what moved.
    """
    from orchestration.commands.sentiment import coverage_command, recompute_command

    command = recompute_command if recompute else coverage_command
    raise typer.Exit(command(as_json=as_json))


keys_app = typer.Typer(
    help="How long each provider's key has been in use, and what is due; no key is ever shown.",
    invoke_without_command=True,
    rich_markup_mode=None,
    epilog="Examples: `mqp keys` · `mqp keys --json` · `mqp keys reviewed polygon`",
)
sources_app.add_typer(keys_app, name="keys")


@keys_app.callback()
def keys(context: typer.Context, as_json: Json = False, debug: Debug = False) -> None:
    """Show since when each key is in use and when it is to be replaced; no key is shown."""
    if context.invoked_subcommand is None:
        from orchestration.commands.keys import list_command

        raise typer.Exit(list_command(as_json=as_json))


@keys_app.command(epilog="Example: `mqp keys reviewed polygon`")
def reviewed(
    provider: Annotated[str, typer.Argument(help="Whose usage page you have looked at.")],
    debug: Debug = False,
) -> None:
    """Note that you have looked at a provider's usage page and saw no calls but your own."""
    from orchestration.commands.keys import reviewed_command

    raise typer.Exit(reviewed_command(provider))
