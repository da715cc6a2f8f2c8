"""Two consecutive nights, built again: here, elsewhere, by other code, and from a spoilt ledger."""

import json
import shutil
from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from orchestration.replay.published import published_damage
from tests.conftest import NightHome, mqp
from tests.nights.conftest import QuickNight
from tests.proof.small_proof import copied_product
from tests.quick_command import quick_mqp
from warehouse.connection import connect
from warehouse.home import Home
from warehouse.publish import digest_tables

Command = Callable[..., CompletedProcess[str]]

FRIDAY, MONDAY = "2024-06-28", "2024-07-01"
MONDAY_EVENING = "2024-07-01T22:30:00Z"
RECORD = (
    *("ops.nights", "ops.fetches", "ops.configs", "quality.validation_results"),
    *("quality.quarantine", "analytics.decisions", "analytics.record_daily"),
)


@pytest.fixture(scope="module")
def home(
    tmp_path_factory: pytest.TempPathFactory,
    small_night: Callable[[Path], Path],
    quick_night: QuickNight,
) -> NightHome:
    """Friday and Monday of the small universe, published one after the other."""
    folder = small_night(tmp_path_factory.mktemp("replay"))
    quick_night(folder, datetime.fromisoformat(MONDAY_EVENING))
    return NightHome(folder, "")


@pytest.fixture
def copy(home: NightHome, tmp_path: Path) -> Path:
    """The home once more, to be spoilt."""
    return shutil.copytree(home.home, tmp_path / "another place" / "home")


def replayed(
    home: Path, *arguments: str, expect: int = 0, command: Command = quick_mqp, **variables: str
) -> dict[str, Any]:
    """What a replay tells machines. The universe is the recorded one, whatever is configured."""
    words = ("replay", *arguments, "--verify", "--json")
    variables = {"MQP_NOW": MONDAY_EVENING, **variables}
    told: dict[str, Any] = json.loads(command(home, *words, expect=expect, **variables).stdout)
    return told


def unequal(told: dict[str, Any]) -> list[str]:
    return [row["table"] for row in told["tables"] if row["is_equal"] is not True]


def test_earlier_night_is_identical_though_the_ledger_has_grown(home: NightHome) -> None:
    told = replayed(home.home, FRIDAY)
    assert (told["outcome"], told["ledger_version"], unequal(told)) == ("identical", 1, [])
    assert {row["table"].split(".")[0] for row in told["tables"]} == {
        *("staging", "intermediate", "marts", "analytics")
    }
    assert sum(row["rows"] for row in told["tables"]) > 500_000
    assert told["environment_changes"] == []


def test_night_is_identical_elsewhere_with_one_thread(copy: Path, tmp_path: Path) -> None:
    """Another directory, time zone and locale, nothing in HOME, one thread; written out as well."""
    (tmp_path / "nobody").mkdir()
    told = replayed(
        copy,
        MONDAY,
        *("--threads", "1", "--to", str(tmp_path / "monday.duckdb")),
        command=mqp,
        TZ="Asia/Tokyo",
        LC_ALL="de_DE.UTF-8",
        HOME=str(tmp_path / "nobody"),
    )
    assert (told["outcome"], told["ledger_version"], unequal(told)) == ("identical", 2, [])
    with (
        connect(Home(copy).published, read_only=True) as published,
        connect(tmp_path / "monday.duckdb", read_only=True) as written,
    ):
        assert digest_tables(written) == digest_tables(published)
        assert published.execute("select night from ops.build_context").fetchall() == [
            (date(2024, 7, 1),)
        ]


def test_damaged_published_file_comes_back_as_it_was(copy: Path) -> None:
    published = Home(copy).published
    before = {name: rows(published, name) for name in RECORD}
    whole = published.read_bytes()
    published.write_bytes(whole[: len(whole) // 2])

    said = mqp(copy, "replay", MQP_NOW=MONDAY_EVENING)
    assert "night 2024-07-01, with the content that was published" in said.stdout
    assert published_damage(Home(copy)) is None
    assert {name: rows(published, name) for name in RECORD} == before
    aside = published.with_name("quant.duckdb.damaged")
    assert aside.stat().st_size == len(whole) // 2
    assert "is sound and shows night 2024-07-01" in quick_mqp(copy, "replay").stdout


def rows(path: Path, name: str) -> list[tuple[Any, ...]]:
    with connect(path, read_only=True) as connection:
        return connection.execute(f"select * from {name} order by all").fetchall()


def test_other_code_is_told_from_other_data(home: NightHome, tmp_path: Path) -> None:
    """A z-score over 30 rows in place of 60, in a copy of the product."""
    product = copied_product(tmp_path / "product")
    project = product / "dbt_project" / "dbt_project.yml"
    text = project.read_text()
    assert text.count("spread_zscore_rows: 60") == 1
    project.write_text(text.replace("spread_zscore_rows: 60", "spread_zscore_rows: 30"))

    told = replayed(home.home, FRIDAY, command=partial(mqp, product=product))
    assert told["outcome"] == "same data, other code"
    assert told["code"]["published"] != told["code"]["now"]
    different = unequal(told)
    assert {"marts.fct_spreads", "marts.fct_signals", "analytics.target_weights"} <= set(different)
    assert not [name for name in different if name.startswith("staging.")]
    assert "marts.fct_prices" not in different
    (signals,) = (row for row in told["results"] if row["relation"] == "marts.fct_signals")
    assert signals["changed_notably"] > 0
    assert signals["columns"]["target_weight"]["largest"] <= 1.0
    assert {example["key"]["strategy"] for example in signals["examples"]} == {"credit"}


def test_row_altered_in_the_ledger_is_no_replay(copy: Path) -> None:
    with connect(Home(copy).ledger) as ledger:
        ledger.execute(
            "update raw.polygon__daily_bars set close = close + 0.01 "
            "where symbol = 'AAPL' and session_date = '2024-06-27'"
        )
    told = replayed(copy, FRIDAY, expect=1)
    assert told["outcome"] == "different"
    assert told["remarks"][0].startswith(
        "In the ledger version 1 of raw.polygon__daily_bars is not as it landed"
    )
    assert {"staging.stg_polygon__daily_bars", "marts.fct_prices"} <= set(unequal(told))
    assert "marts.fct_term_structure" not in unequal(told)


def test_night_whose_rows_were_removed_says_so(copy: Path) -> None:
    quick_mqp(
        copy,
        *("cache", "purge", "--provider", "finnhub", "--with-history", "--yes"),
        *("--why", "subscription ended"),
        MQP_NOW=MONDAY_EVENING,
    )
    told = replayed(copy, MONDAY, expect=1)
    assert told["outcome"] == "rows were removed since"
    assert (
        "of raw.finnhub__company_news (every symbol) were removed on 2024-07-01"
        in (told["sentence"])
    )
    assert "staging.stg_finnhub__company_news" in unequal(told)
