"""A model that a user drops into the project is proven without being registered anywhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.proof.small_proof import Order, prove_in_process

pytestmark = pytest.mark.xdist_group("troubled")  # they build on what the clean code built

PEEK = """
select
    symbol,
    session_date,
    lead(adjusted_close_usd) over (partition by symbol order by session_date)
        / adjusted_close_usd - 1 as my_signal
from {{ ref('fct_prices') }}
"""
EXEMPTION = """
version: 2
models:
  - name: my_peek
    config: {meta: {prove_exempt: {my_signal: %s}}}
"""


@contextmanager
def own_model(tree: Path, **files: str) -> Iterator[None]:
    """Files in a folder of the user's own below `dbt_project/models/`."""
    folder = tree / "dbt_project" / "models" / "mine"
    folder.mkdir()
    try:
        for name, text in files.items():
            (folder / name.replace("__", ".")).write_text(text)
        yield
    finally:
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()


def test_own_model_that_peeks_is_caught_by_its_name(troubled_order: Order) -> None:
    with own_model(troubled_order.tree, my_peek__sql=PEEK):
        found = prove_in_process(replace(troubled_order, cuts=1, patched=("my_peek",)))
    assert found.tables == ("main.my_peek",)
    assert "my_signal" in found.sentence


def test_own_model_that_looks_back_is_covered_and_an_exempt_column_left_out(
    troubled_order: Order,
) -> None:
    order = replace(troubled_order, cuts=1)
    without = prove_in_process(order)
    files = {
        "my_look__sql": PEEK.replace("lead(", "lag("),
        "my_peek__sql": PEEK,
        "mine__yml": EXEMPTION % '"a forecast that is never traded"',
    }
    with own_model(troubled_order.tree, **files):
        found = prove_in_process(replace(order, patched=("my_look", "my_peek")))
    assert found.is_proven, found.sentence
    assert found.rows > without.rows


def test_exemption_without_a_reason_is_refused(troubled_order: Order) -> None:
    files = {"my_peek__sql": PEEK, "mine__yml": EXEMPTION % '""'}
    with (
        own_model(troubled_order.tree, **files),
        pytest.raises(AssertionError, match=r"my_peek is exempt from the proof without a reason"),
    ):
        prove_in_process(replace(troubled_order, cuts=1))
