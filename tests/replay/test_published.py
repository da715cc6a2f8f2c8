"""What is wrong with a published file, found by reading all of it."""

from pathlib import Path

import pytest

from orchestration.replay.published import published_damage
from tests.replay.homes import Making, make_build, published_home
from warehouse.connection import connect
from warehouse.home import Home
from warehouse.publish import MANIFEST, swap

OTHER_WEIGHTS = "('AAPL', date '2017-06-30', 0.75)"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return published_home(tmp_path, Making())


def test_published_night_is_sound(home: Home) -> None:
    assert published_damage(home) is None


def test_lost_file_is_said_to_be_lost(home: Home) -> None:
    home.published.unlink()
    assert published_damage(home) == "There is no quant.duckdb."


def test_file_that_is_no_database_is_damaged(home: Home) -> None:
    home.published.write_bytes(b"no database" * 1000)
    assert "quant.duckdb is damaged" in str(published_damage(home))


def test_every_overwritten_block_of_a_file_is_found(home: Home) -> None:
    """Also those of tables that no manifest covers; blocks that hold nothing are not missed."""
    with connect(home.build) as build:
        build.execute("create schema staging; create schema ops; create schema quality")
        build.execute(
            "create table ops.build_context as select date '2017-06-30' as night, "
            "1 as ledger_version, 'c' as code_hash, 'c' as config_hash"
        )
        for name in ("staging.stg_a", "quality.results"):
            build.execute(f"create table {name} as select hash(range) as h from range(300000)")
        build.execute("checkpoint")
    whole = home.build.read_bytes()
    found = 0
    for start in range(3 * 4096, len(whole), 256 * 1024):
        spoiled = bytearray(whole)
        spoiled[start + 100_000 : start + 100_064] = bytes(64)
        home.published.write_bytes(spoiled)
        found += published_damage(home) is not None
    assert found >= 18  # 2.4 MB that nothing compresses fill nine blocks of each table


def test_table_that_is_not_what_the_manifest_says_is_named(home: Home) -> None:
    with connect(home.published) as published:
        published.execute("update analytics.target_weights set final_weight = 1.0")
    assert published_damage(home) == (
        "quant.duckdb is not what its manifest says: analytics.target_weights differ."
    )


def test_file_made_by_newer_code_is_not_measured_by_the_manifest_of_the_older(home: Home) -> None:
    manifest = make_build(home, Making(code_hash="code-of-now", weights=OTHER_WEIGHTS))
    swap(home, manifest, keep_results=False)
    assert published_damage(home) is None


def test_damaged_manifest_does_not_damage_the_file(home: Home) -> None:
    (home.nights / "2017-06-30" / MANIFEST).write_text('{"night": "2017-06-30"')
    assert published_damage(home) is None
