"""The published nights of a ledger: what each was made of, by its own record."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from orchestration.errors import NightError, UsageError
from warehouse.connection import Connection
from warehouse.sessions import new_york_sessions

PUBLISHED = ("CLEAN", "DEGRADED")


@dataclass(frozen=True)
class PublishedNight:
    """One published attempt at one night, as it stands in `ops.nights`.

    `as_of_at`: the night's decision, up to which rows and the record of gate 1 were read.
    `configuration`: canonical JSON of the files it was computed with. `manifest_hash`: of
    everything that was published.
    """

    night: date
    attempt: int
    status: str
    as_of_at: datetime
    ledger_version: int
    code_hash: str
    config_hash: str
    manifest_hash: str
    configuration: str

    @property
    def name(self) -> str:
        """How people call it."""
        return f"{self.night}" if self.attempt == 1 else f"{self.night} (attempt {self.attempt})"


def published_night_of(
    ledger: Connection, night: date, attempt: int | None = None
) -> PublishedNight:
    """Look up a night's latest published attempt, or the one that is asked for.

    Raises
    ------
    UsageError
        Nothing was published: one sentence says what became of that night.
    """
    rows = ledger.execute(
        "select attempt, status, reasons from ops.nights where night = ? order by attempt", [night]
    ).fetchall()
    published = [row[0] for row in rows if row[1] in PUBLISHED]
    if not published:
        raise UsageError(_never_published(ledger, night, rows))
    if attempt is not None and attempt not in published:
        listed = ", ".join(map(str, published))
        raise UsageError(
            f"Attempt {attempt} of night {night} published nothing; published was: {listed}."
        )
    return _read(ledger, night, published[-1] if attempt is None else attempt)


def latest_published_night(ledger: Connection) -> PublishedNight:
    """Look up the latest night that was published, in its latest attempt.

    Raises
    ------
    NightError
        None was.
    """
    row = ledger.execute(
        "select night, attempt from ops.nights where status in (select unnest(?)) "
        "order by night desc, attempt desc limit 1",
        [list(PUBLISHED)],
    ).fetchone()
    if row is None:
        raise NightError("No night has been published yet: run `mqp nightly` first.")
    return _read(ledger, *row)


def _read(ledger: Connection, night: date, attempt: int) -> PublishedNight:
    row = ledger.execute(
        "select night, attempt, status, as_of_at, ledger_version, code_hash, config_hash, "
        "manifest_hash, content from ops.nights left join ops.configs using (config_hash) "
        "where night = ? and attempt = ? and status in (select unnest(?)) limit 1",
        [night, attempt, list(PUBLISHED)],
    ).fetchone()
    if row is None or row[-1] is None:
        raise NightError(
            f"The configuration of night {night} is not in the ledger (ops.configs): "
            "it cannot be computed again."
        )
    return PublishedNight(*row)


def _never_published(ledger: Connection, night: date, rows: list[Any]) -> str:
    """Why there is nothing to replay."""
    if rows:
        _, status, reasons = rows[-1]
        why = "; ".join(json.loads(reasons or "[]")) or "no reason was recorded"
        if status == "MISSED":
            return (
                f"Night {night} was MISSED ({why}) and decided nothing: there is nothing to "
                f"replay; `mqp nightly --as-of {night}` shows it with hindsight."
            )
        return f"Night {night} FAILED and published nothing ({why}): there is nothing to replay."
    if not new_york_sessions().is_session(night):
        return f"{night} is no night: the exchange was closed. Name a session's date."
    span = ledger.execute(
        "select min(night), max(night) from ops.nights where status in (select unnest(?))",
        [list(PUBLISHED)],
    ).fetchone()
    if span is None or span[0] is None:
        return f"Night {night} was never published: no night has been yet; run `mqp nightly` first."
    return (
        f"Night {night} was never published here: published nights lie between {span[0]} and "
        f"{span[1]}."
    )
