"""What a run was like in numbers: one JSON line per run, where `METRICS_ENABLED=1`.

Read from what the run and the published file already hold; nothing is measured for it but the time
of each step, which Dagster keeps.
"""

import json
import logging
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC
from typing import TYPE_CHECKING, Any

import duckdb

from ingestion.night import Fetch
from orchestration.findings import requests_by_provider
from orchestration.freshness import Freshness
from orchestration.gates import Gate
from orchestration.resources import utc_now
from warehouse.connection import connect
from warehouse.errors import WarehouseError
from warehouse.files import LineLog
from warehouse.home import Home

if TYPE_CHECKING:
    from orchestration.night import NightRun

log = logging.getLogger("mqp.metrics")


def keep_metrics(run: "NightRun", step_seconds: Callable[[], Mapping[str, float]]) -> None:
    """Append a run's line to `logs/metrics/`; whatever goes wrong is a line in the log.

    Parameters
    ----------
    step_seconds : tells how long each step took, by name.
    """
    try:
        now = utc_now(run.settings).astimezone(UTC)
        row = {"at": now.isoformat(), **metrics_of(run, step_seconds())}
        folder = run.settings.home.logs / "metrics"
        with LineLog(folder / f"metrics_{now:%Y%m%d}.jsonl") as file:
            file.append(json.dumps(row, allow_nan=False))
    except Exception:
        log.exception("The metrics of the run could not be kept.")


def metrics_of(run: "NightRun", step_seconds: Mapping[str, float]) -> dict[str, Any]:
    """Everything that one line tells; what the run did not come to is empty or null."""
    fetches = run.collected.fetches if run.collected else ()
    quotas = run.collected.quotas if run.collected else ()
    return {
        "run_id": run.run_id,
        "night": run.night.isoformat(),
        "attempt": run.attempt,
        "status": run.ending.status if run.ending else None,
        "world": run.settings.world,
        "step_seconds": {name: round(seconds, 3) for name, seconds in step_seconds.items()},
        "rows_landed": dict(run.landing.new_rows) if run.landing else {},
        "requests": requests_by_provider(fetches),
        "fetches": fetch_classes(fetches),
        "quota": {use.provider: {"used": use.used, "limit": use.limit} for use in quotas},
        "staleness_sessions": staleness(run.freshness),
        "quality": quality(run.gates) | {"quarantined": len(run.quarantined)},
        "exposure": exposure(run.settings.home) if run.status else None,
    }


def fetch_classes(fetches: Iterable[Fetch]) -> dict[str, dict[str, int]]:
    """How often each provider's answers were of which class, reuses of the cache included."""
    found: dict[str, Counter[str]] = {}
    for fetch in fetches:
        found.setdefault(fetch.provider, Counter())[fetch.outcome] += 1
    return {provider: dict(sorted(found[provider].items())) for provider in sorted(found)}


def staleness(freshness: Iterable[Freshness]) -> dict[str, dict[str, int | None]]:
    """Provider and dataset to the age of the oldest input; null where one has no row at all."""
    found: dict[str, dict[str, int | None]] = {}
    for item in freshness:
        ages = found.setdefault("none" if item.provider == "-" else item.provider, {})
        before = ages.get(item.dataset, 0)
        is_missing = before is None or item.age_sessions is None
        ages[item.dataset] = None if is_missing else max(before or 0, item.age_sessions or 0)
    return found


def quality(gates: Iterable[Gate]) -> dict[str, int]:
    """How many claims of both gates hold, do not hold, and block the night."""
    results = [result for gate in gates for result in gate.outcome.results]
    failed = [result for result in results if not result.success]
    return {
        "passed": len(results) - len(failed),
        "failed": len(failed),
        "blocking": sum(result.severity == "block" for result in failed),
    }


def exposure(home: Home) -> dict[str, float | None] | None:
    """The published book: leverage times weight, and the volatility forecast of its targets."""
    try:
        with connect(home.published, read_only=True) as published:
            book = published.execute(
                "select gross_exposure, net_exposure from analytics.risk_exposures "
                "where dimension = 'total'"
            ).fetchone()
            forecast = published.execute(
                "select scale, forecast_volatility_annual, realised_volatility_annual "
                "from analytics.portfolio_daily order by session_date desc limit 1"
            ).fetchone()
    except (WarehouseError, duckdb.Error):  # the file is not whole: others say so
        return None
    names = ("gross", "net", "scale", "forecast_volatility_annual", "realised_volatility_annual")
    values = (*(book or (None, None)), *(forecast or (None, None, None)))
    return {
        name: None if value is None or math.isnan(value) else float(value)
        for name, value in zip(names, values, strict=True)
    }
