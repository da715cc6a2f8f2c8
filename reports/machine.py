"""`report.json`: the whole published night for other programs.

The shape is promised by `reports/schemas/report.schema.json`; `SCHEMA_VERSION` rises with it: its
first number when a reader of the old shape would fail, its second when fields are added.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from reports.account import HOLDING_COLUMNS, ORDER_COLUMNS, read_account
from reports.holdings import LIMITS
from reports.night import Night, read_night
from reports.queries import Published, Row, open_published
from reports.risk import latest_risk, limits_tonight
from reports.sections.quality import quality_section
from reports.status import RunStatus
from warehouse.files import write_text

SCHEMA_VERSION = "1.2"
SCHEMA = Path(__file__).parent / "schemas" / "report.schema.json"

ORDERS = (*ORDER_COLUMNS, "effective_session")
WEIGHTS = (
    "session_date", "strategy", "symbol", "sleeve_weight", "sleeve_target_weight", "signal_reason",
    "desired_weight", *(f"{limit}_bite" for limit in LIMITS), "final_weight", "override_reason",
    "is_stale_input", "effective_session",
)  # fmt: skip
SLEEVES = (
    "session_date", "strategy", "method", "weight", "equal_weight", "applied_weight",
    "volatility_annual", "variance_share", "reason",
)  # fmt: skip
TESTS = (
    "measure", "sample", "test", "n_sessions", "exceedances", "expected_exceedances", "statistic",
    "p_value",
)  # fmt: skip
EXPOSURES = (
    "dimension", "name", "long_weight", "short_weight", "gross_exposure", "net_exposure",
    "beta_spy", "volatility_contribution_annual", "es_95_contribution", "stale_exposure",
)  # fmt: skip
STRESS = (
    "scenario", "kind", "symbol", "exposure", "shock_return", "profit_return", "first_date",
    "last_date",
)  # fmt: skip
FAILED_CHECK = (
    "gate", "suite", "expectation", "table_name", "severity", "unexpected_count", "detail",
)  # fmt: skip
WITHHELD = ("dataset", "symbol", "first_date", "last_date", "reason")


def write_report_json(warehouse: Path, status: RunStatus, path: Path) -> None:
    """Write the published night as one JSON document.

    Parameters
    ----------
    warehouse : the published file, opened read-only.
    status : of the run that published it.
    path : the file to write, whole.

    Notes
    -----
    What is unknown is null, never NaN. ``<`` is written as an escape, so that a text of a provider
    stays a text also where a page includes the document.
    """
    with open_published(warehouse) as published:
        content = plain(report_content(read_night(published, status)))
    text = json.dumps(content, indent=1, allow_nan=False).replace("<", "\\u003c")
    write_text(path, text + "\n")


def report_content(night: Night) -> dict[str, Any]:
    """The document, its dates and numbers as they are stored.

    Money in USD, weights and returns as plain fractions of equity (0.01 is 1 %).
    """
    published, session = night.published, night.session
    mark = night.mark
    return {
        "schema_version": SCHEMA_VERSION,
        "night": session,
        "world": night.world,
        "notice": f"{mark.upper()} DATA: evidence of nothing about a real market" if mark else None,
        "status": _status(night.status),
        "account": _account(night),
        "orders": published.rows("analytics.orders", ORDERS, order_by="symbol"),
        "weights": published.latest(
            "analytics.target_weights", WEIGHTS, session, order_by="strategy, symbol"
        ),
        "sleeves": published.latest(
            "analytics.sleeve_weights", SLEEVES, session, order_by="strategy"
        ),
        "signal_changes": [asdict(change) for change in night.changes],
        "limits": limits_tonight(published, session),
        "risk": _risk(published, session),
        "tracking": published.rows(
            "analytics.portfolio_tracking",
            ("period", "metric", "value"),
            order_by="period, metric",
        ),
        "quality": _quality(night),
        "provenance": _provenance(night),
    }


def plain(value: Any) -> Any:
    """The same in JSON's own kinds: ISO dates, UTC moments, null for what is no number."""
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else value


def _status(status: RunStatus) -> dict[str, Any]:
    return {
        "status": status.status,
        "attempt": status.attempt,
        "run_id": status.run_id,
        "started_at": status.started_at,
        "finished_at": status.finished_at,
        "rehearsal": status.rehearsal,
        "reasons": status.reasons,
        "fallbacks": status.fallbacks,
        "requests": status.requests or {},
    }


def _account(night: Night) -> dict[str, Any]:
    account = read_account(night.published, night.session)
    return {
        "is_simulated": account.is_simulated,
        "equity_usd": account.equity_usd,
        "cash_usd": account.cash_usd,
        "planned_cash_usd": account.planned_cash_usd,
        "holdings": night.published.rows("analytics.holdings", HOLDING_COLUMNS, order_by="symbol"),
    }


def _risk(published: Published, session: date) -> dict[str, Any]:
    """Forecasts of the last session, and what was measured of them and of the book."""
    return {
        "latest": latest_risk(published, session),
        "tests": published.rows("analytics.risk_tests", TESTS, order_by="measure, sample, test"),
        "exposures": published.rows(
            "analytics.risk_exposures", EXPOSURES, order_by="dimension, name"
        ),
        "stress": published.rows(
            "analytics.stress_results", STRESS, order_by="kind, scenario, symbol"
        ),
    }


def _quality(night: Night) -> dict[str, Any]:
    found = quality_section(night)
    return {
        "gates": found["gates"],
        "failures": _only(found["failures"], FAILED_CHECK),
        "quarantined": _only(found["quarantined"], WITHHELD),
        "canaries": found["canaries"],
        "disagreements": asdict(compared) if (compared := found["comparison"]) else None,
    }


def _provenance(night: Night) -> dict[str, Any]:
    status = night.status
    universe = night.published.one("ops.universe", ("name", "benchmark"))
    return {
        "as_of_at": status.as_of_at,
        "ledger_version": status.ledger_version,
        "ledger_bytes": status.ledger_bytes,
        "code_hash": status.code_hash,
        "config_hash": status.config_hash,
        "manifest_hash": status.manifest_hash,
        "universe": universe["name"],
        "benchmark": universe["benchmark"],
    }


def _only(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[Row]:
    return [{name: row.get(name) for name in names} for row in rows]
