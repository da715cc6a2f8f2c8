from datetime import date

import pytest

from orchestration.proof.cuts import choose_cuts
from warehouse.sessions import new_york_sessions

DAYS = new_york_sessions().between(date(2016, 1, 4), date(2017, 12, 29))


def is_turn(day: date, months: range) -> bool:
    before = new_york_sessions().previous_session(day)
    return before.month != day.month and day.month in months


@pytest.mark.parametrize("seed", range(5))
def test_cuts_hold_a_half_year_a_month_and_the_latest_session(seed: int) -> None:
    cuts = choose_cuts(DAYS, 3, seed=seed)
    assert cuts == sorted(set(cuts))
    assert DAYS[-1] in cuts
    assert any(is_turn(day, range(1, 13, 6)) for day in cuts)
    assert sum(is_turn(day, range(1, 13)) for day in cuts) >= 2


def test_cuts_of_a_seed_are_the_same_and_of_another_are_not() -> None:
    assert choose_cuts(DAYS, 8, seed=1) == choose_cuts(DAYS, 8, seed=1)
    assert choose_cuts(DAYS, 8, seed=1) != choose_cuts(DAYS, 8, seed=2)


def test_cuts_are_no_more_than_there_are_sessions() -> None:
    assert choose_cuts(DAYS[:4], 8, seed=1) == list(DAYS[:4])
    assert choose_cuts(DAYS, 0, seed=1) == []
