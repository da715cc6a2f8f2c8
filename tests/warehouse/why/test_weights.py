import pytest

from warehouse.why.node import Node
from warehouse.why.question import resolve
from warehouse.why.reading import Reader
from warehouse.why.weights import limit_nodes, symbol_tree

NO_BITES = dict.fromkeys(
    [f"{name}_bite" for name in ("symbol", "sector", "stress", "gross", "net", "turnover")], 0.0
)


def tree_of(reader: Reader, subject: str, strategy: str | None = None) -> Node:
    return symbol_tree(reader, resolve(reader, subject, None, strategy))


def named(tree: Node, what: str) -> Node:
    return next(node for node in tree.walk() if node.what == what)


def test_final_weight_is_the_desired_one_plus_what_limits_took(reader: Reader) -> None:
    tree = tree_of(reader, "AAA", "alpha")
    told = {node.what: node.value for node in tree.terms}
    assert told == {"symbol limit": -0.02, "desired weight": 0.1}
    assert tree.value == pytest.approx(0.08, abs=1e-15)
    assert tree.adds_up


def test_desired_weight_is_scale_times_sleeve_times_target(reader: Reader) -> None:
    desired = named(tree_of(reader, "AAA", "alpha"), "desired weight")
    # 0.1 = 0.8 * 0.5 * 0.25
    assert [node.value for node in desired.terms] == [0.8, 0.5, 0.25]
    assert desired.recomputed == pytest.approx(0.1, abs=1e-15)


def test_scale_is_target_volatility_over_forecast(reader: Reader) -> None:
    scale = named(tree_of(reader, "AAA", "alpha"), "scale")
    # min(0.10 / 0.125, 2) = 0.8
    assert (scale.equation, [node.value for node in scale.terms]) == ("least", [0.8, 2.0])


def test_sleeves_of_one_symbol_add_up(reader: Reader) -> None:
    tree = tree_of(reader, "AAA")
    assert [node.what for node in tree.terms] == [
        "final weight of AAA in alpha",
        "final weight of AAA in beta",
    ]
    assert tree.value == pytest.approx(0.12, abs=1e-15)


def test_target_that_is_not_wanted_says_so_and_still_adds_up(reader: Reader) -> None:
    desired = named(tree_of(reader, "Bb.B"), "desired weight")
    assert named(desired, "wanted").says == "not wanted by the portfolio: short_history: too young"
    assert desired.adds_up


def test_strategy_without_its_own_explanation_ends_at_its_signal(reader: Reader) -> None:
    signal = named(tree_of(reader, "AAA", "alpha"), "signal")
    assert signal.says == "long, event enter; enter: because"


def test_order_that_is_smaller_says_why(reader: Reader) -> None:
    reader.connection.execute(
        "drop table analytics.orders; create table analytics.orders as "
        "select 'AAA' as symbol, 'buy' as side, 10.0 as quantity_shares, 1000.0 as notional_usd, "
        "0.5 as expected_cost_usd, 0.02::double as current_weight, 0.1::double as planned_weight, "
        "'cash' as reason, timestamptz '2024-06-28 20:30:00Z' as decided_at"
    )
    order = named(tree_of(reader, "AAA"), "order")
    assert order.value == "buy"
    assert order.says.endswith("; leads to 10.0000 % only: there is not enough cash")


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("minimum_trade", "what is left is below minimum_trade_usd"),
        ("minimum_order", "nothing to trade; a change below 0.25 % of equity is not sent"),
        (None, "nothing to trade; a change below 0.25 % of equity is not sent"),
    ],
)
def test_order_that_was_not_sent_says_why(reader: Reader, reason: str | None, said: str) -> None:
    reader.connection.execute(
        "create table analytics.holdings as select 'AAA' as symbol, null::varchar as reason"
    )
    if reason:
        reader.connection.execute(f"update analytics.holdings set reason = '{reason}'")
    assert named(tree_of(reader, "AAA"), "order").says == said


def test_file_of_an_earlier_release_still_says_that_nothing_is_traded(reader: Reader) -> None:
    assert named(tree_of(reader, "AAA"), "order").says.startswith("nothing to trade; a change")


def test_limits_are_told_in_their_order_with_what_they_left(reader: Reader) -> None:
    row = {
        **NO_BITES,
        "symbol": "AAA",
        "desired_weight": 0.4,
        "symbol_bite": -0.3,
        "turnover_bite": -0.05,
    }
    bit = limit_nodes(reader, row)
    assert [node.what for node in bit] == ["symbol limit", "turnover limit", "other limits"]
    # a tenth of equity in one stock leaves a quarter of 0.4; turnover then half of 0.1
    assert bit[0].says == "at most 10 % of equity in one symbol, leverage counted; " + (
        "0.2500 of the weight is left"
    )
    assert bit[1].says.endswith("0.5000 of the weight is left")


def test_book_without_a_bite_names_all_limits(reader: Reader) -> None:
    (line,) = limit_nodes(reader, {**NO_BITES, "symbol": "AAA", "desired_weight": 0.1})
    assert (line.value, line.says) == (
        "none bites",
        "(symbol, liquidity, sector, stress, gross, net, turnover)",
    )
