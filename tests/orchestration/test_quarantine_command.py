"""`mqp quarantine`: what a person releases, is told and is refused; what gate 1 makes of it."""

import json
import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from orchestration import cli
from orchestration.quarantine import BY_PERSON, CORRECTED
from orchestration.releases import LOG, first_night_after, restore_releases
from tests.orchestration.test_gates import judge
from tests.warehouse.test_ledger import bars, put
from warehouse.connection import connect
from warehouse.home import Home
from warehouse.ledger import open_ledger
from warehouse.sessions import new_york_sessions

FIRST, FRIDAY, MONDAY, TUESDAY = (
    *(date(2017, 6, 29), date(2017, 6, 30)),
    *(date(2017, 7, 3), date(2017, 7, 5)),  # the 4th is a holiday
)
EVENING = datetime(2017, 6, 30, 22, 30, tzinfo=UTC)
NEXT_EVENING = datetime(2017, 7, 3, 22, 30, tzinfo=UTC)
WHY = "the exchange halted KO all day: <b>no</b> close"


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger in which Friday's gate withholds a bar of KO and one of PEP."""
    path = tmp_path_factory.mktemp("judged") / "ledger.duckdb"
    with connect(path) as ledger:
        open_ledger(ledger, "sandbox:7", now=EVENING)
        rows = [("AAPL", FIRST, 143.0), ("AAPL", FRIDAY, 144.0), ("KO", FIRST, 44.0)]
        rows += [("KO", FRIDAY, None), ("PEP", FIRST, 110.0), ("PEP", FRIDAY, None)]
        put(ledger, EVENING, polygon__daily_bars=bars(rows, fetched_at=EVENING))
        judge(ledger, FRIDAY)
    return path


