"""Whole nights on the simulated market. They share one worker: each costs half a minute."""

from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep everything that runs nights in one worker, so that shared nights run once."""
    for item in items:
        if {"nights", "second_path"} & set(Path(item.fspath).parts):
            item.add_marker(pytest.mark.xdist_group("nights"))


@pytest.fixture(scope="session")
def small_universe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three members: enough for every strategy, quick to run."""
    path = tmp_path_factory.mktemp("universe") / "small.yaml"
    path.write_text("name: small\nbenchmark: SPY\nmembers: [AAPL, JPM, KO]\n")
    return path
