"""Rehearsed incidents: a night on the sandbox whose providers fail on purpose."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from orchestration.errors import UsageError
from orchestration.resources import BASE_URLS, Settings

if TYPE_CHECKING:
    from ingestion.sandbox.faults import FaultRule

log = logging.getLogger("mqp.night")

LIST = "list"
PATIENCE_SECONDS = 20.0
"""How long a failing source is tried: with all sources out a rehearsal still ends in minutes."""

CALLS_PER_MINUTE = 600.0
"""After a 429 a provider is called at its plan's rate, at Polygon's five a minute for minutes."""

_WIDTH = 100


def refuse_impossible_rehearsal(
    settings: Settings, name: str, *, is_past: bool = False, offline: bool = False
) -> None:
    """Refuse a rehearsal that cannot be, or must not be in this world.

    Raises
    ------
    UsageError
        The name is unknown; no request would be sent; the world is not the sandbox.
    """
    from ingestion.sandbox.rehearsals import REHEARSALS

    if name not in REHEARSALS:
        known = ", ".join(REHEARSALS)
        raise UsageError(f"There is no rehearsal '{name}': use one of {known}.")
    if is_past or offline:
        option = "--as-of" if is_past else "--offline"
        raise UsageError(f"{option} sends no request, so nothing can fail: leave it or --rehearse.")
    if not settings.is_sandbox:
        raise UsageError(
            f"This home's world is '{settings.world}', and incidents are rehearsed on simulated "
            f"data only: run `MQP_HOME=~/mqp-rehearsal MQP_SOURCES=sandbox mqp nightly --rehearse "
            f"{name}`."
        )


def begin_rehearsal(settings: Settings, name: str, *, is_past: bool, offline: bool) -> Settings:
    """The settings of a rehearsed run, which is announced.

    Raises
    ------
    UsageError
        As `refuse_impossible_rehearsal` does: a run can also be started without the command.
    """
    refuse_impossible_rehearsal(settings, name, is_past=is_past, offline=offline)
    log.info("REHEARSAL of %s: the failures of this night are made on purpose.", name)
    return as_rehearsed(settings)


def remark_held_night(night: date, published: date | None) -> None:
    """Say that little can go missing from a night that the home holds already."""
    if night == published:
        log.info(
            "Night %s is held already: rehearse on a later evening to see the next provider serve.",
            night,
        )


def marked_banner(banner: str | None, name: str) -> str | None:
    """The banner of the world, with the rehearsal if there is one."""
    return f"{banner} · REHEARSAL: {name}" if name else banner


def marked_reasons(reasons: tuple[str, ...], name: str) -> tuple[str, ...]:
    """Why a night is not clean; of a rehearsal the first reason is that it is one.

    The reasons are what the ledger and the published file keep of a night.
    """
    if not (name and reasons):
        return reasons
    return (f"REHEARSAL of {name}: made on purpose, no real failure", *reasons)


def rehearsal_rules(name: str) -> "Sequence[FaultRule]":
    """The faults of a rehearsal; none for an ordinary night."""
    from ingestion.sandbox.rehearsals import REHEARSALS

    return REHEARSALS[name].rules if name else ()


def as_rehearsed(settings: Settings) -> Settings:
    """The same run, but the tails are asked for again and no wait is long.

    A young cache would answer in the providers' place, and nothing would meet the fault.
    """
    rates = dict.fromkeys(BASE_URLS, CALLS_PER_MINUTE) | dict(settings.rates)
    patience = min(settings.patience_seconds, PATIENCE_SECONDS)
    return replace(settings, cache_ttl=timedelta(0), rates=rates, patience_seconds=patience)


def rehearsal_table() -> list[dict[str, str]]:
    """Name, what happens, and what to expect of every rehearsal."""
    from ingestion.sandbox.rehearsals import REHEARSALS

    return [
        {"name": name, "description": rehearsal.description, "expect": rehearsal.expect}
        for name, rehearsal in REHEARSALS.items()
    ]


def rehearsal_lines() -> list[str]:
    """The same for a terminal, with the one thing to do before."""
    from textwrap import fill

    lines = []
    for row in rehearsal_table():
        lines.append(row["name"])
        for text in (row["description"], f"Expect: {row['expect']}"):
            lines.append(fill(text, _WIDTH, initial_indent="    ", subsequent_indent="    "))
    advice = (
        "An incident shows best on an evening after a clean night, in a home of its own: what it "
        "does to that home stays there. With MQP_HOME=~/mqp-rehearsal MQP_SOURCES=sandbox, run "
        "`MQP_NOW=2024-06-27T22:30:00Z mqp nightly`, then "
        "`MQP_NOW=2024-06-28T22:30:00Z mqp nightly --rehearse NAME`."
    )
    return [*lines, "", fill(advice, _WIDTH)]
