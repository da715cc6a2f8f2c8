"""Which tests run in one process, so that what they share is made once.

xdist has marks for this (`xdist_group`), but its release 3.8 writes them where pytest 9 no longer
looks. The marks stand in the modules all the same, and are read from there.
"""

import re
from functools import cache
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).resolve().parents[1]
MARK = re.compile(r'xdist_group\("(\w+)"\)')
SHARED = ("sandbox_night", "small_night")
"""Fixtures that run a night once for all modules of the same process."""

NIGHTS = {"nights", "second_path"}


@cache
def group_of(path: str) -> str | None:
    """The group of a test module; None where every test may run anywhere."""
    text = (ROOT / path).read_text()
    marked = MARK.search(text)
    if marked:
        return marked[1]
    for night in SHARED:
        if night in text:
            return night
    return path if NIGHTS & set(Path(path).parts) else None


class SharedNights(LoadScopeScheduling):
    """Hands out groups whole, and all other tests one by one."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid.split("::")[0]) or nodeid
