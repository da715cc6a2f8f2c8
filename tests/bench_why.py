"""How long a question takes, beside the night that it is about."""

import os
import subprocess
import sys
import time
from pathlib import Path

QUESTIONS = (
    ("AAPL",),
    ("AAPL", "2020-03-16"),
    ("SVXY",),
    ("portfolio",),
    ("equities",),
    ("credit",),
)
MOST_SECONDS = 2.0
CLOCK = "2024-06-28T22:30:00Z"


def bench_why(folder: Path) -> None:
    """The whole process of `mqp why`, best of three, on a published night of the default universe.

    14.5 years of 27 symbols; a process that takes more than two seconds is marked.
    """
    night = _seconds(folder, "nightly")
    for question in QUESTIONS:
        took = min(_seconds(folder, "why", *question) for _ in range(3))
        mark = "" if took < MOST_SECONDS else f"  SLOWER THAN {MOST_SECONDS:g} s"
        name = f"the night / why {' '.join(question)}, whole process"
        print(f"{name:<58} {night:9.3f} s {took:9.3f} s  {night / took:8.1f} x{mark}")


def _seconds(home: Path, *arguments: str) -> float:
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "orchestration.cli", *arguments],
        env={
            **os.environ,
            "MQP_HOME": str(home),
            "MQP_NOW": CLOCK,
            "MQP_SOURCES": "sandbox",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - start
