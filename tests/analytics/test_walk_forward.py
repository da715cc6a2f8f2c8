"""Selection by half-year, and what is stitched from it."""

import dataclasses

import numpy as np
import pytest

from analytics.backtest import run_backtest
from analytics.market import build_market
from analytics.targets import StrategyTargets
from analytics.walk_forward import half_years, select_variants, stitch

DAYS = np.busday_offset(np.datetime64("2012-01-02"), np.arange(1_100))
DEFAULT = 1


def drifting_market(seed=0, change=None):
    """A rises, B falls; from session `change` on it is the other way round."""
    rng = np.random.default_rng(seed)
    drift = np.tile([0.002, -0.002], (len(DAYS), 1))
    if change is not None:
        drift[change:] *= -1.0
    closes = 100 * np.exp(np.cumsum(drift + rng.normal(0, 0.01, (len(DAYS), 2)), axis=0))
    return build_market(sessions=DAYS, symbols=("A", "B"), open_usd=closes, close_usd=closes)


def holders(*held, frozen=None):
    """Variants v0, v1, ...: each holds one symbol (0 or 1) or nothing (None), from session 1."""
    weights = np.zeros((len(DAYS), 2, len(held)))
    for v, symbol in enumerate(held):
        if symbol is not None:
            weights[:, symbol, v] = 0.5
    weights[0] = np.nan
    reasons = np.zeros(weights.shape, dtype=np.int64)
    is_frozen = np.zeros((len(DAYS), 2), dtype=bool)
    if frozen is not None:
        is_frozen[frozen] = True
    return StrategyTargets(
        strategy="toy",
        symbols=("A", "B"),
        variants=tuple(f"v{v}" for v in range(len(held))),
        default=DEFAULT,
        weights=weights,
        is_frozen=is_frozen,
        is_quarantined=np.zeros_like(is_frozen),
        reasons=reasons,
        reason_names=("enter",),
    )


def choose(targets, market=None):
    return select_variants(run_backtest(market or drifting_market(), targets.weights), DEFAULT)


def test_half_years_start_with_the_first_full_one():
    windows = half_years(DAYS, first_row=1)
    assert [window.name for window in windows[:3]] == ["2012H2", "2013H1", "2013H2"]
    assert DAYS[windows[0].first] == np.datetime64("2012-07-02")
    assert windows[0].end == windows[1].first


def test_half_year_that_begins_with_the_first_row_is_full():
    first = half_years(DAYS, first_row=1)[0].first
    assert half_years(DAYS, first_row=first)[0].name == "2012H2"
    assert half_years(DAYS, first_row=first + 1)[0].name == "2013H1"


def test_time_before_504_training_sessions_goes_to_the_default():
    selections = choose(holders(0, 1))
    by_name = {row.window.name: row for row in selections}
    assert by_name["2013H2"].reason == "too_few_sessions"
    assert by_name["2013H2"].variant == DEFAULT
    # the first row is session 2; 2014H1 begins with session 522: 522 - 5 - 2 = 515 sessions
    assert by_name["2014H1"].reason == "best_train"
    assert by_name["2014H1"].train_last - by_name["2014H1"].train_first + 1 == 515


@pytest.mark.parametrize(
    ("first_decision", "reason"), [(12, "best_train"), (13, "too_few_sessions")]
)
def test_exactly_504_training_sessions_are_enough(first_decision, reason):
    # 522 - 5 - (12 + 1) = 504
    targets = holders(0, 1)
    targets.weights[:first_decision] = np.nan
    by_name = {row.window.name: row for row in choose(targets)}
    assert by_name["2014H1"].reason == reason


def test_best_train_sharpe_governs():
    last = choose(holders(0, 1))[-1]
    assert (last.variant, last.reason) == (0, "best_train")
    assert last.train_sharpe > last.default_train_sharpe


def test_tie_goes_to_the_default():
    # v0 and v2 are twins and better than the default v1
    last = choose(holders(0, 1, 0))[-1]
    assert (last.variant, last.reason) == (DEFAULT, "tie")


