"""`mqp drill`: does a backup bring everything back, how much is lost, and how long does it take."""

import tempfile
from dataclasses import asdict
from pathlib import Path

import typer

from orchestration.backups import chosen_backup, make_backup
from orchestration.drill import Drill, backup_to_drill, run_drill
from orchestration.errors import UsageError
from orchestration.progress import shown_progress
from orchestration.resources import Settings, load_settings


def drill_command(file: Path | None, *, is_fresh: bool, as_json: bool) -> int:
    """Drill a backup, print one sentence, return the exit code."""
    if is_fresh and file is not None:
        raise UsageError("Name a backup or use --fresh, not both.")
    settings = load_settings()
    with shown_progress(quiet=as_json):
        drill = _fresh_drill(settings) if is_fresh else _drill(settings, file)
    if as_json:
        from orchestration.cli import print_json

        print_json(asdict(drill))
    else:
        typer.echo(drill.sentence)
    return 0 if drill.is_successful else 1


def _drill(settings: Settings, file: Path | None) -> Drill:
    if file is not None:
        return run_drill(settings, chosen_backup(settings, file))
    return run_drill(settings, backup_to_drill(settings))


def _fresh_drill(settings: Settings) -> Drill:
    with tempfile.TemporaryDirectory(prefix="mqp-fresh-") as folder:
        return run_drill(settings, make_backup(settings, Path(folder), keep=1).backup)
