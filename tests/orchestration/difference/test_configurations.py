"""When two configurations are alike, one with the other's limits, and what was edited."""

import json
from typing import Any

from orchestration.configuration import Configuration, recorded_configuration
from orchestration.difference.configurations import (
    edits_between,
    is_alike,
    is_same_universe,
    with_limits_of,
)

SHOCKS = {"february_2018": {"stocks": -0.066, "HYG": -0.012}}


def configuration(members: list[Any] | None = None, **portfolio: Any) -> Configuration:
    content = {
        "universe": {"name": "one", "benchmark": "SPY", "members": members or ["AAPL", "KO"]},
        "portfolio": {"shocks": SHOCKS, "funds": ["HYG"], **portfolio},
    }
    return recorded_configuration(json.dumps(content, sort_keys=True))


def test_default_that_is_written_out_changes_nothing() -> None:
    assert is_alike(configuration(), configuration(max_leverage=2.0))
    assert not is_alike(configuration(), configuration(max_leverage=1.5))


def test_order_of_members_changes_nothing() -> None:
    assert is_alike(configuration(["AAPL", "KO"]), configuration(["KO", "AAPL"]))


def test_member_or_its_dates_make_another_universe() -> None:
    dated = [{"symbol": "AAPL", "from": "2014-01-02"}, "KO"]
    assert not is_same_universe(configuration(), configuration(["AAPL"]))
    assert not is_same_universe(configuration(), configuration(dated))


def test_borrowed_limits_leave_the_rest_as_it_was() -> None:
    strict = {"limits": {"single_stock": 0.05}, "funds": ["HYG", "KO"]}
    mine, other = configuration(max_leverage=1.5), configuration(max_leverage=1.0, **strict)
    mixed = with_limits_of(mine, other)
    assert is_alike(mixed, configuration(max_leverage=1.5, **strict))


def test_limit_that_is_not_lent_falls_back_to_its_default() -> None:
    mine = configuration(limits={"single_stock": 0.05})
    assert is_alike(with_limits_of(mine, configuration()), configuration())


def test_edits_name_each_key_with_both_values() -> None:
    before = configuration(limits={"single_stock": 0.1, "gross": 2.0}, max_leverage=2.0)
    after = configuration(["AAPL", "MSFT"], limits={"single_stock": 0.05, "net": 1.0, "gross": 2.0})
    assert edits_between(before.snapshot, after.snapshot) == (
        "limits.net (default) \u2192 1.0",
        "limits.single_stock 0.1 \u2192 0.05",
        "max_leverage 2.0 \u2192 (default)",
        "universe.members +MSFT -KO",
    )


def test_holdings_that_changed_are_named_and_leave_the_weights_alike() -> None:
    content = json.loads(configuration().snapshot)
    monday = {**content, "holdings": {"cash_usd": 5.0, "shares": {"AAPL": 1.0, "KO": 2.0}}}
    tuesday = {**content, "holdings": {"cash_usd": 4.0, "shares": {"KO": 2.0, "SPY": 3.0}}}
    before, after = (recorded_configuration(json.dumps(each)) for each in (monday, tuesday))
    assert edits_between(before.snapshot, after.snapshot) == ("holdings of AAPL, SPY, CASH",)
    assert edits_between(configuration().snapshot, before.snapshot) == (
        "holdings of AAPL, KO, CASH",
    )
    assert is_alike(before, after)


def test_another_order_is_an_edit_and_nothing_is_none() -> None:
    one, other = configuration(["AAPL", "KO"]), configuration(["KO", "AAPL"])
    assert edits_between(one.snapshot, other.snapshot) == ("universe.members in another order",)
    assert edits_between(one.snapshot, one.snapshot) == ()


def test_many_edits_are_counted() -> None:
    sectors = {f"Sector {number}": [f"S{number}"] for number in range(11)}
    edits = edits_between(configuration().snapshot, configuration(sectors=sectors).snapshot)
    assert edits == ("sectors (default) \u2192 " + edits[0].partition("\u2192 ")[2],)
    many = edits_between(
        configuration(sectors={name: [] for name in sectors}).snapshot,
        configuration(sectors=sectors).snapshot,
    )
    assert (len(many), many[-1]) == (9, "3 more")
