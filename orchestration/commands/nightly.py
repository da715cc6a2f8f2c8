"""`mqp nightly`: the whole night in this process, with progress and a summary for people."""

import logging
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer
from dotenv import dotenv_values

from orchestration.configuration import night_configuration
from orchestration.moments import past_moment
from orchestration.progress import shown_progress
from orchestration.rehearsal import (
    LIST,
    refuse_impossible_rehearsal,
    rehearsal_lines,
    rehearsal_table,
)
from orchestration.resources import Settings, load_settings, utc_now

EXIT_CODES = {"CLEAN": 0, "DEGRADED": 3}
EXIT_FAILED = 1


def nightly_command(
    options: Mapping[str, Any], *, dry_run: bool, as_json: bool, debug: bool
) -> int:
    """Run a night and print what a person needs to know; returns the exit code."""
    rehearsal = options.get("rehearse", "")
    if rehearsal == LIST:
        return _list_rehearsals(as_json=as_json)
    settings = load_settings()
    if rehearsal:
        refuse_impossible_rehearsal(
            settings,
            rehearsal,
            is_past=bool(options.get("as_of")),
            offline=bool(options.get("offline")),
        )
    as_of = options.get("as_of")
    # a bad file is refused before anything starts
    night_configuration(
        settings, as_of=past_moment(as_of) if as_of else None, now=utc_now(settings)
    )
    with shown_progress(quiet=as_json):
        if settings.banner:
            logging.getLogger("mqp").info("%s: world %s.", settings.banner, settings.world)
        if dry_run:
            return _dry_run(settings, options, as_json=as_json, debug=debug)
        return _run(settings, options, as_json=as_json, debug=debug)


def _list_rehearsals(*, as_json: bool) -> int:
    from orchestration.cli import print_json

    if as_json:
        print_json(rehearsal_table())
    else:
        for line in rehearsal_lines():
            typer.echo(line)
    return EXIT_CODES["CLEAN"]


def _run(
    settings: Settings,
    options: Mapping[str, Any],
    *,
    as_json: bool,
    debug: bool,
    keeps_report: bool = True,
) -> int:
    from orchestration.nightly import run_nightly

    outcome = run_nightly(settings, options, debug=debug)
    if not outcome.success:
        typer.echo(f"mqp: {outcome.sentence}", err=True)
        return EXIT_FAILED
    return print_summary(settings, as_json=as_json, keeps_report=keeps_report)


def _dry_run(settings: Settings, options: Mapping[str, Any], *, as_json: bool, debug: bool) -> int:
    """Run the same night in a scratch copy of the home, and throw the copy away.

    Its requests are real ones: they count against the home's own quotas.
    """
    from orchestration.nightly import scratch_home

    remembered = dotenv_values(settings.home.root / ".env")
    with scratch_home(settings) as home:
        for name, value in remembered.items():
            if value:
                os.environ.setdefault(name, value)
        os.environ.pop("CACHE_ROOT", None)
        os.environ.update(scratch_variables(settings, home.root))
        code = _run(load_settings(), options, as_json=as_json, debug=debug, keeps_report=False)
    typer.echo("Dry run: nothing was kept but the count of the calls it spent.", err=True)
    return code


def scratch_variables(settings: Settings, scratch: Path) -> dict[str, str]:
    """What sends a dry run's files to its scratch home, and its spent calls to the real count.

    What is held stays what the real home says.
    """
    quota_root = settings.quota_root or settings.cache_root
    variables = {"MQP_HOME": str(scratch), "QUOTA_ROOT": str(quota_root.resolve())}
    variables |= dict.fromkeys(("ALERT_WEBHOOK_URL", "HEARTBEAT_URL"), "")  # nobody is told of it
    if settings.holdings is not None:
        variables["MQP_HOLDINGS"] = str(settings.holdings.resolve())
    return variables


def print_summary(settings: Settings, *, as_json: bool, keeps_report: bool = True) -> int:
    """Print night, status, changed signals, weights, and where the report is if it is kept."""
    from reports.status import read_run_status
    from reports.summary import night_summary

    home = settings.home
    status = read_run_status(home.reports / "run_status.json")
    summary = night_summary(home.published, status)
    if as_json:
        from orchestration.cli import print_json

        print_json(asdict(summary))
    else:
        for line in summary.lines(report=home.reports / "latest.html" if keeps_report else None):
            typer.echo(line)
    return EXIT_CODES.get(status.status, EXIT_FAILED)
