"""`mqp why`: print the tree of reasons behind a weight, or one stored response."""

from dataclasses import replace
from datetime import date

import typer

from ingestion.masking import Masker
from orchestration.commands.why_tree import head_lines, rendered
from orchestration.errors import UsageError
from orchestration.explaining import explanation
from orchestration.provenance import code_hash
from orchestration.resources import load_settings
from orchestration.stored_responses import find_response, plain_body, readable_body

EXIT_SOUND, EXIT_UNSOUND = 0, 3
WIDTH_WITHOUT_TERMINAL = 200  # no path is broken in two


def why_command(
    subject: str,
    night: str | None,
    *,
    strategy: str | None,
    is_everything: bool,
    as_json: bool,
) -> int:
    """Explain a subject; exit code 3 when something below it does not hold."""
    settings = load_settings()
    if night is None and _is_date(subject):
        subject, night = "portfolio", subject  # `mqp why 2026-11-20` asks about the book
    found = explanation(
        settings,
        subject,
        _session(night),
        strategy=strategy,
        is_everything=is_everything,
    )
    if as_json:
        from orchestration.cli import print_json

        print_json({**found.as_dict(), "installed_code_hash": code_hash()})
    else:
        from rich.console import Console

        console = Console(highlight=False)
        if not console.is_terminal:  # a pipe has no width of its own
            console = Console(width=WIDTH_WITHOUT_TERMINAL, highlight=False)
        banner = replace(settings, world=found.stamp.world).banner
        for line in head_lines(found, banner=banner, installed_code=code_hash()):
            console.print(line)
        console.print(rendered(found))
    return EXIT_SOUND if found.is_sound else EXIT_UNSOUND


def response_command(prefix: str, *, as_json: bool) -> int:
    """Print a stored response: what was asked to the error stream, its body to the output."""
    settings = load_settings()
    opened = find_response(settings.home, prefix)
    masker = Masker(settings.api_keys.values())
    label, reply = opened.stored.label, opened.stored.reply
    facts = {
        "provider": reply.provider,
        "dataset": label.dataset,
        "symbol": label.symbol,
        "endpoint": masker.text(reply.url),
        "fetched_at": reply.fetched_at,
        "hash": reply.hash,
        "file": opened.file,
    }
    if as_json:
        from orchestration.cli import print_json

        print_json({**facts, "body": plain_body(opened, masker)})
        return EXIT_SOUND
    for name, fact in facts.items():
        typer.echo(f"{name.replace('_', ' '):<11}{fact}", err=True)
    typer.echo(readable_body(opened, masker))
    return EXIT_SOUND


def _session(text: str | None) -> date | None:
    if text is None:
        return None
    if not _is_date(text):
        raise UsageError(f"NIGHT is '{text}': write a session such as 2026-11-20.")
    return date.fromisoformat(text)


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
