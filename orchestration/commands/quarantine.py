"""`mqp quarantine`: what is withheld, and a person's word that it is right."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

import typer

from ingestion.masking import one_line
from orchestration.commands.text_tables import table_lines
from orchestration.errors import NightError
from orchestration.quarantine import Finding, active_findings
from orchestration.releases import (
    Choice,
    PastRelease,
    checked_reason,
    chosen_findings,
    first_night_after,
    past_releases,
    release,
    stored_rows,
)
from orchestration.resources import Settings, load_settings, utc_now
from warehouse.connection import connect
from warehouse.ledger import opened_ledger, refuse_other_world
from warehouse.lock import writer_lock
from warehouse.sessions import new_york_sessions

RECENT = timedelta(days=30)
LONGEST_SHOWN = 200  # characters


def list_command(*, is_everything: bool, as_json: bool) -> int:
    """Print what is withheld now, and the releases of the last month or of all time."""
    settings = load_settings()
    _refuse_missing_ledger(settings)
    refuse_other_world(settings.home.ledger, settings.home.published, settings.world)
    now = utc_now(settings)
    with connect(settings.home.ledger, read_only=True) as ledger:
        withheld = [
            (finding, stored_rows(ledger, finding)) for finding in active_findings(ledger, now)
        ]
        released = past_releases(ledger, since=None if is_everything else now - RECENT)
    if as_json:
        from orchestration.cli import print_json

        print_json(
            {
                "withheld": [_told(finding) | {"rows": rows} for finding, rows in withheld],
                "released": [asdict(each) for each in released],
            }
        )
        return 0
    if settings.banner:
        typer.echo(settings.banner)
    _print_withheld(withheld)
    _print_released(released, is_everything=is_everything)
    return 0


def release_command(choice: Choice, why: str, *, is_dry: bool, as_json: bool) -> int:
    """Release what a person means, and say what follows; a dry run only says it."""
    reason = checked_reason(why)
    settings = load_settings()
    _refuse_missing_ledger(settings)
    refuse_other_world(settings.home.ledger, settings.home.published, settings.world)
    sessions = new_york_sessions()
    if is_dry:
        now = utc_now(settings)
        with connect(settings.home.ledger, read_only=True) as ledger:
            findings = chosen_findings(ledger, choice, now=now)
    else:
        with writer_lock(settings.home.writer_lock, announce=_tell):
            now = utc_now(settings)  # a night may have been waited for
            with opened_ledger(settings.home.ledger, settings.world, now=now) as ledger:
                findings = chosen_findings(ledger, choice, now=now)
                release(ledger, findings, reason, home=settings.home, sessions=sessions, now=now)
    night = first_night_after(sessions, now)
    if as_json:
        from orchestration.cli import print_json

        told = [_told(finding) for finding in findings]
        print_json({"is_dry_run": is_dry, "released": told, "first_night": night, "why": reason})
    else:
        _print_release(findings, night, now, is_dry=is_dry)
    return 0


def _refuse_missing_ledger(settings: Settings) -> None:
    if not settings.home.ledger.exists():
        raise NightError("Nothing has been judged yet: run `mqp nightly` first.")


def _told(finding: Finding) -> dict[str, Any]:
    return {"finding": finding.identity, **asdict(finding)}


def _print_withheld(withheld: Sequence[tuple[Finding, int | None]]) -> None:
    if not withheld:
        typer.echo("Nothing is withheld: every stored row passes gate 1, or was released.")
        return
    lines = table_lines(
        ("Finding", "Symbol", "Dataset", "Dates", "Rows", "Since", "Reason"),
        [
            (
                finding.identity,
                _shown(finding.symbol),
                finding.dataset,
                _span(finding.first_date, finding.last_date),
                "-" if rows is None else f"{rows:,}",
                str(finding.night),
                _shown(finding.reason),
            )
            for finding, rows in withheld
        ],
    )
    typer.echo("\n".join(["Withheld now", *lines]))
    typer.echo(
        "\nThe next night releases what the provider has corrected. Where a row is right as it is: "
        '`mqp quarantine release SYMBOL --why "..."`.'
    )


def _print_released(released: Sequence[PastRelease], *, is_everything: bool) -> None:
    if not released:
        if not is_everything:
            typer.echo("No release in the last 30 days; --all shows older ones.")
        return
    lines = table_lines(
        ("Released", "By", "Symbol", "Dataset", "Dates", "Counts from", "Why"),
        [
            (
                f"{each.released_at:%Y-%m-%d %H:%M %Z}".strip(),
                each.released_by,
                _shown(each.symbol),
                each.dataset,
                _span(each.first_date, each.last_date),
                f"night {each.night}",
                _shown(each.why),
            )
            for each in released
        ],
    )
    typer.echo("\n".join(["\nReleases", *lines]))


def _print_release(
    findings: Sequence[Finding], night: date, now: datetime, *, is_dry: bool
) -> None:
    verb = "Would release" if is_dry else "Released"
    for finding in findings:
        typer.echo(
            f"{verb} {finding.identity}: {_shown(finding.symbol)}, {finding.dataset}, "
            f"{_span(finding.first_date, finding.last_date)} ({_shown(finding.reason)})"
        )
    typer.echo(
        f"It counts from the night of {night} on; what was decided before "
        f"{now:%Y-%m-%d %H:%M} UTC stays as it was."
    )


def _shown(text: str) -> str:
    return one_line(text, length=LONGEST_SHOWN)


def _span(first: date, last: date) -> str:
    return str(first) if first == last else f"{first} to {last}"


def _tell(sentence: str) -> None:
    typer.echo(sentence, err=True)
