"""The kept results of a night beside a file that holds it again."""

from pathlib import Path

import pytest

from orchestration.replay.comparison import Comparison, compare_with_published
from orchestration.replay.nights import published_night_of
from orchestration.replay.verify import compare_results
from tests.replay.homes import NIGHT, Making, make_build, published_home
from warehouse.connection import connect
from warehouse.home import Home

WEIGHTS = "analytics.target_weights"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return published_home(tmp_path, Making())


def built_again(home: Home, making: Making) -> Comparison:
    """The night built once more, with what `making` says of it, at the home's build."""
    manifest = make_build(home, making)
    with connect(home.ledger, read_only=True) as ledger:
        night = published_night_of(ledger, NIGHT)
    return compare_with_published(home, night, manifest)


def test_equal_results_are_compared_and_do_not_differ(home: Home) -> None:
    compared = built_again(home, Making())
    assert compare_results(compared, home.build) == ([], [WEIGHTS])


def test_results_that_differ_are_measured(home: Home) -> None:
    weights = "('AAPL', date '2017-06-30', 0.25), ('JPM', date '2017-06-30', 0.125)"
    compared = built_again(home, Making(weights=weights))
    (difference,), names = compare_results(compared, home.build)
    assert (difference.relation, difference.changed, names) == (WEIGHTS, 1, [WEIGHTS])


def test_damaged_file_of_results_is_left_out(home: Home) -> None:
    (home.nights / NIGHT.isoformat() / f"{WEIGHTS}.parquet").write_bytes(b"no parquet")
    compared = built_again(home, Making())
    assert compare_results(compared, home.build) == ([], [])
