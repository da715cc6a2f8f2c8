"""The raw responses, kept as received: enough to rebuild the ledger, and free of keys."""

import gzip
import json
import zlib
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path

from ingestion.profile import Reply
from warehouse.files import SCRATCH, sweep_scratch, write_bytes

COMPRESSION_LEVEL = 2
"""Takes 4 ms for ten years of bars, level 5 more than twice that for a tenth less disk."""


class DamagedResponseError(Exception):
    """A stored response is half written, or not the one that its name promises."""


@dataclass(frozen=True)
class ResponseLabel:
    """What a response was asked for; `symbol` is `*` for an answer about many.

    `symbols`: which ones were wanted of an answer about many.
    """

    dataset: str
    symbol: str
    window_start: date | None = None
    window_end: date | None = None
    symbols: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """A short name of the question."""
        return sha256(repr(self).encode()).hexdigest()[:8]


@dataclass(frozen=True)
class StoredResponse:
    """A response as it was kept, and the question that it answers."""

    label: ResponseLabel
    reply: Reply


class ResponseStore:
    """`{root}/{provider}/{fetch date, UTC}/{sha256 of the body}-{request}.gz`.

    The first line of the unzipped file is JSON metadata, the rest is the body. `request` tells two
    questions apart that got the same answer: each must be found again when the ledger is rebuilt.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        sweep_scratch(root)

    def keep(self, reply: Reply, label: ResponseLabel) -> Path:
        """Store a response for good; one already there that day is left alone.

        Raises
        ------
        StorageError
            If the disk is full; nothing of it is kept then.
        """
        folder = self._root / reply.provider / reply.fetched_at.date().isoformat()
        path = folder / f"{reply.hash}-{label.digest}.gz"
        if path.exists():
            return path
        metadata: dict[str, object] = {
            "provider": reply.provider,
            "dataset": label.dataset,
            "symbol": label.symbol,
            "url": reply.url,
            "window_start": label.window_start.isoformat() if label.window_start else None,
            "window_end": label.window_end.isoformat() if label.window_end else None,
            "status": reply.status,
            "content_type": reply.content_type,
            "fetched_at": reply.fetched_at.isoformat(),
        }
        if label.symbols:
            metadata["symbols"] = list(label.symbols)
        content = json.dumps(metadata).encode() + b"\n" + reply.body
        packed = gzip.compress(content, COMPRESSION_LEVEL, mtime=0)
        write_bytes(path, packed, scratch=self._root / SCRATCH)
        return path


def read_response(path: Path) -> StoredResponse:
    """A kept response, after comparing its body with the hash in its name.

    Raises
    ------
    DamagedResponseError
        If the file cannot be unpacked, or holds another body.
    """
    expected = path.name.partition("-")[0]
    try:
        first_line, _, body = gzip.decompress(path.read_bytes()).partition(b"\n")
        found = json.loads(first_line)
        label = ResponseLabel(
            dataset=found["dataset"],
            symbol=found["symbol"],
            window_start=_day(found["window_start"]),
            window_end=_day(found["window_end"]),
            symbols=tuple(found.get("symbols", ())),
        )
        reply = Reply(
            provider=found["provider"],
            url=found["url"],
            status=found["status"],
            content_type=found["content_type"],
            headers={},
            body=body,
            hash=sha256(body).hexdigest(),
            fetched_at=datetime.fromisoformat(found["fetched_at"]),
        )
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError) as err:
        raise DamagedResponseError(f"{path.name} cannot be unpacked") from err
    if reply.hash != expected:
        raise DamagedResponseError(f"{path.name} holds another body than its name says")
    return StoredResponse(label, reply)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
