"""`mqp ui` and `mqp dashboard`: servers for people, on the loopback only."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import typer

from orchestration.dagster_home import prepare_dagster_home
from orchestration.errors import UsageError
from orchestration.orphans import ended_with_us
from orchestration.resources import REPOSITORY, load_settings
from orchestration.timetable import load_timetable
from warehouse.disk import prepare_home
from warehouse.errors import NotPublishedError

LOOPBACK = "127.0.0.1"
LONGEST_FAREWELL_SECONDS = 60.0
FAMILY_SECONDS = 15.0  # the code servers take five
LOOKS_PER_SECOND = 10

DASHBOARD_OPTIONS: tuple[tuple[str, str], ...] = (
    ("server.address", LOOPBACK),
    ("server.allowedHosts", LOOPBACK),  # no other name may lead here
    ("server.allowedHosts", "localhost"),
    ("server.headless", "true"),
    ("server.fileWatcherType", "none"),
    ("logger.hideWelcomeMessage", "true"),  # the command says where it is
    ("browser.gatherUsageStats", "false"),
    ("client.toolbarMode", "minimal"),
    ("client.showErrorLinks", "false"),
    # of both themes, or the browser's wish for a dark one would not count
    ("theme.light.primaryColor", "#0A7CC2"),
    ("theme.dark.primaryColor", "#56B4E9"),
)
"""Streamlit's options: nothing leaves the machine, nothing but the loopback is listened to."""


def ui_command(port: int) -> int:
    """Run Dagster's web server and daemon until they are stopped."""
    settings = load_settings()
    timetable = load_timetable()  # a wrong file is refused here, not by a server
    _refuse_taken(port)
    prepare_home(settings.home)
    prepare_dagster_home(settings.home)
    from orchestration.upkeep import put_in_order

    put_in_order(settings.home)
    state = "on" if timetable.is_on(settings.world) else "off until you switch them on"
    command = [
        sys.executable, "-m", "dagster", "dev",
        "--module-name", "orchestration.definitions",
        "--host", LOOPBACK,
        "--port", str(port),
        "--log-level", "error",
    ]  # fmt: skip
    return _serve(command, port, "Dagster", f"; {timetable.mode} schedules are {state}")


def dashboard_command(port: int) -> int:
    """Run the Streamlit dashboard until it is stopped."""
    published = load_settings().home.published
    if not published.exists():
        raise NotPublishedError("There is no published night to look at: run `mqp nightly` first.")
    _refuse_taken(port)
    options = (*DASHBOARD_OPTIONS, ("server.port", str(port)))
    command = [
        sys.executable, "-m", "orchestration.dashboard_server",
        *(f"--{name}={value}" for name, value in options),
    ]  # fmt: skip
    return _serve(command, port, "The dashboard", "")


def _refuse_taken(port: int) -> None:
    """Raise UsageError when another program listens on a port, or nobody may."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except (OSError, OverflowError) as err:
            raise UsageError(
                f"Port {port} cannot be used ({getattr(err, 'strerror', None) or err}): "
                f"take another one, such as --port {port % 60000 + 1}."
            ) from err


def _serve(command: list[str], port: int, name: str, also: str) -> int:
    """Run a server until it ends or is told to; it says where it is once it answers."""
    environment = {
        **os.environ,
        "DAGSTER_DISABLE_TELEMETRY": "1",
        "DO_NOT_TRACK": "1",
        "PYTHONWARNINGS": "ignore",  # the vendors' notes to themselves
    }
    with (
        _stopped_by_a_signal(),
        # of its own session: Ctrl-C comes from here, once
        subprocess.Popen(command, cwd=REPOSITORY, env=environment, start_new_session=True) as child,
        ended_with_us(child, by=signal.SIGTERM),
    ):
        try:
            if _comes_up(child, port):
                typer.echo(f"{name} is on http://{LOOPBACK}:{port} (stop with Ctrl-C){also}.")
            return child.wait()
        except KeyboardInterrupt:
            _stop(child)
            return 0
        finally:
            _end_family(child.pid)


def _comes_up(child: "subprocess.Popen[bytes]", port: int) -> bool:
    """Wait until a server listens; False when it has ended instead."""
    while child.poll() is None:
        with socket.socket() as visitor:
            if visitor.connect_ex((LOOPBACK, port)) == 0:
                return True
        time.sleep(1 / LOOKS_PER_SECOND)
    return False


def _stop(child: "subprocess.Popen[bytes]") -> None:
    """Let a server take its leave; one that does not is killed."""
    child.send_signal(signal.SIGINT)
    try:
        child.wait(LONGEST_FAREWELL_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()


def _end_family(group: int) -> None:
    """See that nothing is left of a server: what does not end by itself is told to, then killed.

    Dagster's code server was seen to hang for ever once a run of its had been killed. A night that
    is running ends here too; the next start runs it again.
    """
    for harder in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + FAMILY_SECONDS
        while time.monotonic() < deadline:
            try:
                os.killpg(group, 0)
            except ProcessLookupError:
                return
            time.sleep(1 / LOOKS_PER_SECOND)
        with suppress(ProcessLookupError):
            os.killpg(group, harder)


@contextmanager
def _stopped_by_a_signal() -> Iterator[None]:
    """Take a service manager's SIGTERM for Ctrl-C.

    A job in the background of a script is born deaf to Ctrl-C, and Dagster then to SIGTERM as well:
    what is handled here, the server is born with as usual.
    """

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    before = {kind: signal.signal(kind, stop) for kind in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)
