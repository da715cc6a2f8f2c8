"""The one Definitions object: every asset, check, job, schedule and sensor, and the policy."""

import logging
from typing import Any

import dagster as dg

from orchestration.assets.analytics import backtests_and_allocation
from orchestration.assets.checks import gate_2_checks
from orchestration.assets.dbt import dbt_resource, warehouse_models
from orchestration.assets.ingestion import build_context, landed_rows
from orchestration.assets.reports import FINISHED, finished_asset, published_asset, reports
from orchestration.assets.upkeep import (
    ANSWERS,
    DRILL,
    OOS_REGISTRY,
    REPLAYED,
    oos_registry,
    provider_answers,
    replayed_night,
    restore_drill,
)
from orchestration.finished import NothingToPublishError
from orchestration.night_resource import HomeResource, NightResource
from orchestration.schedules import schedules
from orchestration.sensors import sensors
from orchestration.steps import STEP_PARTS, step_tables
from orchestration.timetable import load_timetable

log = logging.getLogger("mqp.night")

MART_KEYS = [key for key in warehouse_models.keys if key.path[0] == "marts"]
PUBLISHED_FILE = published_asset(MART_KEYS)
ENDING = dg.AssetSelection.assets(PUBLISHED_FILE, reports)
WHOLE_NIGHT = dg.AssetSelection.all() - dg.AssetSelection.assets(
    ANSWERS, OOS_REGISTRY, REPLAYED, DRILL, FINISHED
)


@dg.failure_hook(required_resource_keys={"night"})
def remember_failure(context: dg.HookContext) -> None:
    """A failed step makes the night FAILED in the ledger; what is published stays as it was."""
    error = context.op_exception
    sentence = str(error).splitlines()[0] if error and str(error) else type(error).__name__
    log.error("Step %s failed: %s", context.op.name, sentence, exc_info=error)
    if not isinstance(error, NothingToPublishError):
        context.resources.night.run.record_failure(sentence)


def _job(
    name: str, selection: dg.AssetSelection, text: str, *, priority: int, is_night: bool = False
) -> Any:
    """One job; runs wait for each other, those of a higher priority first."""
    return dg.define_asset_job(
        name,
        selection=selection,
        executor_def=dg.in_process_executor,  # DuckDB has one writing process
        hooks={remember_failure} if is_night else None,
        description=text,
        tags={
            "dagster/priority": str(priority),
            # a run's state lives in its process: one that was killed begins anew
            "dagster/retry_strategy": "ALL_STEPS",
        },
    )


def _step(name: str, text: str) -> Any:
    """The job of a fetching step: the raw tables of its part of the inputs."""
    tables = [dg.AssetKey(table.split(".")) for table in step_tables(name)]
    also = [ANSWERS] if name == "warm_up" else []
    return _job(name, dg.AssetSelection.assets(*also, *tables), text, priority=3)


STEP_TEXTS: dict[str, str] = {
    "warm_up": "Who answers; companies' figures, for which no decision waits.",
    "equities": "Bars of every symbol, splits, dividends and news: fetched, landed, judged.",
    "credit": "Credit spreads and rates: fetched, landed, judged.",
    "volatility": "The VIX family: fetched, landed, judged.",
}
JOBS: dict[str, Any] = {
    "nightly": _job(
        "nightly",
        WHOLE_NIGHT,
        "The whole night: fetch, land, check, build, decide, check again, publish, report.",
        priority=2,
        is_night=True,
    ),
    **{step: _step(step, STEP_TEXTS[step]) for step in STEP_PARTS},
    "portfolio": _job(
        "portfolio",
        (WHOLE_NIGHT - ENDING) | dg.AssetSelection.assets(FINISHED),
        "The night up to its publication: one build at one ledger version.",
        priority=2,
        is_night=True,
    ),
    "reports": _job(
        "reports", ENDING, "Publish the finished build, and report.", priority=1, is_night=True
    ),
    "oos_registry": _job(
        "oos_registry",
        dg.AssetSelection.assets(OOS_REGISTRY),
        "Bring the out-of-sample registry up to date.",
        priority=0,
    ),
    "restore_drill": _job(
        "restore_drill",
        dg.AssetSelection.assets(DRILL),
        "Restore the latest backup to a scratch folder and build its night again.",
        priority=0,
    ),
    "replays": _job(
        "replays",
        dg.AssetSelection.assets(REPLAYED),
        "Build published nights again, one run each, and compare them.",
        priority=-1,
    ),
}

TIMETABLE = load_timetable()
defs = dg.Definitions(
    assets=[
        landed_rows,
        build_context,
        warehouse_models,
        backtests_and_allocation,
        finished_asset(MART_KEYS),
        PUBLISHED_FILE,
        reports,
        provider_answers,
        oos_registry,
        replayed_night,
        restore_drill,
    ],
    asset_checks=[gate_2_checks],
    jobs=list(JOBS.values()),
    schedules=schedules(JOBS, TIMETABLE),
    sensors=sensors(JOBS, TIMETABLE),
    resources={"night": NightResource(), "home": HomeResource(), "dbt": dbt_resource()},
    executor=dg.in_process_executor,
)
