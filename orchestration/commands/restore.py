"""`mqp restore`: a backup back in its place, or a lost ledger from what was stored beside it."""

import logging
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from orchestration.errors import UsageError
from orchestration.progress import shown_progress
from orchestration.resources import Settings, load_settings
from orchestration.restore import Restoration, restore_from_responses
from warehouse.backup.manifest import Backup
from warehouse.backup.places import PUBLISHED
from warehouse.backup.shelf import backups_in
from warehouse.lock import writer_lock

if TYPE_CHECKING:
    from orchestration.comeback import Comeback

log = logging.getLogger("mqp.backup")

EXIT_COMPLETE, EXIT_INCOMPLETE = 0, 3
SECONDS_BETWEEN_LINES = 2.0
MOST_NOTES_SHOWN = 20


def restore_command(*, from_responses: bool, to: Path | None, as_json: bool) -> int:
    """Restore a ledger, print what came back and what did not; returns the exit code."""
    settings = load_settings()
    if not from_responses:
        raise UsageError(_what_to_say(settings))
    target = (to or settings.home.ledger).resolve()
    with writer_lock(settings.home.writer_lock, announce=_tell):
        done = restore_from_responses(settings.home, settings.world, target, say=_now_and_then())
    if as_json:
        from orchestration.cli import print_json

        print_json(asdict(done) | {"is_complete": done.is_complete})
    else:
        _print(done)
    return EXIT_COMPLETE if done.is_complete else EXIT_INCOMPLETE


def restore_backup_command(place: Path, *, verifies: bool, is_forced: bool, as_json: bool) -> int:
    """Put a backup in place and print what it is; returns the exit code."""
    from orchestration.backups import chosen_backup
    from orchestration.comeback import check_restored, restore_home

    settings = load_settings()
    with shown_progress(quiet=as_json):
        backup = chosen_backup(settings, place)
        done = restore_home(settings, backup, is_forced=is_forced)
        if verifies:
            log.info("Reading the restored warehouse through.")
            check_restored(settings.home, backup.manifest)
    told = _as_dict(backup, done, is_verified=verifies)
    if as_json:
        from orchestration.cli import print_json

        print_json(told)
    else:
        for line in _lines(told, settings.home.root):
            typer.echo(line)
    return EXIT_COMPLETE


def _as_dict(backup: Backup, done: "Comeback", *, is_verified: bool) -> dict[str, Any]:
    manifest = backup.manifest
    published = manifest.files.get(PUBLISHED)
    return {
        "backup": backup.folder,
        **asdict(manifest.state),
        "published_sha256": published.sha256 if published else None,
        "is_verified": is_verified,
        "replaced": done.restored.aside,
        "parts": done.restored.parts,
        "left_out": manifest.left_out,
        "notes": done.notes,
    }


def _lines(told: dict[str, Any], home: Path) -> list[str]:
    lines = [f"- {note}." for note in told["notes"]]
    lines += [f"- {name} {why}: it was not saved." for name, why in told["left_out"].items()]
    if told["replaced"]:
        lines.append(f"- What stood there is in {told['replaced']}: delete it when all is well.")
    if told["is_verified"] and told["night"]:
        lines += [
            f"✓ content hash of night {told['night']}: {told['manifest_hash']}",
            f"✓ sha256 of {PUBLISHED}: {told['published_sha256']}",
        ]
    night = f"night {told['night']}" if told["night"] else "no published night"
    verified = ", read through and equal to what was saved" if told["is_verified"] else ""
    lines.append(
        f"Restored {home} from {told['backup'].name}: {night}, ledger version "
        f"{told['ledger_version']} ({told['world']}){verified}."
    )
    return lines


def _what_to_say(settings: Settings) -> str:
    backups = backups_in(settings.backups)
    newest = f"`mqp restore {backups[0].folder} --verify` (the newest backup)" if backups else ""
    ways = " or ".join(filter(None, (newest, "`mqp restore --from-responses` (a lost ledger)")))
    return f"Say one thing to restore from: {ways}."


def _print(done: Restoration) -> None:
    width = max((len(name) for name in done.tables), default=0)
    for name, count in sorted(done.tables.items()):
        mark = "✓" if count.is_equal else "✗"
        typer.echo(f"{mark} {name:<{width}} {count.restored:>12,} of {count.landed:,} rows")
    for name, rows in done.record.items():
        typer.echo(f"  {name:<{width}} {rows:>12,} rows, from what was published")
    for note in done.notes[:MOST_NOTES_SHOWN]:
        typer.echo(f"- {note}.")
    if len(done.notes) > MOST_NOTES_SHOWN:
        more = len(done.notes) - MOST_NOTES_SHOWN
        typer.echo(f"- {more} more: use --json for all of them.")
    verdict = (
        "every landed row is back as it was"
        if done.is_complete
        else "NOT every landed row is back: see the lines marked ✗"
    )
    typer.echo(f"Restored {done.ledger} up to version {done.versions} ({done.world}): {verdict}.")


def _tell(sentence: str) -> None:
    typer.echo(sentence, err=True)


def _now_and_then() -> Callable[[str], None]:
    """Progress lines on the error stream, none in the first two seconds."""
    started = told_at = time.monotonic()

    def say(sentence: str) -> None:
        nonlocal told_at
        if time.monotonic() - told_at >= SECONDS_BETWEEN_LINES:
            told_at = time.monotonic()
            _tell(f"[{told_at - started:6.1f} s] {sentence}")

    return say
