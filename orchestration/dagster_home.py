"""Dagster's own storage under the home: telemetry off, one writing run at a time."""

import os
from pathlib import Path

from warehouse.files import write_text
from warehouse.home import Home

INSTANCE_CONFIG = """\
telemetry:
  enabled: false
scheduler:
  module: dagster._core.scheduler.scheduler
  class: DagsterDaemonScheduler
  config:
    max_catchup_runs: 1  # a daemon that was off runs the latest session only
nux:
  enabled: false  # no newsletter dialog over the asset graph
run_queue:
  max_concurrent_runs: 1  # DuckDB has one writer, and so has the event log
python_logs:
  managed_python_loggers: [mqp]
  python_log_level: INFO
"""


def prepare_dagster_home(home: Home) -> Path:
    """Create the instance folder with its configuration and name it in DAGSTER_HOME."""
    home.dagster.mkdir(parents=True, exist_ok=True)
    config = home.dagster / "dagster.yaml"
    if not config.exists() or config.read_text() != INSTANCE_CONFIG:
        write_text(config, INSTANCE_CONFIG)
    os.environ["DAGSTER_HOME"] = str(home.dagster)
    os.environ["MQP_HOME"] = str(home.root)
    return home.dagster
