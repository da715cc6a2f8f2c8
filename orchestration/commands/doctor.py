"""`mqp doctor`: what every key and plan gives, and what would improve a night."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer

from ingestion.capabilities import refusals_together, told_together
from ingestion.doctor import Diagnosis, EndpointReport, diagnose
from orchestration.market import open_market
from orchestration.resources import clock_of, load_settings, utc_now
from orchestration.timetable import load_timetable
from warehouse.connection import connect
from warehouse.errors import NotPublishedError, WarehouseError

HOURS_PER_DAY = 24
SECONDS_PER_HOUR = 3600


def doctor_command(*, as_json: bool) -> int:
    """Probe every endpoint once and print what was found; exit code 1 when a night cannot be."""
    settings = load_settings()
    now = utc_now(settings)
    if not as_json:
        typer.echo(f"World {settings.world}: asking every endpoint once.", err=True)
        if settings.world == "live":
            typer.echo(
                "  Polygon's free plan allows five calls a minute: up to two minutes.", err=True
            )
    with open_market(settings, now=now) as reached:
        found = diagnose(
            reached.source_settings(),
            clock=clock_of(settings),
            answered=last_answers(settings.home.published),
            is_morning=load_timetable().mode == "morning",
            on_progress=None if as_json else _say,
        )
    if as_json:
        from orchestration.cli import print_json

        print_json({"world": settings.world, "probed_at": now, **asdict(found)})
    else:
        _print(found, now)
    return int(not found.is_healthy)


def last_answers(published: Path) -> dict[tuple[str, str], datetime]:
    """Provider and dataset to the last good answer that the published record knows.

    The ledger is left to the night; what it logged stands in the published file too.
    """
    try:
        with connect(published, read_only=True) as connection:
            rows = connection.execute(
                "select provider, dataset, max(requested_at) from ops.fetches "
                "where served_from = 'network' and class in ('ok', 'empty', 'not_modified') "
                "group by all order by all"
            ).fetchall()
    except NotPublishedError:
        return {}
    except WarehouseError as err:
        typer.echo(f"mqp: {err} Last answers are taken from the cache alone.", err=True)
        return {}
    return {(row[0], row[1]): row[2] for row in rows}


def _say(sentence: str) -> None:
    typer.echo(f"  {sentence}", err=True)


def _print(found: Diagnosis, now: datetime) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(show_edge=False)
    titles = ("Provider", "Endpoint", "Plan says", "Quota left", "Last good answer", "Without it")
    for title in titles:
        table.add_column(title, overflow="fold")
    provider = ""
    for row in found.endpoints:
        if provider and row.provider != provider:
            table.add_section()
        cells = _cells(row, now)
        if row.provider == provider:
            cells[0] = cells[3] = ""  # said once for the provider
        provider = row.provider
        table.add_row(*(Text(cell) for cell in cells))
    console = Console()
    # a pipe has no width of its own; a narrow one would break every word
    if not console.is_terminal:
        console = Console(width=200)
    console.print(table)
    _print_chains(found)
    _print_memory(found)
    typer.echo("\nWhat would help")
    for number, sentence in enumerate(found.advice, start=1):
        typer.echo(f"  {number}. {sentence}")
    if not found.advice:
        typer.echo("  Nothing: every endpoint that a night needs answers.")


def _cells(row: EndpointReport, now: datetime) -> list[str]:
    last = "-" if row.last_answer_at is None else _age(now - row.last_answer_at.astimezone(UTC))
    return [row.provider, row.endpoint, row.plan_says, row.quota_left, last, row.cost]


def _age(ago: Any) -> str:
    hours = ago.total_seconds() / SECONDS_PER_HOUR
    if hours < 1:
        return f"{max(hours, 0) * 60:.0f} min ago"
    if hours < 2 * HOURS_PER_DAY:
        return f"{hours:.0f} h ago"
    return f"{hours / HOURS_PER_DAY:.0f} days ago"


def _print_chains(found: Diagnosis) -> None:
    typer.echo("\nWho is asked, in this order (in brackets: not configured)")
    for dataset, feeds in found.chains.items():
        asked = dict.fromkeys(name if is_on else f"({name})" for name, is_on in feeds)
        typer.echo(f"  {dataset.replace('_', ' '):<15} {' > '.join(asked)}")


def _print_memory(found: Diagnosis) -> None:
    remembered = {
        "Refusals remembered (not asked again for a week)": refusals_together(found.refusals),
        "Standing facts (said once, when they were first seen)": told_together(found.facts),
    }
    for title, lines in remembered.items():
        if lines:
            typer.echo("\n".join([f"\n{title}", *(f"  {line}" for line in lines)]))
