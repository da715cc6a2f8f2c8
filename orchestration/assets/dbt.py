"""The dbt models as assets: one per model, its tests as checks, named as in the warehouse."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliResource, dbt_assets

from orchestration.build import DBT_BUILD, DBT_PROJECT
from orchestration.manifest import ensure_manifest
from orchestration.night_resource import NightResource
from orchestration.resources import load_settings

HOME = load_settings().home
MANIFEST = ensure_manifest(HOME)


class LayerTranslator(DagsterDbtTranslator):
    """Groups assets by layer; keys are schema and name, as everywhere else."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The layer: staging, intermediate or marts; seeds stand with staging."""
        if dbt_resource_props["resource_type"] == "seed":
            return "seeds"
        return str(dbt_resource_props["schema"])


@dbt_assets(manifest=MANIFEST, dagster_dbt_translator=LayerTranslator(), name="warehouse_models")
def warehouse_models(
    context: dg.AssetExecutionContext, dbt: DbtCliResource, night: NightResource
) -> Iterator[Any]:
    """Staging, intermediate and marts in SQL, at one ledger version and one moment."""
    home = night.run.settings.home
    invocation = dbt.cli(
        [*DBT_BUILD, "--log-path", str(home.logs / "dbt")],
        context=context,
        target_path=home.dbt_target,
    )
    yield from invocation.stream()


def dbt_resource() -> DbtCliResource:
    """The dbt command line on this project, with its statistics switched off."""
    return DbtCliResource(
        project_dir=str(DBT_PROJECT),
        profiles_dir=str(DBT_PROJECT),
        dbt_executable=str(Path(sys.executable).with_name("dbt")),  # of this environment
    )
