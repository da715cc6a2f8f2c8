"""`mqp restore`: a lost ledger from what was stored beside it."""

import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import typer

from orchestration.errors import UsageError
from orchestration.resources import load_settings
from orchestration.restore import Restoration, restore_from_responses
from warehouse.lock import writer_lock

EXIT_COMPLETE, EXIT_INCOMPLETE = 0, 3
SECONDS_BETWEEN_LINES = 2.0
MOST_NOTES_SHOWN = 20


def restore_command(*, from_responses: bool, to: Path | None, as_json: bool) -> int:
    """Restore a ledger, print what came back and what did not; returns the exit code."""
    if not from_responses:
        raise UsageError("Say what to restore from: `mqp restore --from-responses`.")
    settings = load_settings()
    target = (to or settings.home.ledger).resolve()
    with writer_lock(settings.home.writer_lock, announce=_tell):
        done = restore_from_responses(settings.home, settings.world, target, say=_now_and_then())
    if as_json:
        from orchestration.cli import print_json

        print_json(asdict(done) | {"is_complete": done.is_complete})
    else:
        _print(done)
    return EXIT_COMPLETE if done.is_complete else EXIT_INCOMPLETE


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
