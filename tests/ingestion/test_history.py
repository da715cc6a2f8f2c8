"""A provider that forgets: nothing of ours goes, and it is said once."""

from dataclasses import replace
from datetime import date

import pyarrow.compute as pc
import pytest

from ingestion.capabilities import StandingFacts
from ingestion.database import CacheDatabase
from tests.ingestion.transport import Canned
from warehouse.connection import connect
from warehouse.ledger import land, open_ledger

TABLE, SERIES = "raw.fred__observations", "BAMLH0A0HYM2"
CUT = date(2017, 6, 1)


def collect(bench, **changes):
    return bench.collect(bench.only(series_ids=(SERIES,), **changes))


def cut_off(bench, *, begins=CUT):
    """From now on the API knows nothing before a day, whatever is asked."""
    whole = bench.market.answer

    def answer(request):
        canned = whole(request)
        if "fred.test" in request.url:
            rows = canned.body["observations"]
            kept = [row for row in rows if row["date"] >= begins.isoformat()]
            return replace(canned, body={"count": len(kept), "offset": 0, "observations": kept})
        return canned

    bench.transport.answer = answer


def first_day(collected):
    return pc.min(collected.tables[TABLE]["observed_date"]).as_py()


def remarks(collected):
    return [problem.message for problem in collected.problems if "history" in problem.message]


def facts(bench):
    database = CacheDatabase(bench.settings.cache_root, bench.settings.world)
    found = [(fact.subject, fact.missing_from) for fact in StandingFacts(database).rows()]
    database.close()
    return found


def test_shorter_history_shortens_neither_cache_nor_ledger_and_is_said_once(bench):
    sessions, counts, told = bench.market.sessions, [], []
    with connect(":memory:") as ledger:
        open_ledger(ledger, "sandbox:1", now=bench.clock())
        for night in range(3):
            collected = collect(bench, force_refresh=True)
            land(ledger, collected.tables, sessions=sessions, run_id="r", now=bench.clock())
            counts.append(ledger.execute(f"select count(*), min(observed_date) from {TABLE}"))
            counts[-1] = counts[-1].fetchone()
            told.append(remarks(collected))
            assert collected.tables[TABLE].num_rows == counts[-1][0]
            assert first_day(collected) == date(2017, 5, 1)
            cut_off(bench, begins=date(2017, 6, 1 + night))  # a window that rolls
            bench.next_session()
    assert [count for count, _ in counts] == [counts[0][0], counts[0][0] + 1, counts[0][0] + 2]
    assert {first for _, first in counts} == {date(2017, 5, 1)}
    assert [len(messages) for messages in told] == [0, 1, 0]
    assert (
        "begins 2017-06-01 now and we hold it from 2017-05-01 on, what we hold is kept"
        in (told[1][0])
    )
    assert "three years" in told[1][0]


def test_remark_about_a_forgotten_history_is_not_degrading(bench):
    collect(bench)
    cut_off(bench)
    bench.next_session()

    assert [p.is_degrading for p in collect(bench, force_refresh=True).problems] == [False]


def test_short_first_load_is_a_standing_fact_said_once(bench):
    cut_off(bench)
    first = collect(bench)
    bench.next_session()
    second = collect(bench, force_refresh=True)

    assert ["history begins 2017-06-01, asked was 2017-05-01" in text for text in remarks(first)]
    assert remarks(second) == []
    assert facts(bench) == [(SERIES, date(2017, 5, 1))]


def test_longer_history_asked_later_extends_what_is_held(bench):
    collect(bench, first_day=CUT)
    collected = collect(bench)

    assert first_day(collected) == date(2017, 5, 1)
    assert remarks(collected) == []


def test_longer_history_asked_in_vain_keeps_what_is_held(bench):
    cut_off(bench)
    held = collect(bench, first_day=CUT).tables[TABLE].num_rows
    collected = collect(bench, first_day=date(2017, 5, 2))

    assert collected.tables[TABLE].num_rows == held
    assert first_day(collected) == CUT


def test_fact_is_forgotten_when_the_history_is_back(bench):
    cut_off(bench)
    collect(bench)
    bench.transport.answer = bench.market.answer
    bench.next_session()
    collect(bench, force_refresh=True)

    assert facts(bench) == []


def test_rows_that_vanish_inside_a_history_are_an_alarm(bench):
    collect(bench)
    bench.next_session()
    row = {"date": "2017-06-30", "value": "3.7"}
    bench.fail("fred.test", Canned({"count": 1, "offset": 0, "observations": [row]}))
    collected = collect(bench)

    (told,) = remarks(collected)
    assert told.startswith("sent 1 rows from 2017-06-16 to 2017-07-03 where we hold ")


@pytest.mark.parametrize("dataset", ["bars", "indices"])
def test_complete_answers_raise_no_alarm(bench, dataset):
    wanted = {"bar_symbols": ("ZZQ", "ZZR")} if dataset == "bars" else {"index_names": ("VIX",)}
    for _ in range(3):
        collected = bench.collect(bench.only(**wanted))
        bench.next_session()

        assert remarks(collected) == []
