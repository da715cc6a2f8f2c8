"""The published file and what people open: the last assets of a night."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg

from orchestration.assets.analytics import ANALYTICS_KEYS
from orchestration.assets.plots import portfolio_plot
from orchestration.assets.policy import NIGHTLY
from orchestration.assets.upkeep import md_table
from orchestration.night_resource import NightResource
from orchestration.upkeep import NIGHTS
from warehouse.publish import Manifest

PUBLISHED = dg.AssetKey(["warehouse", "quant"])
FINISHED = dg.AssetKey(["warehouse", "finished_build"])
REPORT_FILES = {
    "latest_html": "The nightly report: status, what to hold, what changed, what to distrust.",
    "run_status_json": "The night's status for machines: reasons, quarantine, freshness.",
    "backtests_csv": "Daily backtest results, one CSV per strategy.",
    "metrics_json": "Backtest metrics as JSON.",
}


def published_asset(mart_keys: list[dg.AssetKey]) -> dg.AssetsDefinition:
    """The asset of the published file, downstream of every mart and result."""

    @dg.asset(
        key=PUBLISHED,
        group_name="published",
        freshness_policy=NIGHTLY,
        deps=[*mart_keys, *ANALYTICS_KEYS],
        kinds={"duckdb"},
        description=(
            "warehouse/quant.duckdb: the night, verified against its manifest and swapped in "
            "whole. One file per home."
        ),
    )
    def published_warehouse(
        context: dg.AssetExecutionContext, night: NightResource
    ) -> dg.MaterializeResult:  # type: ignore[type-arg]
        run = night.run
        manifest, home = run.publish(), run.settings.home
        context.instance.add_dynamic_partitions(NIGHTS, [manifest.night.isoformat()])
        return dg.MaterializeResult(
            metadata={
                **_described(manifest),
                "status": run.status.status if run.status else "",
                "reasons": "; ".join(run.status.reasons if run.status else ()) or "none",
                "path": dg.MetadataValue.path(str(home.published)),
                "portfolio": portfolio_plot(home.published, banner=run.settings.banner),
            }
        )

    return published_warehouse


def finished_asset(mart_keys: list[dg.AssetKey]) -> dg.AssetsDefinition:
    """The asset of a build that waits for its publication, downstream of every mart and result."""

    @dg.asset(
        key=FINISHED,
        group_name="published",
        deps=[*mart_keys, *ANALYTICS_KEYS],
        kinds={"duckdb"},
        description=(
            "The private build of the evening, passed by both gates, hashed, and not yet seen by "
            "any reader: the step `reports` swaps it in."
        ),
    )
    def finished_build(night: NightResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
        return dg.MaterializeResult(metadata=_described(night.run.finish()))

    return finished_build


def _described(manifest: Manifest) -> dict[str, Any]:
    """What a build holds, as metadata of an asset."""
    counts = ({"table": name, "rows": table.rows} for name, table in manifest.tables.items())
    return {
        "night": manifest.night.isoformat(),
        "world": manifest.world,
        "ledger_version": manifest.ledger_version,
        "manifest_hash": manifest.digest,
        "tables": len(manifest.tables),
        "dagster/row_count": sum(table.rows for table in manifest.tables.values()),
        "rows of each table": md_table(counts),
    }


@dg.multi_asset(
    name="report_files",
    specs=[
        dg.AssetSpec(
            ["reports", name],
            deps=[PUBLISHED],
            group_name="reports",
            description=description,
            freshness_policy=NIGHTLY,
        )
        for name, description in REPORT_FILES.items()
    ],
)
def reports(night: NightResource) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
    """Write the report, exports and run status from the published file."""
    night.run.report()
    for name in REPORT_FILES:
        path = night.run.settings.home.reports / _file_name(name)
        yield dg.MaterializeResult(
            asset_key=["reports", name], metadata={"path": dg.MetadataValue.path(str(path))}
        )


def _file_name(asset: str) -> Path:
    stem, _, suffix = asset.rpartition("_")
    return Path(stem) if suffix == "csv" or stem == "metrics" else Path(f"{stem}.{suffix}")
