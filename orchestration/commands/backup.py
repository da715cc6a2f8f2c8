"""`mqp backup`: a home saved, whole or not at all."""

from dataclasses import asdict
from pathlib import Path

import typer

from orchestration.backups import make_backup
from orchestration.progress import shown_progress
from orchestration.resources import load_settings
from warehouse.backup.write import Made

EXIT_WHOLE, EXIT_PARTS_LEFT_OUT = 0, 3
MOST_SHOWN = 20


def backup_command(to: Path | None, keep: int | None, *, as_json: bool) -> int:
    """Make a backup and say what is in it; returns the exit code."""
    settings = load_settings()
    with shown_progress(quiet=as_json):
        made = make_backup(settings, to or settings.backups, keep=keep or settings.backups_kept)
    if as_json:
        from orchestration.cli import print_json

        print_json(_as_dict(made))
    else:
        _print(made)
    return EXIT_PARTS_LEFT_OUT if made.backup.manifest.left_out else EXIT_WHOLE


def _as_dict(made: Made) -> dict[str, object]:
    manifest = made.backup.manifest
    return {
        "backup": made.backup.folder,
        "made_at": manifest.made_at,
        "files": len(manifest.files),
        "bytes": manifest.total_bytes,
        **asdict(manifest.state),
        "left_out": manifest.left_out,
        "forgotten": made.forgotten,
    }


def _print(made: Made) -> None:
    manifest = made.backup.manifest
    left_out = list(manifest.left_out.items())
    for name, reason in left_out[:MOST_SHOWN]:
        typer.echo(f"✗ {name} {reason}: not saved.")
    if len(left_out) > MOST_SHOWN:
        typer.echo(f"{len(left_out) - MOST_SHOWN} more are not saved (--json names them).")
    if made.forgotten:
        typer.echo(f"Deleted: {', '.join(made.forgotten)}.")
    state = manifest.state
    night = f"night {state.night}" if state.night else "no published night"
    typer.echo(
        f"Saved {len(manifest.files):,} files, {manifest.total_bytes / 1e6:,.0f} MB, {night}, "
        f"ledger version {state.ledger_version} ({state.world}): {made.backup.folder}"
    )
