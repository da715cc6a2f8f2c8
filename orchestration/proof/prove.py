"""The proof: the whole graph rebuilt as it stood at earlier moments, and every return recomputed.

Truncation shows that no past decision moves when later rows are not there. It is blind to a
decision that is filled within its own session, for that uses no later row: there the accountant,
who asks every fill for the decision behind it, takes over.
"""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from orchestration.configuration import Configuration
from orchestration.errors import NightError, UsageError
from orchestration.proof.accounts import audit_build
from orchestration.proof.cuts import choose_cuts, eves_of_news
from orchestration.proof.tables import (
    ProvenTable,
    analytics_assets,
    chosen_tables,
    tables_of_assets,
    tables_of_models,
)
from orchestration.proof.verdict import CutResult, Verdict, WarmUp
from orchestration.proof.warm_up import measure_warm_up
from orchestration.rebuild import Moment, Rebuilder
from warehouse.comparison import Layout, count_known, movement
from warehouse.connection import Connection, connect, quoted_path
from warehouse.sessions import Sessions

EARLIER = "earlier"


@dataclass(frozen=True)
class ProofOptions:
    """How thorough: `cuts` look-backs chosen by `seed`; `select` names tables, all when empty.

    `stops_at_first`: end with the first thing that is wrong, instead of finding all of it.
    """

    cuts: int = 8
    seed: int = 1
    select: tuple[str, ...] = ()
    with_warm_up: bool = True
    stops_at_first: bool = False


def prove(
    rebuilder: Rebuilder,
    *,
    night: date,
    ledger_version: int,
    configuration: Configuration,
    sessions: Sessions,
    options: ProofOptions,
    say: Callable[[str], None],
) -> Verdict:
    """Prove one ledger version: rebuild, cut, compare, audit.

    Parameters
    ----------
    rebuilder : builds from a copy of the home's ledger.
    night : the latest night, against which every earlier moment is compared.
    ledger_version : read by all builds; the record of gate 1 is read up to `night` by all.
    say : told what is going on, sentence by sentence.

    Raises
    ------
    UsageError
        `select` names an unknown table, or an exemption has no reason.
    NightError
        A build fails, or an asset's table is not made by a rebuild.
    """
    models = tables_of_models(rebuilder.models)
    # results rest on all of the graph: without one among the selected ones they are not computed
    known = [*models, *tables_of_assets(analytics_assets())]
    tables = chosen_tables(known, options.select)
    with_analytics = any(table not in models for table in tables)
    moment = Moment(night, ledger_version, sessions.decided_at(night), configuration)
    with tempfile.TemporaryDirectory(prefix="mqp-prove-") as folder:
        later, earlier = Path(folder) / "later.duckdb", Path(folder) / "earlier.duckdb"
        rebuilder.build(moment, later, with_analytics=with_analytics)
        _refuse_missing(later, tables)
        audit = None
        if with_analytics:
            audit = audit_build(later, configuration.portfolio)
            say(
                f"Accountant: {audit.daily_rows:,} daily rows of {audit.accounts} accounts and "
                f"{audit.fills:,} fills, {len(audit.objections)} objections."
            )
        compared = [table for table in tables if table.exempt is None]
        undated = _undated(later, compared)
        cuts: list[CutResult] = []
        for day in _cut_sessions(rebuilder, later, night, sessions, options):
            if options.stops_at_first and (_is_wrong(cuts) or (audit and audit.objections)):
                break
            rebuilder.build(
                replace(moment, night=day, is_cut=True), earlier, with_analytics=with_analytics
            )
            cuts.append(_compare(later, earlier, day, compared, sessions))
            say(_cut_sentence(cuts[-1], len(cuts), options.cuts))
        warm_up: tuple[WarmUp, ...] = ()
        if options.with_warm_up and not options.select and not options.stops_at_first:
            warm_up = measure_warm_up(rebuilder, moment, later, earlier, sessions)
            say(f"Warm-up: {len(warm_up)} columns measured.")
    return Verdict(
        night=night,
        ledger_version=ledger_version,
        seed=options.seed,
        cuts=tuple(cuts),
        audit=audit,
        exemptions=_exemptions(tables),
        undated=undated,
        warm_up=warm_up,
    )


def _refuse_missing(build: Path, tables: Sequence[ProvenTable]) -> None:
    """Refuse a proof that would pass over a table because a rebuild does not make it."""
    with connect(build, read_only=True) as connection:
        made = {
            row[0]
            for row in connection.execute(
                "select schema_name || '.' || table_name from duckdb_tables()"
            ).fetchall()
        }
    for table in tables:
        if table.exempt is None and table.relation not in made:
            raise NightError(
                f"{table.relation} is in the asset graph, but a rebuild does not make it: compute "
                "it in analytics/night.py, or give it a 'prove_exempt' reason in its metadata."
            )


def _cut_sessions(
    rebuilder: Rebuilder, later: Path, night: date, sessions: Sessions, options: ProofOptions
) -> list[date]:
    with connect(rebuilder.ledger, read_only=True) as ledger:
        eves = eves_of_news(ledger, sessions, last=night)
    decided = _decided_sessions(later, night)
    chosen = choose_cuts(decided, options.cuts, seed=options.seed, eves=eves)
    return chosen[::-1]  # the latest compares the most rows


def _is_wrong(cuts: Sequence[CutResult]) -> bool:
    return any(cut.movements for cut in cuts)


def _decided_sessions(build: Path, night: date) -> list[date]:
    """Sessions before the night on which something was decided."""
    with connect(build, read_only=True) as connection:
        rows = connection.execute(
            "select distinct session_date from marts.fct_signals where session_date < ? order by 1",
            [night],
        ).fetchall()
    if not rows:
        raise UsageError("Nothing has been decided before this night: there is nothing to prove.")
    return [row[0] for row in rows]


def _layouts(connection: Connection, tables: Sequence[ProvenTable]) -> list[Layout]:
    return [table.layout(connection) for table in tables]


def _undated(build: Path, tables: Sequence[ProvenTable]) -> tuple[str, ...]:
    with connect(build, read_only=True) as connection:
        layouts = _layouts(connection, tables)
    return tuple(layout.relation for layout in layouts if layout.moment is None)


def _compare(
    later: Path, earlier: Path, day: date, tables: Sequence[ProvenTable], sessions: Sessions
) -> CutResult:
    decided_at = sessions.decided_at(day)
    with connect(later, read_only=True) as connection:
        connection.execute(f"attach '{quoted_path(earlier)}' as {EARLIER} (read_only)")
        layouts = [layout for layout in _layouts(connection, tables) if layout.moment is not None]
        rows = sum(count_known(connection, layout, decided_at) for layout in layouts)
        moved = [movement(connection, layout, EARLIER, decided_at) for layout in layouts]
    return CutResult(
        session=day,
        decided_at=decided_at,
        tables=len(layouts),
        rows=rows,
        movements=tuple(found for found in moved if found is not None),
    )


def _cut_sentence(cut: CutResult, number: int, count: int) -> str:
    verdict = f"{len(cut.movements)} tables moved" if cut.movements else "nothing moved"
    return f"Cut {number} of {count}, {cut.session}: {cut.rows:,} rows compared, {verdict}."


def _exemptions(tables: Sequence[ProvenTable]) -> dict[str, str]:
    """Table or table.column to the reason why it is left out."""
    found: dict[str, str] = {}
    for table in tables:
        if table.exempt is not None:
            found[table.relation] = table.exempt
        found |= {f"{table.relation}.{name}": why for name, why in table.ignored.items()}
    return found
