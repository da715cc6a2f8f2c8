"""The raw responses, kept as received: enough to rebuild the ledger, and free of keys."""

import gzip
import json
import os
import threading
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

from ingestion.profile import Reply

COMPRESSION_LEVEL = 5


@dataclass(frozen=True)
class ResponseLabel:
    """What a response was asked for; `symbol` is `*` for an answer about many."""

    dataset: str
    symbol: str
    window_start: date | None = None
    window_end: date | None = None

    @property
    def digest(self) -> str:
        """A short name of the question."""
        return sha256(repr(self).encode()).hexdigest()[:8]


class ResponseStore:
    """`{root}/{provider}/{fetch date, UTC}/{sha256 of the body}-{request}.gz`.

    The first line of the unzipped file is JSON metadata, the rest is the body. `request` tells two
    questions apart that got the same answer: each must be found again when the ledger is rebuilt.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def keep(self, reply: Reply, label: ResponseLabel) -> Path:
        """Store a response, whole or not at all; one already there that day is left alone."""
        folder = self._root / reply.provider / reply.fetched_at.date().isoformat()
        path = folder / f"{reply.hash}-{label.digest}.gz"
        if path.exists():
            return path
        folder.mkdir(parents=True, exist_ok=True)
        metadata = {
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
        content = json.dumps(metadata).encode() + b"\n" + reply.body
        write_whole(path, gzip.compress(content, COMPRESSION_LEVEL, mtime=0))
        return path


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a reader or a crash sees all of it or none of it."""
    part = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
