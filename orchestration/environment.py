"""What computed a night besides code and rows: the machine and the versions of its packages.

Equal rows, code and environment give equal bits. Another processor or another numpy may differ in
the last digit, which is no error; so each night records which one it was.
"""

import json
import platform
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from orchestration.resources import REPOSITORY

LOCK = REPOSITORY / "requirements.lock"
PROCESSORS = Path("/proc/cpuinfo")
MOST_NAMED = 5


@dataclass(frozen=True)
class Environment:
    """`machine`: system, architecture, C library and processor. `packages`: name to version."""

    machine: str
    python: str
    packages: Mapping[str, str]

    def to_json(self) -> str:
        """Canonical JSON."""
        return json.dumps(asdict(self), sort_keys=True, indent=1)


@lru_cache(maxsize=1)
def present_environment() -> Environment:
    """Describe this process: the packages are those of the lock file, as they are installed."""
    packages = {}
    for name in _locked_names(LOCK):
        try:
            packages[name] = version(name)
        except PackageNotFoundError:  # of another platform, or a development tool
            continue
    return Environment(_machine(), platform.python_version(), packages)


def environment_changes(recorded: Mapping[str, Any], present: Environment) -> list[str]:
    """Say what has changed since a night, in the words of a sentence; nothing if it is the same.

    Packages that came or went are no change: what a night was computed with is there in both.
    """
    changes = []
    if (machine := recorded.get("machine")) != present.machine:
        changes.append(f"the machine was {machine or 'not recorded'} and is {present.machine}")
    if (python := recorded.get("python")) != present.python:
        changes.append(f"Python was {python or 'not recorded'} and is {present.python}")
    before = recorded.get("packages") or {}
    moved = [
        f"{name} was {before[name]} and is {now}"
        for name, now in sorted(present.packages.items())
        if name in before and before[name] != now
    ]
    changes += moved[:MOST_NAMED]
    if len(moved) > MOST_NAMED:
        changes.append(f"{len(moved) - MOST_NAMED} more packages have other versions")
    return changes


def _machine() -> str:
    library = " ".join(part for part in platform.libc_ver() if part)
    parts = (f"{platform.system()} {platform.machine()}", library, _processor())
    return ", ".join(part for part in parts if part)


def _processor() -> str:
    """The model of the processor: instruction sets decide how sums are split."""
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", PROCESSORS.read_text(), re.MULTILINE)
    except OSError:
        found = None
    return found.group(1).strip() if found else platform.processor()


def _locked_names(lock: Path) -> Iterator[str]:
    """Names of the packages that a lock file pins."""
    if lock.exists():
        for line in lock.read_text(encoding="utf-8").splitlines():
            name, pinned, _ = line.strip().partition("==")
            if pinned and not name.startswith("#"):
                yield name.strip()
