"""`mqp ping`: who answers right now."""

from dataclasses import asdict

import typer

from ingestion.probe import ProbeResult, probe_providers
from orchestration.market import open_market
from orchestration.resources import clock_of, load_settings, utc_now

QUIET_STATES = frozenset({"ok", "not configured"})


def ping_command(*, as_json: bool) -> int:
    """Probe every provider and print a line each; exit code 1 when a configured one fails."""
    settings = load_settings()
    with open_market(settings, now=utc_now(settings)) as reached:
        results = probe_providers(reached.source_settings(), clock=clock_of(settings))
    if as_json:
        from orchestration.cli import print_json

        print_json([asdict(result) for result in results])
    else:
        typer.echo(f"World {settings.world}")
        for result in results:
            typer.echo(_line(result))
    return int(any(result.state not in QUIET_STATES for result in results))


def _line(result: ProbeResult) -> str:
    mark = {"ok": "✓", "not configured": "-"}.get(result.state, "✗")
    took = f"{result.seconds:6.2f} s" if result.state != "not configured" else " " * 8
    return f"{mark} {result.provider:<11} {took}  {result.state}: {result.detail}"
