"""Homes with published nights, made by hand: no model is built here."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from orchestration.provenance import configuration_hash
from orchestration.record import NightRecord, append_night, copy_record_into_build
from warehouse.connection import connect
from warehouse.home import Home
from warehouse.ledger import open_ledger
from warehouse.publish import Manifest, digest_tables, swap

WORLD, CODE = "custom:replay", "code-of-then"
NIGHT = date(2017, 6, 30)
DECIDED_AT = datetime(2017, 6, 30, 20, 30, tzinfo=UTC)
CONFIGURATION = '{"portfolio": {}, "universe": {}}'
WEIGHTS = "('AAPL', date '2017-06-30', 0.25), ('JPM', date '2017-06-30', 0.5)"


@dataclass(frozen=True)
class Making:
    """What a night is made of: see `published_home`."""

    night: date = NIGHT
    attempt: int = 1
    status: str = "CLEAN"
    code_hash: str = CODE
    weights: str = WEIGHTS
    reasons: tuple[str, ...] = ()
    environment: str = "{}"


def published_home(root: Path, *makings: Making) -> Home:
    """A home in which attempts were made one after the other, and those with a file published."""
    home = Home(root)
    home.make_folders()
    with connect(home.ledger) as ledger:
        open_ledger(ledger, WORLD, now=DECIDED_AT)
        ledger.execute(
            "insert into ops.configs values (?, ?)",
            [configuration_hash(CONFIGURATION), CONFIGURATION],
        )
    for making in makings:
        digest = publish(home, making) if making.status in ("CLEAN", "DEGRADED") else None
        with connect(home.ledger) as ledger:
            append_night(ledger, record_of(making, digest))
    return home


def publish(home: Home, making: Making) -> str:
    """Build and swap in a night of two staging rows and its weights; returns its manifest hash."""
    manifest = make_build(home, making)
    swap(home, manifest, environment=making.environment)
    return manifest.digest


def make_build(home: Home, making: Making) -> Manifest:
    """A finished private build, and its manifest."""
    home.build.unlink(missing_ok=True)
    config_hash = configuration_hash(CONFIGURATION)
    with connect(home.build) as build:
        build.execute("create schema ops")
        build.execute(
            "create table ops.build_context as select ?::date as night, 1 as ledger_version, "
            "? as code_hash, ? as config_hash, ? as world",
            [making.night, making.code_hash, config_hash, WORLD],
        )
        build.execute("create schema staging")
        build.execute("create table staging.stg_cboe__index_history as select 'VIX' as n, 11.0 c")
        build.execute("create schema analytics")
        build.execute(
            "create table analytics.target_weights as "
            "select * replace (final_weight::double as final_weight) from "
            f"(values {making.weights}) t(symbol, session_date, final_weight)"
        )
        copy_record_into_build(home.ledger, build)
        digests = digest_tables(build)
        manifest = Manifest(making.night, WORLD, 1, making.code_hash, config_hash, digests)
        append_night(build, record_of(making, manifest.digest))
        return manifest


def record_of(making: Making, manifest_hash: str | None) -> NightRecord:
    """The attempt as the ledger remembers it."""
    return NightRecord(
        night=making.night,
        attempt=making.attempt,
        status=making.status,
        run_id=f"{making.night}-{making.attempt}",
        started_at=DECIDED_AT,
        finished_at=DECIDED_AT,
        as_of_at=DECIDED_AT,
        ledger_version=1,
        code_hash=making.code_hash,
        config_hash=configuration_hash(CONFIGURATION),
        world=WORLD,
        manifest_hash=manifest_hash,
        reasons=making.reasons,
    )
