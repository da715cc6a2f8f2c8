"""Scores in the ledger: made once per text and method, made again without touching old nights."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from ingestion.sentiment import METHOD, Story, score_stories
from orchestration.scores import (
    TEXT_HASH,
    recompute_scores,
    score_landed_stories,
    score_new_stories,
)
from warehouse.availability import RAW_TABLES, STAMP_RULES
from warehouse.connection import Connection, connect
from warehouse.ledger import newest_version, open_ledger

NOW = datetime(2017, 6, 30, 22, tzinfo=UTC)
DBT = Path(__file__).resolve().parents[2] / "dbt_project"
GOOD, BAD = "ZZQ beats estimates", "ZZQ shares plunge"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Connection]:
    """A ledger with one landing and no stories."""
    with connect(tmp_path / "ledger.duckdb") as connection:
        open_ledger(connection, "sandbox:1", now=NOW)
        connection.execute("insert into ops.landings values (1, ?, 'first', 1)", [NOW])
        yield connection


def tell(
    ledger: Connection,
    headline: str,
    summary: str | None = None,
    *,
    table: str = "finnhub__company_news",
    version: int = 1,
) -> None:
    story_id = str(ledger.execute(f"select count(*) from raw.{table}").fetchall()[0][0])
    ledger.execute(
        f"insert into raw.{table} values (?, 'ZZQ', ?, ?, ?, 'wire', 'u', ?, ?, ?, 'r', 'h')",
        [story_id, NOW - timedelta(hours=3), headline, summary, NOW, NOW, version],
    )


def stored(ledger: Connection) -> list[tuple[str, float, int]]:
    return ledger.execute(
        "select method, score, ledger_version from raw.mqp__headline_scores "
        "order by ledger_version, method, score"
    ).fetchall()


def keep_score(ledger: Connection, text: str, score: float, method: str = METHOD) -> None:
    ledger.execute(
        "insert into raw.mqp__headline_scores values (md5(?), ?, ?, 1, 'h')", [text, method, score]
    )


def score(headline: str, summary: str | None = None) -> float:
    return score_stories([Story(headline, summary)])[0]


def test_each_text_is_scored_once_whoever_tells_it(ledger: Connection) -> None:
    for table in ("finnhub__company_news", "polygon__news", "fmp__news"):
        tell(ledger, GOOD, table=table)
    tell(ledger, GOOD, "  ", table="polygon__news")

    assert score_new_stories(ledger) == 1
    assert stored(ledger) == [(METHOD, score(GOOD), 1)]
    assert score_new_stories(ledger) == 0


def publish_night(ledger: Connection, version: int) -> None:
    ledger.execute(
        "insert into ops.nights by name select date '2017-06-30' as night, 1 as attempt, "
        "'CLEAN' as status, 'first' as run_id, ?::timestamptz as started_at, "
        "?::timestamptz as finished_at, 'sandbox:1' as world, ? as ledger_version",
        [NOW, NOW, version],
    )


def test_version_that_no_night_has_read_gets_its_scores(ledger: Connection) -> None:
    """Also where a run was killed between its landing and its scores."""
    publish_night(ledger, 0)
    tell(ledger, GOOD)
    assert score_landed_stories(ledger, run_id="night", now=NOW) == 1
    assert stored(ledger) == [(METHOD, score(GOOD), 1)]


def test_new_method_leaves_the_version_that_a_published_night_read(ledger: Connection) -> None:
    tell(ledger, GOOD)
    keep_score(ledger, GOOD, 0.5, "older")
    publish_night(ledger, 1)
    assert score_landed_stories(ledger, run_id="night", now=NOW) == 2
    assert stored(ledger) == [("older", 0.5, 1), (METHOD, score(GOOD), 2)]
    assert newest_version(ledger) == 2
    assert score_landed_stories(ledger, run_id="night", now=NOW) == 2


def test_other_summary_is_another_text(ledger: Connection) -> None:
    tell(ledger, GOOD)
    tell(ledger, GOOD, "Its outlook disappoints.")
    score_new_stories(ledger)

    assert sorted(row[1] for row in stored(ledger)) == sorted(
        [score(GOOD), score(GOOD, "Its outlook disappoints.")]
    )


def test_changed_words_of_a_story_get_a_score_of_their_own_version(ledger: Connection) -> None:
    tell(ledger, GOOD)
    score_new_stories(ledger)
    ledger.execute("insert into ops.landings values (2, ?, 'second', 1)", [NOW])
    tell(ledger, BAD, version=2)
    score_new_stories(ledger)

    assert stored(ledger) == [(METHOD, score(GOOD), 1), (METHOD, score(BAD), 2)]


def test_recomputing_what_is_up_to_date_writes_nothing(ledger: Connection) -> None:
    tell(ledger, GOOD)
    score_new_stories(ledger)
    done = recompute_scores(ledger, run_id="again", now=NOW)

    assert (done.texts, done.first_scores, done.changed, done.ledger_version) == (1, 0, 0, None)
    assert done.largest_moves == ()
    assert newest_version(ledger) == 1


def test_recomputed_score_is_a_new_version_and_the_old_one_stays(ledger: Connection) -> None:
    tell(ledger, GOOD)
    tell(ledger, BAD)
    keep_score(ledger, GOOD, -0.4)
    keep_score(ledger, BAD, score(BAD))
    done = recompute_scores(ledger, run_id="again", now=NOW)
    change = score(GOOD) + 0.4

    assert stored(ledger)[:2] == sorted([(METHOD, -0.4, 1), (METHOD, score(BAD), 1)])
    assert stored(ledger)[2:] == [(METHOD, score(GOOD), 2)]
    assert (done.texts, done.changed, done.ledger_version) == (2, 1, 2)
    assert done.mean_absolute_change == pytest.approx(change / 2)
    assert [(move.headline, move.before, move.after) for move in done.largest_moves] == [
        (GOOD, -0.4, score(GOOD))
    ]
    assert ledger.execute(
        "select run_id from ops.landings where ledger_version = 2"
    ).fetchall() == [("again",)]


def test_scores_of_an_earlier_method_are_what_is_compared_with(ledger: Connection) -> None:
    tell(ledger, GOOD, "Its outlook disappoints.")
    keep_score(ledger, GOOD, 0.9, method="vader-3.3.2")  # read the headline only
    done = recompute_scores(ledger, run_id="again", now=NOW)

    assert done.first_scores == 0
    assert [move.before for move in done.largest_moves] == [0.9]
    assert [row[0] for row in stored(ledger)] == ["vader-3.3.2", METHOD]


def test_text_without_any_score_is_counted_and_moves_nothing(ledger: Connection) -> None:
    tell(ledger, GOOD)
    done = recompute_scores(ledger, run_id="again", now=NOW)

    assert (done.first_scores, done.changed, done.mean_absolute_change) == (1, 0, 0)
    assert done.ledger_version == 2


def test_ten_largest_moves_are_told_in_their_order_and_on_one_line(ledger: Connection) -> None:
    for number in range(14):
        tell(ledger, f"{BAD}\n{number}")
        keep_score(ledger, f"{BAD}\n{number}", number / 20)
    moves = recompute_scores(ledger, run_id="again", now=NOW).largest_moves

    assert [move.before for move in moves] == [number / 20 for number in range(13, 3, -1)]
    assert moves[0].headline == f"{BAD} 13"


def test_nothing_stored_is_nothing_to_score(ledger: Connection) -> None:
    assert score_new_stories(ledger) == 0
    assert recompute_scores(ledger, run_id="again", now=NOW).texts == 0


def test_staging_names_texts_by_the_same_expression() -> None:
    macro = (DBT / "macros" / "stories.sql").read_text(encoding="utf-8")
    (expression,) = re.findall(r"text_hash\(\) -%}\s*(.*?)\s*{%- endmacro", macro, re.DOTALL)

    assert expression == TEXT_HASH


def test_variables_of_the_models_name_the_present_method_and_fmps_lag() -> None:
    variables = yaml.safe_load((DBT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    (fmp,) = (table for table in RAW_TABLES if table.name == "raw.fmp__news")

    assert variables["headline_method"] == METHOD
    assert STAMP_RULES[fmp.rule] == "{date_column} + interval 1 day"
    assert variables["fmp_news_lag_hours"] == 24
