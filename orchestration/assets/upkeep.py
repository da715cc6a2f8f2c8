"""What is looked at beside the nights: who answers, what training promised, nights built again."""

import logging
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg

from orchestration.night_resource import HomeResource
from orchestration.upkeep import NIGHTS
from warehouse.sessions import new_york_sessions

log = logging.getLogger("mqp.night")

ANSWERS = dg.AssetKey(["sources", "answers"])
OOS_REGISTRY = dg.AssetKey(["reports", "oos_registry_csv"])
DRILL = dg.AssetKey(["backups", "drill"])
REPLAYED = dg.AssetKey(["warehouse", "replayed_night"])
SPLIT = 0.7
PARTITIONS = dg.DynamicPartitionsDefinition(name=NIGHTS)


@dg.asset(
    key=ANSWERS,
    group_name="raw",
    description="Who answers right now, as `mqp ping` asks. One row per provider.",
)
def provider_answers(home: HomeResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Ask one endpoint of each provider; one that fails is a warning, the next in rank serves."""
    from ingestion.probe import probe_providers
    from orchestration.commands.ping import QUIET_STATES
    from orchestration.market import open_market
    from orchestration.resources import clock_of, utc_now

    settings = home.settings
    with open_market(settings, now=utc_now(settings)) as reached:
        answers = probe_providers(reached.source_settings(), clock=clock_of(settings))
    failing = [answer for answer in answers if answer.state not in QUIET_STATES]
    for answer in failing:
        log.warning("%s does not answer: %s (%s)", answer.provider, answer.state, answer.detail)
    return dg.MaterializeResult(
        metadata={"failing": len(failing), "answers": md_table(map(asdict, answers))}
    )


@dg.asset(
    key=OOS_REGISTRY,
    group_name="reports",
    deps=[dg.AssetKey(["warehouse", "quant"])],
    description=(
        "reports/oos_registry.csv, as `mqp oos` writes it: what training promised and what came of "
        "it. One row per question and window."
    ),
)
def oos_registry(home: HomeResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Compare everything that the published night chose, and keep the rows."""
    from orchestration.commands.oos import published_comparison
    from orchestration.research.oos_registry import registry_of
    from warehouse.ledger import refuse_other_world

    settings = home.settings
    refuse_other_world(settings.home.ledger, settings.home.published, settings.world)
    rows = published_comparison(settings, SPLIT)
    shown = ["strategy", "window", "variant", "train_sharpe", "oos_sharpe", "is_flagged"]
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(rows),
            "flagged": int(rows["is_flagged"].sum()),
            "path": dg.MetadataValue.path(str(registry_of(settings.home))),
            "rows": md_table(rows[shown].round(3).to_dict("records")),
        }
    )


@dg.asset(
    key=DRILL,
    group_name="published",
    description=(
        "The latest backup restored to a scratch folder and its night built again, as `mqp drill` "
        "does. One row of ops.drills per drill."
    ),
)
def restore_drill(home: HomeResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Show that a backup brings everything back, and how long that takes."""
    from orchestration.drill import backup_to_drill, run_drill

    drill = run_drill(home.settings, backup_to_drill(home.settings))
    metadata: dict[str, Any] = {
        "backup": drill.backup,
        "outcome": drill.outcome,
        "rpo_seconds": drill.rpo_seconds,
        "rto_seconds": drill.rto_seconds,
        "sentence": drill.sentence,
    }
    if not drill.is_successful:
        raise dg.Failure(drill.sentence, metadata=metadata, allow_retries=False)
    return dg.MaterializeResult(metadata=metadata)


@dg.asset(
    key=REPLAYED,
    group_name="published",
    partitions_def=PARTITIONS,
    description=(
        "A published night, built again from the ledger and compared hash by hash, as "
        "`mqp replay NIGHT --verify` does. One partition per night; a backfill takes many."
    ),
)
def replayed_night(context: dg.AssetExecutionContext, home: HomeResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Build the partition's night again in a scratch folder; nothing that stands is touched."""
    from orchestration.commands.replay import as_dict
    from orchestration.rebuild import rebuilding
    from orchestration.replay.nights import published_night_of
    from orchestration.replay.verify import replay_night
    from warehouse.connection import connect

    settings, day = home.settings, date.fromisoformat(context.partition_key)
    with (
        tempfile.TemporaryDirectory(prefix="mqp-replay-") as folder,
        rebuilding(
            settings.home, settings.world, new_york_sessions(), announce=log.info
        ) as rebuilder,
    ):
        with connect(rebuilder.ledger, read_only=True) as ledger:
            night = published_night_of(ledger, day)
        replay = replay_night(
            rebuilder, night, settings.home, Path(folder) / "quant.duckdb", say=log.info
        )
    told = as_dict(replay)
    metadata: dict[str, Any] = {
        "outcome": str(told["outcome"]),
        "sentence": replay.verdict.sentence,
        "ledger_version": told["ledger_version"],
        "tables": md_table(told["tables"]),
    }
    if not told["is_as_it_should_be"]:
        raise dg.Failure(replay.verdict.sentence, metadata=metadata, allow_retries=False)
    return dg.MaterializeResult(metadata=metadata)


def md_table(rows: Iterable[Mapping[Any, Any]]) -> dg.MarkdownMetadataValue:
    """Rows as a table of the UI; no cell may break out of it."""
    lines: list[str] = []
    for row in rows:
        if not lines:
            lines = ["| " + " | ".join(map(str, row)) + " |", "|" + "---|" * len(row)]
        cells = (" ".join(str(value).split()).replace("|", "/") for value in row.values())
        lines.append("| " + " | ".join(cells) + " |")
    return dg.MetadataValue.md("\n".join(lines) or "none")
