"""Conditions as a person reads them, compared as the models compare."""

import math
from typing import overload

from warehouse.why.node import Node
from warehouse.why.reading import Reader


@overload
def decisive(reader: Reader, value: float) -> float: ...
@overload
def decisive(reader: Reader, value: None) -> None: ...
def decisive(reader: Reader, value: float | None) -> float | None:
    """A value as decisions compare it: rounded to 10 decimals, halves up."""
    if value is None:
        return None
    scale = 10.0 ** reader.count("decision_decimals")
    return math.floor(value * scale + 0.5) / scale


def rule_node(what: str, holds: bool | None, says: str, relation: str) -> Node:
    """A condition for holding something, and whether it is met."""
    is_true = bool(holds)
    return Node(what, is_true, says=says, relation=relation, tone="good" if is_true else "bad")


def exit_node(what: str, holds: bool | None, says: str, relation: str) -> Node:
    """A condition that ends what is held, and whether it is met."""
    is_true = bool(holds)
    return Node(what, is_true, says=says, relation=relation, tone="bad" if is_true else "good")
