"""What the ledger remembers about nights: attempts, missed sessions, and decisions written once."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from orchestration.provenance import code_hash
from reports.status import RunStatus
from warehouse.connection import Connection, connect, quoted_path, transaction
from warehouse.errors import CorruptFileError
from warehouse.home import Home
from warehouse.landed_rows import raw_tables
from warehouse.sessions import Sessions

STILL_IN_FORCE = "r.released_at is null"

RECORD_COPIES: dict[str, str] = {
    "ops.nights": "ops.nights",
    "ops.fetches": "ops.fetches",
    "ops.configs": "ops.configs",
    "quality.validation_results": "quality.validation_results",
    "quality.quarantine": "quality.quarantine_events",
    "quality.history_extents": "quality.history_extents",
    "analytics.decisions": "analytics.decisions",
    "analytics.trials": "analytics.trials",
    "ops.drills": "ops.drills",
}
"""Table of the ledger to its copy in the published file: what no stored response could restore."""

NEWEST_EXTENTS = (  # the next gate compares with these only
    "qualify row_number() over "
    "(partition by dataset, symbol order by ledger_version desc, night desc) = 1"
)

LANDING_COPIES = ("ops.landings", "ops.landed_rows")
"""Tables of the ledger that say what landed when; the responses could restore them."""


@dataclass(frozen=True)
class NightRecord:
    """One attempt at one night, as it stands in `ops.nights`."""

    night: date
    attempt: int
    status: str
    run_id: str
    started_at: datetime
    finished_at: datetime
    as_of_at: datetime | None
    ledger_version: int | None
    code_hash: str | None
    config_hash: str | None
    world: str
    manifest_hash: str | None
    reasons: Sequence[str] = ()
    fallbacks: Sequence[Mapping[str, Any]] = ()
    ledger_bytes: int | None = None


def night_record(status: RunStatus, manifest_hash: str | None) -> NightRecord:
    """The attempt that a run status describes."""
    return NightRecord(
        night=status.night,
        attempt=status.attempt,
        status=status.status,
        run_id=status.run_id,
        started_at=status.started_at,
        finished_at=status.finished_at or status.started_at,
        as_of_at=status.as_of_at,
        ledger_version=status.ledger_version,
        code_hash=status.code_hash,
        config_hash=status.config_hash,
        world=status.world,
        manifest_hash=manifest_hash,
        reasons=status.reasons,
        fallbacks=status.fallbacks,
        ledger_bytes=status.ledger_bytes,
    )


def next_attempt(ledger: Connection, night: date) -> int:
    """Number of the attempt that starts now: one more than the night has had."""
    row = ledger.execute(
        "select coalesce(max(attempt), 0) from ops.nights where night = ?", [night]
    ).fetchone()
    return int(row[0]) + 1 if row else 1


def append_night(connection: Connection, record: NightRecord) -> None:
    """Append an attempt to `ops.nights` of a ledger or a build."""
    connection.execute(
        "insert into ops.nights values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            record.night,
            record.attempt,
            record.status,
            record.run_id,
            record.started_at,
            record.finished_at,
            record.as_of_at,
            record.ledger_version,
            record.code_hash,
            record.config_hash,
            record.world,
            record.manifest_hash,
            json.dumps(list(record.reasons)),
            json.dumps(list(record.fallbacks), default=str),
            record.ledger_bytes,
        ],
    )


def record_missed_sessions(
    ledger: Connection, night: date, sessions: Sessions, *, run_id: str, world: str, now: datetime
) -> tuple[date, ...]:
    """Write a MISSED row for every session between the last recorded night and this one.

    A missed session is never computed afterwards as if it had been decided in time.
    """
    row = ledger.execute("select max(night) from ops.nights where night < ?", [night]).fetchone()
    if row is None or row[0] is None:
        return ()
    last = sessions.previous_session(night)
    since = sessions.between(sessions.next_session(row[0]), last)
    known = {
        found[0] for found in ledger.execute("select distinct night from ops.nights").fetchall()
    }
    missed = tuple(day for day in since if day not in known)
    for day in missed:
        append_night(
            ledger,
            NightRecord(
                night=day,
                attempt=0,
                status="MISSED",
                run_id=run_id,
                started_at=now,
                finished_at=now,
                as_of_at=None,
                ledger_version=None,
                code_hash=None,
                config_hash=None,
                world=world,
                manifest_hash=None,
                reasons=("no run was made for this session",),
            ),
        )
    return missed


def copy_record_into_build(ledger: Path, build: Connection) -> None:
    """Copy the ledger's logs into the open build, so that the published file stands alone."""
    build.execute(f"attach '{quoted_path(ledger)}' as record (read_only)")
    build.execute("create schema if not exists quality")
    build.execute("create schema if not exists analytics")
    for name, copy in RECORD_COPIES.items():
        only = NEWEST_EXTENTS if name == "quality.history_extents" else ""
        build.execute(f"create table {copy} as select * from record.{name} {only}")
    for name in LANDING_COPIES:
        build.execute(f"create table {name} as select * from record.{name}")
    counts = " union all ".join(
        f"select '{name}' as table_name, count(*) as row_count from record.{name}"
        for name in raw_tables(build, "record")
    )
    build.execute(f"create table ops.ledger_tables as {counts} order by table_name")
    # a range is released only when no quarantine of it is still in force
    build.execute(f"""
        create table quality.quarantine as
        select q.dataset, q.symbol, q.first_date, q.last_date, max(q.reason) as reason,
            min(q.night) as night,
            case when bool_or({STILL_IN_FORCE}) then null else max(r.released_at) end
                as released_at,
            case when bool_or({STILL_IN_FORCE}) then null else max(r.release_reason) end
                as release_reason
        from record.quality.quarantine as q
        left join record.quality.quarantine as r
            on r.released_at is not null and r.dataset = q.dataset and r.symbol = q.symbol
                and r.first_date = q.first_date and r.last_date = q.last_date
                and r.released_at >= q.decided_at and r.ledger_version >= q.ledger_version
        where q.released_at is null
        group by q.dataset, q.symbol, q.first_date, q.last_date
        order by all
    """)
    build.execute("detach record")


