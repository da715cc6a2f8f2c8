"""Moves from the last believed level, on levels named for their character."""

import numpy as np
import pytest

from orchestration.expectations.moves import Levels, moves_over_limit

LIMIT = np.log(1.8)
QUIET = [100.0, 101.0, 100.0, 101.0]


def levels(values: list[float], **changes: object) -> Levels:
    """Prices on consecutive sessions, opened where they close, without actions."""
    count = len(values)
    parts: dict[str, object] = {
        "value": np.array(values),
        "opened": np.array(values),
        "session": np.arange(count),
        "split": np.ones(count),
        "paid": np.zeros(count),
        "limit": np.full(count, LIMIT),
    }
    return Levels(**{**parts, **changes})  # type: ignore[arg-type]


def unbelieved(given: Levels) -> list[int]:
    return np.flatnonzero(moves_over_limit(given) > 1).tolist()


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("empty", [], []),
        ("single", [100.0], []),
        ("flat", [100.0] * 5, []),
        ("spike", [*QUIET, 1000.0, *QUIET], [4]),
        ("two_day_spike", [*QUIET, 1000.0, 990.0, *QUIET], [4, 5]),
        ("spike_first", [1000.0, *QUIET], [0]),
        ("spike_last", [*QUIET, 10.0], [4]),
        ("crash_within_the_limit", [*QUIET, 57.0, 57.0], []),
        ("new_level", [*QUIET, *[38.0] * 9], [4, 5, 6, 7, 8]),
        ("forgotten_split", [*QUIET, *[50.0] * 9], list(range(4, 13))),
        ("forgotten_three_for_two", [*QUIET, *[67.0] * 3], [4, 5, 6]),
    ],
)
def test_moves_over_limit_disbelieves_what_a_day_cannot_explain(
    name: str, values: list[float], expected: list[int]
) -> None:
    assert unbelieved(levels(values)) == expected, name


def test_move_is_measured_in_multiples_of_its_limit() -> None:
    # by hand: ln(1000 / 101) / ln 1.8 = 2.2926 / 0.5878 = 3.9005, had it not looked like 10-for-1:
    # then the limit is ln 1.4 = 0.3365 and the multiple 6.8136
    ratios = moves_over_limit(levels([*QUIET, 1000.0]))
    assert ratios[4] == pytest.approx(np.log(1000 / 101) / np.log(1.4))


def test_known_split_explains_its_jump() -> None:
    split = np.array([1.0, 1.0, 1.0, 1.0, 4.0, 1.0])
    assert unbelieved(levels([*QUIET, 25.0, 25.0], split=split)) == []


def test_spin_off_explains_its_jump() -> None:
    paid = np.array([0.0, 0.0, 0.0, 0.0, 58.0, 0.0])
    assert unbelieved(levels([*QUIET, 43.0, 43.0], paid=paid)) == []


def test_split_during_a_spike_still_counts_afterwards() -> None:
    split = np.array([1.0, 1.0, 1.0, 1.0, 4.0, 1.0, 1.0])
    assert unbelieved(levels([*QUIET, 250.0, 25.0, 25.0], split=split)) == [4]


def test_price_like_a_split_at_the_close_alone_is_a_move() -> None:
    opened = np.array([*QUIET, 95.0, 67.0])
    assert unbelieved(levels([*QUIET, 67.0, 67.0], opened=opened)) == []


def test_long_silence_opens_a_new_level() -> None:
    session = np.array([0, 1, 2, 3, 20, 21])
    assert unbelieved(levels([*QUIET, 30.0, 30.0], session=session)) == []


def test_rates_move_by_differences_and_know_no_splits() -> None:
    rates = [1.0, 1.1, 1.0, 5.0, 1.0, 2.0]
    given = levels(rates, opened=np.full(6, np.nan), limit=np.full(6, 2.0), is_log=False)
    assert moves_over_limit(given) == pytest.approx([0.0, 0.05, 0.05, 2.0, 0.0, 0.5])


def test_later_observations_do_not_change_earlier_verdicts() -> None:
    values = [*QUIET, *[38.0] * 9, 1000.0, 38.0, 38.0]
    whole = moves_over_limit(levels(values))
    for cut in range(3, len(values)):
        assert np.array_equal(moves_over_limit(levels(values[:cut])), whole[:cut])
