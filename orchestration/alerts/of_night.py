"""The alerts of a night, from what it has recorded: nothing is judged anew."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from ingestion.journal import named
from orchestration.alerts.alert import RECOVERED, Alert
from orchestration.findings import quarantine_sentence
from reports.status import RunStatus
from warehouse.connection import connect
from warehouse.errors import WarehouseError

_GATE = re.compile(r"Gate ([12]) refuses")
DEAD_CANARY = "every_check_is_alive"
OVERRIDES = ("forecast_volatility", "realised_volatility", "drawdown_stop")
SERVED_BY_NOBODY = re.compile(r"nothing|stored rows|.* \(stored\)")


@dataclass(frozen=True)
class NightEnd:
    """How a run of a night ended.

    `status`: as in `run_status.json`. `published`: the file that the book and the sessions that
    nobody ran are read from, None where this run published none. `tells_clean`: whether a night
    without trouble is told.
    """

    status: RunStatus
    raised_at: datetime
    published: Path | None = None
    tells_clean: bool = False

    def alerts(self) -> list[Alert]:
        """Everything that a person should hear of this night."""
        found = [
            *self._of_reasons(),
            *self._of_feeds(),
            *self._of_quotas(),
            *self._of_published(),
        ]
        if self.status.status == "FAILED":
            return found
        over = self._alert("info", RECOVERED, _recovery(self.status))
        clean = self._alert("info", "clean", f"Night {self.status.night} is CLEAN.")
        is_told = self.tells_clean and not found
        return [over, *found, *([clean] if is_told else [])]

    def _of_reasons(self) -> Iterator[Alert]:
        """One alert per reason, in the reason's own words."""
        withheld = {quarantine_sentence(row): str(row["symbol"]) for row in self.status.quarantined}
        is_failed = self.status.status == "FAILED"
        reasons = self.status.reasons[1:] if self.status.rehearsal else self.status.reasons
        for reason in reasons:
            if reason in withheld:
                yield self._alert("error", "quarantine", reason, subject=withheld[reason])
            elif is_failed:
                yield self._alert("error", _failed_check(reason), reason)
            elif reason.startswith("published, but"):
                yield self._alert("error", "reports", reason)
            else:
                yield self._alert("warning", "degraded", reason)

    def _of_feeds(self) -> Iterator[Alert]:
        """Feeds of which nobody delivered; those that a night requires are among its reasons."""
        for row in self.status.fallbacks:
            is_standing = row["failure"] == "entitlement"  # a plan refuses every night alike
            is_unserved = SERVED_BY_NOBODY.fullmatch(str(row["served_by"]))
            if is_unserved and not (row["is_degrading"] or is_standing):
                source = str(row["wanted"])
                yield self._alert("warning", "feed", str(row["sentence"]), source=source)

    def _of_quotas(self) -> Iterator[Alert]:
        for row in self.status.quotas:
            if row["is_alarming"]:
                sentence = f"{row['provider']}: four fifths or more of the day's calls are used."
                yield self._alert("warning", "quota", sentence, source=str(row["provider"]))

    def _of_published(self) -> Iterator[Alert]:
        if self.published is None:
            return
        for source, check, sentence in published_sentences(self.published, self.status.night):
            yield self._alert("warning", check, sentence, source=source)

    def _alert(
        self, severity: str, check: str, message: str, *, source: str = "night", subject: str = ""
    ) -> Alert:
        status = self.status
        details: dict[str, Any] = {"status": status.status, "attempt": status.attempt}
        if status.rehearsal:
            details["rehearsal"] = status.rehearsal
        return Alert(
            severity=severity,
            check=check,
            source=source,
            subject=subject or status.night.isoformat(),
            message=message,
            run_id=status.run_id,
            night=status.night,
            raised_at=self.raised_at,
            details=details,
        )


def published_sentences(published: Path, night: date) -> list[tuple[str, str, str]]:
    """What a person should know of a published night: source, check and sentence.

    Sessions before it that nobody ran; a limit that is not kept, each night; a volatility above
    target and a drawdown stop when they begin, because they may last for months.
    """
    try:
        with connect(published, read_only=True) as warehouse:
            book = [*_limits_not_kept(warehouse), *_overrides_begun(warehouse)]
            missed = [("night", "missed", sentence) for sentence in _missed(warehouse, night)]
            return [*missed, *(("portfolio", check, sentence) for check, sentence in book)]
    except (WarehouseError, duckdb.Error):  # the file is not whole: others say so
        return []


def _missed(warehouse: Any, night: date) -> Iterator[str]:
    """The sessions without a run since the night before this one that was published."""
    rows = warehouse.execute(
        "select distinct night from ops.nights where status = 'MISSED' and night < $1 "
        "and night > coalesce((select max(night) from ops.nights "
        "where status in ('CLEAN', 'DEGRADED') and night < $1), date '1900-01-01') order by night",
        [night],
    ).fetchall()
    if rows:
        yield f"No run was made for: {named([day.isoformat() for (day,) in rows])}."


def _limits_not_kept(warehouse: Any) -> Iterator[tuple[str, str]]:
    for limit, used, bound, note in warehouse.execute(
        "select limit_name, used, bound, note from analytics.limit_usage "
        "where session_date = (select max(session_date) from analytics.limit_usage) "
        "and note is not null and used > bound order by limit_name"
    ).fetchall():
        sentence = f"The limit {limit} is not kept: {used:.4f} used, {bound:.4f} allowed, {note}."
        yield f"limit_{limit}", sentence


def _overrides_begun(warehouse: Any) -> Iterator[tuple[str, str]]:
    rows = warehouse.execute(
        "select override_reason from analytics.portfolio_daily order by session_date desc limit 2"
    ).fetchall()
    tonight, before = (str(row[0] or "") for row in [*rows, ("",), ("",)][:2])
    kind = tonight.partition(":")[0]
    if kind in OVERRIDES and kind != before.partition(":")[0]:
        yield kind, f"The book is not what the sleeves want: {tonight}."


def _failed_check(reason: str) -> str:
    if DEAD_CANARY in reason:
        return "canaries"
    gate = _GATE.match(reason)
    return f"gate_{gate[1]}" if gate else "night"


def _recovery(status: RunStatus) -> str:
    return (
        f"Night {status.night} is published now, {status.status} in attempt {status.attempt}, "
        "after the trouble that was told before."
    )
