"""What a night does about a published file, or its manifest, that is not what was published."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from orchestration.health.examine import examine
from orchestration.repair import damage_of_home, repair_published
from orchestration.resources import Settings, load_settings
from tests.replay.homes import NIGHT, WORLD, Making, published_home
from warehouse.home import Home

BLOCK_BYTES = 256 * 1024


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return published_home(tmp_path, Making())


def settings_of(home: Home) -> Settings:
    sandbox = load_settings({"MQP_HOME": str(home.root), "MQP_SOURCES": "sandbox"})
    return replace(sandbox, world=WORLD)


def manifest_file(home: Home) -> Path:
    return home.nights / NIGHT.isoformat() / "manifest.json"


def overwrite_every_block(path: Path) -> bytes:
    content = bytearray(path.read_bytes())
    for start in range(3 * 4096 + 100, len(content), BLOCK_BYTES):
        content[start] ^= 0xFF
    path.write_bytes(content)
    return bytes(content)


def test_sound_home_is_left_alone(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    before = {path: path.stat().st_mtime_ns for path in home.root.rglob("*")}
    repair_published(settings_of(home))
    assert {path: path.stat().st_mtime_ns for path in home.root.rglob("*")} == before
    assert caplog.messages == []


def test_home_before_its_first_night_has_no_damage(tmp_path: Path) -> None:
    assert damage_of_home(Home(tmp_path)) is None


@pytest.mark.parametrize("is_cut", [True, False], ids=["cut off", "another hash in it"])
def test_damaged_manifest_is_written_again_and_the_file_is_not_blamed(
    home: Home, caplog: pytest.LogCaptureFixture, is_cut: bool
) -> None:
    whole = manifest_file(home).read_text()
    spoilt = json.loads(whole)
    spoilt["tables"]["analytics.target_weights"]["content_hash"] = "0" * 64
    manifest_file(home).write_text(whole[:100] if is_cut else json.dumps(spoilt))
    home.published.with_suffix(".sha256").unlink()  # so that the file's content is looked at
    repair_published(settings_of(home))
    assert manifest_file(home).read_text() == whole
    assert caplog.messages == [
        "The manifest of night 2017-06-30 was damaged: written again from its tables."
    ]


def test_file_that_cannot_be_built_again_is_kept_aside(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    damaged = overwrite_every_block(home.published)
    repair_published(settings_of(home))  # these hand-made nights come from no ledger rows
    assert not home.published.exists()
    assert home.published.with_name("quant.duckdb.damaged").read_bytes() == damaged
    first, *_, last = caplog.messages
    assert "quant.duckdb is damaged" in first
    assert "the damaged file is quant.duckdb.damaged now: this night replaces it." in last


def test_health_notices_a_damaged_block(home: Home) -> None:
    overwrite_every_block(home.published)
    finding = next(each for each in examine(settings_of(home)) if each.component == "warehouse")
    assert finding.state == "fail"
    assert "quant.duckdb is damaged" in finding.detail
    assert "builds it again from the ledger" in finding.detail


def test_health_notices_a_lost_file(home: Home) -> None:
    home.published.unlink()
    finding = next(each for each in examine(settings_of(home)) if each.component == "warehouse")
    assert (finding.state, finding.detail[:26]) == ("fail", "There is no quant.duckdb. ")
