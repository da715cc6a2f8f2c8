"""`mqp diff`: what changed between two published nights, and why."""

import logging
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

import duckdb
import typer

from orchestration.difference.nights import chosen_nights, stored_difference
from orchestration.errors import UsageError
from orchestration.moments import parse_night
from orchestration.progress import shown_progress
from orchestration.resources import Settings, load_settings
from reports.difference import Difference
from reports.difference_lines import difference_lines
from reports.difference_view import headline
from warehouse.connection import connect
from warehouse.errors import CorruptFileError
from warehouse.ledger import refuse_other_world
from warehouse.sessions import new_york_sessions

log = logging.getLogger("mqp.difference")

MOST_NIGHTS = 2


def diff_command(nights: Sequence[str], *, as_json: bool) -> int:
    """Compare two nights and print the difference; returns the exit code."""
    asked = tuple(map(parse_night, nights))
    if len(asked) > MOST_NIGHTS:
        raise UsageError("Give two nights at most: `mqp diff 2026-11-19 2026-11-20`.")
    settings = load_settings()
    refuse_other_world(settings.home.ledger, settings.home.published, settings.world)
    with shown_progress(quiet=as_json):
        found = _stored(settings, asked)
        if found is None:
            from orchestration.difference.run import Comparer

            log.info("Copying the ledger.")
            comparer = Comparer(settings.home, settings.world, new_york_sessions())
            found = comparer.on_copy(asked)
    if as_json:
        from orchestration.cli import print_json

        print_json({"headline": headline(found), **asdict(found)})
    else:
        for line in difference_lines(found):
            typer.echo(line)
    return 0


def _stored(settings: Settings, asked: tuple[date, ...]) -> Difference | None:
    """What the later night stored itself; the published file knows which nights there are."""
    home = settings.home
    if not home.published.exists():
        return None
    try:
        with connect(home.published, read_only=True) as published:
            earlier, later = chosen_nights(published, home, asked)
    except (CorruptFileError, duckdb.CatalogException):
        return None  # the ledger knows
    return stored_difference(earlier, later)
