"""The dbt models as assets: one per model, its tests as checks, named as in the warehouse."""

import json
import sys
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliResource, dbt_assets
from packaging.version import Version

from orchestration.build import DBT_BUILD, DBT_PROJECT, NOT_OF_MODELS
from orchestration.errors import NightError
from orchestration.manifest import ensure_manifest
from orchestration.night_resource import NightResource
from orchestration.orphans import ended_with_us
from orchestration.resources import load_settings
from warehouse.disk import refuse_full_disk

HOME = load_settings().home
MANIFEST = ensure_manifest(HOME)


class LayerTranslator(DagsterDbtTranslator):
    """Groups assets by layer; keys are schema and name, as everywhere else."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The layer: staging, intermediate or marts; seeds stand with staging."""
        if dbt_resource_props["resource_type"] == "seed":
            return "seeds"
        return str(dbt_resource_props["schema"])


@dbt_assets(
    manifest=MANIFEST,
    exclude=NOT_OF_MODELS,
    dagster_dbt_translator=LayerTranslator(),
    name="warehouse_models",
)
def warehouse_models(
    context: dg.AssetExecutionContext, dbt: DbtCliResource, night: NightResource
) -> Iterator[Any]:
    """Staging, intermediate and marts in SQL, at one ledger version and one moment."""
    home = night.run.settings.home
    invocation = dbt.cli(
        [*DBT_BUILD, "--log-path", str(home.logs / "dbt")],
        context=context,
        target_path=home.dbt_target,
        raise_on_error=False,
    )
    with ended_with_us(invocation.process):
        yield from invocation.stream()
    if not invocation.is_successful():
        failure = failed_nodes(home.dbt_target)
        refuse_full_disk(home.build.parent, failure)
        raise NightError(f"dbt build failed: {failure}; see logs/dbt/dbt.log")


def failed_nodes(target: Path) -> str:
    """What dbt's last run could not build or found wrong, with its messages."""
    try:
        results = json.loads((target / "run_results.json").read_text())["results"]
    except (OSError, ValueError, KeyError):
        return "dbt left no results"
    failed = [
        f"{row['unique_id'].split('.')[2]} ({str(row.get('message') or row['status']).strip()})"
        for row in results
        if row["status"] in ("error", "fail")
    ]
    return "; ".join(" ".join(text.split()) for text in failed[:5]) or "dbt did not finish"


class InstalledDbt(DbtCliResource):
    """The command of this environment, whose release need not be asked for: that takes 2 s."""

    @cached_property
    def _cli_version(self) -> Version:
        return Version(version("dbt-core"))


def dbt_resource() -> DbtCliResource:
    """The dbt command line on this project, with its statistics switched off."""
    return InstalledDbt(
        project_dir=str(DBT_PROJECT),
        profiles_dir=str(DBT_PROJECT),
        dbt_executable=str(Path(sys.executable).with_name("dbt")),  # of this environment
    )
