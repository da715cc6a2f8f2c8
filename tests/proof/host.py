"""Processes forked from one that has imported the libraries, and nothing of the product.

A proof runs the code of a tree of its own, so the process may not know the product before. The
fork server of multiprocessing cannot do it: there is one in a process, and the durability tests'
has imported the product.
"""

import atexit
import importlib
import multiprocessing
import traceback
from collections.abc import Callable
from functools import cache
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any

PATIENCE_SECONDS = 400.0


def call_in_fork(function: Callable[..., Any], *arguments: Any) -> Any:
    """The function's result, from a process of its own.

    Raises
    ------
    AssertionError : the function raised or the process ended without an answer; says why.
    """
    mine, theirs = multiprocessing.Pipe(duplex=False)
    orders, host = _host()
    orders.send((function, arguments, theirs))
    theirs.close()
    try:
        ready = wait([mine, host.sentinel], PATIENCE_SECONDS)
        assert ready, f"{function.__name__} did not end"
        assert mine in ready, "the process that forks proofs has ended"
        is_good, answer = mine.recv()
    except EOFError:
        raise AssertionError(f"{function.__name__} ended without an answer") from None
    assert is_good, answer
    return answer


@cache
def _host() -> tuple[Connection, SpawnProcess]:
    mine, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs,))
    process.start()
    theirs.close()
    atexit.register(mine.close)  # ends the host, for which this process would wait
    return mine, process


def _serve(orders: Connection) -> None:
    importlib.import_module("tests.proof.warm")
    fork = multiprocessing.get_context("fork")
    while True:
        try:
            function, arguments, answer = orders.recv()
        except EOFError:  # whoever asked is gone
            return
        forked = fork.Process(target=_answer, args=(function, arguments, answer), daemon=True)
        forked.start()
        answer.close()


def _answer(function: Callable[..., Any], arguments: tuple[Any, ...], answer: Connection) -> None:
    try:
        answer.send((True, function(*arguments)))
    except BaseException:  # the one who asked tells it
        answer.send((False, traceback.format_exc()))
