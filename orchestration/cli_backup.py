"""The commands against losing things."""

from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli_options import Debug, Json

backup_app = typer.Typer()


@backup_app.command(
    epilog="Examples: `mqp backup` · `mqp backup --to /mnt/disk2/mqp --keep 30` · "
    "`mqp backup --json`"
)
def backup(
    to: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Folder that gets the backup's own; default BACKUP_ROOT, else backups/.",
        ),
    ] = None,
    keep: Annotated[
        int | None,
        typer.Option(min=1, help="How many backups stay, this one included; as configured."),
    ] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Save ledger, published file, kept nights, responses, cache, reports, logs, configuration.

    Also while a night runs: it waits for the writer lock, and holds it only while the databases are
    copied. Never saved: .env, and any file in which a configured key stands. Each backup is a
    folder of plain files with a manifest of their hashes; it is read again before it counts, and
    then the oldest ones beyond --keep are deleted.

    Exit code 0: everything is saved. 3: saved, but the named files are left out. 1: no backup was
    made. 2: wrong usage.
    """
    from orchestration.commands.backup import backup_command

    raise typer.Exit(backup_command(to, keep, as_json=as_json))
