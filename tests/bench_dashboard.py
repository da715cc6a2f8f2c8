"""How long the dashboard's first page takes, in a real browser."""

import os
from pathlib import Path

from tests.browser.dashboard import (
    chromium,
    running_chromium,
    running_dashboard,
    seconds_to_content,
)

MOST_SECONDS = 3.0


def bench_dashboard(home: Path) -> None:
    """From opening the address to the first table, just after the start and once it is warm.

    Parameters
    ----------
    home : of a published night.

    Notes
    -----
    A browser window of its own each time, so that nothing comes from its cache. More than three
    seconds are marked.
    """
    executable = chromium()
    if executable is None:
        print("dashboard: not measured, there is no Chromium on this machine")
        return
    environment = {**os.environ, "MQP_HOME": str(home), "MQP_SOURCES": "sandbox"}
    with running_chromium(executable) as browser, running_dashboard(environment) as address:
        first = seconds_to_content(browser, address)
        warm = min(seconds_to_content(browser, address) for _ in range(3))
    mark = "" if first < MOST_SECONDS else f"  SLOWER THAN {MOST_SECONDS:g} s"
    name = "dashboard: first page, just started / warm"
    print(f"{name:<58} {first:9.3f} s {warm:9.3f} s  {first / warm:8.1f} x{mark}")
