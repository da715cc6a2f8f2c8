"""The commands against losing things: backup, restore, drill."""

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


@backup_app.command(
    epilog="Examples: `mqp restore backups/2026-11-20T22-30-00Z --verify` · "
    "`mqp restore /mnt/disk2/mqp/2026-11-20T22-30-00Z/manifest.json --force` · "
    "`mqp restore --from-responses` · "
    "`mqp restore --from-responses --to /mnt/copy/ledger.duckdb`"
)
def restore(
    file: Annotated[
        Path | None, typer.Argument(help="A backup: its folder, or the manifest.json in it.")
    ] = None,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify", help="Afterwards read the restored warehouse through and print its hashes."
        ),
    ] = False,
    force: Annotated[
        bool,
        typer.Option("--force", help="Also where the home holds newer data: it is moved aside."),
    ] = False,
    from_responses: Annotated[
        bool,
        typer.Option("--from-responses", help="Rebuild a lost ledger from the stored responses."),
    ] = False,
    to: Annotated[
        Path | None,
        typer.Option(help="With --from-responses: write this file, leave the home's ledger alone."),
    ] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Put a backup in place, or rebuild a lost ledger; nothing is ever overwritten.

    Every hash of the backup is compared before anything is touched. What stands in the home is
    moved to replaced/, not deleted; the configuration is left as it is, and so are logs. An empty
    home is fine, once its .env is there.

    Exit code 0: everything is back. 3: rows are missing, and the output says which. 1: nothing
    restored, or what was restored is not what was saved. 2: the home holds newer data, there is a
    ledger already, or no source was named.
    """
    from orchestration.commands.restore import restore_backup_command, restore_command

    if file is not None and not from_responses and to is None:
        code = restore_backup_command(file, verifies=verify, is_forced=force, as_json=as_json)
    else:
        code = restore_command(
            from_responses=from_responses and file is None, to=to, as_json=as_json
        )
    raise typer.Exit(code)


@backup_app.command(
    epilog="Examples: `mqp drill` · `mqp drill /mnt/disk2/mqp/2026-11-20T22-30-00Z --json` · "
    '`mqp sql "from ops.drills"` after the next night'
)
def drill(
    file: Annotated[
        Path | None, typer.Argument(help="A backup; the newest one when left out.")
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Of a backup made now, in a scratch folder.")
    ] = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Rehearse a lost disk: restore a backup to a scratch folder, build its night again, compare.

    Writes one row to ops.drills in the ledger, and changes nothing else in the home: how old the
    backup is (RPO: what a lost disk would have lost), and how long it took (RTO).

    Exit code 0: every hash is as it was published. 1: it is not, or there is no backup. 2: wrong
    usage.
    """
    from orchestration.commands.drill import drill_command

    raise typer.Exit(drill_command(file, is_fresh=fresh, as_json=as_json))
