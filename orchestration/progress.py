"""What a command is doing, for the person who waits: one line a step, with the seconds so far."""

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from orchestration.logs import PRODUCT_LOGGER


@contextmanager
def shown_progress(*, quiet: bool) -> Iterator[None]:
    """Show the product's log records as progress lines with the seconds since the start."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Elapsed())
    handler.setLevel(logging.WARNING if quiet else logging.INFO)
    logger = logging.getLogger(PRODUCT_LOGGER)
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    # dbt and Dagster hang handlers of their own on the root: a line is told once
    propagated, logger.propagate = logger.propagate, False
    try:
        yield
    finally:
        logger.propagate = propagated
        logger.removeHandler(handler)


class _Elapsed(logging.Formatter):
    """`[ 12.3 s] sentence`."""

    def __init__(self) -> None:
        super().__init__()
        self._start = time.monotonic()

    def format(self, record: logging.LogRecord) -> str:
        """One line; a warning says that it is one."""
        level = "" if record.levelno < logging.WARNING else f"{record.levelname}: "
        return f"[{time.monotonic() - self._start:6.1f} s] {level}{record.getMessage()}"
