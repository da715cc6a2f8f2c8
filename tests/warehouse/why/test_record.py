from warehouse.why.question import resolve
from warehouse.why.reading import Reader
from warehouse.why.record import recorded_decisions, stamp


def test_record_stands_beside_what_is_computed_now(reader: Reader) -> None:
    told = recorded_decisions(reader, resolve(reader, "AAA", None, None))
    assert [(row.strategy, row.final_weight, row.is_equal) for row in told] == [
        ("alpha", 0.08, True),
        ("beta", 0.05, False),
    ]


def test_record_of_the_book_holds_all_its_rows(reader: Reader) -> None:
    assert len(recorded_decisions(reader, resolve(reader, "portfolio", None, None))) == 2
    assert len(recorded_decisions(reader, resolve(reader, "alpha", None, None))) == 1


def test_stamp_tells_how_the_night_ended(reader: Reader) -> None:
    question = resolve(reader, "AAA", None, None)
    found = stamp(reader, question.decision)
    assert (found.world, found.ledger_version, found.status) == ("sandbox:7", 7, "CLEAN")
