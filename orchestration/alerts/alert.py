"""One alert: what is wrong, with what, since when, in one sentence."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, Self
from uuid import uuid4

from ingestion.masking import Masker, one_line

SEVERITIES = ("info", "warning", "error")
RECOVERED = "recovered"
"""The check of an alert which says that a night's trouble is over."""

TEST = "test"
LONGEST_MESSAGE = 2500
LONGEST_NAME = 200
LARGEST_DETAILS = 4000


@dataclass(frozen=True, kw_only=True)
class Alert:
    """Something that a person should hear of.

    Attributes
    ----------
    severity : `info`, `warning` or `error`.
    check : what found it, such as `gate_2`, `quarantine`, `overdue`.
    source : which part or provider it is about; `subject` : which symbol, night or file.
    message : one sentence, the very one that report and `run_status.json` show.
    run_id : of the run that raised it.
    night : whose night it is; None for what belongs to none.
    """

    severity: str
    check: str
    source: str
    subject: str
    message: str
    run_id: str
    raised_at: datetime
    night: date | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=lambda: str(uuid4()))

    @property
    def problem(self) -> tuple[str, ...]:
        """What makes two alerts the same problem: night (or day), check, source, subject, words."""
        day = self.night or self.raised_at.date()
        return (day.isoformat(), self.check, self.source, self.subject, self.message)

    def cleaned(self, masker: Masker) -> Self:
        """The same alert on one line each, within bounds, and without any key."""

        def clean(text: str, length: int = LONGEST_NAME) -> str:
            return one_line(masker.text(text), length=length)

        return replace(
            self,
            check=clean(self.check),
            source=clean(self.source),
            subject=clean(self.subject),
            message=clean(self.message, LONGEST_MESSAGE),
            run_id=clean(self.run_id),
            details=_cleaned_details(self.details, masker),
        )

    def as_row(self) -> dict[str, Any]:
        """As a line of the outbox, and as a part of the generic message."""
        row = asdict(self) | {
            "raised_at": self.raised_at.astimezone(UTC).isoformat(),
            "night": self.night.isoformat() if self.night else None,
        }
        first = ("id", "raised_at", "severity", "check", "source", "subject", "message")
        return {name: row[name] for name in (*first, "run_id", "night", "details")}


def _cleaned_details(details: Mapping[str, Any], masker: Masker) -> dict[str, Any]:
    """Details as JSON can hold them, without any key; nothing of them where they are too large."""
    text = masker.text(json.dumps(dict(details), default=str))
    if len(text) > LARGEST_DETAILS:
        return {"is_cut": True}
    try:
        return dict(json.loads(text, parse_constant=lambda _: None))
    except ValueError:  # a key stood where a number was
        return {"is_cut": True}


def alert_of(row: Mapping[str, Any]) -> Alert:
    """Read a line of the outbox back.

    Raises
    ------
    KeyError, TypeError, ValueError
        It is none.
    """
    night = row["night"]
    return Alert(
        id=str(row["id"]),
        raised_at=datetime.fromisoformat(row["raised_at"]).astimezone(UTC),
        severity=row["severity"] if row["severity"] in SEVERITIES else "error",
        check=str(row["check"]),
        source=str(row["source"]),
        subject=str(row["subject"]),
        message=str(row["message"]),
        run_id=str(row["run_id"]),
        night=date.fromisoformat(night) if night else None,
        details=dict(row["details"]),
    )