def test_variant_that_never_trades_is_never_chosen():
    # both that trade lose; the idle one earns its interest
    falling = drifting_market()
    last = choose(holders(None, 1, 1), falling)[-1]
    assert last.variant == DEFAULT


def test_nothing_that_trades_leaves_the_default():
    assert {row.reason for row in choose(holders(None, None))} == {"too_few_sessions", "no_sharpe"}


def test_training_stops_before_the_embargo():
    # what happens from 5 sessions before the half-year on does not change the choice
    window = choose(holders(0, 1))[3].window
    quiet = choose(holders(0, 1), drifting_market(change=window.first - 5))
    plain = choose(holders(0, 1))
    assert quiet[3].train_sharpe == plain[3].train_sharpe
    earlier = choose(holders(0, 1), drifting_market(change=window.first - 6))
    assert earlier[3].train_sharpe != plain[3].train_sharpe


def test_stitched_targets_switch_with_the_decision_of_the_first_session():
    targets = holders(0, 1)
    selections = choose(targets)
    weights, reasons, names = stitch(targets, selections)
    first = next(row.window.first for row in selections if row.variant == 0)
    assert weights[first - 1, :, 0].tolist() == [0.0, 0.5]
    assert weights[first, :, 0].tolist() == [0.5, 0.0]
    assert names[reasons[first, 0, 0]] == "variant_switched"
    assert names[reasons[first - 1, 1, 0]] == "enter"


def test_frozen_symbol_is_switched_when_it_thaws():
    plain = holders(0, 1)
    selections = choose(plain)
    first = next(row.window.first for row in selections if row.variant == 0)
    weights, _, _ = stitch(holders(0, 1, frozen=(slice(first, first + 3), 1)), selections)
    assert weights[first : first + 4, 1, 0].tolist() == [0.5, 0.5, 0.5, 0.0]


def test_scrambled_future_moves_no_selection():
    cut = 900
    plain = choose(holders(0, 1))
    other = choose(holders(0, 1), drifting_market(change=cut))
    known = [row for row in plain if row.window.first <= cut]
    assert [row.train_sharpe for row in known] == pytest.approx(
        [row.train_sharpe for row in other[: len(known)]], nan_ok=True, rel=0, abs=0
    )


def test_own_change_during_a_freeze_is_told_when_it_thaws():
    # the default leaves B in a frozen session: no variant was switched
    targets = holders(0, 1, frozen=(slice(300, 303), 1))
    targets.weights[301:, 1, DEFAULT] = 0.0
    targets.reasons[301:, 1, DEFAULT] = 1
    told = dataclasses.replace(targets, reason_names=("enter", "leave"))
    weights, reasons, names = stitch(told, [])
    assert weights[300:304, 1, 0].tolist() == [0.5, 0.5, 0.5, 0.0]
    assert [names[code] for code in reasons[302:305, 1, 0]] == ["enter", "leave", "leave"]


def test_switch_during_a_freeze_is_told_when_it_thaws():
    selections = choose(holders(0, 1))
    first = next(row.window.first for row in selections if row.variant == 0)
    targets = holders(0, 1, frozen=(slice(first - 1, first + 3), 1))
    weights, reasons, names = stitch(targets, selections)
    assert weights[first + 2 : first + 4, 1, 0].tolist() == [0.5, 0.0]
    assert names[reasons[first + 3, 1, 0]] == "variant_switched"


def test_own_change_in_the_session_of_a_switch_is_told():
    targets = holders(0, 1)
    selections = choose(targets)
    first = next(row.window.first for row in selections if row.variant == 0)
    targets.weights[first:, 0, 0] = 0.4
    targets.reasons[first:, 0, 0] = 1
    told = dataclasses.replace(targets, reason_names=("enter", "resized"))
    _, reasons, names = stitch(told, selections)
    assert names[reasons[first, 0, 0]] == "resized"
    assert names[reasons[first, 1, 0]] == "variant_switched"
