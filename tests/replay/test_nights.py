"""Which nights can be replayed, and what is said of the others."""

from datetime import date
from pathlib import Path

import pytest

from orchestration.errors import NightError, UsageError
from orchestration.replay.nights import latest_published_night, published_night_of
from tests.replay.homes import CONFIGURATION, DECIDED_AT, NIGHT, Making, published_home
from warehouse.connection import connect
from warehouse.home import Home

MISSED, FAILED = date(2017, 7, 3), date(2017, 7, 5)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Friday published twice and failed once more, Monday missed, Wednesday failed."""
    return published_home(
        tmp_path,
        Making(),
        Making(attempt=2),
        Making(attempt=3, status="FAILED", reasons=("the disk was full",)),
        Making(night=MISSED, attempt=0, status="MISSED", reasons=("no run was made",)),
        Making(night=FAILED, status="FAILED", reasons=("dbt build failed",)),
    )


def test_night_is_found_in_its_latest_published_attempt(home: Home) -> None:
    with connect(home.ledger, read_only=True) as ledger:
        night = published_night_of(ledger, NIGHT)
    assert (night.attempt, night.ledger_version, night.as_of_at) == (2, 1, DECIDED_AT)
    assert night.configuration == CONFIGURATION


def test_earlier_attempt_is_found_when_asked_for(home: Home) -> None:
    with connect(home.ledger, read_only=True) as ledger:
        assert published_night_of(ledger, NIGHT, 1).attempt == 1


def test_latest_published_night_is_not_one_that_failed(home: Home) -> None:
    with connect(home.ledger, read_only=True) as ledger:
        night = latest_published_night(ledger)
    assert (night.night, night.attempt) == (NIGHT, 2)


@pytest.mark.parametrize(
    ("night", "attempt", "said"),
    [
        (MISSED, None, "was MISSED (no run was made)"),
        (FAILED, None, "FAILED and published nothing (dbt build failed)"),
        (date(2017, 6, 29), None, "published nights lie between 2017-06-30 and 2017-06-30"),
        (date(2017, 7, 4), None, "the exchange was closed"),
        (NIGHT, 3, "Attempt 3 of night 2017-06-30 published nothing; published was: 1, 2"),
    ],
)
def test_night_without_a_published_file_says_what_became_of_it(
    home: Home, night: date, attempt: int | None, said: str
) -> None:
    with (
        connect(home.ledger, read_only=True) as ledger,
        pytest.raises(UsageError) as refused,
    ):
        published_night_of(ledger, night, attempt)
    assert said in str(refused.value)


def test_ledger_without_any_published_night_says_so(tmp_path: Path) -> None:
    home = published_home(tmp_path, Making(status="FAILED"))
    with (
        connect(home.ledger, read_only=True) as ledger,
        pytest.raises(NightError, match="No night has been published yet"),
    ):
        latest_published_night(ledger)
