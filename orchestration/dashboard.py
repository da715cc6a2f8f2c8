"""What `mqp dashboard` runs: the dashboard, and the answers to what it asks beyond its file.

Run as ``streamlit run orchestration/dashboard.py``; the environment says which home.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from orchestration.errors import CommandError
from orchestration.resources import Settings, load_settings
from reports.dashboard.answers import Answers, Branch, NoAnswerError, Reasons
from reports.dashboard.show import show
from reports.difference import Difference
from warehouse.errors import WarehouseError

if TYPE_CHECKING:
    from rich.text import Text
    from rich.tree import Tree


def answers(settings: Settings) -> Answers:
    """What the dashboard of a home can ask: the same that `mqp why` and `mqp diff` answer."""
    return Answers(
        why=partial(_why, settings),
        stored_difference=partial(_stored_difference, settings),
        difference=partial(_difference, settings),
    )


def _why(settings: Settings, symbol: str, session: date) -> Reasons:
    from orchestration.commands.why_tree import head_lines, rendered
    from orchestration.explaining import explanation
    from orchestration.provenance import code_hash

    try:
        found = explanation(settings, symbol, session)
    except (CommandError, WarehouseError) as err:
        raise NoAnswerError(str(err)) from err
    banner = replace(settings, world=found.stamp.world).banner
    responses = [leaf.response for leaf in found.leaves if leaf.response]
    return Reasons(
        head=tuple(
            line.plain for line in head_lines(found, banner=banner, installed_code=code_hash())
        ),
        tree=_folded(_branch(rendered(found))),
        responses=len(responses),
        lost=sum(response.problem is not None for response in responses),
        is_sound=found.is_sound,
    )


def _branch(tree: "Tree") -> Branch:
    from rich.text import Text

    label = tree.label if isinstance(tree.label, Text) else Text(str(tree.label))
    return Branch(tuple(_pieces(label)), tuple(map(_branch, tree.children)))


def _folded(tree: Branch) -> Branch:
    """The tree with the list of makers, its last lines, folded below their title."""
    reasons, legend, title, *makers = tree.branches
    folded = replace(title, branches=tuple(makers), is_folded=True)
    return replace(tree, branches=(reasons, legend, folded))


def _pieces(label: "Text") -> Iterator[tuple[str, str]]:
    """The label's text in pieces of one style each; ours never overlap."""
    at = 0
    for span in label.spans:
        yield label.plain[at : span.start], ""
        yield label.plain[span.start : span.end], str(span.style)
        at = span.end
    yield label.plain[at:], str(label.style)


def _stored_difference(settings: Settings, earlier: date, later: date) -> Difference | None:
    from orchestration.difference.nights import chosen_nights, stored_difference
    from warehouse.connection import connect

    try:
        with connect(settings.home.published, read_only=True) as published:
            return stored_difference(*chosen_nights(published, settings.home, (earlier, later)))
    except (CommandError, WarehouseError) as err:
        raise NoAnswerError(str(err)) from err


def _difference(settings: Settings, earlier: date, later: date) -> Difference:
    from orchestration.difference.run import Comparer
    from warehouse.ledger import refuse_other_world
    from warehouse.sessions import new_york_sessions

    home = settings.home
    try:
        refuse_other_world(home.ledger, home.published, settings.world)
        return Comparer(home, settings.world, new_york_sessions()).on_copy((earlier, later))
    except (CommandError, WarehouseError) as err:
        raise NoAnswerError(str(err)) from err


if __name__ == "__main__":
    of_run = load_settings()
    show(of_run.home.published, answers(of_run))
