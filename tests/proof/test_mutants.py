"""Every planted bug is caught, and the clean code raises no alarm on the same market."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.proof.mutants import MUTANTS, Mutant
from tests.proof.small_proof import Order, prove_in_process

pytestmark = pytest.mark.xdist_group("troubled")  # they build on what the clean code built


def test_clean_code_is_proven_on_the_troubled_market(troubled_order: Order) -> None:
    found = prove_in_process(troubled_order)
    assert found.is_proven, found.sentence
    assert found.rows > 100_000


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=lambda mutant: mutant.name)
def test_bug_is_caught(
    mutant: Mutant,
    troubled_order: Order,
    record_property: Callable[[str, object], None],
) -> None:
    with mutant.planted(troubled_order.tree):
        found = prove_in_process(replace(troubled_order, patched=mutant.models))
    table = found.tables[0] if found.tables else "-"
    record_property("detection", (mutant.name, ", ".join(found.halves) or "NOT CAUGHT", table))
    assert not found.is_proven
    assert mutant.half in found.halves
    assert mutant.table == table, found.sentence


def test_at_least_twelve_bugs_are_planted_and_both_halves_are_needed() -> None:
    halves = {mutant.half for mutant in MUTANTS.values()}
    assert len(MUTANTS) >= 12
    assert halves == {"truncation", "accountant"}
