"""Releases from quarantine by people: what they choose from, the event, and its log.

A release stands in the ledger, and as a line of `data/releases.jsonl`, from which a lost ledger
gets it back. It counts from its own moment on: decisions before it never see the rows, so a night
of before is built again as it was.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from ingestion.masking import one_line
from orchestration.errors import UsageError
from orchestration.quarantine import (
    BY_PERSON,
    CORRECTED,
    Finding,
    active_findings,
    append_release,
    release_row,
)
from warehouse.availability import RAW_TABLES
from warehouse.connection import Connection, transaction
from warehouse.files import LineLog
from warehouse.home import Home
from warehouse.landing_log import subject_column
from warehouse.sessions import Sessions

LOG = "releases.jsonl"
LONGEST_REASON = 300  # characters
DATES = ("first_date", "last_date", "night")
MOMENTS = ("decided_at", "released_at")
IDENTITY = ("dataset", "symbol", "first_date", "last_date", "ledger_version", "released_at")
TABLES = {table.name: table for table in RAW_TABLES}


@dataclass(frozen=True)
class Choice:
    """Which findings a person means; None means any. Dates: findings that lie within them."""

    symbol: str
    dataset: str | None = None
    first_date: date | None = None
    last_date: date | None = None
    identity: str | None = None

    def means(self, finding: Finding) -> bool:
        """Whether a finding is meant."""
        return (
            finding.symbol == self.symbol
            and self.dataset in (None, finding.dataset, finding.dataset.removeprefix("raw."))
            and (self.first_date is None or self.first_date <= finding.first_date)
            and (self.last_date is None or finding.last_date <= self.last_date)
            and self.identity in (None, finding.identity)
        )


@dataclass(frozen=True)
class PastRelease:
    """A release that was made: `released_by` is `a person` or `gate 1`."""

    dataset: str
    symbol: str
    first_date: date
    last_date: date
    found: str
    released_at: datetime
    released_by: str
    why: str
    night: date


def checked_reason(text: str) -> str:
    """Return a reason as it may be kept.

    Raises
    ------
    UsageError
        It is empty, too long, or more than one printable line.
    """
    reason = text.strip()
    if not reason:
        raise UsageError('--why is empty: say why the rows are right, as --why "the reason".')
    if len(reason) > LONGEST_REASON:
        raise UsageError(
            f"--why has {len(reason):,} characters: {LONGEST_REASON} are kept at most."
        )
    if not reason.isprintable():
        raise UsageError("--why must be one line of printable text.")
    return reason


def chosen_findings(ledger: Connection, choice: Choice, *, now: datetime) -> tuple[Finding, ...]:
    """Return the findings in force that a person means.

    Raises
    ------
    UsageError
        There is no such symbol, nothing of it is withheld, or nothing of what was asked for.
    """
    withheld = active_findings(ledger, now)
    of_symbol = [each for each in withheld if each.symbol == choice.symbol]
    if not of_symbol:
        shown = one_line(choice.symbol, length=40)
        if not _is_known(ledger, choice.symbol):
            symbols = ", ".join(sorted({each.symbol for each in withheld}))
            hint = f"withheld are rows of {symbols}" if symbols else "and nothing is withheld"
            raise UsageError(f"No rows of '{shown}' are stored; {hint}.")
        raise UsageError(f"Nothing of {shown} is withheld: `mqp quarantine list` shows what is.")
    chosen = tuple(each for each in of_symbol if choice.means(each))
    if not chosen:
        held = "; ".join(
            f"{each.identity} ({each.dataset}, {each.first_date} to {each.last_date})"
            for each in of_symbol
        )
        raise UsageError(
            f"No finding of {choice.symbol} lies within what you ask for; a finding is released "
            f"whole, and withheld are {held}."
        )
    return chosen


def first_night_after(sessions: Sessions, now: datetime) -> date:
    """The first night whose decision a release at `now` can reach."""
    day = sessions.session_on_or_before(now.date())
    while sessions.decided_at(day) < now:
        day = sessions.next_session(day)
    return day


def release(
    ledger: Connection,
    findings: Sequence[Finding],
    why: str,
    *,
    home: Home,
    sessions: Sessions,
    now: datetime,
) -> None:
    """Append the release of findings to the record and its log.

    Parameters
    ----------
    ledger : the home's, open for writing.
    why : a reason that `checked_reason` accepted.

    Raises
    ------
    StorageError
        The log cannot be written; the ledger then has the release already.
    """
    night = first_night_after(sessions, now)
    rows = [release_row(finding, why, now=now, night=night) for finding in findings]
    with transaction(ledger):
        for row in rows:
            append_release(ledger, row)
    with LineLog(home.data / LOG) as log:
        for row in rows:
            told = {
                name: value.isoformat() if isinstance(value, date) else value
                for name, value in row.items()
            }
            log.append(json.dumps(told, sort_keys=True), durable=True)


def restore_releases(ledger: Connection, home: Home, note: Callable[[str], None]) -> None:
    """Append what the log knows and the ledger lacks.

    `note`: told in one sentence of lines that cannot be read.
    """
    path = home.data / LOG
    if not path.exists():
        return  # nobody has released anything
    known = set(
        ledger.execute(
            f"select {', '.join(IDENTITY)} from quality.quarantine where attempt = ?", [BY_PERSON]
        ).fetchall()
    )
    rows, damaged = _read_log(path)
    for row in rows:
        key = tuple(row[name] for name in IDENTITY)
        if key not in known:
            known.add(key)
            append_release(ledger, row)
    if damaged:
        note(f"{damaged} lines of {path} cannot be read: so many releases may be lost")


def past_releases(ledger: Connection, *, since: datetime | None) -> tuple[PastRelease, ...]:
    """List the releases after a moment, the newest first; all of them without one."""
    rows = ledger.execute(
        "select dataset, symbol, first_date, last_date, reason, released_at, "
        "if(attempt = $person, 'a person', 'gate 1'), coalesce(release_reason, $gate), night "
        "from quality.quarantine where released_at is not null "
        "and ($since is null or released_at >= $since) "
        "order by released_at desc, dataset, symbol, first_date, last_date",
        {"person": BY_PERSON, "gate": CORRECTED, "since": since},
    ).fetchall()
    return tuple(PastRelease(*row) for row in rows)


def stored_rows(ledger: Connection, finding: Finding) -> int | None:
    """How many stored rows a finding withholds, older versions included; None if unknown."""
    table = TABLES.get(finding.dataset)
    if table is None:
        return None
    kind = ledger.execute(
        "select data_type from duckdb_columns() where schema_name || '.' || table_name = ? "
        "and column_name = ?",
        [table.name, table.date_column],
    ).fetchone()
    if kind is None:
        return None
    day = f"{table.date_column}::date"
    if kind[0] == "TIMESTAMP WITH TIME ZONE":
        day = f"({table.date_column} at time zone 'America/New_York')::date"
    row = ledger.execute(
        f"select count(*) from {table.name} where {subject_column(table)} = ? "
        f"and {day} between ? and ? and ledger_version <= ?",
        [finding.symbol, finding.first_date, finding.last_date, finding.ledger_version],
    ).fetchone()
    return row[0] if row else None


def _is_known(ledger: Connection, symbol: str) -> bool:
    """Whether any row about a symbol, series or index has ever landed."""
    queries = [
        f"select 1 from {table.name} where {subject_column(table)} = $symbol"
        for table in RAW_TABLES
    ]
    queries.append("select 1 from quality.quarantine where symbol = $symbol")
    return any(
        ledger.execute(f"{query} limit 1", {"symbol": symbol}).fetchone() for query in queries
    )


def _read_log(path: Path) -> tuple[list[dict[str, Any]], int]:
    """(The rows of the log, how many of its lines cannot be read)."""
    rows, damaged = [], 0
    for line in filter(None, path.read_text(encoding="utf-8", errors="replace").splitlines()):
        try:
            rows.append(_typed(json.loads(line)))
        except (ValueError, KeyError, TypeError):
            damaged += 1
    return rows, damaged


def _typed(told: Mapping[str, Any]) -> dict[str, Any]:
    texts = {name: str(told[name]) for name in ("dataset", "symbol", "reason", "release_reason")}
    numbers = {name: int(told[name]) for name in ("ledger_version", "attempt")}
    days = {name: date.fromisoformat(told[name]) for name in DATES}
    moments = {name: datetime.fromisoformat(told[name]) for name in MOMENTS}
    return {**texts, **numbers, **days, **moments}
