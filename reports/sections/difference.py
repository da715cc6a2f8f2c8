"""What changed since the night before, with the part of each cause."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from reports import wording
from reports.difference import (
    FILE_NAME,
    SMALLEST_SHOWN_WEIGHT,
    ChangedMetric,
    ChangedWeight,
    Difference,
    read_difference,
)
from reports.difference_view import (
    LABELS,
    MEANINGS,
    METRIC_LABELS,
    RATIOS,
    SMALLEST_SHOWN_RATIO,
    because,
    biting_limits,
    circumstances,
    headline,
    metric_columns,
    moved_metrics,
    part_of,
    row_groups,
    weight_columns,
)
from reports.night import Night

MADE_WITH = ("night", "ledger_version", "code_hash", "config_hash")


def night_difference(night: Night, nights: Path | None) -> Difference | None:
    """The difference that the published night has stored.

    Parameters
    ----------
    nights : the folder of the last nights, None where there is none.

    Returns
    -------
    None where there is none, or it is of another attempt than the file on view.
    """
    if nights is None:
        return None
    found = read_difference(nights / night.session.isoformat() / FILE_NAME)
    context = night.published.one("ops.build_context", MADE_WITH)
    if found is None or any(getattr(found.later, name) != context[name] for name in MADE_WITH):
        return None
    return found


def difference_section(night: Night, difference: Difference | None) -> dict[str, Any]:
    """Everything the page shows of a difference; a missing one says why it is missing."""
    if difference is None:
        return {"missing": _missing(night)}
    weights = difference.shown_weights
    columns = weight_columns(weights)
    metrics = moved_metrics(difference)
    return {
        "missing": "",
        "since": difference.earlier.night,
        "sessions": difference.sessions,
        "headline": headline(difference),
        "circumstances": list(circumstances(difference)),
        "signals": [
            {
                "symbol": signal.symbol,
                "strategy": signal.strategy,
                "before": signal.before or 0,
                "after": signal.after or 0,
                "because": because(signal),
                "reason": signal.reason,
            }
            for signal in difference.signals
        ],
        "columns": [(LABELS[name], MEANINGS[name]) for name in columns],
        "weights": [_weight(weight, columns) for weight in weights],
        "hidden": len(difference.weights) - len(weights),
        "metric_columns": [LABELS[name] for name in metric_columns(metrics)],
        "metrics": [_metric(row, metric_columns(metrics)) for row in metrics],
        "rows": row_groups(difference),
        "rows_left_out": difference.rows_left_out,
        "new_rows": difference.new_rows,
    }


def _missing(night: Night) -> str:
    earlier = night.published.rows(
        "ops.nights",
        ["night"],
        where="night < ? and status in ('CLEAN', 'DEGRADED') limit 1",
        parameters=[night.session],
    )
    if not earlier:
        return "There is no earlier night to compare with."
    return "This night has not been compared with the one before: `mqp diff` does it."


def _weight(weight: ChangedWeight, columns: Sequence[str]) -> dict[str, Any]:
    limits = biting_limits(weight)
    return {
        "symbol": weight.symbol,
        "strategy": weight.strategy,
        "before": weight.before,
        "after": weight.after,
        "parts": [_seen(part_of(weight, name)) for name in columns],
        "change": _seen(weight.change),
        "order": weight.order or "",
        "reason": weight.reason,
        "limits": f"limits: {', '.join(limits)}" if limits else "",
        "override": weight.override,
    }


def _seen(part: float) -> float:
    """A part as two decimals of a percentage point show it."""
    return part if abs(part) >= SMALLEST_SHOWN_WEIGHT else 0.0


def _metric(row: ChangedMetric, columns: Sequence[str]) -> dict[str, Any]:
    is_ratio = row.metric in RATIOS

    def value(number: float | None) -> str:
        return wording.number(number, 3) if is_ratio else wording.percent(number)

    def part(number: float) -> str:
        if abs(number) < (SMALLEST_SHOWN_RATIO if is_ratio else SMALLEST_SHOWN_WEIGHT):
            return ""
        return wording.number(number, 3, signed=True) if is_ratio else wording.points(number)

    return {
        "subject": row.subject,
        "label": METRIC_LABELS.get(row.metric, row.metric),
        "before": value(row.before),
        "after": value(row.after),
        "parts": ["?" if row.parts is None else part(row.parts[name]) for name in columns],
    }
