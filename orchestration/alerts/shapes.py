"""A digest as Slack and as any other receiver wants it (PROVIDERS.md, section 7)."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from orchestration.alerts.alert import SEVERITIES, Alert

MOST_SECTIONS = 45  # of 50 blocks
LONGEST_SECTION = 2900  # of 3,000 characters
LONGEST_TEXT = 3900  # of about 4,000
MARKS = {"info": ":white_check_mark:", "warning": ":warning:", "error": ":red_circle:"}
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


@dataclass(frozen=True)
class Digest:
    """All that one message tells.

    `id`: also its `Idempotency-Key`. `banner`: what marks a world that is not the real one.
    `outbox`: where the rest stands, below the home. `is_repeated`: it may have arrived before.
    """

    id: str
    sent_at: datetime
    alerts: Sequence[Alert]
    run_id: str
    world: str
    banner: str | None
    outbox: str
    is_repeated: bool = False

    @property
    def mark(self) -> str:
        """What must be said of alerts that are not about the real world, or made on purpose."""
        played = {str(name) for one in self.alerts if (name := one.details.get("rehearsal"))}
        rehearsals = [f"REHEARSAL: {', '.join(sorted(played))}"] if played else []
        return " · ".join([*([self.banner] if self.banner else []), *rehearsals])

    @property
    def leading(self) -> Alert:
        """The first of the worst."""
        return max(self.alerts, key=lambda one: SEVERITIES.index(one.severity))

    @property
    def title(self) -> str:
        """What it is about in one line."""
        nights = sorted({one.night.isoformat() for one in self.alerts if one.night})
        status = self.leading.details.get("status")
        about = f"night {', '.join(nights[-3:])}" if nights else self.leading.source
        counts = [
            f"{count} {severity}"
            for severity in reversed(SEVERITIES)
            if (count := sum(one.severity == severity for one in self.alerts))
        ]
        parts = [self.mark, f"{about} {status}" if status else about, ", ".join(counts)]
        if self.is_repeated:
            parts.append("repeated, it may have arrived before")
        return " · ".join(part for part in parts if part)


def slack_body(digest: Digest) -> bytes:
    """Slack's incoming webhook: a fallback text and one section per alert, all of it escaped."""
    title = escaped(digest.title, LONGEST_SECTION - 20)
    lines = [
        (MARKS[one.severity], f"{one.check} · {one.subject}", one.message)
        for one in digest.alerts[:MOST_SECTIONS]
    ]
    sections = [_section(f"*{title}*")]
    for mark, about, message in lines:
        head = f"{mark} *{escaped(about, 500)}*\n"
        sections.append(_section(head + escaped(message, LONGEST_SECTION - len(head))))
    if (more := len(digest.alerts) - MOST_SECTIONS) > 0:
        sections.append(_section(f"and {more} more in {escaped(digest.outbox, 200)}"))
    text = f"{digest.title}: {digest.leading.message}"
    return _json(
        {
            "text": escaped(text, LONGEST_TEXT),
            "blocks": sections,
            "unfurl_links": False,
            "unfurl_media": False,
        }
    )


def json_body(digest: Digest) -> bytes:
    """The generic shape: the leading alert's fields, and every alert under `details`."""
    leading = digest.leading
    message = f"{digest.mark}: {leading.message}" if digest.mark else leading.message
    return _json(
        {
            "id": digest.id,
            "sent_at": digest.sent_at.astimezone(UTC).isoformat(),
            "severity": leading.severity,
            "check": leading.check,
            "source": leading.source,
            "subject": leading.subject,
            "message": message,
            "run_id": digest.run_id,
            "details": {
                "title": digest.title,
                "world": digest.world,
                "alerts": [one.as_row() for one in digest.alerts],
            },
        }
    )


def headers_of(digest_id: str, body: bytes, secret: str) -> Mapping[str, str]:
    """The headers of a digest; with a secret the receiver can tell that it comes from here."""
    headers = {"Content-Type": "application/json", "Idempotency-Key": digest_id}
    if secret:
        seal = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers["X-Signature"] = f"sha256={seal}"
    return headers


def escaped(text: str, length: int) -> str:
    """Text as Slack shows it literally, cut to a length that never splits an entity."""
    pieces: list[str] = []
    left = length - 1
    for character in text:
        piece = _ENTITIES.get(character, character)
        if len(piece) > left:
            return "".join(pieces) + "…"
        pieces.append(piece)
        left -= len(piece)
    return "".join(pieces)


def _section(text: str) -> dict[str, Any]:
    # verbatim: no address or name in a provider's text becomes a link or a mention
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


def _json(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, allow_nan=False).encode("utf-8")
