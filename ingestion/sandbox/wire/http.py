"""A request as the provider's own pages see it, and the replies they give."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from ingestion.sandbox.view import View

JSON_TYPE = "application/json; charset=utf-8"


class BadParameterError(ValueError):
    """A query parameter cannot be read; each provider answers in its own words."""


@dataclass(frozen=True)
class Request:
    """One GET below a provider's base address.

    `path`: decoded, without the base. `headers`: names in lower case. `base_url`: of the provider.
    `key`: the key that the sandbox expects from this provider.
    """

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    base_url: str
    key: str
    view: View

    def day(self, name: str, default: date) -> date:
        """Read a YYYY-MM-DD parameter."""
        text = self.query.get(name)
        return read_day(text) if text else default

    def number(self, name: str, default: int, *, lowest: int, highest: int) -> int:
        """Read a whole number; one outside the range is moved to its border."""
        text = self.query.get(name)
        if text is None:
            return default
        try:
            return min(max(int(text), lowest), highest)
        except ValueError as error:
            raise BadParameterError(f"{name} is not a whole number") from error


def asked_symbol(request: Request) -> str:
    """The one symbol that a page is asked about."""
    symbol = request.query.get("symbol")
    if not symbol:
        raise BadParameterError("symbol")
    return symbol


@dataclass(frozen=True)
class Reply:
    """Status, body and headers of one answer."""

    body: bytes
    status: int = 200
    content_type: str = JSON_TYPE
    headers: Mapping[str, str] = field(default_factory=dict)


def read_day(text: str) -> date:
    """Read an ISO date strictly."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadParameterError(f"{text!r} is not a date (YYYY-MM-DD)") from error


def json_reply(payload: object, status: int = 200) -> Reply:
    """Answer with compact JSON."""
    return Reply(json.dumps(payload, separators=(",", ":")).encode(), status)


def text_reply(text: str, status: int, content_type: str) -> Reply:
    """Answer with text of any kind."""
    return Reply(text.encode(), status, content_type)


def not_found() -> Reply:
    """Answer a path that the provider does not have."""
    page = "<!DOCTYPE html><html><head><title>404 Not Found</title></head></html>"
    return text_reply(page, 404, "text/html; charset=utf-8")
