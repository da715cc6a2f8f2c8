"""`mqp health`: is everything in place for the next night? Fast, and nothing is changed."""

from dataclasses import asdict

import typer

from orchestration.health.examine import examine
from orchestration.resources import load_settings

MARKS = {"ok": "✓", "warn": "!", "fail": "✗"}


def health_command(component: str, *, as_json: bool) -> int:
    """Print every finding; exit code 1 when one has failed."""
    findings = list(examine(load_settings(), component))
    if as_json:
        from orchestration.cli import print_json

        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            typer.echo(f"{MARKS[finding.state]} {finding.component:<10} {finding.detail}")
    return int(any(finding.state == "fail" for finding in findings))
