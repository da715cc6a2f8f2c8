"""A published night built again: its file, and what a manifest says of it."""

from pathlib import Path

from orchestration.configuration import recorded_configuration
from orchestration.provenance import code_hash
from orchestration.rebuild import Moment, Rebuilder
from orchestration.record import copy_record_into_build
from orchestration.replay.nights import PublishedNight
from warehouse.connection import connect
from warehouse.publish import Manifest, digest_tables


def rebuild_night(rebuilder: Rebuilder, night: PublishedNight, target: Path) -> Manifest:
    """Build a night as it was built once, with today's code, and complete it with the record.

    Parameters
    ----------
    rebuilder : of the ledger that knows the night.
    night : as the ledger recorded it.
    target : where the finished file goes.

    Returns
    -------
    What the file holds, in today's code's name.

    Raises
    ------
    NightError
        dbt reports an error.
    UsageError
        Today's release does not accept the night's configuration any more.
    """
    rebuilder.build(
        Moment(
            night=night.night,
            ledger_version=night.ledger_version,
            recorded_at=night.as_of_at,
            configuration=recorded_configuration(night.configuration),
            attempt=night.attempt,
        ),
        target,
    )
    with connect(target) as build:
        copy_record_into_build(rebuilder.ledger, build)
        manifest = Manifest(
            night=night.night,
            world=rebuilder.world,
            ledger_version=night.ledger_version,
            code_hash=code_hash(),
            config_hash=night.config_hash,
            tables=digest_tables(build),
        )
        build.execute("checkpoint")
    return manifest
