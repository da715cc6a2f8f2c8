"""Which runs are alive: a killed process must not keep the queue of runs waiting for ever.

Dagster believes a run to be in progress until it says that it has ended. A run of ours holds an
operating system's lock as long as its process lives, so a lock that is free tells of a dead one.
"""

import fcntl
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from warehouse.home import Home
from warehouse.lock import writer_lock

if TYPE_CHECKING:
    from dagster import DagsterInstance

log = logging.getLogger("mqp.night")

_held: set[Path] = set()
"""The locks of this process: it would wait for itself."""

SAID = "The process of this run has ended without a word: it was killed, or the machine was."


@contextmanager
def present(home: Home, run_id: str) -> Iterator[None]:
    """Be seen to live for as long as the block lasts; a block within the block changes nothing."""
    path = _lock(home, run_id)
    if path in _held:
        yield
        return
    with writer_lock(path, announce=lambda _: None):
        _held.add(path)
        try:
            yield
        finally:
            _held.discard(path)
            path.unlink(missing_ok=True)


def end_dead_runs(instance: "DagsterInstance", home: Home) -> list[str]:
    """Mark runs as failed whose process was killed, and say so; returns their ids."""
    from dagster import DagsterRunStatus, RunsFilter

    begun = instance.get_runs(
        RunsFilter(statuses=[DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING])
    )
    dead = [run for run in begun if _is_dead(_lock(home, run.run_id))]
    for run in dead:
        instance.report_run_failed(run, SAID)
        _lock(home, run.run_id).unlink(missing_ok=True)
        log.warning("Run %s was killed: it no longer holds up the others.", run.run_id)
    return [run.run_id for run in dead]


def _is_dead(path: Path) -> bool:
    """Whether a run came so far as to hold its lock, and does not any more."""
    try:
        with path.open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:  # it has not begun, or has just ended
        return False
    except BlockingIOError:
        return False
    return True


def _lock(home: Home, run_id: str) -> Path:
    return home.dagster / "running" / f"{run_id}.lock"
