from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from warehouse.why.node import Node
from warehouse.why.reading import Reader
from warehouse.why.sources import response_nodes, with_fetches

FETCHED = datetime(2024, 6, 28, 22, 30, tzinfo=UTC)


def staged(day: int, response_hash: str) -> dict[str, Any]:
    return {
        "relation": "staging.stg_polygon__daily_bars",
        "day": date(2024, 6, day),
        "available_at": datetime(2024, 6, day, 20, 15, tzinfo=UTC),
        "fetched_at": FETCHED,
        "ledger_version": day,
        "response_hash": response_hash,
    }


def test_rows_of_one_response_are_one_leaf(reader: Reader) -> None:
    (leaf,) = response_nodes(reader, [staged(3, "a"), staged(5, "a"), staged(4, "a")], subject="X")
    assert leaf.response is not None
    assert (leaf.response.provider, leaf.response.row_count) == ("polygon", 3)
    assert (leaf.response.first_date, leaf.response.last_date) == (
        date(2024, 6, 3),
        date(2024, 6, 5),
    )


def test_newest_responses_are_listed_and_the_others_counted(reader: Reader) -> None:
    rows = [staged(day, f"hash{day}") for day in range(3, 9)]
    leaves = response_nodes(reader, rows, subject="X")
    assert [leaf.value for leaf in leaves] == ["hash8", "hash7", "hash6", 3]
    assert leaves[-1].says.startswith("hold the rows of 2024-06-03 to 2024-06-05")
    everything = response_nodes(replace(reader, most_responses=99), rows, subject="X")
    assert len(everything) == 6


def test_leaf_tells_the_request_that_brought_it(reader: Reader) -> None:
    """The same body came on two days, and for another symbol too."""
    reader.connection.execute(
        "insert into ops.fetches values "
        "('1', 'polygon', 'daily_bars', 'X', 'a', 'network', '2024-06-27 22:30:00Z'), "
        "('2', 'polygon', 'daily_bars', 'X', 'a', 'network', '2024-06-29 22:30:00Z'), "
        "('1', 'polygon', 'splits', 'Y', 'a', 'network', '2024-06-28 22:30:00Z')"
    )
    tree = Node("root", children=response_nodes(reader, [staged(3, "a")], subject="X"))
    response = with_fetches(reader, tree).children[0].response
    assert response is not None
    assert (response.dataset, response.served_from) == ("daily_bars", "network")
    assert response.requested_at == datetime(2024, 6, 27, 22, 30, tzinfo=UTC)
