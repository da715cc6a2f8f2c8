"""A lost ledger rebuilt from the stored responses: landing by landing, in their order.

Rows come from the responses, read again by the functions that asked for them; which of them made
which version stands in the landing log; what was decided and judged comes from the published file.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.archive import Archive
from ingestion.completion import complete
from ingestion.rereading import UnreadableResponseError, reread
from ingestion.sentiment import METHOD
from ingestion.tables import SCHEMAS
from orchestration.errors import NightError, UsageError
from orchestration.lost_record import restore_record
from orchestration.scores import score_new_stories
from warehouse.availability import RAW_TABLES, RawTable
from warehouse.connection import Connection, connect
from warehouse.errors import WorldMismatchError
from warehouse.files import flush_to_disk
from warehouse.home import Home
from warehouse.landing_log import (
    BurialEntry,
    Entry,
    LandedPart,
    LandingEntry,
    Origin,
    ScoringEntry,
    logs_aside,
    part_of,
    read_log,
    subject_column,
)
from warehouse.ledger import land, newest_version, open_ledger, refuse_other_world
from warehouse.sessions import Sessions, new_york_sessions

TABLES: dict[str, RawTable] = {table.name: table for table in RAW_TABLES}


@dataclass
class TableCount:
    """Rows of one table: as landed once, and as restored."""

    landed: int = 0
    restored: int = 0
    is_equal: bool = True


@dataclass
class Restoration:
    """What a restore brought back, and in sentences what it could not."""

    ledger: Path
    world: str
    versions: int = 0
    is_unbroken: bool = True
    tables: dict[str, TableCount] = field(default_factory=dict)
    record: Mapping[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether every landed row is back exactly as it was."""
        return self.is_unbroken and all(count.is_equal for count in self.tables.values())

    def note(self, sentence: str) -> None:
        """Keep one sentence, unless it was said before."""
        if sentence not in self.notes:
            self.notes.append(sentence)


def restore_from_responses(
    home: Home, world: str, target: Path, *, say: Callable[[str], None]
) -> Restoration:
    """Build a ledger at `target` from the responses of a home; the caller holds the writer lock.

    Built beside the target and renamed at the end: a kill leaves no half ledger, and a rerun begins
    again.

    Parameters
    ----------
    say : told now and then how far it is.

    Raises
    ------
    UsageError
        If there is a file at the target already: no ledger is ever overwritten.
    NightError
        If nothing says what has landed.
    WorldMismatchError
        If the responses belong to another world.
    """
    if target.exists():
        raise UsageError(
            f"{target} exists and is not overwritten: move it away, or name another file with --to."
        )
    log = read_log(home.raw_responses)
    if not log.landings:
        raise NightError(
            f"{home.raw_responses} holds no whole log of landings: `mqp nightly` begins a new "
            "ledger, or writes the log again where the ledger is there."
        )
    first = log.landings[0]
    if first.world != world:
        raise WorldMismatchError(
            f"The stored responses belong to the world '{first.world}' and this run to '{world}': "
            "run with the settings of the first."
        )
    refuse_other_world(home.ledger, home.published, world)
    done = Restoration(target, world)
    if log.unreadable:
        done.note(f"{log.unreadable} lines of the landing log are damaged and were left out")
    if earlier := logs_aside(home.raw_responses):
        done.note(f"{len(earlier)} earlier ledgers ({earlier[-1].name}) are not restored")
    with _scratch(target) as scratch, connect(scratch) as ledger:
        open_ledger(ledger, world, now=first.begun_at)
        rebuilding = _Rebuilding(
            ledger, Archive(home.raw_responses), new_york_sessions(), done, log.burials
        )
        for number, entry in enumerate(log.entries, start=1):
            rebuilding.repeat(entry)
            say(f"{number} of {len(log.entries)} entries of the landing log are repeated")
        done.versions = newest_version(ledger)
        done.record = restore_record(ledger, home, done.note)
        ledger.execute("checkpoint")
    return done


@contextmanager
def _scratch(target: Path) -> Iterator[Path]:
    """A file beside the target that takes its place when the block has succeeded."""
    scratch = target.with_name(f"{target.name}.restoring")
    target.parent.mkdir(parents=True, exist_ok=True)
    for leftover in (scratch, _wal_of(scratch)):
        leftover.unlink(missing_ok=True)
    yield scratch
    flush_to_disk(scratch)
    if _wal_of(target).exists():  # of the lost file: it would be replayed into the new one
        _wal_of(target).replace(target.with_name(f"{target.name}.wal.lost"))
    scratch.replace(target)
    flush_to_disk(target.parent)


def _wal_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.wal")


