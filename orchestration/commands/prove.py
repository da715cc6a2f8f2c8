"""`mqp prove`: no past decision moves, and every return follows from what was filled."""

import logging
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

import typer

from orchestration.commands.text_tables import table_lines
from orchestration.configuration import present_configuration
from orchestration.errors import NightError
from orchestration.progress import shown_progress
from orchestration.proof.prove import ProofOptions, prove
from orchestration.proof.verdict import CutResult, Verdict
from orchestration.rebuild import rebuilding
from orchestration.resources import Settings, load_settings
from warehouse.comparison import Example, Movement
from warehouse.connection import connect
from warehouse.ledger import newest_version, refuse_other_world
from warehouse.sessions import new_york_sessions

log = logging.getLogger("mqp.proof")

EXIT_PROVEN, EXIT_MOVED = 0, 1


def prove_command(options: ProofOptions, *, as_json: bool) -> int:
    """Prove the home's ledger and print the verdict; returns the exit code."""
    settings = load_settings()
    refuse_other_world(settings.home.ledger, settings.home.published, settings.world)
    # a bad file is refused before anything starts; what is held today was not held at the cuts
    configuration = present_configuration(settings, with_holdings=False)
    sessions = new_york_sessions()
    with shown_progress(quiet=as_json):
        log.info("Copying the ledger and reading the dbt project.")
        with rebuilding(settings.home, settings.world, sessions, announce=log.info) as rebuilder:
            with connect(rebuilder.ledger, read_only=True) as ledger:
                night, version = latest_night(ledger), newest_version(ledger)
            log.info(f"Building night {night} at ledger version {version}.")
            verdict = prove(
                rebuilder,
                night=night,
                ledger_version=version,
                configuration=configuration,
                sessions=sessions,
                options=options,
                say=log.info,
            )
    if as_json:
        from orchestration.cli import print_json

        print_json(_as_dict(verdict))
    else:
        for line in verdict_lines(verdict, settings):
            typer.echo(line)
    return EXIT_PROVEN if verdict.is_proven else EXIT_MOVED


def latest_night(ledger: Any) -> date:
    """The latest night that was published, by the ledger's own record.

    Raises
    ------
    NightError
        None was.
    """
    row = ledger.execute(
        "select max(night) from ops.nights where status in ('CLEAN', 'DEGRADED')"
    ).fetchone()
    if row is None or row[0] is None:
        raise NightError("No night has been published yet: run `mqp nightly` first.")
    night: date = row[0]
    return night


def verdict_lines(verdict: Verdict, settings: Settings) -> list[str]:
    """The verdict as people read it, the decisive sentence last."""
    lines = [_headline(verdict, settings), "", *_cut_table(verdict.cuts)]
    for cut in verdict.cuts:
        for moved in cut.movements:
            lines += _movement_lines(cut.session, moved)
    if verdict.audit is not None:
        lines += ["", *_audit_lines(verdict)]
    if verdict.warm_up:
        lines += ["", *_warm_up_lines(verdict)]
    lines += ["", *_left_out(verdict)]
    lines += ["", _conclusion(verdict)]
    return lines


def _headline(verdict: Verdict, settings: Settings) -> str:
    banner = f"  {settings.banner} ({settings.world})" if settings.banner else ""
    return (
        f"Night {verdict.night}, ledger version {verdict.ledger_version}, "
        f"seed {verdict.seed}{banner}"
    )


def _cut_table(cuts: Sequence[CutResult]) -> list[str]:
    rows = [
        (
            str(cut.session),
            f"{cut.decided_at:%Y-%m-%d %H:%M} UTC",
            f"{cut.tables}",
            f"{cut.rows:,}",
            f"{len(cut.movements)}",
        )
        for cut in cuts
    ]
    return table_lines(("cut", "what was known by", "tables", "rows compared", "moved"), rows)


def _movement_lines(session: date, moved: Movement) -> list[str]:
    return [f"  {session}  {moved.sentence}", *map(_example_line, moved.examples)]


def _example_line(example: Example) -> str:
    key = ", ".join(f"{name} {value}" for name, value in example.key.items())
    values = "; ".join(
        f"{name} was {then} then and is {now} now"
        for name, (then, now) in example.differing.items()
    )
    return f"              {example.kind}: {key}" + (f": {values}" if values else "")


def _audit_lines(verdict: Verdict) -> list[str]:
    audit = verdict.audit
    if audit is None:
        return []
    lines = [
        f"Accountant: {audit.daily_rows:,} daily rows of {audit.accounts} accounts recomputed from "
        f"{audit.fills:,} fills; {len(audit.objections)} objections."
    ]
    for objection in audit.objections:
        lines += [f"  {objection.sentence}", *(f"    {text}" for text in objection.examples[1:])]
    return lines


def _warm_up_lines(verdict: Verdict) -> list[str]:
    rows = [
        (
            each.relation,
            each.column,
            f"more than {each.observed:,}" if each.sessions is None else f"{each.sessions:,}",
            each.unit,
        )
        for each in verdict.warm_up
    ]
    return [
        "Sessions of history until a value no longer depends on where history starts:",
        *table_lines(("table", "column", "sessions", "compared"), rows),
    ]


def _left_out(verdict: Verdict) -> list[str]:
    lines = [f"Exempt: {name}: {why}." for name, why in verdict.exemptions.items()]
    if verdict.undated:
        names = ", ".join(verdict.undated)
        lines.append(f"Without a date of their own, covered by what reads them: {names}.")
    return lines


def _conclusion(verdict: Verdict) -> str:
    if verdict.first_problem:
        return f"NOT PROVEN. {verdict.first_problem}"
    parts = []
    if verdict.cuts:
        rows = sum(cut.rows for cut in verdict.cuts)
        parts.append(f"no past row moved at {len(verdict.cuts)} moments ({rows:,} rows)")
    if verdict.audit is not None:
        parts.append("every return follows from fills and prices")
    return f"PROVEN: {' and '.join(parts) or 'nothing was asked'}."


def _as_dict(verdict: Verdict) -> dict[str, Any]:
    return {
        "is_proven": verdict.is_proven,
        "first_problem": verdict.first_problem,
        **asdict(verdict),
    }
