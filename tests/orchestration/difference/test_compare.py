"""Changed signals, weights and figures of hand-made states."""

from dataclasses import replace
from datetime import date

import pytest

from analytics.attribution import Decided
from orchestration.difference.chain import FACTOR_ORDER
from orchestration.difference.compare import changed_metrics, changed_signals, changed_weights
from orchestration.difference.states import State
from reports.signals import SignalState

AAPL, KO = ("equities", "AAPL"), ("equities", "KO")
EMPTY = State({}, {}, {}, {}, Decided(scale=1.0), "")


def held(target: float, *, scale: float = 1.0) -> Decided:
    """The only sleeve's weight, no limit in its way."""
    return Decided(target, 1.0, scale, 1.0, desired=scale * target, final=scale * target)


def book(weights: dict[tuple[str, str], float], *, scale: float = 1.0) -> State:
    return replace(
        EMPTY,
        decided={key: held(target, scale=scale) for key, target in weights.items()},
        book=Decided(scale=scale),
    )


def signals(**levels: int) -> State:
    return replace(
        EMPTY,
        signals={
            ("equities", symbol): SignalState(
                "equities", "balanced_position", symbol, level, None, None, f"why {level}",
                date(2017, 6, 30), None, None,
            )
            for symbol, level in levels.items()
        },
    )  # fmt: skip


def test_chain_has_one_more_state_than_factors() -> None:
    assert FACTOR_ORDER == (
        "code", "revised_rows", "configuration", "limits", "new_sessions", "code",
    )  # fmt: skip


def test_each_factor_gets_its_own_part_of_a_weight() -> None:
    targets = (0.10, 0.11, 0.13, 0.17, 0.12, 0.06, 0.05)
    (weight,) = changed_weights([book({AAPL: target}) for target in targets], {"AAPL": "sell"})
    assert weight.parts == pytest.approx(
        {
            "code": 0.0,  # +0.01 at one end, -0.01 at the other
            "revised_rows": 0.02,
            "configuration": 0.04,
            "limits": -0.05,
            "new_sessions": -0.06,
        },
        abs=1e-15,
    )
    assert (weight.before, weight.after, weight.order) == (0.10, 0.05, "sell")
    assert {name: part for name, part in weight.steps.items() if part} == pytest.approx(
        {"size": -0.06}
    )


def test_symbol_that_is_new_comes_from_nothing() -> None:
    before, after = book({KO: 0.1}), book({KO: 0.1, AAPL: 0.05})
    (weight,) = changed_weights([before] * 5 + [after] * 2, {})
    assert (weight.symbol, weight.before, weight.after, weight.order) == ("AAPL", 0.0, 0.05, None)
    assert weight.steps["signal"] == pytest.approx(0.05)


def test_symbol_that_is_gone_goes_to_nothing() -> None:
    before, after = book({KO: 0.1, AAPL: 0.05}), book({KO: 0.1})
    (weight,) = changed_weights([before] * 5 + [after] * 2, {})
    assert (weight.symbol, weight.after) == ("AAPL", 0.0)
    assert weight.parts["new_sessions"] == weight.steps["signal"] == -0.05


def test_first_weights_of_all_come_from_nothing() -> None:
    (weight,) = changed_weights([EMPTY] * 5 + [book({AAPL: 0.05})] * 2, {})
    assert sum(weight.steps.values()) == pytest.approx(0.05, abs=1e-15)


def test_weights_that_did_not_move_are_left_out() -> None:
    assert changed_weights([book({AAPL: 0.1})] * 7, {}) == ()


def test_weight_that_went_and_came_back_is_told_with_its_parts() -> None:
    states = [book({AAPL: 0.1})] * 2 + [book({AAPL: 0.2})] * 3 + [book({AAPL: 0.1})] * 2
    (weight,) = changed_weights(states, {})
    assert weight.change == 0.0
    assert (weight.parts["revised_rows"], weight.parts["new_sessions"]) == (0.1, -0.1)


def test_signal_names_the_factor_that_turned_it() -> None:
    flat, long = signals(AAPL=0), signals(AAPL=1)
    (revised,) = changed_signals([flat] * 2 + [long] * 5)
    (sessions,) = changed_signals([flat] * 5 + [long] * 2)
    assert (revised.factors, sessions.factors) == (("revised_rows",), ("new_sessions",))
    assert (sessions.before, sessions.after, sessions.reason) == (0, 1, "why 1")


def test_signal_that_is_new_counts_when_it_is_not_flat() -> None:
    states = [EMPTY] * 5 + [signals(AAPL=0, KO=1)] * 2
    assert [(row.symbol, row.before, row.after) for row in changed_signals(states)] == [
        ("KO", None, 1)
    ]


def test_figure_has_parts_where_it_exists_in_every_state() -> None:
    def figure(value: float | None) -> State:
        return replace(EMPTY, metrics={("portfolio", "sharpe"): value})

    (whole,) = changed_metrics([figure(0.5)] * 2 + [figure(0.7)] * 3 + [figure(0.4)] * 2)
    assert whole.parts == pytest.approx(
        {
            "code": 0.0,
            "revised_rows": 0.2,
            "configuration": 0.0,
            "limits": 0.0,
            "new_sessions": -0.3,
        }
    )
    (young,) = changed_metrics([figure(None)] * 5 + [figure(0.4)] * 2)
    assert (young.before, young.after, young.parts) == (None, 0.4, None)
