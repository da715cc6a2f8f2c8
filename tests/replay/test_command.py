"""`mqp replay` where nothing has to be built: refusals, and a published file that is sound."""

import json
from pathlib import Path

import pytest

from orchestration.commands.replay import ReplayOptions, replay_command
from orchestration.errors import NightError, UsageError
from orchestration.moments import parse_night
from tests.replay.homes import NIGHT, Making, published_home
from warehouse.connection import connect
from warehouse.errors import WorldMismatchError
from warehouse.home import Home


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Two published nights, and an environment that points to them."""
    earlier = NIGHT.replace(day=29)
    monkeypatch.setenv("MQP_HOME", str(tmp_path))
    monkeypatch.setenv("MQP_SOURCES", "live")
    monkeypatch.setenv("MQP_WORLD", "replay")
    monkeypatch.setenv("FMP_API_KEY", "k")
    monkeypatch.setenv("FMP_BASE_URL", "http://127.0.0.1:9")
    return published_home(tmp_path, Making(night=earlier), Making())


def test_sound_file_is_left_alone(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    before = home.published.stat().st_mtime_ns
    assert replay_command(ReplayOptions(), as_json=False) == 0
    assert "quant.duckdb is sound and shows night 2017-06-30: nothing was done" in (
        capsys.readouterr().out
    )
    assert home.published.stat().st_mtime_ns == before


def test_sound_file_is_told_to_machines(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    replay_command(ReplayOptions(NIGHT), as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert (told["damage"], told["restored"]) == (None, False)


def test_earlier_night_is_never_put_in_place(home: Home) -> None:
    home.published.unlink()
    with pytest.raises(UsageError, match="the latest night, 2017-06-30: compare another one"):
        replay_command(ReplayOptions(NIGHT.replace(day=29)), as_json=True)
    assert not home.published.exists()


def test_night_that_was_not_published_is_wrong_usage(home: Home) -> None:
    with pytest.raises(UsageError, match="Night 2017-06-28 was never published here"):
        replay_command(ReplayOptions(NIGHT.replace(day=28)), as_json=True)


def test_existing_file_is_never_written_over(home: Home, tmp_path: Path) -> None:
    mine = tmp_path / "mine.duckdb"
    mine.write_text("mine")
    with pytest.raises(UsageError, match=r"mine\.duckdb exists and is not overwritten"):
        replay_command(ReplayOptions(NIGHT, to=mine), as_json=True)
    assert mine.read_text() == "mine"


def test_lost_ledger_is_pointed_to_its_restore(home: Home) -> None:
    home.ledger.unlink()
    with pytest.raises(NightError, match="There is no ledger yet: run `mqp nightly` first"):
        replay_command(ReplayOptions(), as_json=True)
    home.raw_responses.mkdir(parents=True)
    (home.raw_responses / "landings.jsonl").write_text(
        '{"landing": {"ledger_version": 1, "landed_at": "2017-06-30T22:30:00+00:00", "run_id": "r",'
        ' "row_count": 1, "world": "custom:replay", "begun_at": "2017-06-30T22:30:00+00:00", '
        '"tables": {}}}\n'
    )
    with pytest.raises(NightError, match="mqp restore --from-responses"):
        replay_command(ReplayOptions(), as_json=True)


def test_other_world_is_refused(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MQP_WORLD", "another")
    with pytest.raises(WorldMismatchError, match="custom:replay"):
        replay_command(ReplayOptions(), as_json=True)


def test_configuration_that_is_not_recorded_cannot_be_computed_with(home: Home) -> None:
    with connect(home.ledger) as ledger:
        ledger.execute("delete from ops.configs")
    with pytest.raises(NightError, match="is not in the ledger"):
        replay_command(ReplayOptions(), as_json=True)


@pytest.mark.parametrize("text", ["yesterday", "2017-13-01", "20-06-2017"])
def test_word_that_is_no_date_is_wrong_usage(text: str) -> None:
    with pytest.raises(UsageError, match="is no night: write its date"):
        parse_night(text)
