"""What was checked, what was refused, how fresh each input is, and where the numbers come from."""

from collections.abc import Mapping, Sequence
from typing import Any

from reports import wording
from reports.night import Night
from reports.queries import Row
from reports.sections.disagreements import comparison, disagreements

CHECK_COLUMNS = (
    "night", "attempt", "gate", "suite", "expectation", "table_name", "success",
    "unexpected_count", "severity", "detail",
)  # fmt: skip
QUARANTINE_FIELDS = ("dataset", "symbol", "first_date", "last_date", "reason")
INPUT_FIELDS = (
    "dataset", "symbol", "provider", "last_observation", "expected_observation", "age_sessions",
    "is_required", "served_from",
)  # fmt: skip
GATES: Mapping[int, str] = {1: "Gate 1: landed rows", 2: "Gate 2: marts and results"}


def quality_section(night: Night) -> dict[str, Any]:
    """Gate results of the night's latest attempt, and what is quarantined."""
    checks = latest_checks(night, order_by="gate, suite, table_name, expectation")
    compared = comparison(night)
    return {
        "gates": [_gate(gate, checks) for gate in sorted({row["gate"] for row in checks})],
        "failures": [row for row in checks if not row["success"]],
        "tables": _by_table(checks),
        "canaries": _canaries(night),
        "quarantined": _quarantined(night),
        "comparison": compared,
        "disagreements": disagreements(compared),
        "fallbacks": night.status.fallbacks,
        "quotas": night.status.quotas,
    }


def latest_checks(night: Night, *, order_by: str) -> list[Row]:
    """What both gates found in the night's latest attempt, a row per claim."""
    return night.published.rows(
        "quality.validation_results",
        CHECK_COLUMNS,
        where="night = ? qualify attempt = max(attempt) over ()",
        order_by=order_by,
        parameters=[night.session],
    )


def _canaries(night: Night) -> dict[str, int]:
    """How many checks there are, and how many of them found the defect planted for them."""
    rows = night.published.rows(
        "quality.canaries", ("is_caught",), where="night = ?", parameters=[night.session]
    )
    return {"checks": len(rows), "alive": sum(bool(row["is_caught"]) for row in rows)}


def _gate(gate: int, checks: Sequence[Row]) -> dict[str, Any]:
    own = [row for row in checks if row["gate"] == gate]
    return {
        "name": GATES.get(gate, f"Gate {gate}"),
        "checks": len(own),
        "failed": sum(not row["success"] for row in own),
    }


def _by_table(checks: Sequence[Row]) -> list[dict[str, Any]]:
    tables: dict[tuple[int, str, str], dict[str, Any]] = {}
    for row in checks:
        key = (row["gate"], row["table_name"], row["suite"])
        entry = tables.setdefault(
            key, {"gate": row["gate"], "table": row["table_name"], "suite": row["suite"],
                  "checks": 0, "failed": 0}
        )  # fmt: skip
        entry["checks"] += 1
        entry["failed"] += not row["success"]
    return list(tables.values())


def _quarantined(night: Night) -> list[Row]:
    """Ranges withheld now: those the run names, else the stored ones without a release."""
    if night.status.quarantined:
        return [
            {name: row.get(name) for name in QUARANTINE_FIELDS} for row in night.status.quarantined
        ]
    rows = night.published.rows(
        "quality.quarantine",
        ("dataset", "symbol", "first_date", "last_date", "reason", "night", "released_at"),
        order_by="symbol, first_date",
    )
    released = {_range_key(row) for row in rows if row["released_at"] is not None}
    return [row for row in rows if _range_key(row) not in released]


def _range_key(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("dataset", "symbol", "first_date", "last_date"))


def inputs_section(night: Night) -> dict[str, Any]:
    """Freshness of every input, rolled up by dataset; in the full list the late ones come first."""
    inputs = [{name: row.get(name) for name in INPUT_FIELDS} for row in night.status.freshness]
    inputs.sort(key=lambda row: (str(row["dataset"]), str(row["symbol"])))
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in inputs:
        groups.setdefault((str(row["dataset"]), str(row["provider"])), []).append(row)
    return {
        "groups": [_input_group(*key, rows) for key, rows in groups.items()],
        "has_late": any(row["age_sessions"] != 0 for row in inputs),
        "all": sorted(inputs, key=_age, reverse=True),
        "requests": dict(sorted((night.status.requests or {}).items())),
    }


def _input_group(dataset: str, provider: str, rows: Sequence[Row]) -> dict[str, Any]:
    seen = [row["last_observation"] for row in rows if row["last_observation"]]
    return {
        "dataset": dataset,
        "provider": provider,
        "inputs": len(rows),
        "on_time": sum(row["age_sessions"] == 0 for row in rows),
        "required": sum(bool(row["is_required"]) for row in rows),
        "oldest": min(seen, default=None),
        "newest": max(seen, default=None),
        "served_from": ", ".join(sorted({str(row["served_from"] or "?") for row in rows})),
    }


def _age(row: Row) -> float:
    """Sessions since the observation that was due; nothing stored at all is older than any."""
    return float("inf") if row["age_sessions"] is None else float(row["age_sessions"])


def provenance_section(night: Night) -> list[tuple[str, str]]:
    """Everything needed to build this page again, as terms and values."""
    status = night.status
    universe = night.published.one("ops.universe", ["name", "benchmark", "has_dates"])
    choice = "members carry dates" if universe["has_dates"] else "chosen with today's knowledge"
    facts = [
        ("World", night.world),
        ("As-of moment", wording.moment(status.as_of_at)),
        ("Ledger version", wording.number(status.ledger_version, 0)),
        ("Code", status.code_hash),
        ("Configuration", status.config_hash),
        ("Manifest", status.manifest_hash or "written at publication"),
        ("Run", f"{status.run_id}, attempt {status.attempt}"),
        ("Started", wording.moment(status.started_at)),
        ("Finished", wording.moment(status.finished_at) if status.finished_at else "still running"),
    ]
    if universe["name"]:
        facts.insert(
            1, ("Universe", f"{universe['name']}, {choice}; benchmark {universe['benchmark']}")
        )
    return facts
