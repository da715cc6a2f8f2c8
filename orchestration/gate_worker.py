"""The gates in a process of their own: Great Expectations takes ten seconds to import.

Started with the night, the worker has imported it by the time the first rows have landed, on the
machine's other core.
"""

import atexit
import multiprocessing
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from typing import ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


class GateWorker:
    """One process that judges; it lives until the run ends."""

    def __init__(self) -> None:
        # spawned and not forked: a fork would copy the threads' locks of this process
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(max_workers=1, mp_context=context)
        self._pool.submit(_prepare)
        atexit.register(self.stop)

    def call(
        self,
        judge: Callable[Arguments, Answer],
        *arguments: Arguments.args,
        **options: Arguments.kwargs,
    ) -> Answer:
        """Run a function of the worker and wait for its answer; what it raises is raised here."""
        return self.start(judge, *arguments, **options).result()

    def start(
        self,
        judge: Callable[Arguments, Answer],
        *arguments: Arguments.args,
        **options: Arguments.kwargs,
    ) -> "Future[Answer]":
        """Run a function of the worker while this process goes on."""
        return self._pool.submit(judge, *arguments, **options)

    def stop(self) -> None:
        """End the process; calling it twice does nothing."""
        self._pool.shutdown(cancel_futures=True)


_worker: list[GateWorker] = []


def gate_worker() -> GateWorker:
    """The worker of this process, started on the first call."""
    if not _worker:
        _worker.append(GateWorker())
    return _worker[0]


def _prepare() -> None:
    """Import what the gates need before they are asked, and do not outlive a killed night."""
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    from orchestration.expectations.gates import run_gate_1  # noqa: F401  imports pandas
    from orchestration.expectations.validation import preload

    preload()


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)
