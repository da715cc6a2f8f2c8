"""The second half of a night: what is published, what is recorded of it, and what people read.

`orchestration/night.py` runs the steps and holds their state; the functions here end them, with
success or without.
"""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from orchestration.canaries import write_canaries
from orchestration.configuration import recorded_configuration
from orchestration.environment import present_environment
from orchestration.errors import NightError
from orchestration.findings import (
    degrading_reasons,
    fallback_rows,
    freshness_rows,
    quota_rows,
    requests_by_provider,
)
from orchestration.finished import FinishedBuild, discard_finished, waiting_build
from orchestration.gates import Gate
from orchestration.provenance import code_hash
from orchestration.record import (
    append_failed_night,
    append_night,
    append_published,
    append_validation_results,
    copy_record_into_build,
    decide,
    next_attempt,
    night_record,
)
from orchestration.rehearsal import marked_banner, marked_reasons
from orchestration.resources import utc_now
from reports.status import RunStatus
from warehouse.connection import connect, transaction
from warehouse.errors import WarehouseError
from warehouse.files import HALF_WRITTEN, file_bytes, sweep_spill, sweep_unfinished
from warehouse.home import Home
from warehouse.publish import Manifest, digest_tables, finish_publication, swap

if TYPE_CHECKING:
    from orchestration.night import NightRun

log = logging.getLogger("mqp.night")


def finish_killed_run(home: Home) -> None:
    """Do what a killed run left undone beside the databases, and remove what it left half done."""
    finish_publication(home)
    sweep_unfinished(home.reports.rglob(HALF_WRITTEN))
    for folder in (home.warehouse, home.dbt_target):
        sweep_unfinished(folder.glob(HALF_WRITTEN))
    sweep_spill(home.ledger)


def publish_night(run: "NightRun") -> Manifest:
    """Complete a night's build with its record, hash it, and swap it in.

    Raises
    ------
    NightError
        A gate refuses the night, or has not run; the old night stays.
    """
    finished = _finished(run)
    _swap_in(run, finished)
    return finished.manifest


def finish_night(run: "NightRun") -> Manifest:
    """Complete a night's build and leave it where it is: `publish_finished` swaps it in later.

    Its Data Docs are written now, from what the gates of this run have found. Errors as
    `publish_night`.
    """
    from orchestration.pages import write_gate_pages

    finished = _finished(run)
    finished.keep(run.settings.home)
    write_gate_pages(
        run.settings.home,
        finished.status,
        run.gates,
        banner=marked_banner(run.settings.banner, run.options.rehearse),
    )
    log.info("Night %s is built (%s) and waits for publication.", run.night, finished.status.status)
    return finished.manifest


def publish_finished(run: "NightRun") -> Manifest:
    """Swap in the build that another run has finished, with the settings that it was made with.

    Raises
    ------
    NothingToPublishError
        No build waits.
    NightError
        It must not be published any more; the old night stays.
    """
    home = run.settings.home
    finished = waiting_build(home)
    finished.refuse_unfit(run)
    run.night = finished.manifest.night
    with connect(home.build, read_only=True) as build:
        snapshot = build.execute(
            "select content from ops.configs where config_hash = ?", [finished.manifest.config_hash]
        ).fetchone()
    if snapshot is not None:
        run.configuration = recorded_configuration(snapshot[0])
    _swap_in(run, finished)
    discard_finished(home)
    return finished.manifest


def _finished(run: "NightRun") -> FinishedBuild:
    """Complete the build of a run whose gates let it pass."""
    _refuse_blocked(run.gates)
    reasons = _reasons(run)
    for reason in reasons:
        log.warning("%s", reason)
    status = _status(run, "DEGRADED" if reasons else "CLEAN", reasons=reasons)
    manifest = _complete_build(run, status)
    return FinishedBuild(manifest, replace(status, manifest_hash=manifest.digest))


def _swap_in(run: "NightRun", finished: FinishedBuild) -> None:
    """Make a finished build the published file, and write what it says of itself to the ledger."""
    home, status = run.settings.home, finished.status
    swap(
        home,
        finished.manifest,
        keep_results=run.is_fetching,
        environment=present_environment().to_json(),
    )
    run.status = status
    log.info("Published night %s: %s.", run.night, status.status)
    if run.is_fetching:
        with run.open_ledger() as ledger:
            append_published(ledger, home.published)


