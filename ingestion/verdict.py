"""What an answer means where the provider's own texts do not say: by status, and by headers."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from ingestion.errors import (
    AuthError,
    BadPayloadError,
    BadRequestError,
    EntitlementError,
    IngestionError,
    NotFoundError,
    TransientError,
)
from ingestion.profile import Reply

PASSING_STATUSES = frozenset({408, 423, 425, 429})
LONGEST_RESET_SECONDS = 3600.0
"""A reset further away belongs to another clock (a rehearsal's), not to a per-minute limit."""

_BY_STATUS: dict[int, type[IngestionError]] = {
    401: AuthError,
    404: NotFoundError,
}


def error_by_status(reply: Reply) -> IngestionError | None:
    """The error that a status stands for; a web page with 200 is a passing fault."""
    status, told = reply.status, reply.told
    if status == 304:
        return None
    if status == 200:
        return TransientError(f"{reply.provider} sent a web page") if reply.is_html else None
    if status >= 500 or status in PASSING_STATUSES or (status == 403 and reply.is_html):
        return TransientError(told)  # a web page with 403 comes from the gate in front
    if status in (402, 403):
        return EntitlementError(told, scope="request")  # only texts we know are remembered
    if status in _BY_STATUS:
        return _BY_STATUS[status](told)
    return BadRequestError(told) if 400 <= status < 500 else BadPayloadError(told)


def asked_wait(reply: Reply, now: datetime) -> float | None:
    """Seconds that the headers ask us to wait, on the server's own clock if it shows one."""
    if (wait := retry_after_seconds(reply.headers, now)) is not None:
        return wait
    now = _http_date(reply.headers.get("date", "")) or now
    reset = reply.headers.get("x-ratelimit-reset", "")
    if reply.status == 429 and reset.isdigit():
        seconds = float(reset) - now.timestamp()
        return seconds if 0 < seconds <= LONGEST_RESET_SECONDS else None
    return None


def retry_after_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that `Retry-After` asks us to wait, in either of its forms; None without one."""
    after = headers.get("retry-after", "")
    if after.isdecimal():
        return float(after)
    if moment := _http_date(after):
        now = _http_date(headers.get("date", "")) or now
        return max((moment - now).total_seconds(), 0.0)
    return None


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
