import pytest

from warehouse.why.node import Equation, Node, Value, combined


@pytest.mark.parametrize(
    ("equation", "values", "expected"),
    [
        ("sum", [1.0, 2.0, -0.5], 2.5),
        ("product", [2, 0.5, 3.0], 3.0),
        ("difference", [3.0, 1.0], 2.0),
        ("quotient", [3.0, 4.0], 0.75),
        ("quotient", [3.0, 0.0], None),
        ("least", [3.0, 2.0], 2.0),
        ("mean", [1.0, 0.0, 2.0], 1.0),
        ("sum", [1.0, None], None),
        ("product", [], None),
    ],
)
def test_equation_combines_its_terms(
    equation: Equation, values: list[Value], expected: float | None
) -> None:
    assert combined(equation, values) == expected


def test_only_terms_count_in_an_equation() -> None:
    terms = (Node("a", 2.0).as_term(), Node("beside", 5.0), Node("b", 3.0).as_term())
    node = Node("product", 6.0, equation="product", children=terms)
    assert (node.recomputed, node.adds_up) == (6.0, True)


def test_number_that_does_not_come_out_again_is_noticed() -> None:
    assert Node("mean", 6.0, check=6.0 + 1e-7).adds_up is False


def test_number_without_a_second_computation_is_not_judged() -> None:
    assert Node("close", 6.0).adds_up is None


def test_change_reaches_every_node() -> None:
    tree = Node("root", children=(Node("child", children=(Node("grandchild"),)),))
    renamed = tree.mapped(lambda node: Node(node.what.upper(), children=node.children))
    assert [node.what for node in renamed.walk()] == ["ROOT", "CHILD", "GRANDCHILD"]