@pytest.fixture
def home(judged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home with that ledger, on Friday evening."""
    monkeypatch.setenv("MQP_HOME", str(tmp_path))
    monkeypatch.setenv("MQP_SOURCES", "sandbox")
    monkeypatch.setenv("MQP_NOW", EVENING.isoformat())
    home = Home(tmp_path)
    home.make_folders()
    shutil.copy(judged, home.ledger)
    return home


def mqp(capsys: pytest.CaptureFixture[str], *words: str, expect: int = 0) -> str:
    """What the command prints, errors included."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["quarantine", *words])
    assert ended.value.code == expect
    told = capsys.readouterr()
    return told.out + told.err


def events(home: Home) -> list[tuple[Any, ...]]:
    with connect(home.ledger, read_only=True) as ledger:
        return ledger.execute("from quality.quarantine order by all").fetchall()


def withheld(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(mqp(capsys, "list", "--json"))["withheld"]
    return rows


def monday(home: Home) -> tuple[str, ...]:
    """The symbols that Monday's gate leaves withheld."""
    with connect(home.ledger) as ledger:
        return tuple(row["symbol"] for row in judge(ledger, MONDAY).active_quarantine)


def test_list_names_what_is_withheld(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    rows = withheld(capsys)
    assert [(row["symbol"], row["first_date"], row["night"], row["rows"]) for row in rows] == [
        ("KO", "2017-06-30", "2017-06-30", 1),
        ("PEP", "2017-06-30", "2017-06-30", 1),
    ]
    text = mqp(capsys, "list")
    assert rows[0]["finding"] in text
    assert rows[0]["reason"] in text


def test_list_before_the_first_night_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MQP_HOME", str(tmp_path / "new"))
    assert "run `mqp nightly` first" in mqp(capsys, "list", expect=1)


def test_release_is_one_event_that_counts_from_the_next_night(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    before = events(home)
    assert "night of 2017-07-03" in mqp(capsys, "release", "KO", "--why", WHY)
    (added,) = set(events(home)) - set(before)
    assert set(before) < set(events(home))
    assert (added[1], added[2], added[5]) == ("KO", FRIDAY, MONDAY)
    assert added[6:] == (EVENING, EVENING, WHY, 1, BY_PERSON)
    assert [row["symbol"] for row in withheld(capsys)] == ["PEP"]
    (told,) = json.loads(mqp(capsys, "list", "--json"))["released"]
    assert (told["released_by"], told["why"], told["night"]) == ("a person", WHY, "2017-07-03")
    assert monday(home) == ("PEP",)


def test_another_attempt_at_the_night_before_still_withholds(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    mqp(capsys, "release", "KO", "--why", WHY)
    with connect(home.ledger) as ledger:
        again = judge(ledger, FRIDAY, attempt=2)
    assert [row["symbol"] for row in again.active_quarantine] == ["KO", "PEP"]
    assert len(events(home)) == 3


def test_release_between_decision_and_run_waits_for_the_next_decision(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """At 17:30 on Monday its decision is taken, though its night runs only an hour later."""
    monkeypatch.setenv("MQP_NOW", "2017-07-03T21:30:00Z")
    assert "night of 2017-07-05" in mqp(capsys, "release", "KO", "--why", WHY)
    assert monday(home) == ("KO", "PEP")
    with connect(home.ledger) as ledger:
        assert [row["symbol"] for row in judge(ledger, TUESDAY).active_quarantine] == ["PEP"]
    assert not [row for row in events(home) if row[8] == CORRECTED]


@pytest.mark.parametrize(
    ("now", "night"),
    [
        ("2017-06-30T20:29:59", FRIDAY),
        ("2017-06-30T20:30:00", FRIDAY),  # the decision's own moment
        ("2017-06-30T20:30:01", MONDAY),
        ("2017-07-01T03:00:00", MONDAY),
        ("2017-07-03T20:30:01", TUESDAY),
    ],
)
def test_first_night_is_the_next_decision(now: str, night: date) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert first_night_after(new_york_sessions(), moment) == night


def test_another_value_is_withheld_again(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    mqp(capsys, "release", "KO", "--why", WHY)
    with connect(home.ledger) as ledger:
        other = bars([("KO", FRIDAY, -44.0)], fetched_at=NEXT_EVENING)
        put(ledger, NEXT_EVENING, polygon__daily_bars=other)
    assert monday(home) == ("KO", "PEP")


def test_dry_run_writes_nothing(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    before = events(home)
    assert "Would release" in mqp(capsys, "release", "KO", "--why", WHY, "--dry-run")
    assert events(home) == before
    assert not (home.data / LOG).exists()


def test_finding_dataset_and_dates_choose(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    named = {row["symbol"]: row["finding"] for row in withheld(capsys)}
    for options in (
        ("--finding", named["PEP"]),
        ("--dataset", "fmp__daily_prices"),
        ("--from", "2017-07-01"),
        ("--to", "2017-06-29"),
    ):
        told = mqp(capsys, "release", "KO", "--why", WHY, *options, expect=2)
        assert f"withheld are {named['KO']} (raw.polygon__daily_bars" in told
    for options in (
        ("--finding", named["KO"]),
        ("--dataset", "polygon__daily_bars"),
        ("--from", "2017-06-30", "--to", "2017-06-30"),
    ):
        assert "Would release" in mqp(capsys, "release", "KO", "--why", "x", "--dry-run", *options)


@pytest.mark.parametrize(
    ("symbol", "why", "told"),
    [
        ("KO", "  ", "--why is empty"),
        ("KO", "x" * 301, "--why has 301 characters"),
        ("KO", "two\nlines", "one line of printable text"),
        ("KO", "red \x1b[31m", "one line of printable text"),
        ("KO", "left \u202e right", "one line of printable text"),
        ("AAPL", WHY, "Nothing of AAPL is withheld"),
        ("ZZZZ", WHY, "No rows of 'ZZZZ' are stored; withheld are rows of KO, PEP"),
        ("A\x1b[31m", WHY, "No rows of 'A [31m' are stored"),
    ],
)
def test_refusal_is_one_sentence_and_writes_nothing(
    home: Home, capsys: pytest.CaptureFixture[str], symbol: str, why: str, told: str
) -> None:
    before = events(home)
    refusal = mqp(capsys, "release", symbol, "--why", why, expect=2)
    assert told in refusal
    assert refusal.count("\n") == 1
    assert events(home) == before


def test_second_release_has_nothing_to_release(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    mqp(capsys, "release", "KO", "--why", WHY)
    assert "Nothing of KO is withheld" in mqp(capsys, "release", "KO", "--why", WHY, expect=2)


def test_words_of_the_gate_do_not_make_a_release_the_gates(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    mqp(capsys, "release", "KO", "--why", CORRECTED)
    assert monday(home) == ("PEP",)
    (told,) = json.loads(mqp(capsys, "list", "--json"))["released"]
    assert told["released_by"] == "a person"


def test_empty_list_says_so(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    for symbol in ("KO", "PEP"):
        mqp(capsys, "release", symbol, "--why", WHY)
    assert "Nothing is withheld" in mqp(capsys, "list")


def test_only_all_shows_old_releases(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mqp(capsys, "release", "KO", "--why", WHY)
    monkeypatch.setenv("MQP_NOW", "2017-09-01T22:30:00Z")
    assert WHY not in mqp(capsys, "list")
    assert WHY in mqp(capsys, "list", "--all")


def test_lost_ledger_gets_releases_back_once(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    mqp(capsys, "release", "KO", "--why", WHY)
    whole = events(home)
    notes: list[str] = []
    with connect(home.ledger) as ledger:
        ledger.execute("delete from quality.quarantine where attempt = ?", [BY_PERSON])
    with (home.data / LOG).open("a") as log:
        log.write("{half a li\n")
    with connect(home.ledger) as ledger:
        for _ in range(2):
            restore_releases(ledger, home, notes.append)
    assert events(home) == whole
    assert notes[0].startswith("1 lines of ")
