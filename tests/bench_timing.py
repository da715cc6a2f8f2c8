"""How every comparison of `make bench` is timed and printed."""

import time
from collections.abc import Callable


def seconds(call: Callable[[], object], *, repeats: int = 3) -> float:
    """The best of several runs: the one that the machine disturbed least."""
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    return best


def line(name: str, slow: float, fast: float, unit: str) -> None:
    """Print one comparison."""
    print(f"{name:<58} {slow:9.3f} s {fast:9.3f} s  {slow / fast:8.1f} x   {unit}", flush=True)
