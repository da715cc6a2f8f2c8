"""Find a stored response by its hash, open it, and check that it is what its name says."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ingestion.excerpts import record_of
from ingestion.masking import Masker, one_line
from ingestion.responses import DamagedResponseError, StoredResponse, read_response
from orchestration.errors import CommandError, UsageError
from warehouse.home import Home
from warehouse.why.node import Node, Response

SHORTEST_HASH = 6
RESTORE = "take it from a backup (docs/RUNBOOK.md, Corrupt file)"
HEXADECIMAL = frozenset("0123456789abcdef")


@dataclass(frozen=True)
class OpenedResponse:
    """A stored response whose body is what its name promises; `file` is relative to the home."""

    file: str
    stored: StoredResponse


def with_opened_responses(tree: Node, home: Home, masker: Masker) -> Node:
    """Open every stored response of a tree and tell what is in it, or why it does not open."""

    def opened(node: Node) -> Node:
        if node.response is None:
            return node
        return replace(node, response=_opened(node.response, home, masker))

    return tree.mapped(opened)


def find_response(home: Home, prefix: str) -> OpenedResponse:
    """The stored response whose hash begins so.

    Raises
    ------
    UsageError
        The text is no hash, too short, or the beginning of several.
    CommandError
        No such response is stored, or it is damaged.
    """
    wanted = prefix.lower()
    if len(wanted) < SHORTEST_HASH or not HEXADECIMAL.issuperset(wanted):
        raise UsageError(
            f"'{one_line(prefix, length=80)}' is no hash of a stored response: give its first "
            f"{SHORTEST_HASH} characters or more, as `mqp why` shows them."
        )
    paths = sorted(home.raw_responses.glob(f"*/*/{wanted}*-*.gz"))
    hashes = sorted({_hash_of(path) for path in paths})
    if len(hashes) > 1:
        raise UsageError(
            f"{len(hashes)} stored responses begin with {wanted}: {', '.join(hashes[:5])}; "
            "give more characters."
        )
    if not paths:
        raise CommandError(
            f"No stored response begins with {wanted} below {home.raw_responses}: {RESTORE}."
        )
    try:
        return OpenedResponse(_inside(home, paths[-1]), read_response(paths[-1]))
    except DamagedResponseError as damage:
        raise CommandError(f"{_inside(home, paths[-1])}: {damage}; {RESTORE}.") from damage


def plain_body(opened: OpenedResponse, masker: Masker) -> Any:
    """The body without keys: decoded JSON, else its text without control characters."""
    body = masker.data(opened.stored.reply.body)
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        text = body.decode("utf-8-sig", "replace")
        return "\n".join(one_line(line, length=len(line) + 1) for line in text.splitlines())


def readable_body(opened: OpenedResponse, masker: Masker) -> str:
    """The body as a person reads it: JSON laid out, any other text line by line.

    Control characters are escaped or taken out, so that no body can steer a terminal.
    """
    body = plain_body(opened, masker)
    return body if isinstance(body, str) else json.dumps(body, indent=2)


def _opened(response: Response, home: Home, masker: Masker) -> Response:
    folder = home.raw_responses / response.provider
    pattern = f"{response.response_hash}-*.gz"
    same_day = folder / response.fetched_at.date().isoformat()
    # a body that was already stored that day is kept once; one that a provider repeats on another
    # day, or one fetched around midnight, lies in another folder
    paths = sorted(same_day.glob(pattern)) or sorted(folder.glob(f"*/{pattern}"))
    if not paths:
        where = _inside(home, same_day / pattern)
        return replace(response, file=where, problem=f"the file is gone: {RESTORE}")
    damages = []
    best: tuple[Path, StoredResponse] | None = None
    for path in paths:
        try:
            stored = read_response(path)
        except DamagedResponseError as damage:
            damages.append((path, str(damage).removeprefix(path.name).strip()))
            continue
        if best is None or stored.label.symbol == response.subject:
            best = (path, stored)
    if best is None:
        path, told = damages[-1]
        return replace(response, file=_inside(home, path), problem=f"the file {told}: {RESTORE}")
    path, stored = best
    return replace(
        response,
        file=_inside(home, path),
        dataset=response.dataset or stored.label.dataset,
        endpoint=masker.text(stored.reply.url),
        quoted=_quoted(response, stored, masker),
    )


def _quoted(response: Response, stored: StoredResponse, masker: Masker) -> str | None:
    found = record_of(
        stored.reply,
        day=response.last_date,
        symbol=response.subject,
        story_id=response.story_id,
    )
    return masker.text(found) if found else None


def _inside(home: Home, path: Path) -> str:
    return path.relative_to(home.root).as_posix() if path.is_relative_to(home.root) else str(path)


def _hash_of(path: Path) -> str:
    return path.name.partition("-")[0]
