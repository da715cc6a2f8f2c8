"""What of a difference is shown, and in which words: shared by the report and the terminal."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from reports import wording
from reports.difference import (
    FACTORS,
    SMALLEST_SHOWN_WEIGHT,
    ChangedMetric,
    ChangedRows,
    ChangedSignal,
    ChangedWeight,
    Difference,
)

NEW_SESSIONS = "new_sessions"
BITES = "bites"
LIMIT_STEP = "_limit"

LABELS: Mapping[str, str] = {
    "code": "Code",
    "revised_rows": "Revised rows",
    "configuration": "Configuration",
    "limits": "New limits",
    "new_sessions": "New sessions",
    "signal": "Signal",
    "size": "Size",
    "sleeve": "Sleeve",
    "scale": "Scale",
    "override": "Override",
    "withheld": "Frozen",
    "bites": "Bites",
}
"""Heads of the columns that say what moved a weight or a figure."""

MEANINGS: Mapping[str, str] = {
    "code": "the release that computes it is another one",
    "revised_rows": "rows about the time before that were restated, came late or were judged anew",
    "configuration": "universe, sleeves, costs or target were edited",
    "limits": "the limits of config/portfolio.yaml were edited",
    "new_sessions": "what has happened since",
    "signal": "the strategy turned",
    "size": "the same side in another size (overlay, throttle, members, leverage)",
    "sleeve": "the strategy's share of the portfolio",
    "scale": "the volatility forecast",
    "override": "realised volatility above target, a stop or a start",
    "withheld": "a symbol without a new decision",
    "bites": "limits that bind",
}

METRIC_LABELS: Mapping[str, str] = {
    "sharpe": "Sharpe ratio",
    "cagr": "growth a year",
    "volatility_annual": "volatility a year",
    "max_drawdown": "deepest drawdown",
    "scale": "scale",
    "forecast_volatility_annual": "forecast volatility",
}
RATIOS = frozenset({"sharpe", "scale"})
SMALLEST_SHOWN_RATIO = 0.0005  # three decimals

KINDS = ("quarantined", "released", "restated", "late")
"""Of revised rows, in the order in which they are shown."""

NAMED_SUBJECTS = 6


@dataclass(frozen=True)
class RowGroup:
    """Revised rows of one raw table told in one line. `what`: in words; from providers in part."""

    kind: str
    table: str
    subjects: str
    rows: int
    first_day: date | None
    last_day: date | None
    what: str

    @property
    def days(self) -> str:
        """One date, or the first and the last."""
        if self.first_day is None:
            return ""
        if self.first_day == self.last_day:
            return wording.day(self.first_day)
        return f"{wording.day(self.first_day)} to {wording.day(self.last_day)}"


def headline(difference: Difference) -> str:
    """How much changed, in one sentence."""
    weights = [w for w in difference.weights if abs(w.change) >= SMALLEST_SHOWN_WEIGHT]
    signals = wording.count(len(difference.signals), "signal")
    if not weights and not difference.signals:
        return "No signal and no weight changed."
    return (
        f"{signals} and {wording.count(len(weights), 'weight')} changed; the orders turn over "
        f"{100 * difference.turnover:.1f} % of equity."
    )


def circumstances(difference: Difference) -> Iterator[str]:
    """Sentences about what is not the market: code, configuration, rows, what cannot be told."""
    earlier, later = difference.earlier, difference.later
    if earlier.code_hash != later.code_hash:
        yield f"The code is another one: {later.code_hash}, before {earlier.code_hash}."
    if earlier.config_hash != later.config_hash:
        edits = "; ".join(difference.edits) or "in nothing that its files say"
        yield f"The configuration was edited: {edits}."
    if difference.overrides[0] != difference.overrides[1]:
        yield _override(*difference.overrides)
    yield from difference.notes


def _override(before: str, after: str) -> str:
    """What holds the whole book back, and what did before."""
    if not after:
        return f"Nothing overrides the scale any more; before: {wording.reason(before)}."
    earlier = wording.reason(before) if before else "not"
    if earlier == wording.reason(after):
        earlier = wording.reason_detail(before) or earlier
    detail = wording.reason_detail(after)
    figures = f" ({detail})" if detail else ""
    return f"The scale is overridden: {wording.reason(after)}{figures}; before: {earlier}."


def weight_columns(weights: tuple[ChangedWeight, ...]) -> tuple[str, ...]:
    """The factors and steps that moved any of some weights by what can be seen, in order."""
    steps = dict.fromkeys(
        BITES if step.endswith(LIMIT_STEP) else step for weight in weights for step in weight.steps
    )
    names = (*(factor for factor in FACTORS if factor != NEW_SESSIONS), *steps)
    return tuple(
        name
        for name in names
        if any(abs(part_of(weight, name)) >= SMALLEST_SHOWN_WEIGHT for weight in weights)
    )


def part_of(weight: ChangedWeight, column: str) -> float:
    """One column's part of a weight's change."""
    if column in weight.parts:
        return weight.parts[column]
    if column == BITES:
        return sum(part for step, part in weight.steps.items() if step.endswith(LIMIT_STEP))
    return weight.steps.get(column, 0.0)


def biting_limits(weight: ChangedWeight) -> tuple[str, ...]:
    """The limits whose hold on a weight changed by what can be seen."""
    return tuple(
        step.removesuffix(LIMIT_STEP)
        for step, part in weight.steps.items()
        if step.endswith(LIMIT_STEP) and abs(part) >= SMALLEST_SHOWN_WEIGHT
    )


def because(signal: ChangedSignal) -> str:
    """The factors that turned a signal."""
    return ", ".join(LABELS[factor].lower() for factor in signal.factors)


def moved_metrics(difference: Difference) -> tuple[ChangedMetric, ...]:
    """Figures that moved by what can be seen, or came, or went."""
    return tuple(row for row in difference.metrics if _is_moved(row))


def _is_moved(row: ChangedMetric) -> bool:
    if row.change is None:
        return row.before is not row.after
    parts = row.parts or {}
    smallest = SMALLEST_SHOWN_RATIO if row.metric in RATIOS else SMALLEST_SHOWN_WEIGHT
    return any(abs(value) >= smallest for value in (row.change, *parts.values()))


def metric_columns(rows: tuple[ChangedMetric, ...]) -> tuple[str, ...]:
    """The factors that moved any of some figures by what can be seen, in order."""
    return tuple(
        factor
        for factor in FACTORS
        if any(
            abs(row.parts[factor])
            >= (SMALLEST_SHOWN_RATIO if row.metric in RATIOS else SMALLEST_SHOWN_WEIGHT)
            for row in rows
            if row.parts is not None
        )
    )


def row_groups(difference: Difference) -> list[RowGroup]:
    """The revised rows by kind, what is alike in one line, the largest group first."""
    groups = [_group(rows) for rows in difference.rows if rows.kind != "late"]
    late: dict[str, list[ChangedRows]] = {}
    for rows in difference.rows:
        if rows.kind == "late":
            late.setdefault(rows.table, []).append(rows)
    groups += [_late(table, found) for table, found in late.items()]
    order = {kind: at for at, kind in enumerate(KINDS)}
    return sorted(
        groups, key=lambda g: (order.get(g.kind, len(KINDS)), -g.rows, g.table, g.subjects)
    )


def _group(rows: ChangedRows) -> RowGroup:
    return RowGroup(
        kind=rows.kind,
        table=dataset(rows.table),
        subjects=rows.subject,
        rows=rows.rows,
        first_day=rows.first_day,
        last_day=rows.last_day,
        what=rows.reason if rows.kind in ("quarantined", "released") else _restated(rows),
    )


def _restated(rows: ChangedRows) -> str:
    on = f" on {rows.day}" if rows.day is not None and rows.rows > 1 else ""
    others = [column for column in rows.columns if column != rows.column]
    also = f"; also {', '.join(others)}" if others else ""
    known = (
        "no decision had it"
        if not rows.known_rows
        else "the decision had read the old value"
        if rows.known_rows == rows.rows
        else f"the decision had read {rows.known_rows:,} of the old values"
    )
    later = "; counts from its own fetch on" if rows.counts_from_fetch else ""
    before, after = (
        value if value is not None else "nothing" for value in (rows.before, rows.after)
    )
    return f"{rows.column} {before} \u2192 {after}{on}{also}; {known}{later}"


def _late(table: str, found: list[ChangedRows]) -> RowGroup:
    subjects = sorted(rows.subject for rows in found)
    more = len(subjects) - NAMED_SUBJECTS
    named = ", ".join(subjects[:NAMED_SUBJECTS]) + (f" and {more} more" if more > 0 else "")
    days = [day for rows in found for day in (rows.first_day, rows.last_day) if day is not None]
    return RowGroup(
        kind="late",
        table=dataset(table),
        subjects=named,
        rows=sum(rows.rows for rows in found),
        first_day=min(days, default=None),
        last_day=max(days, default=None),
        what="available at the decision, fetched after it",
    )


def dataset(table: str) -> str:
    """A raw table in words: `raw.polygon__daily_bars` is "daily bars (polygon)"."""
    provider, _, entities = table.partition(".")[2].partition("__")
    return f"{entities.replace('_', ' ')} ({provider})" if entities else table
