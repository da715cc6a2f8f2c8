"""`mqp ui` and `mqp dashboard` as a person starts them: on the loopback alone, and gone with it."""

import json
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

from orchestration.timetable import EVENING_STEPS
from tests.conftest import environment
from tests.orchestration.listening import is_alive, listening, processes_below
from warehouse.home import Home

PATIENCE_SECONDS = 300.0
PLACE = '{repositoryLocationName: "orchestration.definitions", repositoryName: "__repository__"}'
ASKED = """{
  repositoryOrError(repositorySelector: PLACE) {
    ... on Repository {
      jobs { name }
      schedules { name cronSchedule executionTimezone scheduleState { status } }
      sensors { name sensorState { status } }
    }
  }
  instance {
    daemonHealth { allDaemonStatuses { daemonType required } }
    runQueueConfig { maxConcurrentRuns }
  }
}"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def started(home: Home, command: str, port: int) -> Iterator[tuple[int, str]]:
    """A server in its own process, and the line in which it said where it is; stopped by Ctrl-C."""
    with subprocess.Popen(
        [sys.executable, "-m", "orchestration.cli", command, "--port", str(port)],
        env=environment(home.root, {"MQP_SOURCES": "sandbox"}),
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            assert server.stdout is not None
            yield server.pid, server.stdout.readline()
            family = processes_below(server.pid)
            server.send_signal(signal.SIGINT)
            assert server.wait(PATIENCE_SECONDS) == 0
        except BaseException:
            server.terminate()  # which takes its children along
            raise
    assert [pid for pid in family if is_alive(pid)] == [], "it outlives its command"


def assert_on_the_loopback(pid: int, port: int) -> None:
    found = listening(processes_below(pid))
    assert (ip_address("127.0.0.1"), port) in found
    assert [address for address, _ in found if not address.is_loopback] == []


def asked(port: int, query: str) -> dict[str, Any]:
    """Dagster's own answer, once its code has been loaded."""
    body = json.dumps({"query": query}).encode()
    url = f"http://127.0.0.1:{port}/graphql"
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            with urlopen(Request(url, body, {"Content-Type": "application/json"})) as reply:
                data: dict[str, Any] = json.load(reply)["data"]
        except URLError:
            data = {}
        if data.get("repositoryOrError"):
            return data
        time.sleep(0.5)
    raise AssertionError("Dagster has not loaded the project")


def test_ui_shows_the_timetable_and_listens_on_the_loopback_alone(
    tmp_path: Path, project_memory: Path
) -> None:
    home, port = Home(tmp_path), free_port()
    shutil.copytree(project_memory, home.dbt_target)
    with started(home, "ui", port) as (pid, line):
        assert line == (
            f"Dagster is on http://127.0.0.1:{port} (stop with Ctrl-C); evening schedules are off "
            "until you switch them on.\n"
        )
        data = asked(port, ASKED.replace("PLACE", PLACE))
        assert_on_the_loopback(pid, port)
    shown = data["repositoryOrError"]
    assert {*EVENING_STEPS, "nightly", "replays"} <= {one["name"] for one in shown["jobs"]}
    schedules = {one["name"]: one for one in shown["schedules"]}
    assert {f"{step}_schedule" for step in EVENING_STEPS} <= set(schedules)
    assert schedules["portfolio_schedule"] == {
        "name": "portfolio_schedule",
        "cronSchedule": "20 17 * * 1-5",
        "executionTimezone": "America/New_York",
        "scheduleState": {"status": "STOPPED"},
    }
    sensors = {one["name"]: one["sensorState"]["status"] for one in shown["sensors"]}
    assert {"catch_up_sensor", "inputs_complete_sensor"} <= set(sensors)
    daemons = data["instance"]["daemonHealth"]["allDaemonStatuses"]
    needed = {"SCHEDULER", "SENSOR", "BACKFILL", "QUEUED_RUN_COORDINATOR", "MONITORING"}
    assert needed <= {one["daemonType"] for one in daemons if one["required"]}
    assert data["instance"]["runQueueConfig"] == {"maxConcurrentRuns": 1}


def test_dashboard_listens_on_the_loopback_alone(tmp_path: Path) -> None:
    home, port = Home(tmp_path), free_port()
    home.warehouse.mkdir()
    home.published.touch()  # nobody opens a page here
    with started(home, "dashboard", port) as (pid, line):
        assert line == f"The dashboard is on http://127.0.0.1:{port} (stop with Ctrl-C).\n"
        assert_on_the_loopback(pid, port)


@pytest.mark.parametrize("command", ["ui", "dashboard"])
def test_taken_port_is_one_sentence(tmp_path: Path, command: str) -> None:
    home = Home(tmp_path)
    home.warehouse.mkdir()
    home.published.touch()
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "orchestration.cli", command, "--port", str(port)],
            env=environment(home.root, {"MQP_SOURCES": "sandbox"}),
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.startswith(f"mqp: Port {port} cannot be used (Address already in use)")
    assert len(done.stderr.splitlines()) == 1
