"""What the environment decides about alerts and heartbeats. The URLs are credentials."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

SLACK_HOST = "hooks.slack.com"
SHAPES = ("slack", "json")
SHORTEST_SECRET_PART = 8


@dataclass(frozen=True)
class Alerting:
    """Where alerts and heartbeats go; empty where nobody wants them.

    `shape`: `slack` or `json`, empty for what the host suggests. `secret`: signs the body.
    `tells_clean`: whether a clean night is told too.
    """

    webhook_url: str = field(default="", repr=False)
    shape: str = ""
    secret: str = field(default="", repr=False)
    heartbeat_url: str = field(default="", repr=False)
    tells_clean: bool = False

    @property
    def is_slack(self) -> bool:
        """Whether the receiver wants Slack's messages."""
        if self.shape:
            return self.shape == "slack"
        try:
            return urlsplit(self.webhook_url).hostname == SLACK_HOST
        except ValueError:  # no URL at all
            return False

    @property
    def secrets(self) -> tuple[str, ...]:
        """Everything that must not be seen: the secret, whole URLs, and their telling parts."""
        urls = (self.webhook_url, self.heartbeat_url)
        return (*(part for url in urls for part in _parts(url)), self.secret)


def _parts(url: str) -> Iterator[str]:
    """A URL, what follows its host, and each piece long enough to be a token."""
    if not url:
        return
    yield url
    try:
        split = urlsplit(url)
        pieces = [split.path, *split.path.split("/"), split.query, split.password or ""]
        pieces += [value for _, value in parse_qsl(split.query)]
    except ValueError:
        return
    yield from (piece for piece in pieces if len(piece) >= SHORTEST_SECRET_PART)
