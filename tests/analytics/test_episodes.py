from datetime import date

import numpy as np
import pytest

from analytics.episodes import Episode, covered, deepest_falls, episode_return

DAYS = np.arange("2017-06-01", "2017-06-12", dtype="datetime64[D]")  # the close before, ten rows
# 100 110 99 88 110 121 115 121 130 65 78
EQUITY = np.array([100, 110, 99, 88, 110, 121, 115, 121, 130, 65, 78.0])
RETURNS = EQUITY[1:] / EQUITY[:-1] - 1


def day(number: int) -> date:
    return date(2017, 6, number)


def test_falls_go_from_a_peak_to_the_lowest_close_before_it_is_reached_again() -> None:
    assert deepest_falls(RETURNS, DAYS) == [
        Episode("Fall 1", day(9), day(10)),  # 130 to 65, not made good yet
        Episode("Fall 2", day(2), day(4)),  # 110 to 88
        Episode("Fall 3", day(6), day(7)),  # 121 to 115
    ]


def test_only_so_many_falls_are_kept() -> None:
    assert [one.name for one in deepest_falls(RETURNS, DAYS, count=1)] == ["Fall 1"]


def test_path_that_only_rises_has_no_fall() -> None:
    assert deepest_falls(np.full(10, 0.01), DAYS) == []


def test_return_is_compounded_after_the_close_of_the_first_day() -> None:
    found = episode_return(RETURNS, DAYS, Episode("x", day(2), day(4)))
    assert found == pytest.approx(88 / 110 - 1, rel=1e-12)


@pytest.mark.parametrize(
    "episode",
    [
        Episode("ends later", day(9), date(2017, 7, 1)),
        Episode("began earlier", date(2017, 5, 20), day(4)),
        Episode("began a day earlier", date(2017, 5, 31), day(4)),
        Episode("elsewhere", date(2016, 1, 1), date(2016, 2, 1)),
    ],
)
def test_episode_that_is_not_covered_has_no_return(episode: Episode) -> None:
    assert np.isnan(episode_return(RETURNS, DAYS, episode))
    assert covered([episode], DAYS) == []
