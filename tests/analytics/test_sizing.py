"""What of a wanted change can be sent: worked by hand, and for any account."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.sizing import OrderRules, size_orders
from tests.analytics.test_limits import kept_of

COST = 0.01
FREE, CHARGED = OrderRules(0.0), OrderRules(COST)
CENT = 1e-6  # dollars: what float sums may miss by


def sized(wanted, held, price, *, rules=FREE, cash=None, is_sent=None):
    return size_orders(
        np.array(wanted, dtype=float),
        np.array(held, dtype=float),
        price_usd=np.array(price, dtype=float),
        is_sent=np.ones(len(held), dtype=bool) if is_sent is None else np.array(is_sent),
        rules=rules,
        cash_usd=cash,
    )


def found(*arguments, **options):
    result = sized(*arguments, **options)
    return result.change.tolist(), result.reasons.tolist()


def test_without_a_limit_the_change_is_what_is_wanted_less_what_is_held():
    wanted, held = [12.3, 0.0, -4.5, 7.7], [1.1, 3.3, 2.2, 9.9]
    change, reasons = found(wanted, held, [10, 10, 10, 10])
    assert change == [w - h for w, h in zip(wanted, held, strict=True)]  # bit by bit
    assert reasons == [None] * 4


def test_cash_that_is_short_scales_all_buys_by_one_factor():
    # 606 of cash; 10 + 20 shares at 40 cost 1,200 and 12 in fees: a half of each can be paid
    assert found([10, 20], [0, 0], [40, 40], rules=CHARGED, cash=606.0) == (
        [pytest.approx(5.0), pytest.approx(10.0)],
        ["cash", "cash"],
    )


def test_sale_of_a_long_pays_for_a_buy():
    # 5 shares at 100 bring 500 less 5: 495 pay 4.9009 shares and their fees
    change, reasons = found([0, 10], [5, 0], [100, 100], rules=CHARGED, cash=0.0)
    assert change == [-5.0, pytest.approx(495 / 101)]
    assert reasons == [None, "cash"]


def test_short_sale_pays_for_nothing():
    # 1,000 come in from the short sale, and the 500 there are buy 5
    assert found([-10, 10], [0, 0], [100, 100], cash=500.0)[0] == [-5.0, 5.0]
    assert found([-10, 10], [0, 0], [100, 100], cash=0.0) == ([0.0, 0.0], ["cash", "cash"])
    assert found([-10], [0], [100], cash=0.0) == ([-10.0], [None])


def test_short_leg_of_a_pair_is_cut_with_the_long_one():
    # 606 of cash; the long leg costs 1,010, the short one 10 in fees: 606 / 1,020 of both
    change, reasons = found([-10, 10], [0, 0], [100, 100], rules=CHARGED, cash=606.0)
    assert change == pytest.approx([-10 * 606 / 1_020, 10 * 606 / 1_020])
    assert reasons == ["cash", "cash"]


def test_proceeds_of_a_short_held_before_stay_set_aside():
    # 1,500 in cash, of which the 10 shares short at 100 have brought 1,000
    assert found([-10, 10], [-10, 0], [100, 100], cash=1_500.0) == ([0.0, 5.0], [None, "cash"])


def test_buying_back_a_short_comes_before_opening_a_long():
    # 10 shares back cost 1,000, and the rest buys 2
    assert found([0, 10], [-10, 0], [100, 100], cash=1_200.0) == ([10.0, 2.0], [None, "cash"])


def test_short_that_cash_cannot_close_is_closed_in_part_and_nothing_is_opened():
    assert found([0, 10, -5], [-10, 0, 0], [100, 100, 100], cash=400.0) == (
        [4.0, 0.0, 0.0],
        ["cash", "cash", "cash"],
    )


def test_short_sale_whose_costs_cannot_be_paid_is_cut():
    # 10 shares at 100 cost 10 to sell; there are 5
    assert found([-10], [0], [100], rules=CHARGED, cash=5.0) == ([-5.0], ["cash"])


def test_debt_is_repaid_by_sales_before_anything_is_bought():
    assert found([2, 10], [5, 0], [100, 100], cash=-1_000.0) == ([-3.0, 0.0], [None, "cash"])
    assert found([2, 10], [5, 0], [100, 100], cash=-100.0) == ([-3.0, 2.0], [None, "cash"])


def test_whole_shares_round_toward_zero_on_both_sides():
    whole = OrderRules(0.0, is_whole=True)
    change, reasons = found([9.9, 2.2, -3.7], [0, 10, 0], [10, 10, 10], rules=whole)
    assert change == [9.0, -7.0, -3.0]
    assert reasons == ["whole_shares"] * 3


def test_close_sells_the_fraction_too_and_a_reversal_opens_whole_shares():
    whole = OrderRules(0.0, is_whole=True)
    change, reasons = found([0, -3.7, 0], [10.4, 2.5, -1.5], [10, 10, 10], rules=whole)
    assert change == [-10.4, -5.5, 1.5]
    assert reasons == [None, "whole_shares", None]


def test_whole_number_that_a_division_has_touched_stays_whole():
    assert 0.29 * 100 < 29.0  # 28.999999999999996
    assert found([0.29 * 100], [0], [10], rules=OrderRules(0.0, is_whole=True)) == ([29.0], [None])


def test_sales_rounded_down_bring_less_to_buy_with():
    # 2.9 shares are wanted sold, 2 are: 200 buy 4 shares at 45, and not the 6 of 290
    whole = OrderRules(0.0, is_whole=True)
    change, _ = found([7.1, 10], [10, 0], [100, 45], rules=whole, cash=0.0)
    assert change == [-2.0, 4.0]


def test_small_orders_wait_unless_they_close():
    rules = OrderRules(0.0, minimum_usd=100.0)
    change, reasons = found([9, 8, 0, 20], [0, 10, 1, 10], [10, 10, 10, 10], rules=rules)
    assert change == [0.0, 0.0, -1.0, 10.0]
    assert reasons == ["minimum_trade", "minimum_trade", None, None]


def test_small_reversal_still_closes():
    rules = OrderRules(0.0, minimum_usd=100.0)
    assert found([-3], [2], [10], rules=rules) == ([-2.0], ["minimum_trade"])


def test_order_that_cash_cuts_below_the_smallest_weight_waits():
    rules = OrderRules(0.0, minimum_cut_usd=50.0)
    assert found([10], [0], [10], rules=rules, cash=40.0) == ([0.0], ["cash"])
    assert found([10], [0], [10], rules=rules, cash=50.0) == ([5.0], ["cash"])


def test_symbol_that_is_not_sent_needs_no_price():
    assert found([10, 5], [0, 3], [10, np.nan], is_sent=[True, False])[0] == [10.0, 0.0]


ACCOUNTS = st.integers(1, 6).flatmap(
    lambda n: st.fixed_dictionaries(
        {
            "wanted": st.lists(
                st.one_of(st.just(0.0), st.floats(-500, 500)), min_size=n, max_size=n
            ),
            "held": st.lists(st.one_of(st.just(0.0), st.floats(-500, 500)), min_size=n, max_size=n),
            "price": st.lists(st.floats(0.01, 2_000), min_size=n, max_size=n),
            "is_sent": st.lists(st.booleans(), min_size=n, max_size=n),
        }
    )
)
CASH = st.floats(-1e6, 1e6)
RULES = st.builds(
    OrderRules,
    cost_fraction=st.floats(0.0, 0.3),
    minimum_usd=st.sampled_from([0.0, 25.0, 2_000.0]),
    minimum_cut_usd=st.sampled_from([0.0, 500.0]),
    is_whole=st.booleans(),
)


def cash_left(account, change, cash, rules):
    """What stays to be spent; short sales bring nothing, and earlier ones stay set aside."""
    price, held = np.array(account["price"]), np.array(account["held"])
    short_before, short_after = np.minimum(held, 0.0), np.minimum(held + change, 0.0)
    newly_short = np.maximum(short_before - short_after, 0.0)
    traded = float(np.abs(change) @ price) * rules.cost_fraction
    return cash - float(change @ price) - float(newly_short @ price) - traded


@given(ACCOUNTS, CASH, RULES)
def test_no_order_is_paid_with_cash_that_is_not_there(account, cash, rules):
    change = sized(**account, rules=rules, cash=cash).change
    left = cash_left(account, change, cash, rules)
    assert left >= min(0.0, cash) - CENT
    is_opening = change * np.sign(np.array(account["wanted"])) > 0.0
    if (is_opening & (change > 0.0) & (np.array(account["held"]) >= 0.0)).any():
        assert left >= -CENT  # whoever owes buys nothing


@given(ACCOUNTS, CASH, st.floats(0.0, 0.3))
def test_what_is_opened_keeps_its_proportions(account, cash, cost):
    wanted, held = np.array(account["wanted"]), np.array(account["held"])
    change = sized(**account, rules=OrderRules(cost), cash=cash).change
    kept = kept_of(wanted, held)
    asked = np.where(account["is_sent"], np.abs(wanted - kept), 0.0)
    opened = np.maximum(np.sign(wanted) * (held + change - kept), 0.0)
    is_asked = asked > 1e-3
    shares = (opened / np.where(is_asked, asked, 1.0))[is_asked]
    assert shares.size == 0 or np.ptp(shares) < 1e-6


@given(ACCOUNTS, st.one_of(st.none(), CASH), RULES)
def test_orders_end_between_what_is_held_and_what_is_wanted(account, cash, rules):
    change = sized(**account, rules=rules, cash=cash).change
    held = np.array(account["held"])
    asked = np.where(account["is_sent"], np.array(account["wanted"]) - held, 0.0)
    slack = 2e-9 + 1e-12 * np.abs(asked)
    assert (np.abs(change) <= np.abs(asked) + slack).all()
    assert (change * asked >= 0.0).all()


@given(ACCOUNTS, st.one_of(st.none(), CASH), RULES)
def test_rounding_flips_no_side(account, cash, rules):
    wanted, held = np.array(account["wanted"]), np.array(account["held"])
    planned = held + sized(**account, rules=rules, cash=cash).change
    is_flip = planned * held < 0.0
    assert (wanted[is_flip] * planned[is_flip] > 0.0).all()


@given(ACCOUNTS, RULES)
def test_close_leaves_exactly_nothing(account, rules):
    account["wanted"] = [0.0] * len(account["held"])
    held, is_sent = np.array(account["held"]), np.array(account["is_sent"])
    assert (held[is_sent] + sized(**account, rules=rules).change[is_sent] == 0.0).all()


@given(ACCOUNTS, CASH, st.floats(0.0, 1e6), RULES)
def test_more_cash_never_makes_an_order_smaller(account, cash, more, rules):
    less = np.abs(sized(**account, rules=rules, cash=cash).change)
    enough = np.abs(sized(**account, rules=rules, cash=cash + more).change)
    assert (enough >= less - 1e-9 * (1.0 + less)).all()


@given(ACCOUNTS, st.one_of(st.none(), CASH), RULES)
def test_whole_orders_are_whole_but_for_what_they_close(account, cash, rules):
    rules = OrderRules(rules.cost_fraction, rules.minimum_usd, is_whole=True)
    held = np.array(account["held"])
    change = sized(**account, rules=rules, cash=cash).change
    fraction = np.where(held + change == 0.0, 0.0, change)
    is_reversed = (held + change) * held < 0.0
    fraction = np.where(is_reversed, held + change, fraction)
    assert (np.abs(fraction - np.rint(fraction)) < 1e-9).all()


@given(ACCOUNTS, st.one_of(st.none(), CASH), RULES)
def test_orders_that_are_smaller_say_why(account, cash, rules):
    result = sized(**account, rules=rules, cash=cash)
    asked = np.abs(np.array(account["wanted"]) - np.array(account["held"]))
    is_less = np.array(account["is_sent"]) & (asked - np.abs(result.change) > 2e-9)
    assert all(reason is not None for reason in result.reasons[is_less])
