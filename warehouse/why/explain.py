"""Explain a number of the published file: from what was decided down to the stored responses."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from warehouse.why.book import portfolio_tree
from warehouse.why.makers import with_makers
from warehouse.why.node import Node
from warehouse.why.question import PORTFOLIO, Question
from warehouse.why.reading import Reader
from warehouse.why.record import NightStamp, Recorded, recorded_decisions, stamp
from warehouse.why.sources import with_fetches
from warehouse.why.strategy import strategy_tree
from warehouse.why.weights import symbol_tree


@dataclass(frozen=True)
class Explanation:
    """The answer to one question: the tree, what the file was made from, what was recorded."""

    question: Question
    stamp: NightStamp
    recorded: tuple[Recorded, ...]
    tree: Node

    @property
    def leaves(self) -> tuple[Node, ...]:
        """The stored responses at the ends of the branches."""
        return tuple(node for node in self.tree.walk() if node.response)

    @property
    def newest_row_at(self) -> datetime | None:
        """When the newest row of a provider below could be known; None without any."""
        return max((leaf.available_at for leaf in self.leaves if leaf.available_at), default=None)

    @property
    def is_sound(self) -> bool:
        """Whether every response opens and every number that is computed again comes out equal."""
        opens = all(node.response.problem is None for node in self.leaves if node.response)
        return opens and all(node.adds_up is not False for node in self.tree.walk())

    def with_tree(self, tree: Node) -> "Explanation":
        """The same answer with another tree."""
        return replace(self, tree=tree)

    def as_dict(self) -> dict[str, Any]:
        """Nested plain values, for machines."""
        return {
            "subject": self.question.subject,
            "strategies": list(self.question.strategies),
            "decision": asdict(self.question.decision),
            "published": asdict(self.stamp),
            "recorded": [{**asdict(row), "is_equal": row.is_equal} for row in self.recorded],
            "newest_row_at": self.newest_row_at,
            "is_sound": self.is_sound,
            "tree": self.tree.as_dict(),
        }


def explain(reader: Reader, question: Question, models: Mapping[str, str]) -> Explanation:
    """Answer a question from the published file alone; the stored responses stay closed.

    Parameters
    ----------
    reader : the open file and the settings that it was built with.
    question : from `resolve`.
    models : name of a dbt model or seed to its file.
    """
    if question.subject == PORTFOLIO:
        tree = portfolio_tree(reader, question)
    elif question.is_symbol:
        tree = symbol_tree(reader, question)
    else:
        tree = strategy_tree(reader, question)
    return Explanation(
        question=question,
        stamp=stamp(reader, question.decision),
        recorded=tuple(recorded_decisions(reader, question)),
        tree=with_fetches(reader, with_makers(tree, models)),
    )
