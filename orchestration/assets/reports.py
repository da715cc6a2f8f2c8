"""The published file and what people open: the last assets of a night."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from orchestration.assets.analytics import ANALYTICS_KEYS
from orchestration.night_resource import NightResource

PUBLISHED = dg.AssetKey(["warehouse", "quant"])
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
        deps=[*mart_keys, *ANALYTICS_KEYS],
        kinds={"duckdb"},
        description=(
            "warehouse/quant.duckdb: the night, verified against its manifest and swapped in "
            "whole. One file per home."
        ),
    )
    def published_warehouse(night: NightResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
        manifest = night.run.publish()
        return dg.MaterializeResult(
            metadata={
                "night": manifest.night.isoformat(),
                "ledger_version": manifest.ledger_version,
                "manifest_hash": manifest.digest,
                "tables": len(manifest.tables),
                "rows": sum(table.rows for table in manifest.tables.values()),
                "path": dg.MetadataValue.path(str(night.run.settings.home.published)),
            }
        )

    return published_warehouse


@dg.multi_asset(
    name="reports",
    specs=[
        dg.AssetSpec(
            ["reports", name], deps=[PUBLISHED], group_name="reports", description=description
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
