"""What a person sees of an explanation made by hand."""

import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from rich.console import Console

from orchestration.commands.why_tree import formula, head_lines, rendered, shown
from warehouse.why.explain import Explanation
from warehouse.why.node import Node, Response, Value
from warehouse.why.question import Question
from warehouse.why.reading import Decision
from warehouse.why.record import NightStamp, Recorded

NIGHT = date(2024, 6, 28)
MOMENT = datetime(2024, 6, 28, 20, 30, tzinfo=UTC)
WEIGHT = Node(
    "final weight",
    0.08,
    "fraction of equity",
    relation="analytics.target_weights",
    made_by="analytics/portfolio_tables.py target_weight_rows()",
    equation="sum",
    children=(
        Node("symbol limit", -0.02, "fraction of equity").as_term(),
        Node("desired weight", 0.1, "fraction of equity", "wanted", children=(Node("signal", 1),))
        .as_term(),
    ),
)  # fmt: skip
RESPONSE = Response(
    provider="polygon",
    response_hash="0123456789abcdef",
    relation="staging.stg_polygon__daily_bars",
    subject="AAPL",
    row_count=2,
    first_date=date(2024, 6, 27),
    last_date=NIGHT,
    fetched_at=MOMENT,
    ledger_version=3,
    dataset="daily_bars",
    file="data/raw/polygon/x.gz",
)


def answer(tree: Node, *, night: date = NIGHT, recorded: tuple[Recorded, ...] = ()) -> Explanation:
    return Explanation(
        Question("AAPL", Decision(NIGHT, MOMENT, date(2024, 7, 1), night), ("equities",)),
        NightStamp(night, "sandbox:7", 3, "c0de", "CLEAN"),
        recorded,
        tree,
    )


def printed(*parts: object) -> str:
    screen = io.StringIO()
    console = Console(file=screen, width=200, highlight=False)
    for part in parts:
        console.print(part)
    return screen.getvalue()


def head(found: Explanation, *, banner: str | None = None, code: str = "c0de") -> str:
    return printed(*head_lines(found, banner=banner, installed_code=code))


def test_weight_is_told_with_its_formula_and_where_it_stands() -> None:
    text = printed(rendered(answer(WEIGHT)))
    assert (
        "final weight  8.0000 % of equity ✓ = desired weight 10.0000 % + symbol limit -2.0000 %"
        "  analytics.target_weights"
    ) in text
    assert "analytics/portfolio_tables.py target_weight_rows()" in text


def test_term_that_is_only_a_number_stands_in_the_formula_alone() -> None:
    lines = printed(rendered(answer(WEIGHT))).splitlines()
    assert sum("symbol limit" in line for line in lines) == 1


def test_number_that_does_not_come_out_again_shows_the_other_one() -> None:
    text = printed(rendered(answer(replace(WEIGHT, value=0.09))))
    assert "✗ computed again it is 8.0000 % of equity" in text
    assert not answer(replace(WEIGHT, value=0.09)).is_sound


def test_open_response_is_told_with_its_file() -> None:
    found = answer(Node("bars", children=(Node("stored response", response=RESPONSE),)))
    text = printed(rendered(found))
    assert "polygon daily_bars  2 rows of 2024-06-27 to 2024-06-28" in text
    assert "0123456789ab  ✓ opens" in text
    assert "data/raw/polygon/x.gz" in text
    assert found.is_sound


def test_response_that_does_not_open_is_told_with_what_to_do() -> None:
    lost = Node("stored response", response=replace(RESPONSE, problem="it is gone: restore it"))
    found = answer(Node("bars", children=(lost,)))
    lines = printed(rendered(found)).splitlines()
    at = next(i for i, line in enumerate(lines) if line.endswith("✗ does not open"))
    assert lines[at + 1].endswith("it is gone: restore it")
    assert not found.is_sound


