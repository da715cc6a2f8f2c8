"""`mqp notify`: the options."""

from typing import Annotated

import typer

from orchestration.cli_options import Debug, Json

alerts_app = typer.Typer()


@alerts_app.command(epilog="Examples: `mqp notify` · `mqp notify --test` · `mqp notify --json`")
def notify(
    test: Annotated[
        bool, typer.Option("--test", help="Send a test alert, and with it whatever waits.")
    ] = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Show alerts that nobody has been told of, or try the webhook.

    Exit code of --test 0: delivered. 1: not, and the output says why. 2: ALERT_WEBHOOK_URL is not
    set.
    """
    from orchestration.commands.notify import show_command, test_command

    raise typer.Exit((test_command if test else show_command)(as_json=as_json))
