"""Whole nights on the simulated market. They share one worker: each costs half a minute."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def small_universe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three members: enough for every strategy, quick to run."""
    path = tmp_path_factory.mktemp("universe") / "small.yaml"
    path.write_text("name: small\nbenchmark: SPY\nmembers: [AAPL, JPM, KO]\n")
    return path