def test_providers_words_neither_steer_the_terminal_nor_are_markup() -> None:
    evil = Node("“\x1b[2J[bold red]Buy[/bold red]\u202e”", 0.5, "score", "told\nby\rus\x07")
    text = printed(rendered(answer(Node("news", children=(evil,)))))
    assert "[bold red]Buy[/bold red]" in text
    assert "told by us" in text
    assert not {"\x1b", "\u202e", "\r", "\x07"} & set(text)


def test_long_lists_are_cut_and_counted() -> None:
    many = tuple(Node(f"S{i}", 0.01, "fraction of equity").as_term() for i in range(50))
    tree = Node("sum", 0.5, "fraction of equity", equation="sum", children=many)
    assert formula(tree) == "the sum of 50 terms below"
    told = tuple(replace(node, says="held") for node in many)
    assert "… and 20 more, which --json lists" in printed(
        rendered(answer(replace(tree, children=told)))
    )


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (0.0174317, "fraction of equity", "1.7432 % of equity"),
        (-0.117, "fraction a year", "-11.70 % a year"),
        (1234.5, "USD", "1,234.50 USD"),
        (3.46, "%", "3.46 %"),
        (1, "symbols", "1 symbol"),
        (2, "symbols", "2 symbols"),
        (0.836722, "times", "0.836722"),
        (True, "", "yes"),
        (None, "USD", "unknown"),
        (NIGHT, "", "2024-06-28"),
    ],
)
def test_values_are_shown_with_their_unit(value: Value, unit: str, expected: str) -> None:
    assert shown(value, unit) == expected


def recorded(**changes: object) -> Recorded:
    row = Recorded("AAPL", "equities", 0.08, 0.2, "enter", MOMENT, 3, "c0de", 0.08)
    return replace(row, **changes)  # type: ignore[arg-type]


def test_head_says_when_it_was_decided_and_that_the_data_is_simulated() -> None:
    text = head(answer(WEIGHT), banner="SIMULATED DATA")
    assert "AAPL on 2024-06-28, decided 2024-06-28 20:30 UTC (16:30 New York)" in text
    assert "SIMULATED DATA (sandbox:7)" in text
    assert "computes" not in text


def test_past_session_is_said_to_be_the_present_builds_view() -> None:
    text = head(answer(WEIGHT, night=date(2024, 7, 5)))
    assert "This is the decision of 2024-06-28 as the night of 2024-07-05 computes it" in text
    assert "Nothing was recorded for 2024-06-28: no night was published" in text


def test_other_code_than_the_nights_is_said() -> None:
    text = head(answer(WEIGHT), code="5eed")
    assert "those installed now (code 5eed); the night was built with code c0de" in text


def test_head_says_whether_all_was_known_before_the_decision() -> None:
    leaf = Node("stored response", available_at=MOMENT - timedelta(minutes=15), response=RESPONSE)
    assert "was known 2024-06-28 20:15 UTC, before the decision" in head(
        answer(Node("bars", children=(leaf,)))
    )
    late = replace(leaf, available_at=MOMENT + timedelta(minutes=1))
    assert "was known 2024-06-28 20:31 UTC, after the decision" in head(
        answer(Node("bars", children=(leaf, late)))
    )
    assert "newest row" not in head(answer(WEIGHT))


def test_record_that_differs_shows_both_weights() -> None:
    told = head(answer(WEIGHT, recorded=(recorded(present_final_weight=0.07),)))
    assert "Recorded at the time: final weight 8.0000 % of equity (enter)" in told
    assert "the present build gives 7.0000 %" in told
    assert "the same as here" in head(answer(WEIGHT, recorded=(recorded(),)))


def test_records_of_a_book_are_counted_and_the_changed_ones_named() -> None:
    rows = (recorded(), recorded(symbol="MSFT", present_final_weight=0.0))
    assert "2 decisions, 1 with other weights than shown here (MSFT)" in head(
        answer(WEIGHT, recorded=rows)
    )
