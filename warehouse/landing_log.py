"""The landing log: which stored responses made which version of the ledger.

`data/raw/landings.jsonl` lies beside the responses and outlives the ledger. It holds no row of
data, only where each batch came from; `mqp restore --from-responses` reads the responses again in
that order. What it says is derived from the ledger, so a line that a killed run could not write is
written by the next one. Where another ledger begins, the log of the one before is moved aside.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from warehouse.availability import RAW_TABLES, RawTable
from warehouse.connection import Connection
from warehouse.files import LineLog

NAME = "landings.jsonl"
SCORES = "raw.mqp__headline_scores"
_BURIAL = (
    *("buried_at", "provider", "table_name", "symbol", "row_count"),
    *("first_version", "last_version", "why"),
)  # columns of `ops.tombstones`


@dataclass(frozen=True)
class Origin:
    """One response that gave new rows: its body's hash, its fetch, and whose rows they were."""

    response_hash: str
    fetched_at: datetime
    subjects: tuple[str, ...]


@dataclass(frozen=True)
class LandedPart:
    """The new rows of one raw table: how many, their content hash, and their responses in order."""

    rows: int
    digest: str
    origins: tuple[Origin, ...]


@dataclass(frozen=True)
class LandingEntry:
    """One landed batch of a ledger that was begun at `begun_at` in `world`."""

    ledger_version: int
    landed_at: datetime
    run_id: str
    row_count: int
    world: str
    begun_at: datetime
    tables: Mapping[str, LandedPart] = field(default_factory=dict)


@dataclass(frozen=True)
class ScoringEntry:
    """Headlines scored after a landing, by one method: arithmetic that is repeated, not stored."""

    ledger_version: int
    method: str
    rows: int


@dataclass(frozen=True)
class BurialEntry:
    """Rows that were removed because a provider's terms demand it: they must not come back.

    `symbol` is None for all rows of the provider in the table.
    """

    buried_at: datetime
    provider: str
    table_name: str
    symbol: str | None
    row_count: int
    first_version: int
    last_version: int
    why: str


Entry = LandingEntry | ScoringEntry | BurialEntry


@dataclass(frozen=True)
class LandingLog:
    """The entries of one ledger in their order, and how many lines are none."""

    entries: tuple[Entry, ...]
    unreadable: int = 0

    @property
    def landings(self) -> tuple[LandingEntry, ...]:
        """The landed batches."""
        return tuple(entry for entry in self.entries if isinstance(entry, LandingEntry))

    @property
    def burials(self) -> tuple[BurialEntry, ...]:
        """What was removed on purpose."""
        return tuple(entry for entry in self.entries if isinstance(entry, BurialEntry))


def subject_column(table: RawTable) -> str:
    """The column that says whom a row is about: symbol, series, index or maturity."""
    return "symbol" if "symbol" in table.key else table.key[0]


def append_to_log(ledger: Connection, folder: Path) -> int:
    """Write the entries that the log in a folder lacks of an open ledger; returns how many."""
    known = read_log(folder)
    if not _is_of(known, ledger):
        (folder / NAME).replace(_aside(folder))
        known = LandingLog(())
    missing = list(_missing_entries(ledger, known))
    if missing:
        with LineLog(folder / NAME) as log:
            for entry in missing:
                log.append(_to_json(entry), durable=entry is missing[-1])
    return len(missing)


def read_log(folder: Path) -> LandingLog:
    """What the log in a folder says; nothing without a log."""
    path = folder / NAME
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    entries: list[Entry] = []
    unreadable = 0
    for line in text.splitlines():
        try:
            entries.append(_from_json(json.loads(line)))
        except (ValueError, KeyError, TypeError, AttributeError):
            unreadable += bool(line)
    return LandingLog(tuple(entries), unreadable)


def logs_aside(folder: Path) -> tuple[Path, ...]:
    """The logs of ledgers that were followed by another one, the oldest first."""
    return tuple(sorted(folder.glob(f"{Path(NAME).stem}.*.jsonl")))


def part_of(ledger: Connection, table: RawTable, ledger_version: int) -> LandedPart | None:
    """What one version brought to one table, None if nothing."""
    subject = subject_column(table)
    order = (
        "select response_hash, max(rowid) as place from ops.fetches "
        "where response_hash is not null group by response_hash"
    )
    rows = ledger.execute(
        f"with fetches as ({order}) "
        f"select response_hash, fetched_at, list(distinct {subject} order by {subject}), count(*) "
        f"from {table.name} left join fetches using (response_hash) "
        "where ledger_version = ? group by response_hash, fetched_at "
        # of equal moments (a pinned clock) the order of the requests, where it was logged
        "order by fetched_at, max(place) nulls first, response_hash",
        [ledger_version],
    ).fetchall()
    if not rows:
        return None
    return LandedPart(
        rows=sum(row[3] for row in rows),
        digest=_digest(ledger, table.name, ledger_version),
        origins=tuple(Origin(row[0], row[1], tuple(row[2])) for row in rows),
    )


