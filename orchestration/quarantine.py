"""The record of what is withheld: events of gate 1, and of people who know better.

`quality.quarantine` is append-only. A finding is a row without a release; a release is a second row
of the same range, by the gate (the provider has corrected the rows) or by a person (the rows are
right). What a person released stays released: those rows are not withheld again for that reason.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from orchestration.expectations.outcome import QuarantineRow, Released
from warehouse.connection import Connection

CORRECTED = "the gate finds nothing wrong any more"
BY_PERSON = 0
"""`attempt` of a person's release: no attempt at a night wrote it."""

IDENTITY_LENGTH = 8


@dataclass(frozen=True)
class Finding:
    """A range of rows that is withheld.

    `reason`: of the newest version. `ledger_version`: of the newest bad rows. `night`: which found
    it first.
    """

    dataset: str
    symbol: str
    first_date: date
    last_date: date
    reason: str
    ledger_version: int
    night: date

    @property
    def identity(self) -> str:
        """A short name of the finding: equal for the same rows and the same reason only."""
        told = [self.dataset, self.symbol, self.first_date, self.last_date]
        text = "\n".join(map(str, [*told, self.reason, self.ledger_version]))
        return sha256(text.encode()).hexdigest()[:IDENTITY_LENGTH]


def active_findings(ledger: Connection, moment: datetime) -> tuple[Finding, ...]:
    """Ranges that are withheld at a moment: quarantined and not released by then."""
    rows = ledger.execute(
        """
        select dataset, symbol, first_date, last_date,
            arg_max(reason, (ledger_version, decided_at, reason)) as reason,
            max(ledger_version) as ledger_version, min(night) as night
        from quality.quarantine as q
        where released_at is null and decided_at <= $1 and not exists (
            select 1 from quality.quarantine as r
            where r.released_at <= $1 and r.dataset = q.dataset and r.symbol = q.symbol
                and r.first_date = q.first_date and r.last_date = q.last_date
                and r.released_at >= q.decided_at and r.ledger_version >= q.ledger_version
        )
        group by dataset, symbol, first_date, last_date
        order by all
        """,
        [moment],
    ).fetchall()
    return tuple(Finding(*row) for row in rows)


def active_quarantine(ledger: Connection, moment: datetime) -> tuple[dict[str, Any], ...]:
    """The same as rows for reports."""
    return tuple(dict(vars(finding)) for finding in active_findings(ledger, moment))


def write_quarantine(
    ledger: Connection,
    found: Iterable[QuarantineRow],
    *,
    night: date,
    decided_at: datetime,
    attempt: int,
) -> None:
    """Append what is newly bad; a range that is withheld already is not written again."""
    in_force = {
        (*_range(each), each.ledger_version) for each in active_findings(ledger, decided_at)
    }
    for bad in found:
        if (*_range(bad), bad.ledger_version) not in in_force:
            ledger.execute(
                "insert into quality.quarantine values (?, ?, ?, ?, ?, ?, ?, null, null, ?, ?)",
                [*_range(bad), bad.reason, night, decided_at, bad.ledger_version, attempt],
            )


def release_corrected(
    ledger: Connection,
    found: Iterable[QuarantineRow],
    *,
    night: date,
    decided_at: datetime,
    attempt: int,
    ledger_version: int,
) -> None:
    """End quarantines that the gate no longer reports.

    The provider has sent better rows, or what was missing has come: a split that explains a jump.
    """
    found = tuple(found)
    for finding in active_findings(ledger, decided_at):
        if not _is_still_bad(finding, found):
            released = [finding.reason, night, decided_at, decided_at, CORRECTED]
            ledger.execute(
                "insert into quality.quarantine values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [*_range(finding), *released, ledger_version, attempt],
            )


def released_by_people(ledger: Connection, moment: datetime) -> tuple[Released, ...]:
    """What people had declared right by a moment; a later release counts for later nights."""
    rows = ledger.execute(
        "select dataset, symbol, first_date, last_date, ledger_version, reason "
        "from quality.quarantine where attempt = ? and released_at <= ? order by all",
        [BY_PERSON, moment],
    ).fetchall()
    return tuple(Released(*row) for row in rows)


def release_row(finding: Finding, why: str, *, now: datetime, night: date) -> dict[str, Any]:
    """The event by which a person releases a finding.

    Parameters
    ----------
    now : the moment of the release; decisions before it never see the rows.
    night : the first night whose decision comes after that moment.
    """
    return {
        "dataset": finding.dataset,
        "symbol": finding.symbol,
        "first_date": finding.first_date,
        "last_date": finding.last_date,
        "reason": finding.reason,
        "night": night,
        "decided_at": now,
        "released_at": now,
        "release_reason": why,
        "ledger_version": finding.ledger_version,
        "attempt": BY_PERSON,
    }


def append_release(ledger: Connection, row: Mapping[str, Any]) -> None:
    """Append a person's release to the record."""
    columns, marks = ", ".join(row), ", ".join("?" for _ in row)
    ledger.execute(
        f"insert into quality.quarantine ({columns}) values ({marks})", list(row.values())
    )


def _range(row: Finding | QuarantineRow) -> tuple[str, str, date, date]:
    return row.dataset, row.symbol, row.first_date, row.last_date


def _is_still_bad(finding: Finding, found: Iterable[QuarantineRow]) -> bool:
    return any(
        bad.dataset == finding.dataset
        and bad.symbol == finding.symbol
        and bad.first_date <= finding.last_date
        and finding.first_date <= bad.last_date
        for bad in found
    )
