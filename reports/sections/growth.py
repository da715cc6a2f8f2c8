"""What the nights added to the ledger: it grows with what is new, and no faster."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from reports import wording
from reports.night import Night
from reports.queries import Row

NIGHTS_SHOWN = 10
TABLES_NAMED = 6
MEGABYTE = 1_000_000


def growth_section(night: Night) -> dict[str, Any]:
    """Tonight's addition in a sentence, and the last nights' in a table; empty without counts."""
    nights = _last_nights(night)
    landed = _landed_since(night, nights)
    rows = [_addition(this, before, landed) for before, this in pairwise(nights)]
    return {
        "sentence": _sentence(night, rows[-1]) if rows else "",
        "nights": list(reversed(rows))[:NIGHTS_SHOWN],
    }


def _last_nights(night: Night) -> list[Row]:
    """The last attempt of the latest published nights, the oldest first, and the one before them.

    Before the first night of a ledger stands its beginning, version 0.
    """
    columns = ("night", "ledger_version", "ledger_bytes")
    found = night.published.rows(
        "ops.nights",
        columns,
        where="status in ('CLEAN', 'DEGRADED') and night <= ? "
        "qualify row_number() over (partition by night order by attempt desc) = 1",
        order_by=f"night desc limit {NIGHTS_SHOWN + 1}",
        parameters=[night.session],
    )
    begins = [] if len(found) > NIGHTS_SHOWN else [dict.fromkeys(columns)]
    return [*begins, *reversed(found)]


def _landed_since(night: Night, nights: Sequence[Row]) -> list[Row]:
    return night.published.rows(
        "ops.landed_rows",
        ("ledger_version", "table_name", "row_count"),
        where="ledger_version > ?",
        order_by="ledger_version",
        parameters=[nights[0]["ledger_version"] or 0],
    )


def _addition(this: Row, before: Row, landed: Sequence[Row]) -> dict[str, Any]:
    """What landed after the night before and up to this one, by table."""
    first, last = before["ledger_version"] or 0, this["ledger_version"] or 0
    tables: dict[str, int] = {}
    for row in landed:
        if first < row["ledger_version"] <= last:
            name = _plain_name(row["table_name"])
            tables[name] = tables.get(name, 0) + row["row_count"]
    sizes = this["ledger_bytes"], before["ledger_bytes"]
    return {
        "night": this["night"],
        "version": last,
        "rows": sum(tables.values()),
        "tables": dict(sorted(tables.items(), key=lambda item: -item[1])),
        "megabytes": sizes[0] / MEGABYTE if sizes[0] is not None else None,
        "grown": (sizes[0] - sizes[1]) / MEGABYTE if None not in sizes else None,
    }


def _sentence(night: Night, addition: Mapping[str, Any]) -> str:
    if addition["night"] != night.session:
        return ""  # a night of the past, rebuilt: it has landed nothing
    total = sum(
        row["row_count"] for row in night.published.rows("ops.ledger_tables", ("row_count",))
    )
    size = f"{wording.number(addition['megabytes'], 1)}{wording.NARROW}MB"
    held = f"The ledger has {wording.count(total, 'row')}, {size}."
    if not addition["rows"]:
        return f"Tonight added no row: it reads ledger version {addition['version']}. {held}"
    named = [f"{name} {count:,}" for name, count in addition["tables"].items()]
    if len(named) > TABLES_NAMED:
        named = [*named[:TABLES_NAMED], f"{len(named) - TABLES_NAMED} more"]
    return (
        f"Tonight added {wording.count(addition['rows'], 'row')} ({', '.join(named)}) as ledger "
        f"version {addition['version']}. {held}"
    )


def _plain_name(table: str) -> str:
    """`raw.polygon__daily_bars` as a person says it."""
    return table.removeprefix("raw.").replace("__", " ").replace("_", " ")
