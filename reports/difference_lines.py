"""The difference between two nights as lines for a terminal."""

from collections.abc import Iterator, Sequence

from reports import wording
from reports.difference import ChangedMetric, ChangedWeight, Difference
from reports.difference_view import (
    LABELS,
    MEANINGS,
    METRIC_LABELS,
    RATIOS,
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

ROUNDING = 1e-12


def difference_lines(difference: Difference) -> Iterator[str]:
    """Lines for a terminal: what changed, why, by how much, and which rows say something new.

    Control characters of foreign text are taken out, so that it cannot steer the terminal.
    """
    for line in _lines(difference):
        yield wording.printable(line)


def _lines(difference: Difference) -> Iterator[str]:
    mark = wording.world_label(difference.world)
    world = f"  {mark.upper()} DATA ({difference.world})" if mark else ""
    count = wording.count(difference.sessions, "session")
    yield f"From night {difference.earlier.night} to {difference.later.night}, {count}{world}"
    yield headline(difference)
    yield from circumstances(difference)
    yield from _signals(difference)
    yield from _weights(difference)
    yield from _metrics(difference)
    yield from _rows(difference)
    yield ""
    rest = difference.largest_rest
    yield (
        "The parts sum to every change."
        if rest <= ROUNDING
        else f"THE PARTS MISS A CHANGE BY {rest:.1e}: this is a defect."
    )


def _signals(difference: Difference) -> Iterator[str]:
    if not difference.signals:
        return
    rows = [
        (
            signal.symbol,
            signal.strategy,
            wording.signal(signal.before if signal.before is not None else 0),
            wording.signal(signal.after if signal.after is not None else 0),
            because(signal),
            signal.reason,
        )
        for signal in difference.signals
    ]
    yield ""
    yield "Signals"
    yield from aligned(("symbol", "strategy", "before", "after", "because of", "reason"), rows)


def _weights(difference: Difference) -> Iterator[str]:
    weights = difference.shown_weights
    if not weights:
        return
    columns = weight_columns(weights)
    yield ""
    yield "Weights in % of equity, and what moved them in percentage points"
    yield from aligned(
        ("symbol", "strategy", "before", *(LABELS[name].lower() for name in columns), "after",
         "order", ""),
        [_weight(weight, columns) for weight in weights],
        right=range(2, len(columns) + 4),
    )  # fmt: skip
    for name in columns:
        yield f"  {LABELS[name].lower()}: {MEANINGS[name]}"
    hidden = len(difference.weights) - len(weights)
    if hidden:
        yield f"  {wording.count(hidden, 'weight')} moved by less than 0.005 percentage points."


def _weight(weight: ChangedWeight, columns: Sequence[str]) -> tuple[str, ...]:
    limits = biting_limits(weight)
    return (
        weight.symbol,
        weight.strategy,
        f"{100 * weight.before:.2f}",
        *(_points(part_of(weight, name)) for name in columns),
        f"{100 * weight.after:.2f}",
        weight.order or "-",
        "; ".join(
            [
                *([f"limit: {', '.join(limits)}"] if limits else []),
                *([wording.reason(weight.override)] if weight.override else []),
            ]
        ),
    )


def _metrics(difference: Difference) -> Iterator[str]:
    rows = moved_metrics(difference)
    if not rows:
        return
    columns = metric_columns(rows)
    yield ""
    yield "Figures of the whole history: the portfolio, and each strategy's walk-forward path"
    yield from aligned(
        ("of", "figure", "before", *(LABELS[name].lower() for name in columns), "after"),
        [_metric(row, columns) for row in rows],
        right=range(2, len(columns) + 4),
    )


def _metric(row: ChangedMetric, columns: Sequence[str]) -> tuple[str, ...]:
    def value(number: float | None) -> str:
        if number is None:
            return "-"
        return f"{number:.3f}" if row.metric in RATIOS else f"{100 * number:.2f} %"

    def part(name: str) -> str:
        if row.parts is None:
            return "?"
        moved = row.parts[name]
        if row.metric in RATIOS:
            return f"{moved:+.3f}" if abs(moved) >= 0.0005 else "."
        return _points(moved)

    label = METRIC_LABELS.get(row.metric, row.metric)
    return (row.subject, label, value(row.before), *map(part, columns), value(row.after))


def _rows(difference: Difference) -> Iterator[str]:
    groups = row_groups(difference)
    yield ""
    if not groups:
        yield (
            f"No row about the time up to {difference.earlier.night} was restated or came late; "
            f"{wording.count(difference.new_rows, 'new row')} since."
        )
        return
    yield (
        f"Rows about the time up to {difference.earlier.night} that are not what they were "
        f"({difference.new_rows:,} new ones beside them)"
    )
    yield from aligned(
        ("", "rows", "data", "of", "days", "what"),
        [
            (group.kind, f"{group.rows:,}", group.table, group.subjects, group.days, group.what)
            for group in groups
        ],
        right=(1,),
    )
    if difference.rows_left_out:
        yield f"  and {difference.rows_left_out:,} more groups"


def _points(part: float) -> str:
    """Percentage points with their sign; a dot for what two decimals do not show."""
    return f"{100 * part:+.2f}" if abs(part) >= 0.00005 else "."


def aligned(
    columns: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()
) -> Iterator[str]:
    """Columns two blanks apart and indented, those of `right` flush right."""
    widths = [max(len(row[at]) for row in (columns, *rows)) for at in range(len(columns))]
    for row in (columns, *rows):
        cells = [
            cell.rjust(width) if at in right else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield f"  {'  '.join(cells)}".rstrip()
