"""Dagster's storage put in order before people look at it."""

import duckdb

from orchestration.dagster_home import opened_instance
from orchestration.presence import end_dead_runs
from orchestration.replay.nights import PUBLISHED
from warehouse.connection import connect
from warehouse.errors import WarehouseError
from warehouse.home import Home

NIGHTS = "nights"
"""The partitions of what can be built again: every night that was published here."""


def put_in_order(home: Home) -> None:
    """End the runs whose process was killed, and name every published night.

    A run that is believed to go on holds up all others. Nights that the command line has published
    before, or that came back with a backup, become partitions here.
    """
    nights = _published_nights(home)
    with opened_instance(home) as instance:
        end_dead_runs(instance, home)
        known = set(instance.get_dynamic_partitions(NIGHTS))
        if new := [night for night in nights if night not in known]:
            instance.add_dynamic_partitions(NIGHTS, new)


def _published_nights(home: Home) -> list[str]:
    """The dates of all published nights, from the published file's copy of the record."""
    if not home.published.exists():
        return []
    try:
        with connect(home.published, read_only=True) as published:
            rows = published.execute(
                "select distinct night from ops.nights where status in (select unnest(?)) "
                "order by night",
                [list(PUBLISHED)],
            ).fetchall()
    except (WarehouseError, duckdb.Error):  # `mqp health` and the next night say so
        return []
    return [row[0].isoformat() for row in rows]
