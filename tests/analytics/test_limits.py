"""Each limit by hand, then what must hold for any book."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from analytics.limits import LIMITS, LimitRules, apply_limits, liquidity_caps, orders_sent

# A, B, C are stocks of sectors x, x, y; F is a fund
WIDE = LimitRules(
    symbol_cap=np.full(4, 100.0),
    is_in_sector=np.array([[True, True, False, False], [False, False, True, False]]),
    sector_cap=100.0,
    stress_shock=np.array([-0.066, -0.066, -0.066, 0.68]),
    max_stress_loss=100.0,
    gross=100.0,
    net=100.0,
    turnover=100.0,
    minimum_order=0.0025,
)
ONES, FREE, FLAT = np.ones(4), np.zeros(4, bool), np.zeros(4)
LIQUID = np.full(4, 100.0)


def rules(**limits):
    return dataclasses.replace(WIDE, **limits)


def limit(desired, using, *, holding=FLAT, leverage=ONES, frozen=FREE, liquid=LIQUID):
    return apply_limits(
        np.asarray(desired, dtype=float),
        holding=np.asarray(holding, dtype=float),
        leverage=np.asarray(leverage, dtype=float),
        liquidity_cap=np.asarray(liquid, dtype=float),
        is_frozen=np.asarray(frozen, dtype=bool),
        rules=using,
    )


def biting(limited):
    return [name for row, name in enumerate(LIMITS) if (limited.factors[row] != 1.0).any()]


def test_what_fits_passes_untouched():
    limited = limit([0.1, -0.1, 0.2, 0.1], WIDE)
    assert limited.final.tolist() == [0.1, -0.1, 0.2, 0.1]
    assert biting(limited) == []


def test_symbol_limit_scales_its_symbol_only():
    limited = limit([0.2, 0.05, 0.0, -0.8], rules(symbol_cap=np.array([0.1, 0.1, 0.1, 0.4])))
    assert limited.final.tolist() == pytest.approx([0.1, 0.05, 0.0, -0.4])
    assert biting(limited) == ["symbol"]


def test_symbol_limit_is_measured_on_leverage_times_weight():
    limited = limit(
        [0.0, 0.0, 0.0, 0.6], rules(symbol_cap=np.full(4, 0.4)), leverage=[1, 1, 1, -0.5]
    )
    assert limited.final[3] == 0.6
    limited = limit(
        [0.0, 0.0, 0.0, 0.6], rules(symbol_cap=np.full(4, 0.4)), leverage=[1, 1, 1, -1.0]
    )
    assert limited.final[3] == pytest.approx(0.4)


def test_sector_limit_scales_the_whole_book():
    # sector x holds 0.6 of at most 0.3: everything is halved, the fund too
    limited = limit([0.4, 0.2, 0.1, 0.2], rules(sector_cap=0.3))
    assert limited.final.tolist() == pytest.approx([0.2, 0.1, 0.05, 0.1])
    assert biting(limited) == ["sector"]


def test_sector_limit_does_not_net_long_and_short():
    limited = limit([0.3, -0.3, 0.0, 0.0], rules(sector_cap=0.3))
    assert limited.final.tolist() == pytest.approx([0.15, -0.15, 0.0, 0.0])


def test_stress_limit_is_the_loss_under_the_shock():
    # short volatility 0.5 at -1x loses 0.5 x 0.68 = 0.34 of at most 0.17: halved
    limited = limit([0, 0, 0, 0.5], rules(max_stress_loss=0.17), leverage=[1, 1, 1, -1.0])
    assert limited.final[3] == pytest.approx(0.25)
    assert biting(limited) == ["stress"]


def test_stress_loss_of_a_fund_is_its_whole_value_at_most():
    # volatility triples: 0.5 at -1x would lose 1.0 uncapped; the fund loses 0.5 of at most 0.25
    shock = np.array([-0.066, -0.066, -0.066, 2.0])
    limited = limit(
        [0, 0, 0, 0.5], rules(stress_shock=shock, max_stress_loss=0.25), leverage=[1, 1, 1, -1.0]
    )
    assert limited.final[3] == pytest.approx(0.25)


def test_stress_gain_is_not_limited():
    assert biting(limit([0, 0, 0, 0.5], rules(max_stress_loss=0.01))) == []


def test_gross_limit_counts_both_sides():
    limited = limit([1.0, -1.0, 0.0, 0.0], rules(gross=1.0))
    assert limited.final.tolist() == pytest.approx([0.5, -0.5, 0.0, 0.0])


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_net_limit_holds_on_both_sides(side):
    limited = limit(side * np.array([1.0, 1.0, 0.0, 0.0]), rules(net=1.5))
    assert limited.final.tolist() == pytest.approx([side * 0.75, side * 0.75, 0.0, 0.0])


def test_limits_act_in_order_each_on_what_the_one_before_left():
    # symbol: A 0.5 → 0.4; sector: 0.4 of 0.2 → half; gross: 0.2 + 0.3 of 0.25 → half
    limited = limit(
        [0.5, 0.0, 0.0, 0.6],
        rules(symbol_cap=np.array([0.4, 9, 9, 9]), sector_cap=0.2, gross=0.25),
    )
    assert limited.factors[:, 0].tolist() == pytest.approx([0.8, 1.0, 0.5, 1.0, 0.5, 1.0, 1.0])
    assert limited.final.tolist() == pytest.approx([0.1, 0.0, 0.0, 0.15])


def test_turnover_limit_scales_what_is_added():
    # adds 0.4 + 0.4 with a budget of 0.4: half way
    limited = limit([0.5, 0.0, 0.0, 0.4], rules(turnover=0.4), holding=[0.1, 0, 0, 0])
    assert limited.final.tolist() == pytest.approx([0.3, 0.0, 0.0, 0.2])


def test_reductions_are_never_capped_and_use_the_budget_first():
    # selling 0.9 leaves 0.1 of the budget for the 0.4 to be added
    limited = limit([0.0, 0.1, 0.4, 0.0], rules(turnover=1.0), holding=[0.5, 0.5, 0.0, 0.0])
    assert limited.final.tolist() == pytest.approx([0.0, 0.1, 0.1, 0.0])


def test_reductions_beyond_the_budget_still_go_out():
    limited = limit([0.0, 0.0, 0.4, 0.0], rules(turnover=1.0), holding=[0.8, 0.8, 0.0, 0.0])
    assert limited.final.tolist() == [0.0, 0.0, 0.0, 0.0]


def test_reversal_is_a_reduction_and_a_new_position():
    # +0.5 → -0.5: selling 0.5 is free of the cap, of the new 0.5 only 0.1 is left
    limited = limit([-0.5, 0.0, 0.0, 0.0], rules(turnover=0.6), holding=[0.5, 0.0, 0.0, 0.0])
    assert limited.final[0] == pytest.approx(-0.1)


def test_order_below_the_minimum_uses_no_budget():
    limited = limit([0.102, 0.5, 0.0, 0.0], rules(turnover=0.5), holding=[0.1, 0.0, 0.0, 0.0])
    assert limited.final.tolist() == [0.102, 0.5, 0.0, 0.0]


@pytest.mark.parametrize(
    ("held", "final"),
    [
        (0.0, 0.4),  # room for a half of what would be bought
        (0.3, 0.4),  # of the 0.5 more that is wanted a fifth
        (0.7, 0.7),  # 1.3 is beyond the limit already: nothing is bought, and nothing sold
        (0.9, 0.8),  # what is wanted less is sold
        (-0.2, 0.4),  # a reversal adds all that it opens
    ],
)
def test_frozen_symbol_takes_room_from_what_is_added_and_not_from_what_is_held(held, final):
    # gross 1.0, of which the frozen symbol has 0.6; 0.8 of the other is wanted
    limited = limit(
        [0.6, 0.8, 0.0, 0.0], rules(gross=1.0), holding=[0.6, held, 0, 0], frozen=[1, 0, 0, 0]
    )
    assert limited.final.tolist() == pytest.approx([0.6, final, 0.0, 0.0])


FROZEN_BREACHES = {
    # the limit that a frozen symbol breaks alone; what is held and wanted beside it
    "sector": ({"sector_cap": 0.3}, [0.4, 0.1, 0.2, 0.3], [1, 0, 0, 0]),
    "stress": ({"max_stress_loss": 0.25}, [0.1, 0.1, 0.1, -0.4], [0, 0, 0, 1]),
    "gross": ({"gross": 1.0}, [1.2, 0.5, -0.1, 0.3], [1, 0, 0, 0]),
    "net": ({"net": 1.0}, [1.2, 0.5, 0.1, 0.3], [1, 0, 0, 0]),
}


@pytest.mark.parametrize("name", FROZEN_BREACHES)
def test_frozen_symbol_that_breaks_a_limit_alone_sells_nothing_and_lets_nothing_be_bought(name):
    bound, held, frozen = FROZEN_BREACHES[name]
    held, is_free = np.array(held), ~np.array(frozen, bool)
    kept = limit(held, rules(**bound), holding=held, frozen=frozen)
    np.testing.assert_allclose(kept.final, held)
    more = limit(np.where(is_free, 1.5 * held, held), rules(**bound), holding=held, frozen=frozen)
    np.testing.assert_allclose(more.final, held)
    less = limit(np.where(is_free, 0.5 * held, held), rules(**bound), holding=held, frozen=frozen)
    np.testing.assert_allclose(less.final, np.where(is_free, 0.5 * held, held))


@pytest.mark.parametrize("name", FROZEN_BREACHES)
def test_rest_of_the_book_is_held_to_a_limit_as_if_it_were_alone(name):
    bound, held, frozen = FROZEN_BREACHES[name]
    is_free = ~np.array(frozen, bool)
    wanted = np.where(is_free, 9.0 * np.array(held), held)
    beside = limit(wanted, rules(**bound), holding=wanted, frozen=frozen).final
    alone = limit(np.where(is_free, wanted, 0.0), rules(**bound), holding=wanted * is_free).final
    np.testing.assert_allclose(beside[is_free], alone[is_free])


def test_frozen_hedge_gives_room():
    # net 1.0: a frozen short of 0.5 lets 1.5 be held, and the gross limit is not asked
    limited = limit([-0.5, 2.0, 0, 0], rules(net=1.0), holding=[-0.5, 0, 0, 0], frozen=[1, 0, 0, 0])
    assert limited.final.tolist() == pytest.approx([-0.5, 1.5, 0.0, 0.0])


def test_small_order_waits_unless_it_is_an_exit():
    sent = orders_sent(
        np.array([0.101, 0.0, 0.2, 0.0]),
        holding=np.array([0.1, 0.001, 0.1, 0.0]),
        is_frozen=np.array([False, False, True, False]),
        minimum_order=0.0025,
    )
    assert sent.tolist() == [False, True, False, False]


BOUNDS = [
    # a book that meets the bound exactly: limit, its rules, the book, the leverage
    ("symbol", {"symbol_cap": np.array([0.1, 9, 9, 9])}, [0.1, 0.3, -0.2, 0.4], ONES),
    ("symbol", {"symbol_cap": np.array([9, 9, 9, 0.2])}, [0.1, 0, 0, 0.4], [1, 1, 1, -0.5]),
    ("sector", {"sector_cap": 0.5}, [0.2, -0.3, 0.4, 0.9], ONES),
    ("stress", {"max_stress_loss": 0.034}, [0, 0, 0, 0.1], [1, 1, 1, -0.5]),
    ("gross", {"gross": 1.0}, [0.2, -0.3, 0.1, 0.4], ONES),
    ("net", {"net": 0.4}, [0.2, -0.3, 0.1, 0.4], ONES),
    ("net", {"net": 0.4}, [-0.2, 0.3, -0.1, -0.4], ONES),
    ("turnover", {"turnover": 1.0}, [0.2, -0.3, 0.1, 0.4], ONES),
]  # fmt: skip


@pytest.mark.parametrize(("name", "bound", "book", "leverage"), BOUNDS)
def test_limit_bites_above_its_bound_and_neither_at_nor_below_it(name, bound, book, leverage):
    using, book = rules(**bound), np.array(book, dtype=float)
    for size in (0.5, 1.0 - 1e-9, 1.0):
        assert biting(limit(book * size, using, leverage=leverage)) == []
    over = limit(book * 1.25, using, leverage=leverage)
    assert biting(over) == [name]
    is_cut = over.factors.prod(axis=0) < 1.0
    np.testing.assert_allclose(over.final[is_cut], book[is_cut], rtol=1e-12)


@pytest.mark.parametrize(("name", "bound", "book", "leverage"), BOUNDS)
def test_limit_holds_beside_all_the_others(name, bound, book, leverage):
    using = dataclasses.replace(DEFAULTS, **bound)
    final = limit(np.array(book) * 5.0, using, leverage=leverage).final
    np.testing.assert_array_less(broken_by(final, using, leverage=np.asarray(leverage)), 1e-12)


def test_liquidity_limit_bites_above_its_bound_and_neither_at_nor_below_it():
    liquid = [0.1, 9, 9, 0.4]
    for desired in ([0.05, 0.3, 0, 0.2], [0.1, 0.3, 0, -0.4]):
        assert biting(limit(desired, WIDE, liquid=liquid)) == []
    over = limit([0.2, 0.3, 0.0, -0.8], WIDE, liquid=liquid)
    assert biting(over) == ["liquidity"]
    assert over.final.tolist() == pytest.approx([0.1, 0.3, 0.0, -0.4])


def test_liquidity_counts_what_is_traded_whatever_the_leverage():
    over = limit([0, 0, 0, 0.8], WIDE, liquid=[9, 9, 9, 0.4], leverage=[1, 1, 1, -0.5])
    assert over.final[3] == pytest.approx(0.4)


def test_liquidity_cap_is_a_share_of_the_average_daily_volume():
    # 10 % of 5,000,000 is half of an equity of 1,000,000; what is not known binds nothing
    caps = liquidity_caps(np.array([5e6, np.nan, np.inf]), equity_usd=1e6, share=0.1)
    assert caps.tolist() == [0.5, np.inf, np.inf]


def test_hedge_that_turnover_holds_back_cannot_break_the_net_limit():
    # 2.0 is held; of the new -0.5 that would bring it within 1.5 only 0.1 may be traded
    using = rules(net=1.5, turnover=0.1)
    limited = limit([2.0, -0.5, 0, 0], using, holding=[2.0, 0, 0, 0])
    assert 1.4 < limited.final.sum() <= 1.5 + 1e-12
    assert biting(limited) == ["turnover"]


DEFAULTS = rules(
    symbol_cap=np.array([0.1, 0.1, 0.1, 0.4]), sector_cap=0.3, max_stress_loss=0.25, gross=2.0,
    net=1.5, turnover=1.0,
)  # fmt: skip
WEIGHTS = hnp.arrays(
    float, 4, elements=st.floats(-3, 3, allow_subnormal=False).map(lambda w: round(w, 4))
)
LEVERAGE = st.sampled_from([np.ones(4), np.array([1, 1, 1, -1.0]), np.array([1, 1, 1, -0.5])])
BOUND = st.floats(0.0, 3.0).map(lambda bound: round(bound, 3))
RULES = st.builds(
    LimitRules,
    symbol_cap=hnp.arrays(float, 4, elements=BOUND),
    is_in_sector=st.just(WIDE.is_in_sector),
    sector_cap=BOUND,
    stress_shock=hnp.arrays(float, 4, elements=st.floats(-1.0, 3.0).map(lambda r: round(r, 3))),
    max_stress_loss=st.floats(0.0, 1.0).map(lambda bound: round(bound, 3)),
    gross=BOUND,
    net=BOUND,
    turnover=BOUND,
    minimum_order=st.sampled_from([0.0, 0.0025, 0.05]),
)


def kept_of(final, holding):
    """What of a holding stays on the way to the final weights."""
    return np.where(final * holding > 0, np.sign(final) * np.minimum(abs(final), abs(holding)), 0)


def broken_by(final, using, *, leverage=ONES, holding=FLAT, liquid=LIQUID):
    """By how much each limit is exceeded, in their order; at most 0 where it holds."""
    exposure = final * leverage
    shocked = np.maximum(leverage * using.stress_shock, -1.0)
    sent = orders_sent(final, holding=holding, is_frozen=FREE, minimum_order=using.minimum_order)
    kept = kept_of(final, holding)
    reduced, added = np.abs(holding - kept)[sent].sum(), np.abs(final - kept)[sent].sum()
    return np.array([
        (np.abs(exposure) - using.symbol_cap).max(),
        (np.abs(final) - liquid).max(),
        (using.is_in_sector @ np.abs(final)).max() - using.sector_cap,
        -(final @ shocked) - using.max_stress_loss,
        np.abs(exposure).sum() - using.gross,
        abs(exposure.sum()) - using.net,
        added - max(using.turnover - reduced, 0.0),
    ])  # fmt: skip


@settings(max_examples=500)
@given(
    desired=WEIGHTS,
    holding=WEIGHTS,
    leverage=LEVERAGE,
    liquid=hnp.arrays(float, 4, elements=BOUND),
    using=RULES,
)
def test_no_limit_is_ever_broken(desired, holding, leverage, liquid, using):
    final = limit(desired, using, holding=holding, leverage=leverage, liquid=liquid).final
    broken = broken_by(final, using, leverage=leverage, holding=holding, liquid=liquid)
    assert (broken <= 1e-9).all(), dict(zip(LIMITS, broken, strict=True))


@settings(max_examples=300)
@given(desired=WEIGHTS, holding=WEIGHTS, leverage=LEVERAGE, using=RULES)
def test_desired_plus_bites_is_final(desired, holding, leverage, using):
    limited = limit(desired, using, holding=holding, leverage=leverage)
    total, before = desired.copy(), desired
    for factor in limited.factors:
        total += before * factor - before
        before = before * factor
    np.testing.assert_allclose(total, limited.final, atol=1e-12)


@settings(max_examples=300)
@given(desired=WEIGHTS, holding=WEIGHTS, leverage=LEVERAGE, using=RULES)
def test_no_limit_turns_or_grows_a_weight(desired, holding, leverage, using):
    limited = limit(desired, using, holding=holding, leverage=leverage)
    assert (limited.factors >= 0.0).all()
    assert (limited.factors <= 1.0).all()


def book_measures(weights, leverage, using):
    """Each sum that a bound of the whole book holds, by name, with that bound."""
    exposure = weights * leverage
    fund_returns = np.maximum(1.0 + leverage * using.stress_shock, 0.0) - 1.0
    return {
        "sector x": (np.abs(weights[:2]).sum(), using.sector_cap),
        "sector y": (abs(weights[2]), using.sector_cap),
        "stress": (-(weights @ fund_returns), using.max_stress_loss),
        "gross": (np.abs(exposure).sum(), using.gross),
        "net long": (exposure.sum(), using.net),
        "net short": (-exposure.sum(), using.net),
    }


@settings(max_examples=500)
@given(
    desired=WEIGHTS,
    holding=WEIGHTS,
    frozen=hnp.arrays(bool, 4),
    leverage=LEVERAGE,
    liquid=hnp.arrays(float, 4, elements=BOUND),
    using=RULES,
)
def test_limit_is_broken_by_nothing_but_what_is_frozen_and_held(
    desired, holding, frozen, leverage, liquid, using
):
    asked = np.where(frozen, holding, desired)
    final = limit(
        asked, using, holding=holding, leverage=leverage, liquid=liquid, frozen=frozen
    ).final
    assert (np.abs(final * leverage)[~frozen] <= using.symbol_cap[~frozen] + 1e-9).all()
    assert (np.abs(final)[~frozen] <= liquid[~frozen] + 1e-9).all()
    kept = kept_of(final, holding)
    # nothing that a limit counts is added where it is broken; the rest is within it alone
    left = book_measures(np.where(frozen, final, kept), leverage, using)
    fixed = book_measures(np.where(frozen, final, 0.0), leverage, using)
    for name, (measure, bound) in book_measures(final, leverage, using).items():
        assert measure <= max(bound, left[name][0]) + 1e-9, name
        free = measure - fixed[name][0]
        assert free <= bound - min(fixed[name][0], 0.0) + 1e-9, name


LONG = hnp.arrays(float, 4, elements=st.integers(0, 30).map(lambda tenths: tenths / 10))


@settings(max_examples=300)
@given(
    desired=LONG,
    holding=LONG,
    frozen=hnp.arrays(bool, 4),
    name=st.sampled_from(["sector_cap", "max_stress_loss", "gross", "net"]),
    bound=BOUND,
)
def test_frozen_symbols_make_nobody_else_sell(desired, holding, frozen, name, bound):
    using = dataclasses.replace(WIDE, stress_shock=np.full(4, -0.2), **{name: bound})
    asked = np.where(frozen, holding, desired)
    beside = limit(asked, using, holding=holding, frozen=frozen).final
    alone = limit(asked * ~frozen, using, holding=holding * ~frozen).final
    sold, sold_alone = (np.maximum(holding - final, 0.0) for final in (beside, alone))
    assert (sold[~frozen] <= sold_alone[~frozen] + 1e-9).all()


@settings(max_examples=100)
@given(desired=WEIGHTS, holding=WEIGHTS, frozen=hnp.arrays(bool, 4))
def test_frozen_weights_never_move(desired, holding, frozen):
    asked = np.where(frozen, holding, desired)
    limited = limit(asked, DEFAULTS, holding=holding, frozen=frozen)
    np.testing.assert_array_equal(limited.final[frozen], holding[frozen])


def test_budget_of_an_order_cut_below_the_minimum_goes_to_the_others():
    # 0.004 + 0.5 at half: 0.002 is below 0.0025 and not sent, so 0.5 gets all of the 0.252
    using = rules(turnover=0.252)
    limited = limit([0.004, 0.5, 0.0, 0.0], using)
    assert limited.final.tolist() == pytest.approx([0.002, 0.252, 0.0, 0.0], abs=1e-15)
    assert sent_under(limited.final, FLAT).tolist() == [False, True, False, False]


def test_what_is_left_after_dropping_small_orders_may_fit():
    # 0.00251 * 0.5 / 0.50251 = 0.002498 is not sent, and 0.5 alone is within the budget
    limited = limit([0.00251, 0.5, 0.0, 0.0], rules(turnover=0.5))
    assert limited.final[1] == 0.5
    assert not sent_under(limited.final, FLAT)[0]


def sent_under(final, holding):
    return orders_sent(final, holding=holding, is_frozen=FREE, minimum_order=0.0025)


@settings(max_examples=300)
@given(desired=WEIGHTS, holding=WEIGHTS, small=WEIGHTS)
def test_dropping_small_orders_caps_no_reduction(desired, holding, small):
    holding, desired = holding / 10, holding / 10 + np.where(small > 0, desired, desired / 1000)
    final = limit(desired, rules(turnover=0.3), holding=holding).final
    is_reduced = (desired * holding >= 0.0) & (np.abs(desired) <= np.abs(holding))
    np.testing.assert_array_equal(final[is_reduced], desired[is_reduced])
