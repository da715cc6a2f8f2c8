"""The one Definitions object: every asset, check, job and schedule, and the policy over them."""

import logging
from typing import Any

import dagster as dg

from orchestration.assets.analytics import backtests_and_allocation
from orchestration.assets.checks import gate_2_checks
from orchestration.assets.dbt import dbt_resource, warehouse_models
from orchestration.assets.ingestion import build_context, landed_rows
from orchestration.assets.reports import published_asset, reports
from orchestration.night_resource import NightResource
from orchestration.schedules import nightly_schedule

log = logging.getLogger("mqp.night")

MART_KEYS = [key for key in warehouse_models.keys if key.path[0] == "marts"]


@dg.failure_hook(required_resource_keys={"night"})
def remember_failure(context: dg.HookContext) -> None:
    """A failed step makes the night FAILED in the ledger; what is published stays as it was."""
    error = context.op_exception
    sentence = str(error).splitlines()[0] if error and str(error) else type(error).__name__
    log.error("Step %s failed: %s", context.op.name, sentence, exc_info=error)
    context.resources.night.run.record_failure(sentence)


nightly_job: Any = dg.define_asset_job(
    "nightly",
    selection=dg.AssetSelection.all(),
    executor_def=dg.in_process_executor,  # DuckDB has one writing process
    hooks={remember_failure},
    description="Fetch, land, check, build, decide, check again, publish, report.",
)

defs = dg.Definitions(
    assets=[
        landed_rows,
        build_context,
        warehouse_models,
        backtests_and_allocation,
        published_asset(MART_KEYS),
        reports,
    ],
    asset_checks=[gate_2_checks],
    jobs=[nightly_job],
    schedules=[nightly_schedule(nightly_job)],
    resources={"night": NightResource(), "dbt": dbt_resource()},
    executor=dg.in_process_executor,
)
