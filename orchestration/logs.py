"""Logs for machines: JSON lines in a rolling file, one run id through all of them."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

LARGEST_LOG_BYTES = 20 * 1024 * 1024
LOGS_KEPT = 5
PRODUCT_LOGGER = "mqp"


class JsonLines(logging.Formatter):
    """One JSON object per record."""

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self._run_id = run_id

    def format(self, record: logging.LogRecord) -> str:
        """Time, level, logger, run and message; the trace only when there is one."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "run_id": self._run_id,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


@contextmanager
def log_to_file(path: Path, run_id: str) -> Iterator[None]:
    """Write the product's log records to a rolling file for as long as the block lasts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(
        path, maxBytes=LARGEST_LOG_BYTES, backupCount=LOGS_KEPT, encoding="utf-8"
    )
    handler.setFormatter(JsonLines(run_id))
    handler.setLevel(logging.INFO)
    logger = logging.getLogger(PRODUCT_LOGGER)
    level = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        handler.close()