def _complete_build(run: "NightRun", status: RunStatus) -> Manifest:
    """Bring the record into the build, with tonight's own part of it; returns what it holds now.

    The ledger gets tonight's part from the published file: a killed run has then recorded all of a
    published attempt or, once the next run begins, will have.
    """
    home = run.settings.home
    with connect(home.build) as build:
        copy_record_into_build(home.ledger, build)
        if run.is_recordable:
            decide(build, run.night, run.ledger_version, recorded_at=utc_now(run.settings))
        manifest = Manifest(
            night=run.night,
            world=run.settings.world,
            ledger_version=run.ledger_version,
            code_hash=status.code_hash,
            config_hash=status.config_hash,
            tables=digest_tables(build),
        )
        write_canaries(build, run.night, run.attempt, run.gates[-1].canaries)
        if run.is_fetching:
            with transaction(build):
                append_night(build, night_record(status, manifest.digest))
                append_validation_results(build, _validation_rows(run.gates))
        build.execute("checkpoint")
    return manifest


def report_night(run: "NightRun") -> None:
    """Write what people open, from the published file."""
    if run.status is None:
        raise NightError("There is nothing to report: this run has not published a night.")
    from orchestration.difference.run import Comparer
    from orchestration.pages import write_exports

    if run.is_fetching:
        Comparer(run.settings.home, run.settings.world, run.sessions).keep(run.night)
    write_exports(run.settings.home, run.status, fill=run.portfolio.fill)
    _write_pages(run, run.status)


def record_failed_night(run: "NightRun", sentence: str) -> None:
    """Remember that this attempt failed, in the ledger, the report and `run_status.json`."""
    if run.status is not None:  # the night is published; only what follows has failed
        reason = f"published, but a later step failed: {sentence}"
        run.failed = replace(run.status, reasons=(*run.status.reasons, reason))
        _write_pages(run, run.failed)
        return
    try:
        with run.open_ledger() as ledger:
            run.attempt = run.attempt or next_attempt(ledger, run.night)
            status = run.failed = _status(run, "FAILED", reasons=(sentence,))
            append_failed_night(ledger, night_record(status, None), _validation_rows(run.gates))
    except WarehouseError:
        log.exception("the failure of night %s could not be recorded in the ledger", run.night)
        status = run.failed = _status(run, "FAILED", reasons=(sentence,))
    _write_pages(run, status)


def _refuse_blocked(gates: list[Gate]) -> None:
    if len(gates) < 2:
        raise NightError("Both quality gates must run before a night is published.")
    for gate in gates:
        if gate.is_blocked:
            raise NightError(f"Gate {gate.number} refuses the night: {gate.blocking_sentence}")


def _validation_rows(gates: list[Gate]) -> list[tuple[Any, ...]]:
    return [row for gate in gates for row in gate.rows]


def _reasons(run: "NightRun") -> tuple[str, ...]:
    problems = run.collected.problems if run.collected else ()
    reasons = degrading_reasons(run.freshness, run.quarantined, problems)
    problem = run.orders.problem if run.orders else None
    return (*reasons, problem) if problem else reasons


def _status(run: "NightRun", status: str, *, reasons: tuple[str, ...]) -> RunStatus:
    collected = run.collected
    fetches = collected.fetches if collected else ()
    quarantined: tuple[Mapping[str, Any], ...] = tuple(dict(row) for row in run.quarantined)
    return RunStatus(
        night=run.night,
        status=status,
        attempt=run.attempt,
        run_id=run.run_id,
        world=run.settings.world,
        as_of_at=run.decided_at,
        started_at=run.started_at,
        finished_at=utc_now(run.settings),
        ledger_version=run.landing.ledger_version if run.landing else 0,
        code_hash=code_hash(),
        config_hash=run.configuration.config_hash,
        reasons=marked_reasons(reasons, run.options.rehearse),
        quarantined=quarantined,
        freshness=freshness_rows(run.freshness, fetches),
        requests=requests_by_provider(fetches),
        fallbacks=fallback_rows(collected.fallbacks if collected else (), run.freshness),
        quotas=quota_rows(collected.quotas if collected else ()),
        rehearsal=run.options.rehearse or None,
        ledger_bytes=file_bytes(run.settings.home.ledger),
        orders=run.orders.as_row() if run.orders else None,
    )


def _write_pages(run: "NightRun", status: RunStatus) -> None:
    from orchestration.pages import write_pages

    write_pages(
        run.settings.home,
        status,
        run.gates,
        banner=marked_banner(run.settings.banner, run.options.rehearse),
        target_volatility=run.portfolio.target_volatility_annual,
    )
