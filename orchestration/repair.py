"""Before a night begins: is what readers see what was published? If not, it is built again."""

import logging
from datetime import date

from orchestration.errors import CommandError
from orchestration.lost_record import restore_decisions
from orchestration.record import published_night
from orchestration.replay.published import (
    manifest_of,
    move_aside,
    published_damage,
    restore_published,
)
from orchestration.resources import Settings, utc_now
from warehouse.connection import connect
from warehouse.errors import CorruptFileError, WarehouseError
from warehouse.files import write_text
from warehouse.home import Home
from warehouse.kept_manifest import read_kept_manifest
from warehouse.ledger import opened_ledger
from warehouse.publish import MANIFEST

log = logging.getLogger("mqp.night")


def damage_of_home(home: Home) -> str | None:
    """What is wrong with the published file, in a sentence; None also before the first night."""
    if not home.published.exists() and not any(home.nights.glob("*/")):
        return None
    return published_damage(home)


def repair_published(settings: Settings) -> None:
    """Build the published night again from the ledger where its file is damaged or lost.

    The caller holds the writer lock. A damaged file is kept as `quant.duckdb.damaged`. What cannot
    be built again is no reason to fail: the night that follows takes its place.
    """
    home = settings.home
    damage = damage_of_home(home)
    if damage is None:
        _repair_manifest(home)
        return
    log.warning("%s The published night is built again from the ledger.", damage)
    with opened_ledger(home.ledger, settings.world, now=utc_now(settings)) as ledger:
        # a run that was killed after its swap had not recorded them yet
        restore_decisions(ledger, home, log.warning)
    try:
        log.warning("%s", restore_published(settings, log.info, holds_lock=True).sentence)
    except (CommandError, WarehouseError) as err:
        aside = move_aside(home)
        kept = f"; the damaged file is {aside.name} now" if aside else ""
        log.warning("It cannot be built again (%s)%s: this night replaces it.", err, kept)


def _repair_manifest(home: Home) -> None:
    """Write the published night's manifest again where the kept one is damaged."""
    night = published_night(home)
    if night is None or _is_manifest_recorded(home, night):
        return
    with connect(home.published, read_only=True) as published:
        manifest, is_recorded = manifest_of(home, published)
    if is_recorded:
        write_text(home.nights / night.isoformat() / MANIFEST, manifest.to_json())
        log.warning("The manifest of night %s was damaged: written again from its tables.", night)


def _is_manifest_recorded(home: Home, night: date) -> bool:
    """Whether the kept manifest is one that was published; also where none is kept."""
    try:
        kept = read_kept_manifest(home, night)
    except CorruptFileError:
        return False
    with connect(home.published, read_only=True) as published:
        recorded = published.execute(
            "select manifest_hash from ops.nights where night = ?", [night]
        ).fetchall()
    return kept is None or (kept.manifest.digest,) in recorded