@dataclass
class _Rebuilding:
    """A ledger in the making.

    `_holes`: raw table and subject of which a version is lost; no subject means any.
    """

    ledger: Connection
    responses: Archive
    sessions: Sessions
    done: Restoration
    burials: tuple[BurialEntry, ...] = ()
    _holes: set[tuple[str, str | None]] = field(default_factory=set)

    def repeat(self, entry: Entry) -> None:
        """Do again what one line of the log says was done."""
        if isinstance(entry, ScoringEntry):
            self._score(entry)
        elif isinstance(entry, BurialEntry):
            self.ledger.execute(
                "insert into ops.tombstones values (?, ?, ?, ?, ?, ?, ?, ?)",
                [*vars(entry).values()],
            )
        else:
            self._land(entry)

    def _land(self, entry: LandingEntry) -> None:
        self._skip_to(entry)
        holes = frozenset(self._holes)
        rows = {name: self._rows(entry, name, part) for name, part in entry.tables.items()}
        rows = complete(rows, self._known)
        landed = land(
            self.ledger, rows, sessions=self.sessions, run_id=entry.run_id, now=entry.landed_at
        )
        if landed.ledger_version < entry.ledger_version:  # of rows that are made here, or are lost
            self.ledger.execute(
                "insert into ops.landings values (?, ?, ?, ?)",
                [entry.ledger_version, entry.landed_at, entry.run_id, entry.row_count],
            )
        self._know_late(entry.ledger_version, holes)
        for name, part in entry.tables.items():
            self._compare(entry, name, part)

    def _skip_to(self, entry: LandingEntry) -> None:
        """Keep the number of a version free whose line in the log is lost."""
        if newest_version(self.ledger) < (before := entry.ledger_version - 1):
            self.ledger.execute(
                "insert into ops.landings values (?, ?, 'lost', 0)", [before, entry.landed_at]
            )
            self._holes |= {(name, None) for name in TABLES}
            self.done.is_unbroken = False
            self.done.note(f"nothing says what had landed up to version {before}")

    def _rows(self, entry: LandingEntry, name: str, part: LandedPart) -> pa.Table:
        tables = [self._rows_of(entry, name, origin) for origin in part.origins]
        return pa.concat_tables([SCHEMAS[name].empty_table(), *tables])

    def _rows_of(self, entry: LandingEntry, name: str, origin: Origin) -> pa.Table:
        """What one response says of the subjects that landed from it."""
        stored, damages = self.responses.of(origin)
        buried = [burial for burial in self._burials_in(entry, name) if burial.symbol is None]
        subjects = set(origin.subjects) - {
            burial.symbol for burial in self._burials_in(entry, name) if burial.symbol
        }
        tables = []
        for response in stored:
            if any(burial.provider == response.reply.provider for burial in buried):
                return SCHEMAS[name].empty_table()
            try:
                read = reread(response).get(name)
            except UnreadableResponseError as err:
                damages.append(str(err))
                continue
            if read is not None:
                wanted = pa.array(sorted(subjects), pa.string())
                tables.append(read.filter(pc.is_in(read[subject_column(TABLES[name])], wanted)))
        rows = pa.concat_tables([SCHEMAS[name].empty_table(), *tables])
        if damages and not rows.num_rows and subjects and not buried:
            self._holes |= {(name, subject) for subject in origin.subjects}
            whose = ", ".join(origin.subjects[:5])
            self.done.note(
                f"version {entry.ledger_version} of {name} ({whose}) is incomplete: {damages[0]}"
            )
        return rows

    def _known(self, name: str) -> pa.Table:
        """The newest stored version of every row of a raw table."""
        keys = ", ".join(TABLES[name].key)
        columns = ", ".join(SCHEMAS[name].names)
        found = self.ledger.execute(
            f"select {columns} from {name} "
            f"qualify row_number() over (partition by {keys} order by ledger_version desc) = 1"
        ).to_arrow_table()
        return found.cast(SCHEMAS[name])

    def _know_late(self, version: int, holes: frozenset[tuple[str, str | None]]) -> None:
        """After a hole a row that seems new may be a revision: it is known from its fetch only.

        Dated by the rule, a revised value would be seen by decisions made before it appeared.
        """
        for name, subject in holes:
            if TABLES[name].policy == "vintage":
                self.ledger.execute(
                    f"update {name} set available_at = greatest(available_at, fetched_at) "
                    f"where ledger_version = $1 and ($2 is null or "
                    f"{subject_column(TABLES[name])} = $2)",
                    [version, subject],
                )

    def _burials_in(self, entry: LandingEntry, name: str) -> list[BurialEntry]:
        return [
            burial
            for burial in self.burials
            if burial.table_name == name
            and burial.first_version <= entry.ledger_version <= burial.last_version
        ]

    def _compare(self, entry: LandingEntry, name: str, part: LandedPart) -> None:
        if burials := self._burials_in(entry, name):
            whose = ", ".join(sorted({burial.symbol or "every symbol" for burial in burials}))
            self.done.note(f"rows of {name} ({whose}) had been removed on purpose and stay away")
            return
        found = part_of(self.ledger, TABLES[name], entry.ledger_version)
        count = self.done.tables.setdefault(name, TableCount())
        rows = found.rows if found else 0
        count.landed += part.rows
        count.restored += rows
        if found is None or (found.rows, found.digest) != (part.rows, part.digest):
            count.is_equal = False
            self.done.note(
                f"version {entry.ledger_version} of {name} differs: {part.rows} rows had landed, "
                f"{rows} came back"
            )

    def _score(self, entry: ScoringEntry) -> None:
        """Score again; a method of another release cannot be repeated."""
        count = self.done.tables.setdefault("raw.mqp__headline_scores", TableCount())
        count.landed += entry.rows
        rows = score_new_stories(self.ledger) if entry.method == METHOD else 0
        count.restored += rows
        if rows != entry.rows and not any("news" in burial.table_name for burial in self.burials):
            count.is_equal = False
            self.done.note(
                f"{entry.rows} headlines had been scored by {entry.method} at version "
                f"{entry.ledger_version}, {rows} are again"
            )
