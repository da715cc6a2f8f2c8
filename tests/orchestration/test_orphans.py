"""A child that writes does not outlive its night."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from orchestration.orphans import ended_with_us

NIGHT = """
import signal, subprocess, sys, time
from orchestration.orphans import ended_with_us
# a job in the background of a script ignores interrupts, and Dagster then all of its kind: a
# worker that ran one of its jobs before leaves that to this process
signal.signal(signal.SIGTERM, signal.SIG_DFL)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
with ended_with_us(child):
    print(child.pid, flush=True)
    time.sleep(600)
"""


def is_alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
        return status.rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_child_ends_with_a_killed_night(how: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", NIGHT], stdout=subprocess.PIPE) as night:
        assert night.stdout is not None
        child = int(night.stdout.readline())
        assert is_alive(child)
        night.send_signal(how)
        night.wait(60)
    deadline = time.monotonic() + 60
    while is_alive(child) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not is_alive(child)


def test_child_of_a_living_night_ends_when_it_likes() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        with ended_with_us(child):
            assert child.poll() is None
        assert child.poll() is None  # nobody watches any more, and nobody has killed it
        child.communicate(b"\n")
        assert child.returncode == 0


def test_child_that_has_ended_is_not_missed() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    with ended_with_us(child):
        assert child.returncode == 0
