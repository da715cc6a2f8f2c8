"""Places at which a victim ends itself as SIGKILL would, arranged inside its own process.

A boundary is named by a function of the product (before it begins, after it has ended), or by its
number among everything that a step changes: files renamed, removed, written or flushed, and SQL
that is not a query.
"""

import importlib
import os
import pathlib
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, NoReturn

import duckdb

CHANGES: tuple[tuple[Any, str], ...] = (
    *((pathlib.Path, name) for name in ("replace", "rename", "unlink", "mkdir", "rmdir")),
    *((pathlib.Path, name) for name in ("write_text", "write_bytes", "touch")),
    *((shutil, name) for name in ("rmtree", "copy2", "copyfile", "move")),
    *((os, name) for name in ("fsync", "rename", "replace", "ftruncate")),
    *((duckdb.DuckDBPyConnection, name) for name in ("execute", "executemany", "close")),
)
QUERIES = ("select", "from", "with", "describe", "set ", "summarize", "explain")


@dataclass(frozen=True)
class Boundary:
    """Before or after the `nth` call of a function of the product.

    `where`: `module:function` or `module:Class.method`, where its caller looks it up.
    """

    where: str
    is_before: bool
    nth: int = 1

    def __str__(self) -> str:
        place = self.where.rpartition(":")[2]
        call = f" number {self.nth}" if self.nth > 1 else ""
        return f"{'before' if self.is_before else 'after'} {place}{call}"

    def arrange(self, act: Callable[[], None] | None = None) -> None:
        """Let this process end there, or do something else."""
        owner, name = found(self.where)
        function, calls, act = getattr(owner, name), 0, act or die

        @wraps(function)
        def acting(*arguments: Any, **options: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == self.nth and self.is_before:
                act()
            answer = function(*arguments, **options)
            if calls == self.nth and not self.is_before:
                act()
            return answer

        setattr(owner, name, acting)


def before(where: str, nth: int = 1) -> Boundary:
    """Just before the function begins."""
    return Boundary(where, True, nth)


def after(where: str, nth: int = 1) -> Boundary:
    """Just after the function has ended."""
    return Boundary(where, False, nth)


@dataclass(frozen=True)
class Change:
    """Before the change `number` (from 1) of those that one function of the product makes."""

    within: str
    number: int

    def __str__(self) -> str:
        return f"before change {self.number} of {self.within.rpartition('.')[2]}"

    def arrange(self) -> None:
        """Let this process end there."""

        def count(number: int, _: str) -> None:
            if number == self.number:
                die()

        watch_changes(self.within, count)


def watch_changes(within: str, tell: Callable[[int, str], None]) -> None:
    """Call `tell` with number and kind before every change that a function makes.

    Parameters
    ----------
    within : `module:function` or `module:Class.method`.
    """
    owner, name = found(within)
    function = getattr(owner, name)

    @wraps(function)
    def watched(*arguments: Any, **options: Any) -> Any:
        restore = [_count(place, changer, counter) for place, changer in CHANGES]
        try:
            return function(*arguments, **options)
        finally:
            for undo in restore:
                undo()

    counter = _Counter(tell)
    setattr(owner, name, watched)


def found(where: str) -> tuple[Any, str]:
    """The module or class, and the name in it."""
    module, _, path = where.partition(":")
    owner: Any = importlib.import_module(module)
    *parents, name = path.split(".")
    for parent in parents:
        owner = getattr(owner, parent)
    return owner, name


class _Counter:
    def __init__(self, tell: Callable[[int, str], None]) -> None:
        self._tell, self._number, self._is_inside = tell, 0, False

    def call(self, kind: str, function: Callable[[], Any]) -> Any:
        """Count a change, but not those of which it is made."""
        if self._is_inside:
            return function()
        self._number += 1
        self._tell(self._number, kind)
        self._is_inside = True
        try:
            return function()
        finally:
            self._is_inside = False


def _count(place: Any, name: str, counter: _Counter) -> Callable[[], None]:
    function = getattr(place, name)

    @wraps(function)
    def counted(*arguments: Any, **options: Any) -> Any:
        def call() -> Any:
            return function(*arguments, **options)

        if name.startswith("execute") and str(arguments[1]).lstrip().startswith(QUERIES):
            return call()
        words = str(arguments[1]).split()[:3] if name.startswith("execute") else [name]
        return counter.call(" ".join(words), call)

    setattr(place, name, counted)
    return lambda: setattr(place, name, function)


def die() -> NoReturn:
    """End this process at once, as `kill -9` does."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("a killed process went on")


Place = Boundary | Change
