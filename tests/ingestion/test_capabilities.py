"""What a plan refuses is not asked again for a week."""

from datetime import UTC, date, datetime, timedelta

import pytest

from ingestion.capabilities import (
    TODAY,
    WHOLE_ENDPOINT,
    Capabilities,
    DailyCalls,
    Fact,
    QuotaUse,
    StandingFacts,
    refusals_together,
    told_together,
)
from ingestion.database import CacheDatabase
from ingestion.errors import QuotaError

NOW = datetime(2026, 1, 5, 22, tzinfo=UTC)


@pytest.fixture
def database(tmp_path):
    opened = CacheDatabase(tmp_path, "live")
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("subject", "asked", "scope"),
    [
        ("ZZR", "ZZR", "symbol"),
        (WHOLE_ENDPOINT, "ZZR", "endpoint"),
        (TODAY, TODAY, "window"),
        ("ZZQ", "ZZR", None),
    ],
)
def test_refusal_is_remembered_for_what_was_refused(database, subject, asked, scope):
    table = Capabilities(database)
    table.remember("fmp", "splits", subject, at=NOW, message="not in plan")
    found = table.refusal("fmp", "splits", asked, now=NOW)

    assert (found.scope if found else None) == scope
    assert table.refusal("fmp", "dividends", asked, now=NOW) is None


def test_refusal_is_forgotten_after_a_week(database):
    table = Capabilities(database)
    table.remember("fmp", "splits", "ZZR", at=NOW, message="not in plan")
    week = timedelta(days=7)

    assert "2026-01-05" in str(table.refusal("fmp", "splits", "ZZR", now=NOW + week * 0.99))
    assert table.refusal("fmp", "splits", "ZZR", now=NOW + week) is None


def test_rows_list_every_refusal(database):
    table = Capabilities(database)
    table.remember("fmp", "splits", "ZZR", at=NOW, message="not in plan")

    assert table.rows() == [("fmp", "splits", "ZZR", NOW.isoformat(), "not in plan")]


def test_calls_of_a_day_end_at_its_limit(database):
    calls = DailyCalls(database)
    for _ in range(3):
        calls.spend("fmp", date(2026, 1, 5), limit=3)
    with pytest.raises(QuotaError, match="3 calls of 2026-01-05"):
        calls.spend("fmp", date(2026, 1, 5), limit=3)

    assert calls.spent("fmp", date(2026, 1, 5)) == 3
    assert calls.spent("fmp", date(2026, 1, 6)) == 0


def test_answer_deletes_the_refusal_that_it_disproves(database):
    table = Capabilities(database)
    table.remember("fmp", "splits", "ZZR", at=NOW, message="not in plan")
    table.remember("fmp", "splits", "ZZQ", at=NOW, message="not in plan")
    table.remember("fmp", "dividends", "ZZR", at=NOW, message="not in plan")

    assert table.forget("fmp", "splits", "BRK.B") == 0  # it was never refused
    assert table.forget("fmp", "splits", "ZZR") == 2  # another plan: the others are in doubt
    assert [row[:3] for row in table.rows()] == [("fmp", "dividends", "ZZR")]


@pytest.mark.parametrize(("subject", "left"), [("ZZR", 1), (TODAY, 0)])
def test_answer_about_a_symbol_says_nothing_about_today(database, subject, left):
    table = Capabilities(database)
    table.remember("polygon", "daily_bars", TODAY, at=NOW, message="not in plan")
    table.forget("polygon", "daily_bars", subject)

    assert len(table.rows()) == left


def fact(**changes):
    values = {
        "provider": "fred", "dataset": "observations", "subject": "X", "seen_at": NOW,
        "missing_from": date(2010, 1, 4), "message": "history begins 2023-05-15", **changes,
    }  # fmt: skip
    return Fact(**values)


def test_fact_is_new_once(database):
    facts = StandingFacts(database)

    assert [facts.learn(fact()), facts.learn(fact(message="begins 2023-05-16"))] == [True, False]
    assert facts.rows() == [fact()]


def test_fact_is_new_again_when_more_is_missing(database):
    facts = StandingFacts(database)
    facts.learn(fact())

    assert facts.learn(fact(missing_from=date(2014, 7, 1)))
    assert [known.missing_from for known in facts.rows()] == [date(2014, 7, 1)]


@pytest.mark.parametrize(("begins", "left"), [(date(2010, 1, 4), 0), (date(2015, 1, 2), 1)])
def test_fact_is_forgotten_when_an_answer_goes_back_far_enough(database, begins, left):
    facts = StandingFacts(database)
    facts.learn(fact())
    facts.disprove("fred", "observations", "X", begins=begins)

    assert len(facts.rows()) == left


@pytest.mark.parametrize(("used", "is_alarming"), [(199, False), (200, True), (250, True)])
def test_four_fifths_of_a_quota_are_alarming(used, is_alarming):
    midnight = datetime(2026, 1, 6, tzinfo=UTC)
    assert QuotaUse("fmp", used, 250, midnight).is_alarming == is_alarming


def test_use_of_the_day_ends_at_midnight_utc(database):
    calls = DailyCalls(database)
    calls.spend("fmp", NOW.date(), limit=250)
    use = calls.use("fmp", NOW, limit=250)

    assert (use.used, use.resets_at) == (1, datetime(2026, 1, 6, tzinfo=UTC))
    assert use.sentence == (
        "fmp: 1 of 250 calls of the day are used (0 %), new ones from 2026-01-06 00:00 UTC"
    )


def test_subjects_that_lack_the_same_share_a_line():
    facts = [fact(subject="X"), fact(subject="Y"), fact(subject="Z", message="other")]

    assert told_together(facts) == [
        "2026-01-05  fred observations of X, Y: history begins 2023-05-15",
        "2026-01-05  fred observations of Z: other",
    ]


def test_refusal_of_an_endpoint_names_no_subject():
    moment = NOW.isoformat()
    rows = [("fmp", "news", WHOLE_ENDPOINT, moment, "no"), ("fmp", "splits", "A", moment, "no")]

    assert refusals_together([*rows, ("fmp", "splits", "B", moment, "no")]) == [
        "2026-01-05  fmp news: no",
        "2026-01-05  fmp splits of A, B: no",
    ]


def test_refusal_of_the_same_day_is_told_in_the_same_words(database):
    table = Capabilities(database)
    table.remember("fmp", "splits", "ZZR", at=NOW, message="not in plan")
    tomorrow = NOW + timedelta(days=1)

    assert str(table.refusal("fmp", "splits", "ZZR", now=NOW)) == "not in plan"
    told = str(table.refusal("fmp", "splits", "ZZR", now=tomorrow))
    assert told == "not in plan (refused on 2026-01-05)"
