"""The outbox: what was raised, and what became of each sending, in lines that a crash cannot mix.

`alerts_YYYYMMDD.jsonl` holds one alert a line, `deliveries_YYYYMMDD.jsonl` beside it what was sent
when and how that ended. Both are only ever appended to. A line that a crash tore is passed over.
"""

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from orchestration.alerts.alert import TEST, Alert, alert_of
from warehouse.files import LineLog, flush_to_disk, writing_failures

SENT_FOR = timedelta(days=7)
"""An alert older than this is no longer sent: it stays in the outbox."""

LOCK = ".sending.lock"
PATIENCE_SECONDS = 90.0
"""Longer than any other sender takes; after that an alert is written but not sent."""

BEGUN, DELIVERED, REFUSED, UNCERTAIN, REPEATED = (
    "begun", "delivered", "refused", "uncertain", "repeated",
)  # fmt: skip


@dataclass(frozen=True)
class Note:
    """What became of one digest.

    `state`: `begun` before it is sent; then `delivered`, `refused` (certainly not taken) or
    `uncertain` (it may have arrived). `repeated`: nothing was sent, the run had nothing new to say.
    """

    digest: str
    state: str
    alerts: tuple[str, ...]
    run_id: str
    at: datetime
    reason: str = ""

    def as_row(self) -> dict[str, Any]:
        """As a line of the file."""
        return vars(self) | {"at": self.at.astimezone(UTC).isoformat()}


class Outbox:
    """The alerts and deliveries of the last days, in the order in which they were written."""

    def __init__(self, folder: Path, *, now: datetime) -> None:
        self._folder, self._now = folder, now
        since = (now - SENT_FOR).astimezone(UTC).date()
        self.alerts = [alert_of(row) for row in _rows(folder, "alerts", since, alert_of)]
        self.notes = [_note_of(row) for row in _rows(folder, "deliveries", since, _note_of)]

    def waiting(self, run_id: str = "") -> list[Alert]:
        """What nobody has been told of and still should be, oldest first.

        A test is of its own run alone, with `run_id`: nobody waits for an old one.
        """
        spoken_for = {
            alert
            for digest in self.digests.values()
            if digest[-1].state != REFUSED or is_uncertain(digest)
            for alert in digest[-1].alerts
        }
        since = self._now - SENT_FOR
        return [
            one
            for one in self.alerts
            if one.id not in spoken_for
            and one.raised_at >= since
            and (one.check != TEST or one.run_id == run_id)
        ]

    @property
    def digests(self) -> dict[str, list[Note]]:
        """Every digest with its notes, oldest first."""
        found: dict[str, list[Note]] = {}
        for note in self.sendings:
            found.setdefault(note.digest, []).append(note)
        return found

    @property
    def sendings(self) -> list[Note]:
        """What was noted of sendings, oldest first."""
        return [note for note in self.notes if note.state != REPEATED]

    def knows_run(self, run_id: str) -> bool:
        """Whether a run has told what was wrong with it, or had nothing new to say."""
        raised = any(one.run_id == run_id and one.severity == "error" for one in self.alerts)
        return raised or any(n.run_id == run_id and n.state == REPEATED for n in self.notes)

    def add(self, alerts: Sequence[Alert]) -> None:
        """Append alerts; they are on the disk when this returns.

        Raises
        ------
        StorageError
            If the disk refuses.
        """
        self.alerts.extend(alerts)
        self._append("alerts", [one.as_row() for one in alerts])

    def note(self, note: Note) -> None:
        """Append what became of a digest; on the disk when this returns.

        Raises
        ------
        StorageError
            If the disk refuses.
        """
        self.notes.append(note)
        self._append("deliveries", [note.as_row()])

    def _append(self, kind: str, rows: Sequence[Mapping[str, Any]]) -> None:
        if not rows:
            return
        path = self._folder / f"{kind}_{self._now.astimezone(UTC):%Y%m%d}.jsonl"
        is_new = not path.exists()
        with LineLog(path) as file:
            for row in rows:
                file.append(json.dumps(row, default=str), durable=True)
        if is_new:
            with writing_failures(path):
                flush_to_disk(path.parent)


def is_uncertain(digest: Sequence[Note]) -> bool:
    """Whether a digest may have arrived without our knowing: a later refusal does not tell."""
    return digest[-1].state != DELIVERED and times_uncertain(digest) > 0


def times_uncertain(digest: Sequence[Note]) -> int:
    """How many of a digest's sendings may have arrived; one without an end was cut by a kill."""
    endings = [*(note.state for note in digest[1:]), BEGUN]
    return sum(
        note.state == UNCERTAIN or (note.state == BEGUN and ending == BEGUN)
        for note, ending in zip(digest, endings, strict=True)
    )


@contextmanager
def alone(
    folder: Path, *, sleep: Callable[[float], None], monotonic: Callable[[], float] = time.monotonic
) -> Iterator[bool]:
    """Keep two processes from sending the same alert; False where that cannot be had in time."""
    descriptor = None
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        # a disk that cannot even hold the lock has no second sender to wait for
        yield descriptor is None or _is_locked(descriptor, sleep, monotonic)
    finally:
        if descriptor is not None:
            os.close(descriptor)  # closing releases the lock


def _is_locked(
    descriptor: int, sleep: Callable[[float], None], monotonic: Callable[[], float]
) -> bool:
    give_up_at = monotonic() + PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if monotonic() > give_up_at:
                return False
            sleep(0.1)
        else:
            return True


def _rows(
    folder: Path, kind: str, since: date, read: Callable[[Any], object]
) -> Iterator[Mapping[str, Any]]:
    """Whole lines of the files from a day on; what is torn or foreign is passed over."""
    for path in sorted(folder.glob(f"{kind}_*.jsonl")):
        if path.stem.rpartition("_")[2] < f"{since:%Y%m%d}":
            continue
        with suppress(OSError):
            for line in path.read_bytes().splitlines():
                with suppress(ValueError, KeyError, TypeError):
                    row = json.loads(line)
                    read(row)
                    yield row


def _note_of(row: Mapping[str, Any]) -> Note:
    return Note(
        digest=str(row["digest"]),
        state=str(row["state"]),
        alerts=tuple(map(str, row["alerts"])),
        run_id=str(row["run_id"]),
        at=datetime.fromisoformat(row["at"]).astimezone(UTC),
        reason=str(row["reason"]),
    )
