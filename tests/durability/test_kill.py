"""Five kills of a fetching and landing process at seeded moments; `make torture` has fifty."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.durability.small_world import FRIDAY, sandbox
from tests.durability.torture import Torture

SEED = 20240628


@pytest.fixture(scope="module")
def torture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Torture]:
    folder: Path = tmp_path_factory.mktemp("torture")
    with sandbox(FRIDAY) as (urls, keys):
        yield Torture(folder, urls, keys)


@pytest.mark.parametrize("number", range(5))
def test_killed_run_loses_no_acknowledged_response_and_the_next_completes(torture, number):
    victim = torture.kill_once(number, SEED)
    assert victim.acknowledged > 0
