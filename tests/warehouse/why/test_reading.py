from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.connection import connect
from warehouse.why.reading import Reader, filled, literal


@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_text_means_itself_in_a_query(text: str) -> None:
    with connect(":memory:") as connection:
        assert connection.execute(filled("select $text", {"text": text})).fetchone() == (text,)


@pytest.mark.parametrize(
    "value",
    [None, True, 3, 0.1, "it's", date(2024, 6, 28), datetime(2024, 6, 28, 20, 30, tzinfo=UTC)],
)
def test_value_means_itself_in_a_query(value: object) -> None:
    with connect(":memory:") as connection:
        assert connection.execute(f"select {literal(value)}").fetchone() == (value,)


def test_list_means_itself_in_a_query() -> None:
    with connect(":memory:") as connection:
        query = filled("select $names, len($none)", {"names": ["a", "b'"], "none": []})
        found = connection.execute(query).fetchone()
    assert found == (["a", "b'"], 0)


def test_parameter_inside_a_parameter_stays_text() -> None:
    query = filled("select $a, $b", {"a": "$b", "b": 1})
    assert query == "select '$b', 1"


def test_other_types_are_refused() -> None:
    with pytest.raises(TypeError, match="no SQL literal for a dict"):
        literal({})


def test_what_is_not_a_number_is_not_known(reader: Reader) -> None:
    assert reader.row("select 'nan'::double as x, 1.5::double as y") == {"x": None, "y": 1.5}
