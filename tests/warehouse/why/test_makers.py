import importlib

import pytest

from warehouse.why.makers import PYTHON_TABLES, with_makers
from warehouse.why.node import Node


@pytest.mark.parametrize("maker", [name for name in PYTHON_TABLES.values() if "()" in name])
def test_function_that_is_named_exists(maker: str) -> None:
    path, _, function = maker.partition(" ")
    module = importlib.import_module(path.removesuffix(".py").replace("/", "."))
    assert callable(getattr(module, function.removesuffix("()")))


def test_model_is_found_by_its_name_and_a_named_maker_stays() -> None:
    tree = Node(
        "root",
        relation="marts.fct_spreads",
        children=(Node("own", relation="marts.fct_spreads", made_by="by hand"),),
    )
    found = with_makers(tree, {"fct_spreads": "models/fct_spreads.sql"})
    assert (found.made_by, found.children[0].made_by) == ("models/fct_spreads.sql", "by hand")
