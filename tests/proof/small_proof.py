"""Prove a small market with the product's code, or with a patched copy of it, in a process.

Nothing of the product is imported before the copy stands first on the path.
"""

import contextlib
import io
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tests.proof.host import call_in_fork

REPOSITORY = Path(__file__).resolve().parents[2]
PRODUCT = (
    "analytics",
    "config",
    "dbt_project",
    "ingestion",
    "orchestration",
    "reports",
    "warehouse",
)
OUTPUTS = (
    "*.duckdb*",
    "build",
    "nights",
    "target",
    "data_docs",
    "backtests",
    "metrics",
    "__pycache__",
)
THREADS = 1
"""Two tests run side by side; more threads would only hand work to and fro."""


@dataclass(frozen=True)
class Order:
    """What to prove: the code in `tree`, on the ledger below `home`.

    `clean`: a folder of what dbt made of this ledger by unpatched models, a file per night;
    `patched` names the models that are others now. Only these and what follows is made again.
    """

    tree: Path
    home: Path
    universe: Path
    world: str
    night: date
    ledger_version: int
    cuts: int
    seed: int = 1
    clean: Path | None = None
    patched: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """What the proof said: `halves` that saw something, in order; `rows` compared at all cuts."""

    is_proven: bool
    halves: tuple[str, ...]
    tables: tuple[str, ...]
    sentence: str
    rows: int


def copied_product(tree: Path) -> Path:
    """A copy of the product's code."""
    for folder in PRODUCT:
        shutil.copytree(REPOSITORY / folder, tree / folder, ignore=shutil.ignore_patterns(*OUTPUTS))
    return tree


def prove_in_process(order: Order) -> Found:
    """Run one proof in a process of its own."""
    found = call_in_fork(_prove, order)
    assert isinstance(found, Found)
    return found


def read_project_once(tree: Path, home: Path) -> None:
    """Leave dbt's memory of the project in a home: what reads it again only reads what changed."""
    call_in_fork(_read_project, tree, home)


def _read_project(tree: Path, home: Path) -> None:
    sys.path.insert(0, str(tree))
    from orchestration.dbt_session import DbtSession
    from warehouse.home import Home

    DbtSession(Home(home), threads=THREADS)


def _prove(order: Order) -> Found:
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            return _found(order)
    except BaseException as problem:
        problem.add_note(said.getvalue()[-3000:])
        raise


def _build_on_clean(clean: Path, patched: Sequence[str]) -> None:
    """Start this process's builds from the clean one of the same night, where there is one."""
    from orchestration.dbt_session import DbtSession
    from warehouse.connection import connect

    build_all = DbtSession.build

    def build(session: DbtSession) -> None:
        path = session._home.build
        with connect(path, read_only=True) as begun:
            ((night,),) = begun.execute("select night from ops.build_context").fetchall()
        known = clean / f"{night}.duckdb"
        if not known.exists():
            build_all(session)
            if not patched:
                shutil.copy2(path, known)
            return
        shutil.copy2(known, path)
        if patched:
            build_all(session, [f"{name}+" for name in patched])

    DbtSession.build = build  # type: ignore[assignment, method-assign]


def _found(order: Order) -> Found:
    sys.path.insert(0, str(order.tree))
    os.environ |= {"MQP_HOME": str(order.home), "MQP_SOURCES": "sandbox"}
    from orchestration.configuration import Configuration, load_portfolio
    from orchestration.proof.prove import ProofOptions, prove
    from orchestration.rebuild import rebuilding
    from orchestration.universe import load_universe
    from warehouse.home import Home
    from warehouse.sessions import new_york_sessions

    assert Path(sys.modules["orchestration.rebuild"].__file__ or "").is_relative_to(order.tree)
    if order.clean is not None:
        _build_on_clean(order.clean, order.patched)
    portfolio = load_portfolio(order.tree / "config" / "portfolio.yaml")
    configuration = Configuration(load_universe(order.universe), portfolio, "{}")
    sessions = new_york_sessions()
    with rebuilding(
        Home(order.home), order.world, sessions, announce=print, threads=THREADS
    ) as rebuilder:
        verdict = prove(
            rebuilder,
            night=order.night,
            ledger_version=order.ledger_version,
            configuration=configuration,
            sessions=sessions,
            options=ProofOptions(
                cuts=order.cuts, seed=order.seed, with_warm_up=False, stops_at_first=True
            ),
            say=print,
        )
    objections = verdict.audit.objections if verdict.audit else ()
    moved = [movement for cut in verdict.cuts for movement in cut.movements]
    halves = ("truncation",) * bool(moved) + ("accountant",) * bool(objections)
    tables = [each.relation for each in moved] + [each.table for each in objections]
    return Found(
        is_proven=verdict.is_proven,
        halves=halves,
        tables=tuple(tables),
        sentence=verdict.first_problem or "",
        rows=sum(cut.rows for cut in verdict.cuts),
    )
