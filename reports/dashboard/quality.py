"""The dashboard's page of checks, quarantine and requests."""

from reports import wording
from reports.dashboard.blocks import Block, Heading, Table, Tiles, Words
from reports.night import Night
from reports.queries import Row
from reports.sections.disagreements import UNKNOWN, comparison
from reports.sections.quality import GATES, latest_checks

LATEST_REQUESTS = 200
CHECKS = ("gate", "table_name", "expectation", "success", "unexpected_count", "severity",
          "detail")  # fmt: skip
QUARANTINE = ("dataset", "symbol", "first_date", "last_date", "reason", "night", "released_at")
DIFFERENCES = ("symbol", "session_date", "dataset", "field", "chosen_provider", "chosen_value",
               "other_provider", "other_value", "difference_fraction", "is_beyond_tolerance",
               "choice_rule")  # fmt: skip
REQUESTS = ("provider", "dataset", "symbol", "class", "row_count", "served_from",
            "duration_seconds", "requested_at", "detail")  # fmt: skip


def quality_panel(night: Night, _subject: str) -> list[Block]:
    """What failed, what is withheld, and what was asked of whom."""
    found = latest_checks(night, order_by="success, gate, table_name, expectation")
    checks = [{name: row[name] for name in CHECKS} for row in found]
    quarantine = night.published.rows(
        "quality.quarantine", QUARANTINE, order_by="released_at is not null, night desc, symbol"
    )
    requests = night.published.rows("ops.fetches", REQUESTS, order_by="requested_at desc")
    failed = [row for row in checks if not row["success"]]
    return [
        Heading("Checks"),
        Tiles(_tiles(checks, quarantine, requests)),
        Table(failed, empty="No check failed." if checks else "No check is recorded for this night."
              ),
        Heading("Quarantine"),
        Table(quarantine, empty="Nothing was ever quarantined."),
        Heading("Where providers differ"),
        *_differences(night),
        Heading("Requests by provider"),
        Table(_by_provider(requests), empty="No request is recorded."),
        Heading("Every check"),
        Words("The same with what each expects: reports/data_docs/index.html."),
        Table(checks, empty="No validation results for this night."),
        Heading("Latest requests"),
        Words(f"The newest first, {LATEST_REQUESTS} at most."),
        Table(requests[:LATEST_REQUESTS], empty="No request is recorded."),
    ]  # fmt: skip


def _differences(night: Night) -> list[Block]:
    found = comparison(night)
    if found is None:
        return [Words(UNKNOWN)]
    rows = [{name: row[name] for name in DIFFERENCES} for row in found.rows]
    return [
        Words(found.sentence),
        Table(
            rows,
            percents=("difference_fraction",),
            signed=("difference_fraction",),
            empty="There is no difference to show.",
        ),
    ]


def _tiles(
    checks: list[Row], quarantine: list[Row], requests: list[Row]
) -> list[tuple[str, str, str]]:
    gates = [
        (name, f"{sum(row['success'] for row in own)} of {len(own)}", "checks hold")
        for gate, name in GATES.items()
        if (own := [row for row in checks if row["gate"] == gate])
    ]
    withheld = sum(row["released_at"] is None for row in quarantine)
    return [
        *gates,
        ("Quarantine", wording.number(withheld, 0), "ranges withheld"),
        ("Requests", wording.number(len(requests), 0), "recorded"),
    ]


def _by_provider(requests: list[Row]) -> list[Row]:
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in requests:
        groups.setdefault((str(row["provider"]), str(row["dataset"])), []).append(row)
    return [
        {
            "provider": provider,
            "dataset": dataset,
            "requests": len(rows),
            "answered": sum(row["class"] == "ok" for row in rows),
            "other answers": ", ".join(
                sorted({str(row["class"]) for row in rows if row["class"] != "ok"})
            ),
            "rows": sum(row["row_count"] or 0 for row in rows),
            "served from": ", ".join(sorted({str(row["served_from"] or "?") for row in rows})),
            "seconds": round(sum(row["duration_seconds"] or 0.0 for row in rows), 2),
            "latest": max((row["requested_at"] for row in rows if row["requested_at"]),
                          default=None),
        }
        for (provider, dataset), rows in sorted(groups.items())
    ]  # fmt: skip
