"""Which file made a table: a dbt model, a seed, or a Python function."""

from collections.abc import Mapping
from dataclasses import replace

from warehouse.why.node import Node

PYTHON_TABLES: Mapping[str, str] = {
    "analytics.target_weights": "analytics/portfolio_tables.py target_weight_rows()",
    "analytics.portfolio_daily": "analytics/portfolio_tables.py portfolio_rows()",
    "analytics.sleeve_weights": "analytics/sleeve_tables.py sleeve_weight_rows()",
    "analytics.orders": "analytics/portfolio_tables.py order_rows()",
    "analytics.holdings": "analytics/portfolio_tables.py order_rows()",
    "analytics.walk_forward_windows": "analytics/metric_tables.py window_rows()",
    "analytics.decisions": "orchestration/record.py decide()",
    "quality.quarantine_events": "orchestration/record.py copy_record_into_build()",
    "ops.configs": "config/portfolio.yaml",
}
"""Tables that no dbt model makes, and the function (or the user's file) that does."""


def with_makers(tree: Node, models: Mapping[str, str]) -> Node:
    """Name the maker of every relation of a tree.

    Parameters
    ----------
    tree : nodes that name their own maker keep it.
    models : name of a dbt model or seed to its file, relative to the repository.
    """

    def named(node: Node) -> Node:
        if node.made_by or not node.relation:
            return node
        name = node.relation.rpartition(".")[2]
        return replace(node, made_by=PYTHON_TABLES.get(node.relation) or models.get(name))

    return tree.mapped(named)
