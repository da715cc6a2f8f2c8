"""Everything that `mqp health` looks at, by component: fast, read-only, waiting for nobody."""

from collections.abc import Iterator

from orchestration.health.disk import disk_finding
from orchestration.health.files import backup_finding, cache_finding, response_finding
from orchestration.health.finding import Finding
from orchestration.health.keys import key_findings, source_findings
from orchestration.health.schedule import night_finding, schedule_findings
from orchestration.health.strategies import CHECKS, strategy_findings
from orchestration.health.warehouse import Night, Unread, opened_night, warehouse_findings
from orchestration.resources import Settings, utc_now

ALL, WAREHOUSE = "all", "warehouse"


def examine(settings: Settings, component: str = ALL) -> Iterator[Finding]:
    """Look at one component, or at all and at what they need: keys, disk, files, schedule."""
    with opened_night(settings) as night:
        if component == WAREHOUSE:
            yield from warehouse_findings(settings, night)
        elif component in CHECKS:
            yield from strategy_findings(night, component)
        else:
            yield from _everything(settings, night)


def _everything(settings: Settings, night: Night | Unread) -> Iterator[Finding]:
    home, now = settings.home, utc_now(settings)
    yield from source_findings(settings)
    yield from key_findings(settings, now)
    yield disk_finding(home)
    yield from warehouse_findings(settings, night)
    yield cache_finding(settings)
    yield response_finding(home)
    yield from schedule_findings(settings, now)
    yield night_finding(settings)
    yield backup_finding(settings, now)
    for strategy in CHECKS:
        yield from strategy_findings(night, strategy)