def _digest(ledger: Connection, name: str, ledger_version: int) -> str:
    """A hash of all values of a version's rows, whatever their order and that of the columns."""
    row = ledger.execute(
        f"select {digest_of(ledger, name)} from {name} where ledger_version = ?", [ledger_version]
    ).fetchone()
    return str(row[0]) if row else "0"


def digest_of(ledger: Connection, name: str) -> str:
    """SQL that sums up the rows of a raw table in one hash.

    A ledger begun by an earlier release has the columns added since at its end.
    """
    columns = sorted(ledger.execute(f"describe {name}").fetchall())
    texts = ", ".join(f"coalesce({column[0]}::varchar, '~')" for column in columns)
    return f"coalesce(sum(md5_number_lower(concat_ws(chr(31), {texts}))::hugeint), 0)::varchar"


def _missing_entries(ledger: Connection, known: LandingLog) -> Iterator[Entry]:
    """Everything after the entries that the log has of this very ledger."""
    landed = ledger.execute(
        "select ledger_version, landed_at, run_id, row_count from ops.landings order by 1"
    ).fetchall()
    world = ledger.execute("select world, created_at from ops.world").fetchone()
    scored = _scored(known.entries)
    for number, (version, landed_at, run_id, row_count) in enumerate(landed):
        if number >= len(known.landings) and world:
            parts = {table.name: part_of(ledger, table, version) for table in RAW_TABLES}
            yield LandingEntry(
                ledger_version=version,
                landed_at=landed_at,
                run_id=run_id,
                row_count=row_count,
                world=world[0],
                begun_at=world[1],
                tables={name: part for name, part in parts.items() if part},
            )
        for method, rows in _scores_of(ledger, version):
            if rows > (before := scored.get((version, method), 0)):
                yield ScoringEntry(version, method, rows - before)
    for row in ledger.execute(f"select {', '.join(_BURIAL)} from ops.tombstones").fetchall():
        if (burial := BurialEntry(*row)) not in known.burials:
            yield burial


def _is_of(log: LandingLog, ledger: Connection) -> bool:
    """Whether a log speaks of this ledger: its landings are the first ones here."""
    logged = [(entry.ledger_version, entry.run_id) for entry in log.landings]
    landed = ledger.execute(
        "select ledger_version, run_id from ops.landings order by 1 limit ?", [len(logged)]
    ).fetchall()
    return logged == landed


def _aside(folder: Path) -> Path:
    return folder / f"{Path(NAME).stem}.{len(logs_aside(folder)) + 1:03d}.jsonl"


def _scored(entries: Iterable[Entry]) -> dict[tuple[int, str], int]:
    counts: dict[tuple[int, str], int] = {}
    for entry in entries:
        if isinstance(entry, ScoringEntry):
            key = (entry.ledger_version, entry.method)
            counts[key] = counts.get(key, 0) + entry.rows
    return counts


def _scores_of(ledger: Connection, version: int) -> list[tuple[str, int]]:
    found = ledger.execute(
        f"select method, count(*) from {SCORES} where ledger_version = ? group by 1 order by 1",
        [version],
    ).fetchall()
    return [(row[0], int(row[1])) for row in found]


def _to_json(entry: Entry) -> str:
    if isinstance(entry, BurialEntry):
        return json.dumps({"burial": vars(entry)}, default=_text)
    if isinstance(entry, ScoringEntry):
        return json.dumps({"scores": vars(entry)})
    tables = {
        name: {
            "rows": part.rows,
            "digest": part.digest,
            "origins": [
                [origin.response_hash, origin.fetched_at.isoformat(), list(origin.subjects)]
                for origin in part.origins
            ],
        }
        for name, part in entry.tables.items()
    }
    return json.dumps({"landing": {**vars(entry), "tables": tables}}, default=_text)


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _from_json(line: Mapping[str, Any]) -> Entry:
    if "scores" in line:
        return ScoringEntry(**line["scores"])
    if "burial" in line:
        told = line["burial"]
        return BurialEntry(**{**told, "buried_at": datetime.fromisoformat(told["buried_at"])})
    told = line["landing"]
    tables = {
        name: LandedPart(
            rows=part["rows"],
            digest=part["digest"],
            origins=tuple(
                Origin(kept, datetime.fromisoformat(fetched), tuple(subjects))
                for kept, fetched, subjects in part["origins"]
            ),
        )
        for name, part in told["tables"].items()
    }
    moments = {name: datetime.fromisoformat(told[name]) for name in ("landed_at", "begun_at")}
    return LandingEntry(**{**told, **moments, "tables": tables})
