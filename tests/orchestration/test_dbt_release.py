"""What the packages say of dbt is what its command says, which nobody has to ask for it."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path


def test_installed_package_has_the_release_of_the_command() -> None:
    dbt = Path(sys.executable).with_name("dbt")
    said = subprocess.run([dbt, "--version"], capture_output=True, text=True, check=True).stdout
    assert f"installed: {version('dbt-core')}" in said
