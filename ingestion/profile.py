"""How one provider wants to be spoken to, and what one answer of it looked like."""

import csv
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from ingestion.errors import BadPayloadError, IngestionError
from ingestion.limits import Allowance
from ingestion.masking import excerpt, one_line

LONGEST_ERROR_TEXT = 4096
"""Bytes. No provider explains an error at greater length; longer bodies are data."""

LONGEST_QUOTE = 140
"""Characters of a provider's own words in our messages."""

_WORDS = ("error", "message", "Error Message", "error_message")  # where each one explains itself


@dataclass(frozen=True)
class Reply:
    """One answer as received, except that keys are masked in it.

    `url` carries no key. `fetched_at` is the moment at which the body was complete. `hash` is the
    sha256 of the body, under which it is kept.
    """

    provider: str
    url: str
    status: int
    content_type: str
    headers: Mapping[str, str]
    body: bytes
    hash: str
    fetched_at: datetime
    attempts: int = 1

    @property
    def is_html(self) -> bool:
        """Whether the body is a web page (or XML), whatever the status and the label say."""
        return "text/html" in self.content_type or self.body[:64].lstrip()[:1] == b"<"

    @property
    def error_text(self) -> str:
        """The body if it is short enough to be an error message, on one line."""
        return "" if len(self.body) > LONGEST_ERROR_TEXT else excerpt(self.body, length=400)

    @property
    def is_list(self) -> bool:
        """Whether the body is a list of rows: no provider says no in one, but a headline might."""
        return self.status == 200 and self.body[:64].lstrip()[:1] == b"["

    @property
    def told(self) -> str:
        """One sentence with the status and the provider's own words, without its request ids."""
        if self.is_html:  # nobody wants to read markup
            return f"{self.provider} answered {self.status} with a web page"
        text = self.error_text
        try:
            payload = json.loads(self.body) if text else None
        except ValueError:
            payload = None
        if isinstance(payload, dict):
            words = [payload[name] for name in _WORDS if isinstance(payload.get(name), str)]
            text = words[0] if words else text
        words_shown = one_line(text, length=LONGEST_QUOTE) or "nothing"
        return f"{self.provider} answered {self.status}: {words_shown}"

    def json(self) -> Any:
        """The decoded JSON body; NaN becomes None.

        Raises
        ------
        BadPayloadError
            If the body is not JSON, or is labelled as something else.
        """
        if self.content_type and "json" not in self.content_type:
            raise BadPayloadError(f"{self.provider} sent {self.content_type!r}, expected JSON")
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            pass  # it knows no NaN, which providers send; the slower reader also says what is wrong
        try:
            return json.loads(self.body, parse_constant=_only_nan)
        except (ValueError, RecursionError):
            # the error's own text would repeat the body
            raise BadPayloadError(f"{self.provider} sent {self._instead_of_json()}") from None

    def _instead_of_json(self) -> str:
        if self.body.lstrip()[:1] in (b"{", b"["):
            return "JSON that breaks off or is malformed"  # equal for all symbols: told once
        return f"{excerpt(self.body, length=60)!r} instead of JSON"

    def csv(self) -> list[list[str]]:
        """The lines of a CSV file, split into their fields.

        Raises
        ------
        BadPayloadError
            If the file does not end with a whole line: of a number that was cut in two the first
            half looks like a number, too.
        """
        text = self.body.decode("utf-8-sig")
        if text and not text.endswith("\n"):
            raise BadPayloadError(f"{self.provider} sent a file that ends within a line")
        return list(csv.reader(text.splitlines()))


def _only_nan(constant: str) -> None:
    if constant != "NaN":
        raise ValueError(f"{constant} is no value")


@dataclass(frozen=True)
class Ration:
    """What one use of a provider may take of its calls of a day, counted under its own name."""

    name: str
    calls: int


@dataclass(frozen=True)
class ProviderProfile:
    """One provider's manners.

    `refusal` reads an answer and returns the error that it stands for, or None if the answer is
    data or an error that the status alone explains. `allowances` and `calls_per_day` are the free
    plan's; `ration` is the part of the latter that a use of the provider keeps to.
    `cooldown_seconds` is the wait after a 429 that names none. `patience_seconds` is how long a
    source may go on failing in a run before it is given up.
    """

    name: str
    refusal: Callable[[Reply], IngestionError | None]
    allowances: tuple[Allowance, ...] = ()
    calls_per_day: int | None = None
    ration: Ration | None = None
    key_header: str = ""
    key_prefix: str = ""
    key_parameter: str = ""
    sibling_hosts: frozenset[str] = field(default_factory=frozenset)
    timeout_seconds: float = 20.0
    body_seconds: float = 60.0
    attempts: int = 5
    patience_seconds: float = 180.0
    cooldown_seconds: float = 60.0
