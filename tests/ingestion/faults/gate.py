"""Gate 1 on what the incidents have landed: all bars, indices and rates in two calls.

Each incident's rows get a name of their own, so that no incident confirms or explains another.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import NamedTuple

import pyarrow as pa

from orchestration.expectations.outcome import GateContext, GateOutcome
from tests.ingestion.faults.expected import expected
from tests.ingestion.faults.incidents import JUDGED_BY_GATE_1, PROVIDERS
from tests.ingestion.faults.observe import RowKey, incident_night, scratch_ledger
from tests.ingestion.faults.world import CLEAN_EVENING, SCENES
from warehouse.availability import RAW_TABLES
from warehouse.frames import read_frame
from warehouse.ledger import land
from warehouse.sessions import new_york_sessions

Cell = tuple[str, str]
STAND_INS = ("VIX", "VIX9D", "VIX3M", "VIX6M")
"""Indices of one range of values: each plays the VIX of one incident."""


def judged_cells() -> list[Cell]:
    """The incidents that ingestion lets pass, because a row may look like that."""
    return [
        (incident, provider)
        for incident in JUDGED_BY_GATE_1
        for provider in PROVIDERS
        if expected(incident, provider).caught.startswith("gate 1")
    ]


class Verdict(NamedTuple):
    """The rows of one cell that gate 1 withholds, and those that it only speaks of."""

    withheld: frozenset[RowKey]
    warned: frozenset[RowKey]


@lru_cache
def verdicts() -> dict[Cell, Verdict]:
    """What gate 1 says of every cell in which something got past ingestion."""
    found: dict[Cell, Verdict] = {}
    for batch in _batches():
        names = {cell: _names(cell, batch) for cell in batch}
        outcome = _judged(batch, names)
        for cell in batch:
            back = {new: old for old, new in names[cell].items()}
            found[cell] = Verdict(
                frozenset(_rows(_withheld_rows(outcome), back)),
                frozenset(_rows(_warned_rows(outcome), back)),
            )
    return found


def _rows(told: Iterable[tuple[str, str, date]], back: Mapping[str, str]) -> Iterator[RowKey]:
    return ((table, (back[name], day)) for table, name, day in told if name in back)


def _withheld_rows(outcome: GateOutcome) -> Iterator[tuple[str, str, date]]:
    sessions = new_york_sessions()
    for bad in outcome.quarantine:
        for day in sessions.between(bad.first_date, bad.last_date):
            yield bad.dataset, bad.symbol, day


def _warned_rows(outcome: GateOutcome) -> Iterator[tuple[str, str, date]]:
    for result in outcome.failures:
        for name, day in result.unexpected if result.severity == "warn" else ():
            yield result.table_name, name, date.fromisoformat(day[:10])


def _batches() -> Iterator[list[Cell]]:
    """Cells that can be judged together: of a macro series and of an index only one name exists."""
    waiting = judged_cells()
    while waiting:
        batch: list[Cell] = []
        for cell in waiting:
            provider = cell[1]
            alike = [other for other in batch if other[1] == provider]
            room = {"fred": 1, "fred_graph": 1, "cboe": len(STAND_INS)}.get(provider, len(waiting))
            if len(alike) < room:
                batch.append(cell)
        yield batch
        waiting = [cell for cell in waiting if cell not in batch]


def _names(cell: Cell, batch: list[Cell]) -> dict[str, str]:
    """What the subjects of a cell are called in the gate."""
    incident, provider = cell
    scene = SCENES[provider]
    if provider == "cboe":
        alike = [other for other in batch if other[1] == provider]
        return {"VIX": STAND_INS[alike.index(cell)]}
    if scene.dataset == "macro":
        return {scene.subject: scene.subject}
    return {symbol: f"{symbol} {provider} {incident}" for symbol in scene.wanted["bar_symbols"]}


def _judged(batch: list[Cell], names: dict[Cell, dict[str, str]]) -> GateOutcome:
    from orchestration.expectations.gates import run_gate_1

    sessions = new_york_sessions()
    night = sessions.next_session(sessions.latest_night(CLEAN_EVENING))
    landing: dict[str, list[pa.Table]] = {}
    for incident, provider in batch:
        seen = incident_night(provider, incident, is_warm=True)
        for table, rows in seen.collected.tables.items():
            landing.setdefault(table, []).append(_renamed(rows, names[incident, provider]))
    tables = {table: pa.concat_tables(parts) for table, parts in landing.items()}
    ledger, decided_at = scratch_ledger(), sessions.decided_at(night)
    land(ledger, tables, sessions=sessions, run_id="", now=decided_at)
    frames = {
        table.name: read_frame(
            ledger, f"select * from {table.name} where available_at <= ?", [decided_at]
        )
        for table in RAW_TABLES
    }
    context = GateContext(
        night=night, decided_at=decided_at, sessions=sessions.days, required_indexes=()
    )
    return run_gate_1(frames, context=context)


def _renamed(table: pa.Table, names: dict[str, str]) -> pa.Table:
    column = next(n for n in ("symbol", "series_id", "index_name") if n in table.column_names)
    renamed = [names[name] for name in table[column].to_pylist()]
    return table.set_column(
        table.column_names.index(column), column, pa.array(renamed, pa.string())
    )
