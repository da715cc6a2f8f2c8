from warehouse.why.book import portfolio_tree
from warehouse.why.node import Node
from warehouse.why.question import resolve
from warehouse.why.reading import Reader
from warehouse.why.strategy import strategy_tree


def named(tree: Node, what: str) -> Node:
    return next(node for node in tree.walk() if node.what == what)


def test_book_tells_its_parts_and_what_to_ask_next(reader: Reader) -> None:
    reader.connection.execute(
        "drop table analytics.orders; create table analytics.orders as "
        "select 'AAA' as symbol, 990.0 as notional_usd, 0.5 as expected_cost_usd"
    )
    tree = portfolio_tree(reader, resolve(reader, "portfolio", None, None))
    largest = named(tree, "largest weights").children
    assert [node.value for node in largest] == [0.08, 0.04]
    assert largest[0].says.endswith("ask `mqp why AAA 2024-06-28`")
    assert named(tree, "orders").says.startswith("990 USD traded, expected cost 0.50 USD")
    assert named(tree, "symbol limit").value == -0.02


def test_drawdown_counts_from_the_peak_since_the_last_stop(reader: Reader) -> None:
    """The 1,100,000 of the stopped session are forgotten: the peak began anew after it."""
    question = resolve(reader, "portfolio", None, None)
    reader.connection.execute("delete from analytics.orders")
    reader.connection.execute(
        "alter table analytics.orders add column notional_usd double; "
        "alter table analytics.orders add column expected_cost_usd double"
    )
    assert named(portfolio_tree(reader, question), "drawdown").value == 0.0
    reader.connection.execute("update analytics.portfolio_daily set override_reason = null")
    # 1 - 990,000 / 1,100,000
    found = named(portfolio_tree(reader, question), "drawdown").value
    assert isinstance(found, float)
    assert abs(found - 0.1) < 1e-15


def test_weights_of_a_strategy_add_up(reader: Reader) -> None:
    tree = strategy_tree(reader, resolve(reader, "beta", None, None))
    assert (tree.value, tree.recomputed) == (0.04, 0.04)
    assert named(tree, "not held: short_history").says == "Bb.B"
