"""Changes split into parts: one factor at a time, and the parts sum to the whole."""

import math
from itertools import pairwise

import numpy as np
import pytest

from analytics.attribution import (
    ALLOCATION_STEPS,
    Decided,
    book_factors,
    decision_steps,
    steps_of,
)
from analytics.errors import AttributionError
from analytics.limits import LIMITS
from tests.analytics.night_inputs import CONFIG

FREE = dict.fromkeys(("sector", "stress", "gross", "net"), 1.0)


def decided(target: float, *, scale: float = 1.0, override: float = 1.0, **bites: float) -> Decided:
    """A weight of a sleeve that has a third of the portfolio."""
    desired = scale * override * (1 / 3) * target
    return Decided(target, 1 / 3, scale, override, desired, bites, desired + sum(bites.values()))


def moved(before: Decided, after: Decided, **books: dict[str, float]) -> dict[str, float]:
    """The steps that moved anything beyond rounding."""
    found = decision_steps(
        before,
        after,
        book_before=books.get("book_before", FREE),
        book_after=books.get("book_after", FREE),
    )
    assert tuple(found) == ALLOCATION_STEPS
    assert math.fsum(found.values()) == pytest.approx(after.final - before.final, abs=1e-12)
    return {name: part for name, part in found.items() if abs(part) > 1e-12}


def test_each_factor_gets_the_step_in_which_it_is_swapped() -> None:
    states = [{"A": 1.0}, {"A": 1.5}, {"A": 1.25}, {"A": 4.0}]
    assert steps_of(states, ("rows", "limits", "market")) == {
        "A": {"rows": 0.5, "limits": -0.25, "market": 2.75}
    }


def test_what_a_state_does_not_have_counts_as_nothing() -> None:
    assert steps_of([{"A": 0.5}, {"B": 0.25}], ("market",)) == {
        "A": {"market": -0.5},
        "B": {"market": 0.25},
    }


def test_factor_at_both_ends_gets_both_steps() -> None:
    states = [{"A": 1.0}, {"A": 1.5}, {"A": 2.5}, {"A": 2.0}]
    assert steps_of(states, ("code", "market", "code"))["A"] == {"code": 0.0, "market": 1.0}


def test_parts_sum_to_the_whole_whatever_the_values() -> None:
    rng = np.random.default_rng(1)
    states = [dict(enumerate(rng.normal(0, 3, 200))) for _ in range(7)]
    for key, parts in steps_of(states, ("a", "b", "c", "d", "e", "a")).items():
        assert math.fsum(parts.values()) == pytest.approx(
            states[-1][key] - states[0][key], abs=1e-12
        )


def test_value_that_is_no_number_is_refused() -> None:
    with pytest.raises(AttributionError, match="the parts of the change of A"):
        steps_of([{"A": 1.0}, {"A": math.nan}], ("market",))


def test_factors_must_fit_the_states() -> None:
    with pytest.raises(AttributionError, match="3 states need 2 factors"):
        steps_of([{}, {}, {}], ("market",))


def test_exit_is_the_signals_alone_although_the_scale_moved_too() -> None:
    before, after = decided(0.05, scale=1.2), decided(0.0, scale=1.5)
    assert moved(before, after) == {"signal": pytest.approx(-0.02)}


def test_entry_is_valued_at_the_old_scale_and_the_scale_at_the_new_target() -> None:
    # 1/3 * 0.06 at the old scale of 1.0 is 0.02, at the new one of 1.5 it is 0.03
    before, after = decided(0.0, scale=1.0), decided(0.06, scale=1.5)
    assert moved(before, after) == {
        "signal": pytest.approx(0.02),
        "scale": pytest.approx(0.01),
    }


def test_target_of_the_same_sign_is_a_matter_of_size() -> None:
    assert moved(decided(0.06), decided(0.03)) == {"size": pytest.approx(-0.01)}


def test_reversal_is_the_signals() -> None:
    assert moved(decided(0.5), decided(-0.5)) == {"signal": pytest.approx(-1 / 3)}


