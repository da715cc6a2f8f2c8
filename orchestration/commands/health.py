"""`mqp health`: is everything in place for the next night? Fast, and nothing is changed."""

import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import typer

from ingestion.settings import KEY_VARIABLES
from orchestration.repair import damage_of_home
from orchestration.resources import Settings, load_settings, utc_now
from warehouse.connection import connect
from warehouse.errors import WarehouseError
from warehouse.landing_log import read_log
from warehouse.sessions import new_york_sessions

LEAST_FREE_BYTES = 2 * 1024**3  # a night writes some hundred MB; two GB leave room for a backup


@dataclass(frozen=True)
class Finding:
    """One component's state: `ok`, `warn` or `fail`, and a sentence."""

    component: str
    state: str
    detail: str


def health_command(*, as_json: bool) -> int:
    """Print every finding; exit code 1 when one has failed."""
    findings = list(examine(load_settings()))
    if as_json:
        from orchestration.cli import print_json

        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            mark = {"ok": "✓", "warn": "!", "fail": "✗"}[finding.state]
            typer.echo(f"{mark} {finding.component:<10} {finding.detail}")
    return int(any(finding.state == "fail" for finding in findings))


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at keys, disk, ledger, published file and its age."""
    yield _keys(settings)
    yield _disk(settings)
    yield _ledger(settings)
    yield _published(settings)


def _keys(settings: Settings) -> Finding:
    if settings.is_sandbox:
        return Finding("sources", "ok", f"simulated market, world {settings.world}")
    missing = [name for key, name in KEY_VARIABLES.items() if key not in settings.api_keys]
    if missing:
        return Finding("sources", "warn", f"not set: {', '.join(missing)}; others take over")
    return Finding("sources", "ok", "every provider's key is set")


def _disk(settings: Settings) -> Finding:
    folder = settings.home.root
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    state = "ok" if free >= LEAST_FREE_BYTES else "fail"
    return Finding("disk", state, f"{free / 1024**3:.1f} GiB free under {settings.home.root}")


def _ledger(settings: Settings) -> Finding:
    """The ledger is left to the night; its world and version stand in the published file too."""
    if not settings.home.ledger.exists():
        if read_log(settings.home.raw_responses).landings:
            lost = "gone, though rows have landed here: run `mqp restore --from-responses`"
            return Finding("ledger", "fail", lost)
        return Finding("ledger", "warn", "not there yet: run `mqp nightly`")
    size = settings.home.ledger.stat().st_size / 1024**2
    return Finding("ledger", "ok", f"{size:.1f} MiB")


def _published(settings: Settings) -> Finding:
    """Whether the published file is whole, of this world, and shows the night that is due."""
    if damage := damage_of_home(settings.home):
        cure = "`mqp nightly` or `mqp replay` builds it again from the ledger"
        return Finding("warehouse", "fail", f"{damage} {cure}")
    try:
        with connect(settings.home.published, read_only=True) as published:
            night, world, version, status = published.execute(
                "select c.night, c.world, c.ledger_version, "
                "(select n.status from ops.nights as n where n.night = c.night "
                "order by n.attempt desc limit 1) from ops.build_context as c"
            ).fetchone() or (None, None, None, None)
    except WarehouseError as err:
        state = "fail" if settings.home.published.exists() else "warn"
        return Finding("warehouse", state, str(err))
    if world != settings.world:
        return Finding(
            "warehouse",
            "fail",
            f"belongs to world '{world}', this environment is '{settings.world}'",
        )
    due = new_york_sessions().latest_night(utc_now(settings))
    if night is None or night < due:
        return Finding("warehouse", "warn", f"shows night {night}; {due} is due: run `mqp nightly`")
    return Finding("warehouse", "ok", f"night {night}, {status}, ledger version {version}")