def append_validation_results(connection: Connection, rows: Sequence[Sequence[Any]]) -> None:
    """Append what the gates found to a ledger or a build, one row per claim."""
    if not rows:
        return
    connection.executemany(
        "insert into quality.validation_results values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows
    )


def append_failed_night(
    ledger: Connection, record: NightRecord, judgements: Sequence[Sequence[Any]]
) -> None:
    """Append an attempt that published nothing, and what the gates had found: both or neither."""
    with transaction(ledger):
        append_night(ledger, record)
        append_validation_results(ledger, judgements)


def decide(build: Connection, night: date, ledger_version: int, *, recorded_at: datetime) -> None:
    """Write the night's decisions into the build's copy of the record, unless it has some.

    The ledger gets them only once the night is published (`append_published`).
    """
    build.execute(
        """
        insert into analytics.decisions
        select $1, symbol, strategy, sleeve_target_weight, final_weight,
            concat_ws('; ', signal_reason, override_reason), decided_at, effective_session,
            $2, $3, $4
        from analytics.target_weights
        where session_date = $1
            and not exists (select 1 from analytics.decisions as d where d.night = $1)
        order by strategy, symbol
        """,
        [night, recorded_at, ledger_version, code_hash()],
    )


def append_published(ledger: Connection, published: Path) -> None:
    """Copy what a published night says of itself into the ledger: attempt, judgements, decisions.

    All of it or nothing, and only what is missing there. A night that has decisions keeps them: a
    later attempt changes nothing.
    """
    ledger.execute(f"attach '{quoted_path(published)}' as published (read_only)")
    try:
        with transaction(ledger):
            ledger.execute("""
                insert into ops.nights by name
                select p.* from published.ops.nights as p
                anti join ops.nights as l using (night, attempt, run_id, status)
                order by night, attempt
            """)
            ledger.execute("""
                insert into quality.validation_results by name
                select p.* from published.quality.validation_results as p
                anti join quality.validation_results as l using (night, attempt)
            """)
            ledger.execute("""
                insert into analytics.decisions
                select * from published.analytics.decisions
                where night not in (select distinct night from analytics.decisions)
                order by night, strategy, symbol
            """)
    finally:
        ledger.execute("detach published")


def catch_up_with_published(ledger: Connection, home: Home) -> None:
    """Finish what a killed run left: it had published, but not yet written its record.

    A published file that cannot be read has no record to give; the night that follows replaces it.
    """
    if published_night(home) is not None:
        append_published(ledger, home.published)


def published_night(home: Home) -> date | None:
    """The night that readers see now; None when there is none, or the file cannot be read."""
    if not home.published.exists():
        return None
    try:
        with connect(home.published, read_only=True) as published:
            row = published.execute("select night from ops.build_context").fetchone()
    except (CorruptFileError, duckdb.CatalogException):  # `repair.py` says so, and what follows
        return None
    return row[0] if row else None


def is_published_by(home: Home, run_id: str) -> bool:
    """Whether the published file is the work of that run."""
    if published_night(home) is None:
        return False
    with connect(home.published, read_only=True) as published:
        row = published.execute("select 1 from ops.nights where run_id = ?", [run_id]).fetchone()
    return row is not None
