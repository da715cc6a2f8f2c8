"""Nights built again in a scratch home, from copies of the ledger: for proof, replay, difference.

Nothing here touches the home that it reads, except that the ledger is copied under its writer lock.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path

from orchestration.build import compute_analytics, write_tables
from orchestration.configuration import Configuration
from orchestration.dbt_session import DbtSession, Model
from orchestration.errors import NightError
from orchestration.manifest import copy_project_memory
from orchestration.past_decisions import past_decisions
from orchestration.provenance import code_hash
from orchestration.research.variants import AskedVariant
from orchestration.trials import known_trials
from warehouse.connection import connect
from warehouse.context import BuildContext, begin_build
from warehouse.files import copy_database
from warehouse.home import Home
from warehouse.ledger import add_missing_tables
from warehouse.ledger_copy import LedgerCut, copy_ledger
from warehouse.lock import writer_lock
from warehouse.sessions import Sessions


@dataclass(frozen=True)
class Moment:
    """What one build of a night depends on besides the code.

    `ledger_version`: versions up to it are read. `recorded_at`: up to when the record of gate 1 is
    read. `is_cut`: build from a copy of the ledger that holds nothing known after the night's
    decision, so that the SQL cannot see it whatever it does. `known_since`: forget what was known
    before. `attempt`: do not read what gate 1 found in later attempts at the night.
    """

    night: date
    ledger_version: int
    recorded_at: datetime
    configuration: Configuration
    is_cut: bool = False
    known_since: datetime | None = None
    attempt: int | None = None


class Rebuilder:
    """Builds nights again, one after the other, with one dbt; use `rebuilding`."""

    def __init__(
        self,
        scratch: Home,
        ledger: Path,
        *,
        world: str,
        sessions: Sessions,
        threads: int | None = None,
    ) -> None:
        self._scratch, self._ledger = scratch, ledger
        self._world, self._sessions, self._threads = world, sessions, threads

    @cached_property
    def _dbt(self) -> DbtSession:
        """The parsed project; whoever builds nothing does not wait for it."""
        return DbtSession(self._scratch, threads=self._threads)

    @property
    def models(self) -> tuple[Model, ...]:
        """Every model of the dbt project."""
        return self._dbt.models

    @property
    def world(self) -> str:
        """The world of the home."""
        return self._world

    @property
    def ledger(self) -> Path:
        """The copy of the home's ledger, as it was when the rebuilding began."""
        return self._ledger

    def build(self, moment: Moment, target: Path, *, with_analytics: bool = True) -> Path:
        """Build a night and move the finished file to `target`, which is returned.

        Raises
        ------
        NightError
            dbt reports an error.
        """
        self._begin(moment)
        self._dbt.build()
        if with_analytics:
            self._analyse(moment)
        return self._moved(target)

    def build_variant(
        self, moment: Moment, target: Path, asked: AskedVariant, *, select: Sequence[str]
    ) -> Path:
        """Build the models that one variant needs, and no results.

        Parameters
        ----------
        asked : the variant; its rows join the grid's.
        select : dbt's own selection words.

        Raises
        ------
        NightError
            dbt reports an error.
        """
        self._begin(moment)
        self._dbt.build(kinds=("seed",))
        with connect(self._scratch.build) as build:
            asked.add_to(build)
        self._dbt.build(select, kinds=("model",), variables=asked.variables)
        return self._moved(target)

    def _begin(self, moment: Moment) -> None:
        """Cut the ledger and start a build file."""
        decided_at = self._sessions.decided_at(moment.night)
        copy_ledger(
            self._ledger,
            self._scratch.ledger,
            LedgerCut(
                moment.ledger_version,
                known_by=decided_at if moment.is_cut else None,
                known_since=moment.known_since,
                judged_by=(moment.night, moment.attempt) if moment.attempt else None,
            ),
        )
        universe = moment.configuration.universe
        context = BuildContext(
            night=moment.night,
            as_of_at=decided_at,
            ledger_version=moment.ledger_version,
            world=self._world,
            code_hash=code_hash(),
            config_hash=moment.configuration.config_hash,
            universe_name=universe.name,
            benchmark=universe.benchmark,
            members=universe.members,
            recorded_at=moment.recorded_at,
        )
        begin_build(self._scratch.build, context, self._sessions)

    def _analyse(self, moment: Moment) -> None:
        """Compute the results on the finished models."""
        decided_at = self._sessions.decided_at(moment.night)
        with connect(self._scratch.ledger, read_only=True) as ledger:
            past = past_decisions(ledger, moment.night, decided_at, moment.ledger_version)
            trials = known_trials(ledger, before=moment.ledger_version)
        results = compute_analytics(
            self._scratch.build,
            moment.night,
            moment.configuration.portfolio,
            past,
            holdings=moment.configuration.holdings,
            trials=trials,
            threads=self._threads,
        )
        write_tables(self._scratch.build, results.tables())

    def _moved(self, target: Path) -> Path:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(self._scratch.build, target)
        return target


@contextmanager
def rebuilding(
    home: Home,
    world: str,
    sessions: Sessions,
    *,
    announce: Callable[[str], None],
    holds_lock: bool = False,
    threads: int | None = None,
) -> Iterator[Rebuilder]:
    """Copy the home's ledger and prepare to build from it; everything is deleted at the end.

    Parameters
    ----------
    holds_lock : whether the caller has the home's writer lock already; a process that asks for it
        twice would wait for itself.
    threads : of dbt and DuckDB; as a night runs when left out.

    Raises
    ------
    NightError
        There is no ledger yet.
    """
    if not home.ledger.exists():
        raise NightError("There is no ledger yet: run `mqp nightly` first.")
    folder = Path(tempfile.mkdtemp(prefix="mqp-rebuild-"))
    try:
        scratch = Home(folder / "home")
        scratch.make_folders()
        ledger = folder / "ledger.duckdb"
        with nullcontext() if holds_lock else writer_lock(home.writer_lock, announce=announce):
            copy_database(home.ledger, ledger)
            copy_project_memory(home, scratch)
        with connect(ledger) as copy:
            add_missing_tables(copy)
        yield Rebuilder(scratch, ledger, world=world, sessions=sessions, threads=threads)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
