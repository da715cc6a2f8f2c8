"""The equity state walk on one lane, a session per column; `.` is a session without a decision."""

import importlib.util
from collections.abc import Sequence
from types import ModuleType

import numpy as np
import pytest

from tests.dbt.conftest import PROJECT

MODEL = PROJECT / "models" / "intermediate" / "equities" / "int_equity_positions.py"


@pytest.fixture(scope="module")
def positions() -> ModuleType:
    spec = importlib.util.spec_from_file_location("int_equity_positions", MODEL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def walk_one(
    positions: ModuleType,
    close: Sequence[float],
    *,
    enter: str,
    rules: dict[int, str] | None = None,
    frozen: Sequence[int] = (),
    segment: Sequence[int] | None = None,
) -> tuple[str, list[int], dict[int, str]]:
    """Walk one lane: held as `H`/`-` per session, entry index, exit reasons by session.

    `enter` marks with `E` the sessions on which the entry conditions hold.
    """
    n = len(close)
    rule_of = [positions.EXIT_REASONS.index((rules or {}).get(t, "")) for t in range(n)]
    held, entry, exit_reason = positions.walk(
        decided=np.array([[t not in frozen] for t in range(n)]),
        segment=np.array(segment if segment is not None else [0] * n)[:, None],
        close=np.array(close, dtype=float)[:, None],
        can_enter=np.array([[mark == "E"] for mark in enter]),
        exit_rule=np.array(rule_of)[:, None],
        stop_fraction=np.array([0.95]),
    )
    reasons = {t: positions.EXIT_REASONS[code] for t, code in enumerate(exit_reason[:, 0]) if code}
    return "".join("H" if is_held else "-" for is_held in held[:, 0]), list(entry[:, 0]), reasons


def test_entry_is_held_until_a_rule_ends_it(positions: ModuleType) -> None:
    held, entry, reasons = walk_one(
        positions, [100] * 5, enter=".E...", rules={0: "rsi", 4: "trend_down"}
    )
    assert held == "-HHH-"
    assert entry == [-1, 1, 1, 1, 1]
    assert reasons == {4: "trend_down"}


def test_stop_is_measured_from_the_close_that_decided_the_entry(positions: ModuleType) -> None:
    # the close rises to 120 first: the stop stays at 0.95 x 100 and does not trail
    held, _, reasons = walk_one(positions, [100, 120, 95.01, 95.0], enter="E...")
    assert held == "HHH-"
    assert reasons == {3: "stop"}


def test_stop_comparison_is_made_on_rounded_values(positions: ModuleType) -> None:
    just_above = 0.95 * 100 + 4e-11  # equal to the stop at 10 decimals
    _, _, reasons = walk_one(positions, [100, just_above], enter="E.")
    assert reasons == {1: "stop"}


def test_stop_comes_before_every_other_rule(positions: ModuleType) -> None:
    _, _, reasons = walk_one(positions, [100, 90], enter="E.", rules={1: "trend_down"})
    assert reasons == {1: "stop"}


def test_session_that_exits_cannot_enter(positions: ModuleType) -> None:
    held, entry, _ = walk_one(positions, [100, 90, 90], enter="EEE")
    assert held == "H-H"
    assert entry == [0, 0, 2]


def test_frozen_session_keeps_the_position_and_its_stop(positions: ModuleType) -> None:
    held, entry, reasons = walk_one(positions, [100, 10, 96, 94], enter="E...", frozen=[1])
    assert held == "HHH-"
    assert entry == [0, 0, 0, 0]
    assert reasons == {3: "stop"}


def test_frozen_session_does_not_enter(positions: ModuleType) -> None:
    held, _, _ = walk_one(positions, [100, 100], enter="E.", frozen=[0])
    assert held == "--"


def test_new_segment_begins_flat(positions: ModuleType) -> None:
    # sessions 1 and 2 have no row at all; what was held was sold meanwhile
    held, _, reasons = walk_one(
        positions, [100, 0, 0, 100], enter="E...", frozen=[1, 2], segment=[0, -1, -1, 1]
    )
    assert held == "HHH-"
    assert reasons == {}


def test_lanes_do_not_touch_each_other(positions: ModuleType) -> None:
    shape = (3, 2)
    held, _, _ = positions.walk(
        decided=np.ones(shape, dtype=bool),
        segment=np.zeros(shape, dtype=int),
        close=np.array([[100.0, 100.0], [90.0, 100.0], [90.0, 100.0]]),
        can_enter=np.array([[True, True], [False, False], [False, False]]),
        exit_rule=np.zeros(shape, dtype=int),
        stop_fraction=np.array([0.95, 0.95]),
    )
    assert held.tolist() == [[True, True], [False, True], [False, True]]


def test_past_of_the_walk_does_not_move_when_the_future_is_scrambled(
    positions: ModuleType,
) -> None:
    rng = np.random.default_rng(7)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.03, 40)))
    enter = "".join(rng.choice(["E", "."], 40))
    rules = {int(t): "rsi" for t in rng.choice(40, 6)}
    whole = walk_one(positions, close, enter=enter, rules=rules)[0]
    scrambled = walk_one(
        positions, [*close[:20], *rng.permutation(close[20:])], enter=enter, rules=rules
    )[0]
    assert scrambled[:20] == whole[:20]


def test_empty_walk_is_empty(positions: ModuleType) -> None:
    none = np.zeros((0, 0))
    held, _, _ = positions.walk(
        decided=none.astype(bool),
        segment=none.astype(int),
        close=none,
        can_enter=none.astype(bool),
        exit_rule=none.astype(int),
        stop_fraction=np.zeros(0),
    )
    assert held.shape == (0, 0)
