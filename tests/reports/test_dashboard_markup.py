"""Tables, tiles and trees of the dashboard as HTML."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from reports.dashboard.answers import Branch
from reports.dashboard.columns import cell, digits_of, label
from reports.dashboard.markup import table_html, tiles_html, tree_html

SCRIPT = "<script>alert(1)</script>"
ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt;"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, "\u2013"),
        (float("nan"), "\u2013"),
        ("", "\u2013"),
        (True, "yes"),
        (-0.5, "\u22120.50"),
        (12_000, "12,000.00"),
        (date(2017, 6, 30), "2017-06-30"),
        (datetime(2017, 6, 30, 20, 30, tzinfo=UTC), "2017-06-30 20:30 UTC"),
        ("as it is", "as it is"),
    ],
)
def test_cell_is_written_as_it_is_read(value: Any, told: str) -> None:
    assert cell(value) == told


def test_fraction_is_a_percentage_with_its_sign() -> None:
    assert cell(0.0125, is_percent=True, is_signed=True) == "+1.25\u202f%"


@pytest.mark.parametrize(
    ("values", "digits"),
    [((1, 2.0, None), 0), ((0.77, -1.2), 4), ((0.5, 12.25), 2), ((9.5, 20_000.25), 0), ((), 0),
     ((float("nan"), "words"), 0)],
)  # fmt: skip
def test_digits_suit_the_whole_column(values: tuple[Any, ...], digits: int) -> None:
    assert digits_of(values) == digits


def test_column_is_named_in_words_unless_its_name_is_a_code() -> None:
    assert (label("net_return"), label("served_from")) == ("Net return", "Served from")
    rows = [{"metric": "Growth", "zscore_z1.5": "1.00"}]
    assert '<th scope="col">zscore_z1.5</th>' in table_html(rows, codes=("zscore_z1.5",))


def test_numbers_stand_right_and_sentences_may_break() -> None:
    rows = [{"symbol": "HYG", "weight": 0.5, "reason": "a long sentence " * 4}]
    told = table_html(rows, percents=("weight",))
    assert '<td class="figure" data-of="Weight">50.00\u202f%</td>' in told
    assert '<td class="long" data-of="Reason">' in told
    assert '<div class="sheet worded"' in told


def test_first_column_names_its_rows_in_one_line() -> None:
    told = table_html([{"metric": "Track record to know Sharpe > 0 (simulated)", "value": 1.5}])
    assert "long" not in told
    assert '<div class="sheet"' in told


def test_column_without_any_value_is_left_out() -> None:
    told = table_html([{"symbol": "A", "note": ""}, {"symbol": "B", "note": None}])
    assert "Note" not in told
    assert "\u2013" in table_html([{"symbol": "A", "note": ""}, {"symbol": "B", "note": "x"}])


def test_text_from_outside_is_never_markup() -> None:
    told = (
        table_html([{SCRIPT: SCRIPT}]),
        tiles_html([(SCRIPT, SCRIPT, SCRIPT)]),
        tree_html(Branch((), (Branch(((SCRIPT, "bold"), (SCRIPT, ""))),))),
    )
    for html in told:
        assert SCRIPT not in html
        assert ESCAPED in html


def test_tree_is_open_at_its_root_and_closed_where_it_is_folded() -> None:
    leaf = Branch((("leaf", ""),))
    deep = Branch((("deep", ""),), (leaf,))
    middle = Branch((("middle", ""),), (deep,))
    root = Branch((("root", "bold"),), (middle,))
    folded = Branch((("makers", ""),), (leaf,), is_folded=True)
    told = tree_html(Branch((), (root, folded)))
    assert '<details open><summary><span class="bold">root</span></summary>' in told
    assert "<details open><summary>middle</summary>" in told
    assert "<details><summary>deep</summary><div>leaf</div></details>" in told
    assert "<details><summary>makers</summary>" in told
