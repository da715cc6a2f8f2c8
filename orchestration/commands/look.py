"""`mqp ui` and `mqp dashboard`: servers for people, on the loopback only."""

import os
import subprocess
import sys

import typer

from orchestration.dagster_home import prepare_dagster_home
from orchestration.resources import REPOSITORY, load_settings
from warehouse.errors import NotPublishedError

LOOPBACK = "127.0.0.1"

DASHBOARD_OPTIONS: tuple[tuple[str, str], ...] = (
    ("server.address", LOOPBACK),
    ("server.allowedHosts", LOOPBACK),  # no other name may lead here
    ("server.allowedHosts", "localhost"),
    ("server.headless", "true"),
    ("server.fileWatcherType", "none"),
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
    prepare_dagster_home(settings.home)
    typer.echo(f"Dagster on http://{LOOPBACK}:{port} (stop with Ctrl-C)")
    command = [
        sys.executable, "-m", "dagster", "dev",
        "--module-name", "orchestration.definitions",
        "--host", LOOPBACK,
        "--port", str(port),
        "--log-level", "warning",
    ]  # fmt: skip
    return _run(command)


def dashboard_command(port: int) -> int:
    """Run the Streamlit dashboard until it is stopped."""
    published = load_settings().home.published
    if not published.exists():
        raise NotPublishedError("There is no published night to look at: run `mqp nightly` first.")
    options = (*DASHBOARD_OPTIONS, ("server.port", str(port)))
    command = [
        sys.executable, "-m", "orchestration.dashboard_server",
        *(f"--{name}={value}" for name, value in options),
    ]  # fmt: skip
    return _run(command)


def _run(command: list[str]) -> int:
    environment = {
        **os.environ,
        "DAGSTER_DISABLE_TELEMETRY": "1",
        "DO_NOT_TRACK": "1",
        "PYTHONWARNINGS": "ignore",  # the vendors' notes to themselves
    }
    try:
        return subprocess.run(command, cwd=REPOSITORY, env=environment, check=False).returncode
    except KeyboardInterrupt:
        return 0
