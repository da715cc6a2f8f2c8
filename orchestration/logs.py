"""Logs for machines: JSON lines in a rolling file, one run id through all of them."""

import json
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

LARGEST_LOG_BYTES = 20 * 1024 * 1024
LOGS_KEPT = 5
PRODUCT_LOGGER = "mqp"


class JsonLines(logging.Formatter):
    """One JSON object per record, every text without keys."""

    def __init__(self, run_id: str, mask: Callable[[str], str] = str) -> None:
        super().__init__()
        self._run_id, self._mask = run_id, mask

    def format(self, record: logging.LogRecord) -> str:
        """Time, level, logger, run and message; the trace only when there is one."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "run_id": self._run_id,
            "message": self._mask(record.getMessage()),
        }
        if record.exc_info:
            line["trace"] = self._mask(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


class RollingFile(RotatingFileHandler):
    """A rolling file that other processes may roll too: whoever comes second follows."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, maxBytes=LARGEST_LOG_BYTES, backupCount=LOGS_KEPT, encoding="utf-8")

    def shouldRollover(self, record: logging.LogRecord) -> bool:  # noqa: N802  logging's name
        """Whether the file is full; one that was renamed under us is left first."""
        if self.stream is not None and not self._is_current():
            self.stream.close()
            self.stream = self._open()
        return bool(super().shouldRollover(record))

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  logging's name
        """Print no trace where the disk refuses a line: the command's own sentence tells of it."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)

    def _is_current(self) -> bool:
        try:
            return os.path.samestat(os.fstat(self.stream.fileno()), Path(self.baseFilename).stat())
        except OSError:  # deleted, or between two names
            return False


@contextmanager
def log_to_file(path: Path, run_id: str, mask: Callable[[str], str] = str) -> Iterator[None]:
    """Write the product's log records to a rolling file for as long as the block lasts.

    Parameters
    ----------
    run_id : stands in every line, also of other threads. Inside a block of the same file the outer
        one goes on writing alone.
    mask : takes keys out of what is written.
    """
    logger = logging.getLogger(PRODUCT_LOGGER)
    path.parent.mkdir(parents=True, exist_ok=True)
    if any(_writes_to(handler, path) for handler in logger.handlers):
        yield
        return
    handler = RollingFile(path)
    handler.setFormatter(JsonLines(run_id, mask))
    handler.setLevel(logging.INFO)
    level = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        with suppress(OSError):  # of a full disk: what it had no room for is lost
            handler.close()


def _writes_to(handler: logging.Handler, path: Path) -> bool:
    return isinstance(handler, RollingFile) and Path(handler.baseFilename) == path.absolute()
