"""Nights that several tests look at, each run once per session by the installed command."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("any_machine", deadline=None)  # a slow moment is no defect
settings.load_profile("any_machine")

NIGHT_CLOCK = "2024-06-28T22:30:00Z"  # a Friday evening, 18:30 New York


@dataclass(frozen=True)
class NightHome:
    """A home in which a night has been published."""

    home: Path
    output: str

    @property
    def published(self) -> Path:
        """The file that readers open."""
        return self.home / "warehouse" / "quant.duckdb"

    @property
    def raw(self) -> Path:
        """The stored responses."""
        return self.home / "data" / "raw"


def mqp(
    home: Path,
    *arguments: str,
    expect: int | None = 0,
    product: Path | None = None,
    **variables: str,
) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own on a home, with nothing else from the environment.

    `expect`: the exit code that must come back, None for any. `product`: folder of another copy of
    the code, which runs in place of this one.
    """
    done = subprocess.run(
        [sys.executable, "-m", "orchestration.cli", *arguments],
        cwd=product,
        env=environment(home, variables),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if expect is not None:
        assert done.returncode == expect, f"{done.stdout}\n{done.stderr}"
    return done


def environment(home: Path, variables: Mapping[str, str]) -> dict[str, str]:
    kept = ("PATH", "HOME", "TZ", "LANG", "VIRTUAL_ENV", "TMPDIR")
    base = {name: os.environ[name] for name in kept if name in os.environ}
    return {**base, "MQP_HOME": str(home), "MQP_NOW": NIGHT_CLOCK, **variables}


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep tests that look at the same nights in one worker, so that each night runs once."""
    from tests.scheduling import SharedNights

    return SharedNights(config, log)


@pytest.fixture(scope="session")
def project_memory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What dbt leaves of reading the project once: the content of a home's `dbt_target`."""
    from tests.proof.small_proof import REPOSITORY, read_project_once
    from warehouse.home import Home

    home = Home(tmp_path_factory.mktemp("project") / "home")
    home.make_folders()
    read_project_once(REPOSITORY, home.root)
    return home.dbt_target


@pytest.fixture(scope="session")
def sandbox_night(tmp_path_factory: pytest.TempPathFactory) -> NightHome:
    """The default universe on the simulated market, published once."""
    home = tmp_path_factory.mktemp("sandbox_night")
    done = mqp(home, "nightly")
    return NightHome(home, done.stdout + done.stderr)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was skipped and why, what caught planted bugs, and how disasters ended."""
    skipped = {report.longrepr[2] for report in terminalreporter.stats.get("skipped", [])}
    for reason in sorted(skipped):
        terminalreporter.write_line(f"NOT TESTED: {reason.removeprefix('Skipped: ')}", yellow=True)
    _tell_detections(terminalreporter)
    _tell_disasters(terminalreporter)


def _recorded(terminalreporter: pytest.TerminalReporter, name: str) -> list[Any]:
    """What tests have recorded under a name."""
    return [
        value
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", None) == "call"
        for known, value in report.user_properties
        if known == name
    ]


def _tell_detections(terminalreporter: pytest.TerminalReporter) -> None:
    rows = sorted(tuple(value) for value in _recorded(terminalreporter, "detection"))
    if rows:
        terminalreporter.section("planted look-ahead bugs")
        for bug, halves, table in rows:
            terminalreporter.write_line(f"{bug:<56}{halves:<26}{table}")


def _tell_disasters(terminalreporter: pytest.TerminalReporter) -> None:
    outcomes = sorted(_recorded(terminalreporter, "disaster"))
    if outcomes:
        terminalreporter.section("disasters (make torture plays all of them)")
        terminalreporter.write_line(outcomes[0][0])
        for line in (line for _, *lines in outcomes for line in lines):
            terminalreporter.write_line(line)
