"""What the published file itself remembers of its run, for when `run_status.json` is gone."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reports.queries import Published, Row
from reports.status import RunStatus, read_run_status, with_dates

CONTEXT = ("night", "as_of_at", "ledger_version", "world", "code_hash", "config_hash")
BUILT_FROM = ("ledger_version", "code_hash", "config_hash")
"""What an attempt and the file must have in common for the attempt to be the file's own."""
ATTEMPT = (
    "attempt", "status", "run_id", "started_at", "finished_at", *BUILT_FROM, "manifest_hash",
    "reasons", "fallbacks", "ledger_bytes",
)  # fmt: skip
PUBLISHED = ("CLEAN", "DEGRADED")
UNRECORDED = "UNRECORDED"
NO_ATTEMPT = "this night of the past stands in no record: only the log of its run tells of it"
REHEARSED = re.compile(r"REHEARSAL of ([\w-]+): ")  # the first reason of a rehearsed night


def recorded_status(published: Published) -> RunStatus:
    """Put together what became of the run from the tables of the file.

    Parameters
    ----------
    published : a file with a night.

    Returns
    -------
    The last attempt that published this night from this ledger version, code and configuration.
    Nights of the past, built with `--as-of`, leave no attempt: their status is ``UNRECORDED``.

    Notes
    -----
    The file keeps neither the freshness of the inputs nor the day's quotas; those stay empty.
    """
    context = published.one("ops.build_context", CONTEXT)
    row = _own_attempt(published, context)
    reasons = json.loads(row["reasons"] or "[]") if row else [NO_ATTEMPT]
    rehearsal = REHEARSED.match(reasons[0]) if reasons else None
    found = row or dict.fromkeys(ATTEMPT)
    return RunStatus(
        night=context["night"],
        status=found["status"] or UNRECORDED,
        attempt=found["attempt"] or 0,
        run_id=found["run_id"] or "",
        world=context["world"] or "unknown",
        as_of_at=context["as_of_at"],
        started_at=found["started_at"] or context["as_of_at"],
        finished_at=found["finished_at"],
        ledger_version=context["ledger_version"] or 0,
        code_hash=context["code_hash"] or "",
        config_hash=context["config_hash"] or "",
        reasons=tuple(reasons),
        requests=_requests(published, found["run_id"]),
        manifest_hash=found["manifest_hash"],
        fallbacks=tuple(with_dates(row) for row in json.loads(found["fallbacks"] or "[]")),
        rehearsal=rehearsal[1] if rehearsal else None,
        ledger_bytes=found["ledger_bytes"],
    )


def published_status(published: Published, run_status: Path) -> RunStatus:
    """What became of the run that published the file.

    Parameters
    ----------
    run_status : `run_status.json`; where it tells of that very run it knows more than the file.
    """
    recorded = recorded_status(published)
    last = last_status(run_status)
    if last is None or last.status not in PUBLISHED or not _is_same_run(last, recorded):
        return recorded
    return last


def page_status(published: RunStatus, run_status: Path) -> RunStatus:
    """What the page says: a later run that failed is not hidden by the night before it."""
    last = last_status(run_status)
    is_failure = last is not None and last.status == "FAILED" and last.world == published.world
    if last is None or not is_failure or last.started_at < published.started_at:
        return published
    return last


def last_status(path: Path) -> RunStatus | None:
    """Read `run_status.json`; None where there is none, or none that can be read."""
    try:
        return read_run_status(path)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _own_attempt(published: Published, context: Mapping[str, Any]) -> Row | None:
    rows = published.rows(
        "ops.nights",
        ATTEMPT,
        where="night = ? and status in ('CLEAN', 'DEGRADED')",
        order_by="attempt desc",
        parameters=[context["night"]],
    )
    for row in rows:
        # a file of an earlier release may not say what an attempt was built from
        if all(row[name] in (None, context[name]) for name in BUILT_FROM):
            return row
    return None


def _is_same_run(last: RunStatus, recorded: RunStatus) -> bool:
    is_own = recorded.status == UNRECORDED or last.run_id == recorded.run_id
    parts = ("night", "world", *BUILT_FROM)
    return is_own and all(getattr(last, name) == getattr(recorded, name) for name in parts)


def _requests(published: Published, run_id: str | None) -> dict[str, int]:
    """Requests that the run sent, repeated ones included, by provider."""
    sent: dict[str, int] = {}
    rows = published.rows(
        "ops.fetches",
        ("provider", "attempts"),
        where="run_id = ?",
        order_by="provider",
        parameters=[run_id],
    )
    for row in rows:
        sent[row["provider"]] = sent.get(row["provider"], 0) + (row["attempts"] or 0)
    return {provider: count for provider, count in sent.items() if count}
