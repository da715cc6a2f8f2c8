"""`mqp drill`: does a backup bring everything back, how much is lost, and how long does it take."""

import tempfile
from dataclasses import asdict
from pathlib import Path

import typer

from orchestration.backups import chosen_backup, make_backup
from orchestration.drill import Drill, run_drill
from orchestration.errors import NightError, UsageError
from orchestration.progress import shown_progress
from orchestration.resources import Settings, load_settings
from warehouse.backup.shelf import newest_backup


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
        typer.echo(sentence_of(drill))
    return 0 if drill.is_successful else 1


def sentence_of(drill: Drill) -> str:
    """The drill in one sentence, the replay's own last."""
    lost = f"a disk lost now would lose {_duration(drill.rpo_seconds)} (RPO)"
    if drill.rto_seconds is None:
        return f"DRILL FAILED: backup {drill.backup} was {drill.outcome}, {lost}: {drill.detail}"
    head = "DRILL PASSED" if drill.is_successful else "DRILL FAILED"
    return (
        f"{head}: backup {drill.backup} was back after {_duration(drill.restore_seconds or 0.0)} "
        f"and its night built again after {_duration(drill.rto_seconds)} (RTO), {lost}: "
        f"{drill.detail}"
    )


def _drill(settings: Settings, file: Path | None) -> Drill:
    if file is not None:
        return run_drill(settings, chosen_backup(settings, file))
    newest = newest_backup(settings.backups, settings.world)
    if newest is None:
        raise NightError(
            f"There is no backup in {settings.backups}, so that a lost disk would lose everything: "
            "run `mqp backup` first."
        )
    return run_drill(settings, newest)


def _fresh_drill(settings: Settings) -> Drill:
    with tempfile.TemporaryDirectory(prefix="mqp-fresh-") as folder:
        return run_drill(settings, make_backup(settings, Path(folder), keep=1).backup)


def _duration(seconds: float) -> str:
    """Seconds as people say them."""
    if seconds < 120:
        return f"{seconds:.1f} s"
    if seconds < 2 * 3600:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.1f} hours" if seconds < 48 * 3600 else f"{seconds / 86400:.1f} days"