def test_override_is_told_from_the_forecast() -> None:
    # scale 1.0 to 1.2 gives 0.02 to 0.024; of that a quarter is held back
    before, after = decided(0.06, scale=1.0), decided(0.06, scale=1.2, override=0.75)
    assert moved(before, after) == {
        "scale": pytest.approx(0.004),
        "override": pytest.approx(-0.006),
    }


def test_frozen_symbol_keeps_its_holding_whatever_the_book_does() -> None:
    before = decided(0.06, scale=1.0)
    frozen = Decided(0.06, 1 / 3, 2.0, 1.0, desired=0.021, final=0.021)
    steps = moved(before, frozen)
    # the book would have doubled it; being frozen takes that back but for the drift
    assert steps == {"scale": pytest.approx(0.02), "withheld": pytest.approx(-0.019)}


def test_limit_that_begins_to_bite_gets_what_it_takes() -> None:
    before, after = decided(0.3), decided(0.3, symbol=-0.04)
    assert moved(before, after) == {"symbol_limit": pytest.approx(-0.04)}


def test_limits_act_in_their_order_each_on_what_the_one_before_left() -> None:
    # 0.10, halved by its own limit to 0.05, the book then scaled by 0.8 to 0.04
    after = decided(0.3, symbol=-0.05, gross=-0.01)
    assert moved(decided(0.3), after) == {
        "symbol_limit": pytest.approx(-0.05),
        "gross_limit": pytest.approx(-0.01),
    }


def test_entry_into_a_book_that_is_scaled_all_along_owes_the_limit_nothing() -> None:
    # every weight of both nights is scaled by 0.8
    book = FREE | {"gross": 0.8}
    after = decided(0.3, gross=-0.02)
    steps = moved(decided(0.0), after, book_before=book, book_after=book)
    assert steps == {"signal": pytest.approx(0.08)}


def test_book_factor_is_read_off_the_largest_weight_that_was_decided() -> None:
    frozen = Decided(0.9, 1 / 3, 1.0, 1.0, desired=0.5, final=0.5)
    small, large = decided(0.03, gross=-0.002), decided(0.3, gross=-0.02)
    assert book_factors([frozen, small, large]) == FREE | {"gross": pytest.approx(0.8)}


def test_book_without_weights_is_not_scaled() -> None:
    assert book_factors([decided(0.0)]) == FREE


def test_row_that_contradicts_itself_is_refused() -> None:
    wrong = Decided(0.3, 1 / 3, 1.0, 1.0, desired=0.1, final=0.2)
    with pytest.raises(AttributionError, match="does not follow from its parts"):
        decision_steps(wrong, decided(0.3), book_before=FREE, book_after=FREE)


def test_every_change_of_a_whole_portfolio_is_the_sum_of_its_steps(results) -> None:
    """700 sessions with entries, frozen and closed symbols, biting limits and overrides."""
    weights = results.target_weights.merge(
        results.portfolio_daily[["session_date", "scale", "forecast_volatility_annual"]],
        on="session_date",
    )
    target, most = CONFIG.target_volatility_annual, CONFIG.max_leverage
    nights: dict[object, dict[tuple[str, str], Decided]] = {}
    for row in weights.to_dict("records"):
        forecast = row["forecast_volatility_annual"]
        asked = 1.0 if np.isnan(forecast) else min(target / max(forecast, 1e-12), most)
        nights.setdefault(row["session_date"], {})[row["strategy"], row["symbol"]] = Decided(
            row["sleeve_target_weight"],
            row["sleeve_weight"],
            asked,
            row["scale"] / asked,
            row["desired_weight"],
            {limit: row[f"{limit}_bite"] for limit in LIMITS},
            row["final_weight"],
        )
    seen: set[str] = set()
    ordered = list(nights.values())
    for before, after in pairwise(ordered):
        books = [book_factors(list(night.values())) for night in (before, after)]
        for key in before.keys() & after.keys():
            steps = decision_steps(
                before[key], after[key], book_before=books[0], book_after=books[1]
            )
            change = after[key].final - before[key].final
            assert math.fsum(steps.values()) == pytest.approx(change, abs=1e-12)
            seen |= {name for name, part in steps.items() if abs(part) > 1e-9}
    assert {"signal", "scale", "override", "withheld", "symbol_limit"} <= seen
