"""`mqp sentiment`: what a person sees, on a home of its own."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestration.cli import main
from warehouse.connection import connect
from warehouse.ledger import open_ledger

NOW = datetime(2017, 6, 30, 22, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose ledger holds one story, scored by a method of the past."""
    monkeypatch.setenv("MQP_HOME", str(tmp_path))
    monkeypatch.setenv("MQP_NOW", "2017-06-30T22:30:00Z")
    monkeypatch.setenv("MQP_SOURCES", "sandbox")
    (tmp_path / "warehouse").mkdir()
    (tmp_path / "data" / "raw").mkdir(parents=True)
    return tmp_path


def tell(home: Path, world: str = "sandbox:7") -> None:
    with connect(home / "warehouse" / "ledger.duckdb") as ledger:
        open_ledger(ledger, world, now=NOW)
        ledger.execute("insert into ops.landings values (1, ?, 'first', 1)", [NOW])
        ledger.execute(
            "insert into raw.polygon__news values "
            "('1', 'ZZQ', ?, 'ZZQ beats \x1b[31mestimates', null, 'w', 'u', ?, ?, 1, 'r', 'h')",
            [NOW, NOW, NOW],
        )
        ledger.execute(
            "insert into raw.mqp__headline_scores "
            "select md5(headline), 'vader-3.3.2', -0.5, 1, 'h' from raw.polygon__news"
        )


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return int(ended.value.code or 0)


def test_recompute_says_what_moved_and_who_reads_it(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tell(home)
    assert run("sentiment", "--recompute") == 0
    told = capsys.readouterr().out

    assert "1 distinct texts scored by vader-3.3.2-finance-1." in told
    assert "1 moved by more than 0.05" in told
    assert "the next night reads these scores" in told
    assert "ZZQ beats [31mestimates" in told
    assert "\x1b" not in told


def test_recompute_a_second_time_writes_nothing(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tell(home)
    run("sentiment", "--recompute")
    run("sentiment", "--recompute", "--json")
    told = json.loads(capsys.readouterr().out.split("keep theirs.\n")[1])

    assert (told["texts"], told["changed"], told["ledger_version"]) == (1, 0, None)


def test_recompute_before_the_first_night_says_what_to_do(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("sentiment", "--recompute") == 1
    assert "run `mqp nightly` first" in capsys.readouterr().err


def test_recompute_refuses_the_ledger_of_another_world(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tell(home, world="live")
    assert run("sentiment", "--recompute") == 1
    assert "'live'" in capsys.readouterr().err


def publish(home: Path) -> None:
    """The few tables of a published night that the command reads."""
    with connect(home / "warehouse" / "quant.duckdb") as night:
        night.execute("""
            create schema staging; create schema marts; create schema ops;
            create table ops.build_context as
                select date '2017-06-30' as night, 'sandbox:7' as world;
            create table marts.fct_sentiment as select 'vader-3.3.2-finance-1' as method;
            create table staging.stg_mqp__headline_scores as
                select 'h1' as headline_hash, 'vader-3.3.2-finance-1' as method
                union all select 'h2', 'other';
            create table staging.stg_exchange__sessions as select * from (values
                (date '2017-06-28', 1, timestamptz '2017-06-28 20:00:00+00'),
                (date '2017-06-29', 2, timestamptz '2017-06-29 20:00:00+00'),
                (date '2017-06-30', 3, timestamptz '2017-06-30 20:00:00+00')
            ) as rows (session_date, session_number, news_cutoff_at);
            create table staging.stg_polygon__news as select * from (values
                ('p1', 'ZZQ', timestamptz '2017-06-28 20:00:00+00', 'h1'),
                ('p2', 'ZZQ', timestamptz '2017-06-28 20:00:01+00', 'h2')
            ) as rows (story_id, symbol, published_at, headline_hash);
            create table staging.stg_polygon__news_sentiment as select 'p1' as story_id;
        """)


def test_coverage_tells_stories_age_and_scores(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(home)
    assert run("sentiment", "--json") == 0

    assert json.loads(capsys.readouterr().out)["coverage"] == [
        {
            "provider": "polygon", "symbol": "ZZQ", "stories": 2,
            "newest_published_at": "2017-06-28 20:00:01+00:00", "age_sessions": 1,
            "scored_fraction": 0.5,
        }
    ]  # fmt: skip


def test_coverage_is_a_table_for_people(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    publish(home)
    run("sentiment")
    told = capsys.readouterr().out

    assert "night 2017-06-30, method vader-3.3.2-finance-1" in told
    assert re_spaced(told).endswith("polygon ZZQ 2 2017-06-28 20:00 1 session 50%")


def re_spaced(text: str) -> str:
    return " ".join(text.split())
