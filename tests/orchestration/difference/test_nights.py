"""Which nights are compared, what is refused, and when a stored difference still holds."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from orchestration.difference import nights as subject
from orchestration.difference.nights import ComparedNight, chosen_nights, stored_difference
from orchestration.errors import NightError, UsageError
from reports.difference import Difference
from tests.replay.homes import Making, published_home
from tests.reports.test_difference import DIFFERENCE
from warehouse.connection import connect
from warehouse.home import Home

A, MISSED, B, C, FAILED = (date(2017, 6, day) for day in (26, 27, 28, 29, 30))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Published: 26, 28 (twice), 29; missed: 27; failed: 30."""
    return published_home(
        tmp_path_factory.mktemp("home"),
        Making(A),
        Making(MISSED, attempt=0, status="MISSED"),
        Making(B),
        Making(B, attempt=2, status="DEGRADED", weights="('AAPL', date '2017-06-28', 0.75)"),
        Making(C),
        Making(FAILED, status="FAILED", reasons=("no bars",)),
    )


def chosen(home: Home, *asked: date) -> tuple[date, date]:
    with connect(home.ledger, read_only=True) as ledger:
        earlier, later = chosen_nights(ledger, home, asked)
    return earlier.night, later.night


def test_without_a_night_the_last_two_published_are_compared(home: Home) -> None:
    assert chosen(home) == (B, C)


def test_one_night_is_compared_with_the_published_one_before_it(home: Home) -> None:
    assert chosen(home, B) == (A, B)


def test_two_nights_are_compared_in_the_order_of_time(home: Home) -> None:
    assert chosen(home, C, A) == (A, C)


def test_last_published_attempt_is_compared_where_it_is_kept(home: Home) -> None:
    with connect(home.ledger, read_only=True) as ledger:
        _, later = chosen_nights(ledger, home, (B,))
    assert (later.recorded.attempt, later.folder) == (2, home.nights / "2017-06-28")
    assert not later.side.is_rebuilt


def test_folder_of_another_attempt_is_not_the_nights_results(tmp_path: Path) -> None:
    home = published_home(tmp_path, Making(A), Making(B))
    (home.nights / "2017-06-28" / "manifest.json").write_text("{")
    with connect(home.ledger, read_only=True) as ledger:
        earlier, later = chosen_nights(ledger, home, ())
    assert (earlier.side.is_rebuilt, later.side.is_rebuilt) == (False, True)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ((date(2017, 7, 3),), "Night 2017-07-03 was never published here"),
        ((MISSED, C), "Night 2017-06-27 was MISSED"),
        ((FAILED,), "Night 2017-06-30 FAILED and published nothing \\(no bars\\)"),
        ((B, B), "Give two different nights: both are 2017-06-28."),
        ((A,), "no published night to compare with before night 2017-06-26: it is the first."),
    ],
)
def test_nights_that_cannot_be_compared_are_refused(
    home: Home, asked: tuple[date, ...], sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence):
        chosen(home, *asked)


def test_before_the_first_night_the_sentence_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="run `mqp nightly` first"):
        chosen(published_home(tmp_path))


def test_night_without_its_configuration_is_refused(tmp_path: Path) -> None:
    home = published_home(tmp_path, Making(A), Making(B))
    with connect(home.ledger) as ledger:
        ledger.execute("delete from ops.configs")
    with pytest.raises(NightError, match="configuration of night 2017-06-26 is not in the ledger"):
        chosen(home)


@pytest.fixture
def pair(home: Home, monkeypatch: pytest.MonkeyPatch) -> tuple[ComparedNight, ComparedNight]:
    """Nights of 28 and 29, compared by the code that stands in for today's."""
    monkeypatch.setattr(subject, "code_hash", lambda: "code-of-today")
    with connect(home.ledger, read_only=True) as ledger:
        return chosen_nights(ledger, home, ())


def true_difference(pair: tuple[ComparedNight, ComparedNight]) -> Difference:
    earlier, later = pair
    return replace(DIFFERENCE, earlier=earlier.side, later=later.side, made_by="code-of-today")


def store(pair: tuple[ComparedNight, ComparedNight], difference: Difference) -> None:
    assert pair[1].folder is not None
    (pair[1].folder / "diff.json").write_text(difference.to_json())


def test_stored_difference_of_these_nights_and_this_code_is_used(
    pair: tuple[ComparedNight, ComparedNight],
) -> None:
    store(pair, true_difference(pair))
    assert stored_difference(*pair) == true_difference(pair)


@pytest.mark.parametrize("change", ["made_by", "earlier", "later"])
def test_stored_difference_of_anything_else_is_not_used(
    pair: tuple[ComparedNight, ComparedNight], change: str
) -> None:
    found = true_difference(pair)
    other = {
        "made_by": "code-of-yesterday",
        "earlier": replace(found.earlier, night=A),
        "later": replace(found.later, ledger_version=99),
    }
    store(pair, replace(found, **{change: other[change]}))
    assert stored_difference(*pair) is None
