"""Massive's pages: a page and the address of the next, which never carries a key."""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TypeVar
from urllib.parse import quote

from ingestion.sandbox.wire.http import BadParameterError, Request

Item = TypeVar("Item")

KEY_PARAMETER = "apiKey"
OFFSET = "offset"


def asked(request: Request) -> Mapping[str, str]:
    """The query of the first page: a following page finds it in its cursor."""
    cursor = request.query.get("cursor")
    if cursor is None:
        return {name: text for name, text in request.query.items() if name != KEY_PARAMETER}
    try:
        query = json.loads(base64.urlsafe_b64decode(cursor))
    except (binascii.Error, ValueError) as error:
        raise BadParameterError("cursor is not valid") from error
    if not isinstance(query, dict):
        raise BadParameterError("cursor is not valid")
    return {str(name): str(text) for name, text in query.items()}


def page_of(
    items: Sequence[Item], request: Request, query: Mapping[str, str], *, size: int
) -> tuple[Sequence[Item], dict[str, str]]:
    """Cut one page; the second value is `{"next_url": ...}`, or empty on the last page."""
    offset = int(query.get(OFFSET, "0"))
    page = items[offset : offset + size]
    if offset + size >= len(items):
        return page, {}
    state = json.dumps({**query, OFFSET: str(offset + size)}, sort_keys=True)
    cursor = base64.urlsafe_b64encode(state.encode()).decode()
    address = f"{request.base_url}{quote(request.path, safe='/:')}?cursor={quote(cursor)}"
    return page, {"next_url": address}


def request_id(request: Request) -> str:
    """The name of an answer: equal questions, equal names, whatever the key."""
    query = sorted((name, text) for name, text in request.query.items() if name != KEY_PARAMETER)
    return hashlib.sha256(f"{request.path}{query}".encode()).hexdigest()[:32]
