"""A reader in a process of its own, which opens the published file and keeps it open."""

from collections.abc import Mapping
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.durability.torture import process_factory
from warehouse.connection import connect
from warehouse.publish import TableDigest, digest_tables


class Reader:
    """Opens a file at the beginning of the block, and reads all of it when asked."""

    def __init__(self, path: Path) -> None:
        self._pipe, other = process_factory().Pipe()
        self._process = process_factory().Process(target=_read, args=(path, other))

    def __enter__(self) -> Self:
        self._process.start()
        self._pipe.recv()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.join()
        self._pipe.close()

    def content(self) -> Mapping[str, TableDigest]:
        """What the file that was opened holds now."""
        self._pipe.send("read")
        assert self._pipe.poll(60), "the reader does not answer"
        answer = self._pipe.recv()
        assert isinstance(answer, dict), f"the reader failed: {answer}"
        return answer


def _read(path: Path, pipe: Pipe) -> None:
    if not path.exists():
        pipe.send("nothing to open")
        return
    with connect(path, read_only=True) as published:
        published.execute("select count(*) from ops.build_context").fetchall()
        pipe.send("opened")
        while pipe.recv():
            try:
                pipe.send(digest_tables(published))
            except Exception as err:
                pipe.send(str(err))
